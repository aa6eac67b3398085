#pragma once

#include "daemon/pass/workplace.h"

/* Tips that heads had: a head that is deleted or moved elsewhere keeps the tip that it leaves for
 * 30 days, below refs/imprimatur-kept/, since decisions on it may be about what was merged. */

/* The heads as they are here, before a fetch: of ImpRef*, freed with the array. */
GPtrArray *imp_kept_before(ImpWorkplace *place, GError **error);

/* After the fetch: keeps the tips that those heads left, and lets go those of 30 days ago. */
bool imp_kept_after(ImpWorkplace *place, const GPtrArray *before, gint64 now_us, GError **error);
