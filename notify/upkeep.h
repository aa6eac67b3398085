#pragma once

#include "notify/outbox/outbox.h"

/* Rows touched by one upkeep, for each endpoint: a few milliseconds. Where there are more it is
 * done again at once. */
#define IMP_UPKEEP_ROWS 200

/* What an outbox needs at the start, after a reload and every few minutes, in the caller's
 * transaction: endpoints whose URL has changed since they were disabled are enabled again, plans
 * made before the clock was set back are mended (imp_schedule_mend() with `chance`,
 * imp_circuit_mend()), deliveries die that nobody tries any more, and what was delivered long ago
 * is forgotten. `endpoints` (of ImpEndpoint*) are those configured. */
typedef struct {
    GPtrArray *dead; /* of the dead, those that were for an endpoint that is configured are appended
                      * (ImpDelivery*, which it frees) */
    bool more;       /* there is more to do than was done */
} ImpUpkeep;
bool imp_upkeep(ImpOutbox *outbox, const GPtrArray *endpoints, const ImpDeliveryTimes *times,
                gint64 now_us, double chance, ImpUpkeep *upkeep, GError **error);
