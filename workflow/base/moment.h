#pragma once

#include <glib.h>
#include <stdbool.h>

/* Moments and the calendar. A moment is microseconds since 1970-01-01T00:00:00Z in a gint64 whose
 * name ends in _us; 0 means "none" wherever a moment is optional. Nothing here reads a clock or a
 * time zone. */

#define IMP_SECOND_US G_GINT64_CONSTANT(1000000)
#define IMP_DAY_US    (86400 * IMP_SECOND_US)

/* Parses RFC 3339 section 5.6 ("2026-11-23T09:14:07Z", with an offset or a fraction too). */
bool imp_moment_parse(const char *text, gint64 *moment_us);

/* Formats as "2026-11-23T09:14:07Z", whole seconds. The caller frees. */
char *imp_moment_format(gint64 moment_us);

/* Rounds down to whole seconds, the resolution of git's dates and of the ledger. */
gint64 imp_moment_whole_seconds(gint64 moment_us);

/* Adds days of 86,400 s, or calendar months clamped to the last day of the month reached. */
gint64 imp_moment_add_days(gint64 moment_us, guint days);
gint64 imp_moment_add_months(gint64 moment_us, guint months);
/* As imp_moment_add_months, backwards. */
gint64 imp_moment_subtract_months(gint64 moment_us, guint months);

/* The civil day in UTC that a moment lies in, as a number that orders like the days do: yyyymmdd.
 */
guint32 imp_moment_day(gint64 moment_us);
/* Parses "2026-12-20" to such a number; false for anything that is not a day of the calendar. */
bool imp_day_parse(const char *text, guint32 *day);
