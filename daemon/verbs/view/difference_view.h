#pragma once

#include "articles/difference.h"
#include "daemon/terminal/print.h"

/* A difference for people at a terminal, and for programs. */

/* First what must not be missed, then each passage with the heading above it, indented: what went
 * as
 * [-...-] and what came as {+...+}, in colours besides where there are any. */
void imp_difference_print(const ImpDifference *difference, const ImpScreen *screen);

/* Only what must not be missed; nothing where there is nothing. */
void imp_difference_print_changes(const ImpChanges *changes, const ImpScreen *screen);

/* {"changes": [...], "more": 0, "passages": [{"kind", "where", "cell", "pieces": [{"mark",
 * "text"}]}]}: put into `object`. */
void imp_difference_put_json(json_t *object, const ImpDifference *difference);
