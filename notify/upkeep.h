#pragma once

#include "notify/outbox/outbox.h"

/* Rows touched by one upkeep, for each endpoint: a few milliseconds. */
#define IMP_UPKEEP_ROWS 200

/* What an outbox needs at the start, after a reload and every few minutes, in the caller's
 * transaction: endpoints whose URL is another than when they were disabled are enabled again, plans
 * made before the clock was set back are mended (imp_schedule_mend() with `chance`,
 * imp_circuit_mend()), deliveries die that nobody tries any more, and what was delivered long ago
 * is forgotten. `endpoints` (of ImpEndpoint*) are those configured; of the dead, those that were
 * for one of them are appended to `dead` (ImpDelivery*, which it frees). */
bool imp_upkeep(ImpOutbox *outbox, const GPtrArray *endpoints, const ImpDeliveryTimes *times,
                gint64 now_us, double chance, GPtrArray *dead, GError **error);
