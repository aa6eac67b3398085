#include "workflow/base/allowance.h"

/* One use costs 1/per_minute of a minute. `used_us` is the moment at which all that was used will
 * have come back (the generic cell rate algorithm, ITU-T I.371, with the virtual time in it). */

bool imp_allowance_use(ImpAllowance *allowance, guint at_once, guint per_minute, gint64 now_us)
{
    gint64 cost_us = G_USEC_PER_SEC * 60 / per_minute;
    gint64 begins_us = MAX(allowance->used_us, now_us);
    if (begins_us + cost_us > now_us + cost_us * at_once)
        return false;
    allowance->used_us = begins_us + cost_us;
    return true;
}
