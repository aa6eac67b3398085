#pragma once

#include "notify/outbox/outbox.h"

/* What the outbox holds, for people and programs to look at. Every `database` may be read-only, and
 * may never have had an outbox: then there is nothing. */

/* One delivery, whatever has become of it. */
typedef struct {
    gint64 id;
    char *event; /* the webhook-id */
    char *type;  /* NULL: the message is no longer kept */
    char *endpoint;
    char *article; /* path, or NULL */
    ImpDeliveryState state;
    guint tries;
    gint64 created_us;
    gint64 next_us;  /* while it waits: when it is due */
    gint64 ended_us; /* of the last try, or when it was given up; 0: not tried yet */
    char *failure;   /* of the last try: imp_failure_word(); NULL: none */
    guint status;    /* of HTTP; 0: no answer */
    char *answer;    /* how the answer began; or NULL */
    gint64 behind;   /* the delivery that has to end first; 0: none */
    bool parked;     /* its endpoint is disabled */
    gint64 held_us;  /* its endpoint is not tried before; 0: it is */
    GBytes *body;    /* only of imp_outbox_look() */
} ImpQueued;

void imp_queued_free(ImpQueued *queued);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpQueued, imp_queued_free)

/* Sets of states, as bits. */
#define IMP_STATE_SET(state) (1u << (state))
/* What still concerns somebody: waiting, sending, dead. */
#define IMP_STATES_OPEN                                                                            \
    (IMP_STATE_SET(IMP_DELIVERY_WAITING) | IMP_STATE_SET(IMP_DELIVERY_FLYING) |                    \
     IMP_STATE_SET(IMP_DELIVERY_DEAD))

/* Deliveries (of ImpQueued*) to `endpoint` (NULL: any) in one of `states`, at most `limit`, what
 * needs attention first: dead ones, those of disabled endpoints, those that failed, others that
 * wait, each the oldest first; then what is over, the latest first. The caller frees the array. */
GPtrArray *imp_outbox_list(ImpDatabase *database, const char *endpoint, guint states, guint limit,
                           GError **error);

/* How many there are of each state, IMP_N_DELIVERY_STATES numbers. */
bool imp_outbox_count(ImpDatabase *database, const char *endpoint,
                      gint64 counts[IMP_N_DELIVERY_STATES], GError **error);

/* The deliveries that somebody means by `text`, as ids (gint64) in their order: a number of the
 * list, with or without
 * "#", or a webhook-id, or its beginning if that is 12 characters long and no other has it; of
 * these those to `endpoint` (NULL: any). Empty where there are none; *many is whether a beginning
 * fits several events. */
GArray *imp_outbox_find(ImpDatabase *database, const char *text, const char *endpoint, bool *many,
                        GError **error);

/* Up to `limit` ids of deliveries that wait or are dead, as `state` says, to `endpoint` (NULL:
 * any), the oldest first. */
GArray *imp_outbox_ids(ImpDatabase *database, ImpDeliveryState state, const char *endpoint,
                       guint limit, GError **error);

/* Reads one of them with its body; *queued, which the caller frees, is NULL if there is none. */
bool imp_outbox_look(ImpDatabase *database, gint64 id, ImpQueued **queued, GError **error);
