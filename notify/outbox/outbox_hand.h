#pragma once

#include "notify/outbox/outbox.h"

/* The queue by hand: imprimatur(1), `deliveries` and `endpoint`. Each runs in the caller's
 * transaction, and a dispatcher, if one runs, is to be kicked after that. */

/* What became of what somebody asked for. */
typedef enum {
    IMP_BY_HAND_DONE,
    IMP_BY_HAND_GONE,      /* there is no such delivery */
    IMP_BY_HAND_SENDING,   /* a try is under way: its end comes first */
    IMP_BY_HAND_OVER,      /* to be dropped, but delivered, or dropped, already */
    IMP_BY_HAND_FORGOTTEN, /* to be sent again, but its body is no longer kept */
} ImpByHand;

/* Has a delivery sent again, by its own id and with the same body, as if it had just come in: with
 * a new life and no tries. In its endpoint's and article's order it stands where it stood, but
 * a try that is under way there ends first. One that waits is due now and keeps its life. */
bool imp_outbox_replay(ImpOutbox *outbox, gint64 id, gint64 now_us, ImpByHand *result,
                       GError **error);

/* Gives a delivery up that waits or is dead; the next of its endpoint and article may go. It is
 * remembered like one that was delivered. */
bool imp_outbox_drop(ImpOutbox *outbox, gint64 id, gint64 now_us, ImpByHand *result,
                     GError **error);

/* Enables an endpoint and forgets its circuit, so that what waits for it is due now: *freed
 * deliveries, of which each article has at most one. *changed is false where there was nothing
 * known against it. */
bool imp_outbox_enable(ImpOutbox *outbox, const char *endpoint, gint64 now_us, bool *changed,
                       guint *freed, GError **error);
