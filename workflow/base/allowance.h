#pragma once

#include <glib.h>
#include <stdbool.h>

/* How many times somebody unknown may do something: so many at once, and then so many a minute. The
 * zero value has not been used yet. Moments are of the monotonic clock, in microseconds. */
typedef struct {
    gint64 used_us; /* what has been used, as time that has yet to pass; 0: nothing */
} ImpAllowance;

/* Uses it once, unless it is used up. */
bool imp_allowance_use(ImpAllowance *allowance, guint at_once, guint per_minute, gint64 now_us);
