#include "notify/dispatcher.h"
#include "notify/app.h"
#include "notify/compactor.h"
#include "notify/endpoint_run.h"
#include "notify/format/format.h"
#include "notify/outbox/outbox_digest.h"
#include "notify/upkeep.h"

#include <string.h>

/* Everything happens in rounds. A round is one transaction: it writes down the tries that have
 * ended since the last one, tells the daemon of the facts that follow, does the upkeep if it is
 * time, and takes what is due as far as there are free slots. Only when it has committed are the
 * deliveries taken handed to the sender. So nothing is sent that cannot be recorded, a burst costs
 * one transaction and not one for each delivery, and a message that is enqueued while all is quiet
 * leaves after a single small write.
 *
 * A message is on the disk since its enqueuer's transaction committed. That a try begins, and
 * that it succeeded, is written before anything follows from it, so that a killed daemon has it,
 * but the disk is not waited for: of a round that has nothing else to say. After a power cut what
 * was delivered since the last round that did wait, SYNC_EVERY_US of work at most, is delivered
 * once more under its id. All other ends are rare, and facts follow from them: there the disk is
 * waited for.
 *
 * If the transaction fails, the ended tries stay in memory and the same round is tried again
 * later. A delivery whose try was under way when the daemon died is marked as flying in the
 * outbox; the first round of the next daemon makes it due again. */

#define RETRY_AFTER_US  (5 * IMP_SECOND_US)
#define UPKEEP_EVERY_US (300 * IMP_SECOND_US)
#define SYNC_EVERY_US   (IMP_SECOND_US / 10)

struct ImpDispatcher {
    GSource *source;
    ImpOutbox *outbox;
    ImpDatabase *database;
    ImpSender *sender; /* NULL once stopped */
    ImpClock clock;
    ImpDispatcherHooks hooks;
    gpointer data;
    GPtrArray *endpoints; /* of ImpEndpoint*, shared */
    GPtrArray *runs;      /* of ImpEndpointRun*, one for each of them, in the same order */
    ImpDeliveryTimes *times;
    GPtrArray *flights; /* of ImpFlight*, owned */
    ImpCompactor *compactor;
    ImpApp *app;      /* as which check runs are made */
    guint first;      /* the endpoint to begin with, so that none is always the last */
    gint64 synced_us; /* monotonic: when a round last waited for the disk */
    gint64 upkeep_us; /* monotonic: when it is due; 0: now */
    gint64 next_us;   /* when something falls due that no slot is waited for */
    bool recovered;
    bool more;      /* there was more to do than one upkeep does */
    bool settled;   /* the upkeep has been done with these endpoints */
    bool throttled; /* something is due, but for its endpoint's rate */
    bool gathering; /* something for a chat waits for others */
    bool unhealthy;
    bool round_is_due;
};

typedef struct {
    GSource base;
    ImpDispatcher *dispatcher;
} DispatcherSource;

static bool has_url(const ImpDispatcher *dispatcher, const char *name, const char *url)
{
    const ImpEndpointRun *run = imp_endpoint_run_find(dispatcher->runs, name);
    return run && strcmp(run->endpoint->url, url) == 0;
}

static bool tell(ImpDispatcher *dispatcher, const char *type, const ImpDelivery *delivery,
                 const ImpOutcome *outcome, gint64 at_us, GError **error)
{
    bool tells_itself = strcmp(delivery->type, "endpoint.disabled") == 0 ||
                        strcmp(delivery->type, "delivery.exhausted") == 0;
    if (tells_itself || !dispatcher->hooks.fact)
        return true;
    ImpDeliveryFact fact = {
        .type = type,
        .endpoint = delivery->endpoint,
        .event = delivery->event,
        .event_type = delivery->type,
        .article = imp_format_is_forge(delivery->format) ? NULL : delivery->article,
        .failure = outcome->failure,
        .status = outcome->status,
        .at_us = at_us,
    };
    return dispatcher->hooks.fact(&fact, dispatcher->data, error);
}

/* The steps of a round */

static bool disable(ImpDispatcher *dispatcher, const ImpFlight *flight, GError **error)
{
    const ImpDelivery *delivery = flight->delivery;
    bool changed;
    if (!imp_outbox_disable(dispatcher->outbox, delivery->endpoint, flight->url, flight->ended_us,
                            &changed, error))
        return false;
    return !changed || tell(dispatcher, "endpoint.disabled", delivery, &flight->outcome,
                            flight->ended_us, error);
}

/* What a try's end says about its endpoint. */
static bool note_endpoint(ImpDispatcher *dispatcher, const ImpFlight *flight, GError **error)
{
    const char *endpoint = flight->delivery->endpoint;
    /* What an address said that the endpoint no longer has is not about the endpoint. */
    if (!has_url(dispatcher, endpoint, flight->url))
        return true;
    ImpCircuit circuit;
    if (!imp_outbox_circuit(dispatcher->outbox, endpoint, &circuit, error))
        return false;
    bool was_blank = imp_circuit_is_blank(&circuit);
    bool keep = imp_circuit_note(&circuit, &flight->outcome, flight->ended_us) &&
                !flight->plan.disable_endpoint;
    if (!keep)
        circuit = (ImpCircuit){0};
    /* An endpoint that is well costs no write. */
    if (!(was_blank && imp_circuit_is_blank(&circuit)) &&
        !imp_outbox_set_circuit(dispatcher->outbox, endpoint, flight->url, &circuit, error))
        return false;
    return keep || disable(dispatcher, flight, error);
}

static bool write_end(ImpDispatcher *dispatcher, const ImpFlight *flight, GError **error)
{
    if (!imp_outbox_end(dispatcher->outbox, flight->delivery, &flight->outcome, &flight->plan,
                        flight->ended_us, error) ||
        !note_endpoint(dispatcher, flight, error))
        return false;
    return flight->plan.state != IMP_DELIVERY_DEAD ||
           tell(dispatcher, "delivery.exhausted", flight->delivery, &flight->outcome,
                flight->ended_us, error);
}

static bool write_ends(ImpDispatcher *dispatcher, GError **error)
{
    for (guint i = 0; i < dispatcher->flights->len; i++) {
        const ImpFlight *flight = dispatcher->flights->pdata[i];
        if (flight->ended && !write_end(dispatcher, flight, error))
            return false;
    }
    return true;
}

static bool give_up_misfits(ImpDispatcher *dispatcher, gint64 now_us, GError **error)
{
    for (guint i = 0; i < dispatcher->runs->len; i++) {
        ImpEndpointRun *run = dispatcher->runs->pdata[i];
        if (!imp_outbox_give_up_misfits(dispatcher->outbox, run->endpoint->name,
                                        run->endpoint->format, now_us, &run->misfits, error))
            return false;
    }
    return true;
}

static bool do_upkeep(ImpDispatcher *dispatcher, gint64 now_us, GError **error)
{
    if ((!dispatcher->recovered && !imp_outbox_recover(dispatcher->outbox, now_us, error)) ||
        (!dispatcher->settled && !give_up_misfits(dispatcher, now_us, error)))
        return false;
    g_autoptr(GPtrArray) dead = g_ptr_array_new_with_free_func((GDestroyNotify)imp_delivery_free);
    ImpUpkeep upkeep = {.dead = dead};
    if (!imp_upkeep(dispatcher->outbox, dispatcher->endpoints, dispatcher->times, now_us,
                    g_random_double(), &upkeep, error) ||
        !imp_compactor_begin(dispatcher->compactor, dispatcher->outbox, error))
        return false;
    dispatcher->more = upkeep.more;
    static const ImpOutcome not_tried;
    for (guint i = 0; i < dead->len; i++) {
        if (!tell(dispatcher, "delivery.exhausted", dead->pdata[i], &not_tried, now_us, error))
            return false;
    }
    return true;
}

static bool take(ImpDispatcher *dispatcher, ImpEndpointRun *run, ImpDelivery *delivery,
                 GError **error)
{
    ImpFlight *flight = g_new0(ImpFlight, 1);
    flight->dispatcher = dispatcher;
    flight->delivery = delivery;
    flight->endpoint = run->endpoint;
    flight->url = g_strdup(run->endpoint->url);
    flight->host = g_strdup(run->host);
    g_ptr_array_add(dispatcher->flights, flight);
    imp_bucket_take(&run->bucket, g_get_monotonic_time());
    return imp_outbox_begin(dispatcher->outbox, delivery, error);
}

/* What is gathered for a chat becomes due when it can be sent and not before, so that it is as much
 * as possible. */
static bool gather(ImpDispatcher *dispatcher, const ImpEndpointRun *run, const ImpCircuit *circuit,
                   gint64 now_us, GError **error)
{
    bool disabled = true;
    if (!imp_format_is_chat(run->endpoint->format) || imp_circuit_opens_us(circuit) > now_us ||
        imp_bucket_wait_us(&run->bucket, g_get_monotonic_time()) > 0)
        return true;
    return imp_outbox_is_disabled(dispatcher->outbox, run->endpoint->name, &disabled, error) &&
           (disabled || imp_outbox_digest(dispatcher->outbox, run->endpoint, now_us, error));
}

static guint limit_at(const ImpEndpoint *endpoint, const ImpCircuit *circuit)
{
    if (imp_circuit_probes(circuit))
        return 1;
    return endpoint->in_flight > 0 ? endpoint->in_flight : IMP_SENDER_IN_FLIGHT_PER_ENDPOINT;
}

/* Takes what is due at an endpoint, as far as its circuit, its rate and the slots let it; *next_us
 * sinks to when it has more and no slot is waited for. */
static bool take_at(ImpDispatcher *dispatcher, ImpEndpointRun *run, gint64 now_us, gint64 *next_us,
                    GError **error)
{
    const char *name = run->endpoint->name;
    ImpCircuit circuit;
    if (!imp_outbox_circuit(dispatcher->outbox, name, &circuit, error))
        return false;
    guint slots =
        imp_endpoint_run_slots(run, dispatcher->flights, limit_at(run->endpoint, &circuit));
    if (slots == 0)
        return true;

    gint64 its_next_us, opens_us = imp_circuit_opens_us(&circuit);
    guint tokens = opens_us > now_us ? 0 : imp_bucket_tokens(&run->bucket, g_get_monotonic_time());
    g_autoptr(GPtrArray) due = g_ptr_array_new_with_free_func((GDestroyNotify)imp_delivery_free);
    if (!gather(dispatcher, run, &circuit, now_us, error) ||
        !imp_outbox_due(dispatcher->outbox, name, now_us, MIN(slots, tokens), due, &its_next_us,
                        error))
        return false;
    guint count = due->len;
    while (due->len > 0) {
        if (!take(dispatcher, run, g_ptr_array_steal_index(due, 0), error))
            return false;
    }
    if (count == slots)
        return true;
    its_next_us = MAX(its_next_us, opens_us);
    bool throttled = its_next_us <= now_us;
    dispatcher->throttled = dispatcher->throttled || throttled;
    if (throttled)
        its_next_us = now_us + imp_bucket_wait_us(&run->bucket, g_get_monotonic_time());
    *next_us = MIN(*next_us, its_next_us);
    return true;
}

static bool look_whether_gathering(ImpDispatcher *dispatcher, const ImpEndpointRun *run,
                                   gint64 now_us, GError **error)
{
    return dispatcher->gathering || !imp_format_is_chat(run->endpoint->format) ||
           imp_outbox_is_gathering(dispatcher->outbox, run->endpoint->name, now_us,
                                   &dispatcher->gathering, error);
}

static bool take_due(ImpDispatcher *dispatcher, gint64 now_us, GError **error)
{
    guint count = dispatcher->endpoints->len;
    gint64 next_us = G_MAXINT64;
    dispatcher->throttled = dispatcher->gathering = false;
    for (guint i = 0; i < count; i++) {
        ImpEndpointRun *run = dispatcher->runs->pdata[(dispatcher->first + i) % count];
        if (!take_at(dispatcher, run, now_us, &next_us, error) ||
            !look_whether_gathering(dispatcher, run, now_us, error))
            return false;
    }
    dispatcher->first = count > 0 ? (dispatcher->first + 1) % count : 0;
    dispatcher->next_us = next_us;
    return true;
}

/* Whether the disk must have this round before it counts. */
static bool must_sync(const ImpDispatcher *dispatcher, bool upkeep)
{
    if (upkeep || !dispatcher->sender ||
        g_get_monotonic_time() >= dispatcher->synced_us + SYNC_EVERY_US)
        return true;
    for (guint i = 0; i < dispatcher->flights->len; i++) {
        const ImpFlight *flight = dispatcher->flights->pdata[i];
        if (flight->ended && flight->outcome.failure != IMP_FAILURE_NONE)
            return true;
    }
    return false;
}

/* Having stopped, it only writes down. */
static bool write_round(ImpDispatcher *dispatcher, bool upkeep, GError **error)
{
    gint64 now_us = dispatcher->clock();
    if (!imp_database_begin(dispatcher->database, error))
        return false;
    if (write_ends(dispatcher, error) && (!upkeep || do_upkeep(dispatcher, now_us, error)) &&
        imp_compactor_step(dispatcher->compactor, dispatcher->outbox, now_us, error) &&
        (!dispatcher->sender || take_due(dispatcher, now_us, error)) &&
        imp_database_commit(dispatcher->database, error))
        return true;
    imp_compactor_give_up(dispatcher->compactor);
    imp_database_rollback(dispatcher->database);
    return false;
}

/* The transaction. */
static bool transact(ImpDispatcher *dispatcher, bool upkeep, GError **error)
{
    bool sync = must_sync(dispatcher, upkeep);
    if (!sync && !imp_database_set_durable(dispatcher->database, false, error))
        return false;
    bool done = write_round(dispatcher, upkeep, error);
    if (sync)
        dispatcher->synced_us = g_get_monotonic_time();
    else
        imp_database_set_durable(dispatcher->database, true, NULL);
    return done;
}

/* What follows the transaction */

/* The next round looks at the endpoints and at all that waits for them. */
static void ask_for_upkeep(ImpDispatcher *dispatcher)
{
    dispatcher->settled = false;
    dispatcher->upkeep_us = 0;
}

static void on_done(const ImpOutcome *outcome, gpointer data)
{
    ImpFlight *flight = data;
    ImpDispatcher *dispatcher = flight->dispatcher;
    imp_flight_end(flight, outcome, dispatcher->times, dispatcher->clock());
    const ImpEndpointRun *run = imp_endpoint_run_find(dispatcher->runs, flight->delivery->endpoint);
    /* Its endpoint has another format since: should it wait now, it does not fit. */
    if (run && run->endpoint->format != flight->delivery->format)
        ask_for_upkeep(dispatcher);
    imp_dispatcher_kick(dispatcher);
}

static void forget_ended(ImpDispatcher *dispatcher)
{
    for (guint i = dispatcher->flights->len; i > 0; i--) {
        ImpFlight *flight = dispatcher->flights->pdata[i - 1];
        if (!flight->ended)
            continue;
        g_ptr_array_steal_index_fast(dispatcher->flights, i - 1);
        if (dispatcher->hooks.ended)
            dispatcher->hooks.ended(flight->delivery, &flight->outcome, dispatcher->data);
        if (flight->outcome.failure != IMP_FAILURE_NONE && dispatcher->hooks.failed)
            dispatcher->hooks.failed(flight->delivery, &flight->outcome, &flight->plan,
                                     dispatcher->data);
        imp_flight_free(flight);
    }
}

static void tell_compacted(ImpDispatcher *dispatcher)
{
    g_autoptr(GPtrArray) ended = imp_compactor_take_ended(dispatcher->compactor);
    for (guint i = 0; i < ended->len; i++) {
        const ImpCompacted *compacted = ended->pdata[i];
        if (dispatcher->hooks.compacted)
            dispatcher->hooks.compacted(compacted->endpoint, compacted->count, dispatcher->data);
    }
}

static void tell_misfits(ImpDispatcher *dispatcher)
{
    for (guint i = 0; i < dispatcher->runs->len; i++) {
        ImpEndpointRun *run = dispatcher->runs->pdata[i];
        if (run->misfits > 0 && dispatcher->hooks.misfits)
            dispatcher->hooks.misfits(run->endpoint->name, run->misfits, dispatcher->data);
        run->misfits = 0;
    }
}

static void post_taken(ImpDispatcher *dispatcher)
{
    for (guint i = 0; i < dispatcher->flights->len; i++) {
        ImpFlight *flight = dispatcher->flights->pdata[i];
        const ImpEndpoint *endpoint = g_steal_pointer(&flight->endpoint);
        if (endpoint)
            imp_app_post(
                dispatcher->app, dispatcher->sender, endpoint, dispatcher->times,
                &(ImpPost){flight->delivery->event, flight->delivery->body, on_done, flight});
    }
}

static void drop_taken(ImpDispatcher *dispatcher)
{
    for (guint i = dispatcher->flights->len; i > 0; i--) {
        const ImpFlight *flight = dispatcher->flights->pdata[i - 1];
        if (flight->endpoint)
            g_ptr_array_remove_index_fast(dispatcher->flights, i - 1);
    }
}

static void set_unhealthy(ImpDispatcher *dispatcher, const GError *error)
{
    bool changed = dispatcher->unhealthy != (error != NULL);
    dispatcher->unhealthy = error != NULL;
    if (changed && dispatcher->hooks.unhealthy)
        dispatcher->hooks.unhealthy(error, dispatcher->data);
}

static void set_alarm(ImpDispatcher *dispatcher)
{
    gint64 wake_us = dispatcher->upkeep_us;
    if (dispatcher->next_us != G_MAXINT64) {
        gint64 wait_us = MAX(dispatcher->next_us - dispatcher->clock(), 0);
        wake_us = MIN(wake_us, g_get_monotonic_time() + wait_us);
    }
    if (imp_compactor_is_busy(dispatcher->compactor))
        wake_us = 0;
    if (!dispatcher->round_is_due)
        g_source_set_ready_time(dispatcher->source, wake_us);
}

static gboolean do_round(GSource *base, GSourceFunc callback, gpointer data)
{
    (void)callback, (void)data;
    ImpDispatcher *dispatcher = ((DispatcherSource *)base)->dispatcher;
    g_source_set_ready_time(base, -1);
    dispatcher->round_is_due = false;
    bool upkeep = dispatcher->upkeep_us <= g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    if (!transact(dispatcher, upkeep, &error)) {
        drop_taken(dispatcher);
        g_source_set_ready_time(base, g_get_monotonic_time() + RETRY_AFTER_US);
        set_unhealthy(dispatcher, error);
        return G_SOURCE_CONTINUE;
    }
    if (upkeep) {
        dispatcher->recovered = dispatcher->settled = true;
        dispatcher->upkeep_us = dispatcher->more ? 0 : g_get_monotonic_time() + UPKEEP_EVERY_US;
        tell_misfits(dispatcher);
    }
    set_unhealthy(dispatcher, NULL);
    post_taken(dispatcher);
    forget_ended(dispatcher);
    tell_compacted(dispatcher);
    set_alarm(dispatcher);
    return G_SOURCE_CONTINUE;
}

ImpDispatcher *imp_dispatcher_new(GMainContext *context, ImpOutbox *outbox, ImpDatabase *database,
                                  const char *version, ImpClock clock,
                                  const ImpDispatcherHooks *hooks, gpointer data)
{
    static GSourceFuncs source_funcs = {.dispatch = do_round};
    ImpDispatcher *dispatcher = g_new0(ImpDispatcher, 1);
    dispatcher->source = g_source_new(&source_funcs, sizeof(DispatcherSource));
    ((DispatcherSource *)dispatcher->source)->dispatcher = dispatcher;
    /* After the sender has taken all that has come: the more a round writes down, the fewer rounds
     * there are. */
    g_source_set_priority(dispatcher->source, G_PRIORITY_DEFAULT + 1);
    g_source_attach(dispatcher->source, context);
    dispatcher->outbox = outbox;
    dispatcher->database = database;
    dispatcher->sender = imp_sender_new(context, version, clock);
    dispatcher->app = imp_app_new(clock);
    dispatcher->clock = clock;
    dispatcher->hooks = *hooks;
    dispatcher->data = data;
    dispatcher->endpoints = g_ptr_array_new();
    dispatcher->runs = g_ptr_array_new();
    dispatcher->times = imp_delivery_times_new();
    dispatcher->flights = g_ptr_array_new_with_free_func(imp_flight_free);
    dispatcher->compactor = imp_compactor_new();
    dispatcher->next_us = G_MAXINT64;
    return dispatcher;
}

void imp_dispatcher_free(ImpDispatcher *dispatcher)
{
    if (!dispatcher)
        return;
    imp_dispatcher_stop(dispatcher);
    g_source_unref(dispatcher->source);
    g_ptr_array_unref(dispatcher->runs);
    g_ptr_array_unref(dispatcher->endpoints);
    imp_delivery_times_free(dispatcher->times);
    g_ptr_array_unref(dispatcher->flights);
    imp_compactor_free(dispatcher->compactor);
    g_free(dispatcher);
}

void imp_dispatcher_set_endpoints(ImpDispatcher *dispatcher, GPtrArray *endpoints,
                                  const ImpDeliveryTimes *times)
{
    GPtrArray *runs = imp_endpoint_runs_new(dispatcher->runs, endpoints);
    g_ptr_array_unref(dispatcher->runs);
    dispatcher->runs = runs;
    g_ptr_array_ref(endpoints);
    g_ptr_array_unref(dispatcher->endpoints);
    dispatcher->endpoints = endpoints;
    imp_delivery_times_free(dispatcher->times);
    dispatcher->times = imp_delivery_times_copy(times);
    dispatcher->first = 0;
    ask_for_upkeep(dispatcher);
    imp_dispatcher_kick(dispatcher);
    /* Whoever reloads may have mended what made it unhealthy. */
    if (dispatcher->sender)
        g_source_set_ready_time(dispatcher->source, 0);
}

void imp_dispatcher_kick(ImpDispatcher *dispatcher)
{
    if (!dispatcher->sender)
        return;
    dispatcher->round_is_due = true;
    /* While the outbox cannot be written, the next try has its moment already. */
    if (!dispatcher->unhealthy && g_source_get_ready_time(dispatcher->source) != 0)
        g_source_set_ready_time(dispatcher->source, 0);
}

void imp_dispatcher_post(ImpDispatcher *dispatcher, const ImpEndpoint *endpoint, const char *id,
                         GBytes *body, ImpSenderDone done, gpointer data)
{
    imp_app_post(dispatcher->app, dispatcher->sender, endpoint, dispatcher->times,
                 &(ImpPost){id, body, done, data});
}

bool imp_dispatcher_idle(const ImpDispatcher *dispatcher)
{
    return dispatcher->flights->len == 0 && !dispatcher->round_is_due && !dispatcher->unhealthy &&
           !dispatcher->throttled && !dispatcher->gathering &&
           dispatcher->next_us > dispatcher->clock();
}

void imp_dispatcher_stop(ImpDispatcher *dispatcher)
{
    if (!dispatcher->sender)
        return;
    g_clear_pointer(&dispatcher->sender, imp_sender_free);
    g_clear_pointer(&dispatcher->app, imp_app_free);
    g_source_destroy(dispatcher->source);
    /* Should it fail, they are tried again like those under way. */
    transact(dispatcher, false, NULL);
    g_ptr_array_set_size(dispatcher->flights, 0);
}
