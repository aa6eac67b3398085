#pragma once

#include "notify/outbox/outbox.h"
#include "notify/sender.h"

/* Takes due deliveries from the outbox to the sender and writes down how they end; wakes up by
 * itself when something falls due. Runs in the thread of its GMainContext, in transactions of its
 * own, so never within one of the daemon's. */

/* A fact that others are to be told of, as an event. */
typedef struct {
    const char *type;       /* "endpoint.disabled" or "delivery.exhausted" */
    const char *endpoint;   /* which one it is about */
    const char *event;      /* the delivery's webhook-id */
    const char *event_type; /* and its type */
    const char *article;    /* path, or NULL */
    ImpFailure failure;     /* of the last try; none where nothing was tried any more */
    guint status;
    gint64 at_us;
} ImpDeliveryFact;

/* What the daemon hears. Any may be NULL. */
typedef struct {
    /* Called within the dispatcher's transaction, so that the event that the daemon enqueues for it
     * (through the same outbox) is durable together with the fact. On false the transaction is
     * rolled back and the fact comes again, with the same values. Not called for deliveries that
     * are about such a fact themselves. */
    bool (*fact)(const ImpDeliveryFact *fact, gpointer data, GError **error);
    /* A try failed, and that is written down; `plan` says what follows. For the log. */
    void (*failed)(const ImpDelivery *delivery, const ImpOutcome *outcome, const ImpPlan *plan,
                   gpointer data);
    /* The outbox cannot be written, so nothing is sent; called once, and with NULL when it can be
     * again. It is tried again every 5 s. */
    void (*unhealthy)(const GError *error, gpointer data);
    /* A try ended, well or not, and that is written down. */
    void (*ended)(const ImpDelivery *delivery, const ImpOutcome *outcome, gpointer data);
    /* So many deliveries to an endpoint for which too many waited were left out
     * (notify/compaction.h), and that is written down. For the log. */
    void (*compacted)(const char *endpoint, guint count, gpointer data);
    /* An endpoint has another format than before; so many deliveries that were written in that one
     * are dead, and that is written down. For the log. */
    void (*misfits)(const char *endpoint, guint count, gpointer data);
} ImpDispatcherHooks;

typedef struct ImpDispatcher ImpDispatcher;

/* `context` NULL is the default one, `version` the program's. The outbox must outlive the
 * dispatcher, and there may be only one for a database. Idle until it has endpoints. */
ImpDispatcher *imp_dispatcher_new(GMainContext *context, ImpOutbox *outbox, ImpDatabase *database,
                                  const char *version, ImpClock clock,
                                  const ImpDispatcherHooks *hooks, gpointer data);
/* Stops, too. */
void imp_dispatcher_free(ImpDispatcher *dispatcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpDispatcher, imp_dispatcher_free)

/* At the start and after each reload: the endpoints (of ImpEndpoint*; the array is shared and must
 * not change) and the patience with them. What is under way ends as it began. Deliveries to
 * endpoints that are no longer among them wait until their life is over. */
void imp_dispatcher_set_endpoints(ImpDispatcher *dispatcher, GPtrArray *endpoints,
                                  const ImpDeliveryTimes *times);

/* Something was enqueued, and its transaction has committed. */
void imp_dispatcher_kick(ImpDispatcher *dispatcher);

/* Posts a message past the queue, with its endpoint's address and signature and the patience that
 * is set, without any consequence for either: imp_sender_post(). Not after imp_dispatcher_stop(),
 * which breaks it off without a call. */
void imp_dispatcher_post(ImpDispatcher *dispatcher, const ImpEndpoint *endpoint, const char *id,
                         GBytes *body, ImpSenderDone done, gpointer data);

/* Whether nothing is under way, nothing due now or gathering for a digest, and nothing left to be
 * written. */
bool imp_dispatcher_idle(const ImpDispatcher *dispatcher);

/* Writes down what has ended, breaks off what is under way (which is tried again by the next
 * dispatcher) and does nothing any more. Waits for nothing. */
void imp_dispatcher_stop(ImpDispatcher *dispatcher);
