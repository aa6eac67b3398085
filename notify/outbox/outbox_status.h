#pragma once

#include "notify/outbox/outbox.h"
#include "notify/status.h"

/* The statuses of commits in the outbox: of each commit the latest alone is worth sending, and what
 * the forge was told already is not said again. */

/* Puts the status into the outbox, for the forge's endpoint, in the caller's transaction; what
 * waits there for the same commit is given up. *changed: it was put in; not so where it is what was
 * put in last and that was, or will be, delivered. */
bool imp_outbox_set_status(ImpOutbox *outbox, const ImpEndpoint *endpoint, const ImpStatus *status,
                           gint64 now_us, bool *changed, GError **error);

/* A status whose try failed gives way to a later one of its commit, if there is one: *yields.
 */
bool imp_outbox_yield_status(ImpOutbox *outbox, const ImpDelivery *delivery, gint64 now_us,
                             bool *yields, GError **error);

/* The check run that a delivery made, and that later ones of its commit change. */
bool imp_outbox_note_run(ImpOutbox *outbox, const ImpDelivery *delivery, gint64 run,
                         GError **error);
/* Makes of the body of a delivery that would make a check run one that changes the one that is
 * there, if there is one. */
bool imp_outbox_aim_at_run(ImpOutbox *outbox, ImpDelivery *delivery, GError **error);

/* Forgets what was said of commits that are not in the set `commits` (of hex ids). */
bool imp_outbox_keep_statuses(ImpOutbox *outbox, const char *endpoint, GHashTable *commits,
                              GError **error);
