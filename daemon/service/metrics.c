#include "daemon/service/metrics.h"

#include <string.h>

/* Samples of one name stand together, below their HELP and TYPE. Every endpoint has each of its
 * samples from the beginning, so that a rate can be taken of the first that happens. */

const double imp_metrics_bounds[IMP_METRICS_BUCKETS] = {0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120};

void imp_metrics_counters_init(ImpMetricsCounters *counters)
{
    *counters = (ImpMetricsCounters){
        .tries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
}

void imp_metrics_counters_clear(ImpMetricsCounters *counters)
{
    g_clear_pointer(&counters->tries, g_hash_table_unref);
}

void imp_metrics_count_try(ImpMetricsCounters *counters, const char *endpoint, ImpFailure failure)
{
    guint64 *counts = g_hash_table_lookup(counters->tries, endpoint);
    if (!counts) {
        counts = g_new0(guint64, IMP_N_FAILURES);
        g_hash_table_insert(counters->tries, g_strdup(endpoint), counts);
    }
    counts[failure]++;
}

void imp_metrics_count_pass(ImpMetricsCounters *counters, double seconds, bool done, guint entries)
{
    guint bucket = 0;
    while (bucket < IMP_METRICS_BUCKETS && seconds > imp_metrics_bounds[bucket])
        bucket++;
    counters->passes[bucket]++;
    counters->pass_seconds += seconds;
    counters->failed_passes += !done;
    counters->entries += entries;
}

typedef struct {
    GString *text;
    const char *repository;
    const char *name; /* of the metric that is being written */
} Writer;

static void begin(Writer *writer, const char *name, const char *type, const char *help)
{
    writer->name = name;
    g_string_append_printf(writer->text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void append_label(Writer *writer, const char *key, const char *value)
{
    g_string_append_printf(writer->text, "%s=\"", key);
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            g_string_append_c(writer->text, '\\');
        if (*value == '\n')
            g_string_append(writer->text, "\\n");
        else
            g_string_append_c(writer->text, *value);
    }
    g_string_append_c(writer->text, '"');
}

/* A sample with the repository and up to two more labels (NULL: none). `suffix` is "_bucket" and
 * the like, or "". */
static void sample(Writer *writer, const char *suffix, const char *const labels[4], double value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_printf(writer->text, "%s%s{", writer->name, suffix);
    append_label(writer, "repository", writer->repository);
    for (guint i = 0; i < 4 && labels[i]; i += 2) {
        g_string_append_c(writer->text, ',');
        append_label(writer, labels[i], labels[i + 1]);
    }
    /* Never with the comma that a locale may want; counts are whole. */
    g_string_append_printf(writer->text, "} %s\n",
                           g_ascii_formatd(number, sizeof number, "%.15g", value));
}

static void single(Writer *writer, const char *name, const char *type, const char *help,
                   double value)
{
    begin(writer, name, type, help);
    sample(writer, "", (const char *const[4]){NULL}, value);
}

/* Endpoints */

static void write_tries(Writer *writer, const ImpMetricsCounters *counters,
                        const ImpMetricsState *state)
{
    static const guint64 none[IMP_N_FAILURES];
    begin(writer, "imprimatur_delivery_attempts_total", "counter",
          "Tries to deliver a message, by endpoint and how they ended: delivered, or a class of "
          "failure.");
    for (guint i = 0; i < state->endpoints->len; i++) {
        const char *name = state->endpoints->pdata[i];
        const guint64 *counts = g_hash_table_lookup(counters->tries, name);
        for (guint failure = 0; failure < IMP_N_FAILURES; failure++) {
            const char *word = failure ? imp_failure_word(failure) : "delivered";
            sample(writer, "", (const char *const[4]){"endpoint", name, "class", word},
                   (double)(counts ? counts : none)[failure]);
        }
    }
}

static double waiting(const ImpEndpointView *view, gint64 now_us)
{
    (void)now_us;
    return (double)view->waiting;
}

static double dead(const ImpEndpointView *view, gint64 now_us)
{
    (void)now_us;
    return (double)view->dead;
}

static double oldest_due(const ImpEndpointView *view, gint64 now_us)
{
    return view->due_us && view->due_us < now_us ? (double)((now_us - view->due_us) / 1000) / 1000
                                                 : 0;
}

static double circuit_open(const ImpEndpointView *view, gint64 now_us)
{
    (void)now_us;
    return imp_circuit_probes(&view->circuit);
}

static double disabled(const ImpEndpointView *view, gint64 now_us)
{
    (void)now_us;
    return view->disabled_us != 0;
}

static const struct {
    const char *name, *help;
    double (*value)(const ImpEndpointView *view, gint64 now_us);
} gauges[] = {
    {"imprimatur_deliveries_waiting", "Messages that wait for an endpoint or are being sent to it.",
     waiting},
    {"imprimatur_deliveries_dead", "Messages to an endpoint that were given up.", dead},
    {"imprimatur_delivery_oldest_due_seconds",
     "For how long the message that is due at an endpoint has been due.", oldest_due},
    {"imprimatur_endpoint_circuit_open",
     "Whether an endpoint fails so often that it is only probed.", circuit_open},
    {"imprimatur_endpoint_disabled", "Whether an endpoint is disabled.", disabled},
};

static void write_endpoints(Writer *writer, const ImpMetricsState *state, gint64 now_us)
{
    static const ImpEndpointView nothing;
    for (guint i = 0; i < G_N_ELEMENTS(gauges); i++) {
        begin(writer, gauges[i].name, "gauge", gauges[i].help);
        for (guint j = 0; j < state->endpoints->len; j++) {
            const char *name = state->endpoints->pdata[j];
            const ImpEndpointView *view = imp_endpoint_view_find(state->views, name);
            sample(writer, "", (const char *const[4]){"endpoint", name},
                   gauges[i].value(view ? view : &nothing, now_us));
        }
    }
}

/* Articles and passes */

static void write_articles(Writer *writer, const ImpMetricsState *state)
{
    begin(writer, "imprimatur_articles", "gauge", "Articles, by state.");
    for (guint i = IMP_STATE_SUBMITTED; i <= IMP_STATE_APPROVED; i++)
        sample(writer, "", (const char *const[4]){"state", imp_state_key(i)},
               (double)state->articles[i]);
    single(writer, "imprimatur_articles_overdue", "gauge",
           "Articles that somebody should have answered about by now.", (double)state->overdue);
}

static void write_passes(Writer *writer, const ImpMetricsCounters *counters)
{
    guint64 count = 0;
    char bound[G_ASCII_DTOSTR_BUF_SIZE];
    begin(writer, "imprimatur_pass_duration_seconds", "histogram",
          "How long a pass over the repository took.");
    for (guint i = 0; i < IMP_METRICS_BUCKETS; i++) {
        count += counters->passes[i];
        g_ascii_formatd(bound, sizeof bound, "%g", imp_metrics_bounds[i]);
        sample(writer, "_bucket", (const char *const[4]){"le", bound}, (double)count);
    }
    count += counters->passes[IMP_METRICS_BUCKETS];
    sample(writer, "_bucket", (const char *const[4]){"le", "+Inf"}, (double)count);
    sample(writer, "_sum", (const char *const[4]){NULL}, counters->pass_seconds);
    sample(writer, "_count", (const char *const[4]){NULL}, (double)count);
    single(writer, "imprimatur_pass_failures_total", "counter", "Passes that ended with an error.",
           (double)counters->failed_passes);
    single(writer, "imprimatur_ledger_entries_total", "counter", "Entries recorded in the ledger.",
           (double)counters->entries);
}

char *imp_metrics_render(const ImpMetricsCounters *counters, const ImpMetricsState *state,
                         gint64 now_us)
{
    GString *text = g_string_new(NULL);
    Writer writer = {text, state->repository, NULL};
    write_tries(&writer, counters, state);
    write_endpoints(&writer, state, now_us);
    write_articles(&writer, state);
    write_passes(&writer, counters);
    single(&writer, "imprimatur_last_pass_timestamp_seconds", "gauge",
           "When the last pass was done, in seconds since 1970.",
           (double)(state->pass_at_us / IMP_SECOND_US));
    if (state->has_remote) {
        single(&writer, "imprimatur_remote_last_fetch_timestamp_seconds", "gauge",
               "When the remote was fetched last, in seconds since 1970.",
               (double)(state->fetched_at_us / IMP_SECOND_US));
        single(&writer, "imprimatur_remote_unpushed", "gauge",
               "Whether the remote lacks something that was decided.", state->unpushed);
    }
    single(&writer, "imprimatur_unhealthy", "gauge",
           "Whether deliveries cannot be recorded, so that nothing is sent.", state->unhealthy);
    single(&writer, "imprimatur_ledger_diverged", "gauge",
           "Whether the ledger is not where the daemon left it, so that nothing is decided.",
           state->diverged);
    return g_string_free(text, FALSE);
}
