#pragma once

#include <glib.h>
#include <stdbool.h>

/* Units of measure as medical texts write them, and their compounds: "mg", "µg/kg/day", "mg/m²",
 * "tablets", "%". */

/* Reads the unit that begins at `at` and ends as a word does. Returns the place behind it and in
 * `unit` one spelling for all that mean it ("mcg" for µg, "day" for days), which the caller frees;
 * NULL if none begins here. */
const char *imp_unit_read(const char *at, const char *end, char **unit);

/* The same for a unit without a number before it, where "m", "h", "min" or "in" would mostly be
 * another word: only those that are nothing else. */
const char *imp_unit_read_alone(const char *at, const char *end, char **unit);

/* What a number of `before` is to be multiplied with in `after`: 0.001 from "mg" to "mcg", 1 for
 * equal ones (NULL: none); 0 where they measure different things. */
double imp_unit_ratio(const char *before, const char *after);
