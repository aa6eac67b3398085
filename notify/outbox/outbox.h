#pragma once

#include "notify/circuit.h"
#include "workflow/base/database.h"

/* The queue of deliveries, in the daemon's database: the one way from decisions to messages. A
 * message that is in here when its transaction commits is delivered at least once.
 *
 * The database's owner keeps it open longer than the outbox and owns its transactions: nothing here
 * begins or ends one. After an error the caller rolls back. One connection writes. */

typedef struct ImpOutbox ImpOutbox;

/* Creates the tables where they are missing. */
ImpOutbox *imp_outbox_open(ImpDatabase *database, GError **error);
void imp_outbox_free(ImpOutbox *outbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpOutbox, imp_outbox_free)

/* What is told of an event in one format; borrowed. */
typedef struct {
    const char *event;   /* its id */
    const char *type;    /* "article.approved" */
    const char *article; /* path, or NULL */
    ImpFormat format;
    GBytes *body;
} ImpOutboxMessage;

/* Puts in a delivery of the message to the endpoint named. Call it once for each endpoint that
 * takes the event, in the order in which events happened: that order holds for each endpoint and
 * article (events about no article are in order among themselves). `now_us` is when its life begins
 * and from when it is due. The body is stored once for each event and format. A delivery that is or
 * was in the outbox already is left as it is. */
bool imp_outbox_enqueue(ImpOutbox *outbox, const ImpOutboxMessage *message, const char *endpoint,
                        gint64 now_us, GError **error);

/* One message to one endpoint. */
typedef struct {
    gint64 id;
    char *event; /* the webhook-id */
    char *type;
    char *endpoint;
    char *article; /* path, or NULL */
    ImpFormat format;
    GBytes *body;
    gint64 created_us;
    guint tries; /* begun, this one included once it has */
} ImpDelivery;

void imp_delivery_free(ImpDelivery *delivery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpDelivery, imp_delivery_free)

/* Appends (ImpDelivery*) to `due` the deliveries to try next at an endpoint, at most `limit`: due,
 * each the first of its article that is neither delivered nor dead, and with no try under way.
 * *next_us is when there is something to try beside these (in the past: there is now); G_MAXINT64
 * for never, as things are. A disabled endpoint has nothing. Takes the same time however many wait.
 */
bool imp_outbox_due(ImpOutbox *outbox, const char *endpoint, gint64 now_us, guint limit,
                    GPtrArray *due, gint64 *next_us, GError **error);

/* Notes that a try begins. */
bool imp_outbox_begin(ImpOutbox *outbox, ImpDelivery *delivery, GError **error);

/* Records a try's end and what follows for the delivery; once it is delivered or dead, the
 * next of its article is free to go. */
bool imp_outbox_end(ImpOutbox *outbox, const ImpDelivery *delivery, const ImpOutcome *outcome,
                    const ImpPlan *plan, gint64 now_us, GError **error);

/* Makes tries that a dead daemon left behind due at once. Only while none is under way. */
bool imp_outbox_recover(ImpOutbox *outbox, gint64 now_us, GError **error);

/* Mends what is planned for an endpoint after the clock was set back: imp_schedule_mend(). */
bool imp_outbox_mend(ImpOutbox *outbox, const char *endpoint, const ImpDeliveryTimes *times,
                     gint64 now_us, double chance, GError **error);

/* Disables an endpoint for as long as it has this URL, of which only a digest is kept. *changed is
 * false where it was disabled already. */
bool imp_outbox_disable(ImpOutbox *outbox, const char *endpoint, const char *url, gint64 now_us,
                        bool *changed, GError **error);
/* Notes what may be shown of an endpoint's URL; enables one again that was disabled under another,
 * and forgets the circuit of that. */
bool imp_outbox_note_url(ImpOutbox *outbox, const char *endpoint, const char *url, GError **error);
bool imp_outbox_is_disabled(ImpOutbox *outbox, const char *endpoint, bool *disabled,
                            GError **error);

/* An endpoint's circuit; the zero value where nothing is known of it. Setting it to that is
 * forgetting it. */
bool imp_outbox_circuit(ImpOutbox *outbox, const char *endpoint, ImpCircuit *circuit,
                        GError **error);
bool imp_outbox_set_circuit(ImpOutbox *outbox, const char *endpoint, const char *url,
                            const ImpCircuit *circuit, GError **error);
bool imp_outbox_forget_circuit(ImpOutbox *outbox, const char *endpoint, GError **error);

/* Gives up what waits for an endpoint and was written in another format than `format`, which it has
 * now: marks it dead and forgets the circuit, for what failed was that. *count is how many. */
bool imp_outbox_give_up_misfits(ImpOutbox *outbox, const char *endpoint, ImpFormat format,
                                gint64 now_us, guint *count, GError **error);

/* Names of the endpoints, configured or not, that something waits for. The caller frees the array.
 */
GPtrArray *imp_outbox_waiting_endpoints(ImpOutbox *outbox, GError **error);

/* For an endpoint at which nothing is tried: takes up to `limit` deliveries whose life is over,
 * marks them dead and appends them (ImpDelivery*, without a body) to `dead`. */
bool imp_outbox_expire(ImpOutbox *outbox, const char *endpoint, gint64 now_us, guint limit,
                       GPtrArray *dead, GError **error);

/* Forgets up to `limit` deliveries that were delivered, dropped or compacted 7 days ago or earlier;
 * until then they keep an event that comes out of git a second time from being sent again. `count`
 * is how many it was. */
bool imp_outbox_prune(ImpOutbox *outbox, gint64 now_us, guint limit, guint *count, GError **error);

/* How many messages are still to be delivered, dead ones not counted. `database` may be read-only
 * and may never have had an outbox (0). -1 with an error if it cannot be read. */
gint64 imp_outbox_undelivered(ImpDatabase *database, GError **error);
