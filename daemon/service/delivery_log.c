#include "daemon/service/delivery_log.h"
#include "daemon/index/announce.h"
#include "notify/bucket.h"

#include <string.h>

struct ImpDeliveryLog {
    ImpWorkplace *place;
    ImpMetricsFile *metrics;
    void (*health)(const GError *error, gpointer data);
    gpointer data;
    GHashTable *failing; /* endpoint -> Failing */
};

/* What became of deliveries, as events of its own. */
static bool tell_fact(const ImpDeliveryFact *fact, gpointer data, GError **error)
{
    ImpDeliveryLog *log = data;
    ImpWorkplace *place = log->place;
    const ImpAnnouncing announcing = imp_workplace_announcing(place, NULL, NULL, fact->at_us);
    bool exhausted = strcmp(fact->type, "delivery.exhausted") == 0;
    g_autofree char *sentence =
        exhausted
            ? g_strdup_printf("The delivery of %s (%s) to \"%s\" was given up.", fact->event,
                              fact->event_type, fact->endpoint)
            : g_strdup_printf(
                  "The endpoint \"%s\" %s and is disabled; its deliveries wait until its URL in "
                  "the "
                  "configuration is changed, or until you type: imprimatur endpoint enable %s",
                  fact->endpoint, fact->status == 410 ? "answered 410" : "took nothing for 5 days",
                  fact->endpoint);
    g_autoptr(ImpEvent) event = imp_announce_delivery(&announcing, fact->type, fact->endpoint,
                                                      exhausted ? fact->event : NULL, sentence);
    g_warning("%s", sentence);
    return imp_workplace_enqueue(place, event, fact->endpoint, fact->at_us, error);
}

/* What the log says of an endpoint that fails: one line when it begins to, or in a new way, and not
 * one for each try. It begins again after a success, but one that comes and goes has this many
 * lines at once and one in this time. */
#define FAILURE_LINES  3
#define FAILURE_LINE_S 600

typedef struct {
    char *what; /* was logged last; NULL: nothing since it was well */
    ImpBucket lines;
} Failing;

static void failing_free(gpointer data)
{
    Failing *failing = data;
    g_free(failing->what);
    g_free(failing);
}

static Failing *failing_at(ImpDeliveryLog *log, const char *endpoint)
{
    Failing *failing = g_hash_table_lookup(log->failing, endpoint);
    if (failing)
        return failing;
    failing = g_new0(Failing, 1);
    failing->lines = (ImpBucket){.rate = 1.0 / FAILURE_LINE_S,
                                 .burst = FAILURE_LINES,
                                 .tokens = FAILURE_LINES,
                                 .at_us = g_get_monotonic_time()};
    g_hash_table_insert(log->failing, g_strdup(endpoint), failing);
    return failing;
}

static void note_failure(const ImpDelivery *delivery, const ImpOutcome *outcome,
                         const ImpPlan *plan, gpointer data)
{
    (void)plan;
    ImpDeliveryLog *log = data;
    const char *said = imp_event_is_private(delivery->type) ? NULL : outcome->answer;
    bool denied = said && outcome->status >= 200 && outcome->status <= 299;
    g_autofree char *what =
        denied ? g_strdup_printf("status %u, but it says %s", outcome->status, said)
        : imp_schedule_is_redirect(outcome->status) && said
            ? g_strdup_printf("status %u, it says %s", outcome->status, said)
        : outcome->status ? g_strdup_printf("status %u", outcome->status)
                          : g_strdup(imp_failure_word(outcome->failure));
    Failing *failing = failing_at(log, delivery->endpoint);
    gint64 now_us = g_get_monotonic_time();
    if (g_strcmp0(failing->what, what) == 0 || imp_bucket_wait_us(&failing->lines, now_us) > 0)
        return;
    imp_bucket_take(&failing->lines, now_us);
    g_warning("endpoint %s: delivery %s failed: %s", delivery->endpoint, delivery->event, what);
    g_free(failing->what);
    failing->what = g_steal_pointer(&what);
}

static void note_end(const ImpDelivery *delivery, const ImpOutcome *outcome, gpointer data)
{
    ImpDeliveryLog *log = data;
    Failing *failing = g_hash_table_lookup(log->failing, delivery->endpoint);
    imp_metrics_file_note_try(log->metrics, delivery->endpoint, outcome->failure);
    if (failing && outcome->failure == IMP_FAILURE_NONE)
        g_clear_pointer(&failing->what, g_free);
}

static void note_compacted(const char *endpoint, guint count, gpointer data)
{
    (void)data;
    g_message("endpoint %s: too many messages waited; %u about earlier states of articles will not "
              "be sent",
              endpoint, count);
}

static void note_misfits(const char *endpoint, guint count, gpointer data)
{
    (void)data;
    g_message("endpoint %s: its format has changed; given up, because they were written in the "
              "former one: %u",
              endpoint, count);
}

static void note_health(const GError *error, gpointer data)
{
    ImpDeliveryLog *log = data;
    if (error)
        g_warning("deliveries cannot be recorded, so nothing is sent: %s", error->message);
    else
        g_message("deliveries can be recorded again");
    imp_metrics_file_note_health(log->metrics, error != NULL);
    log->health(error, log->data);
}

ImpDeliveryLog *imp_delivery_log_new(ImpWorkplace *place, ImpMetricsFile *metrics,
                                     void (*health)(const GError *error, gpointer data),
                                     gpointer data)
{
    ImpDeliveryLog *log = g_new0(ImpDeliveryLog, 1);
    log->place = place;
    log->metrics = metrics;
    log->health = health;
    log->data = data;
    log->failing = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, failing_free);
    return log;
}

void imp_delivery_log_free(ImpDeliveryLog *log)
{
    if (!log)
        return;
    g_hash_table_unref(log->failing);
    g_free(log);
}

const ImpDispatcherHooks *imp_delivery_log_hooks(void)
{
    static const ImpDispatcherHooks hooks = {.fact = tell_fact,
                                             .failed = note_failure,
                                             .unhealthy = note_health,
                                             .compacted = note_compacted,
                                             .misfits = note_misfits,
                                             .ended = note_end};
    return &hooks;
}
