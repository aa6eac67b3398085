#pragma once

#include <glib.h>
#include <stdbool.h>

/* A moment in the past as people type it: RFC 3339 ("2026-11-23T09:14:07Z"), a day ("2026-11-20",
 * from its beginning in UTC), or how long before `now_us` ("2 days", "3 weeks", "1 month"). False,
 * leaving `moment_us` alone, for anything else. */
bool imp_since_parse(const char *text, gint64 now_us, gint64 *moment_us);
