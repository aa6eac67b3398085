#pragma once

#include "notify/outbox/endpoint_view.h"
#include "workflow/words.h"

/* What the daemon can be watched by, in the text format of Prometheus (exposition format 0.0.4).
 * Pure: values in, text out. Counters count from the start of the process. */

/* Upper bounds of the buckets of a pass's time, in seconds; a last one has none. */
#define IMP_METRICS_BUCKETS 8
extern const double imp_metrics_bounds[IMP_METRICS_BUCKETS];

/* What has been counted since the start. */
typedef struct {
    GHashTable *tries; /* endpoint -> guint64[IMP_N_FAILURES], by how they ended; owns both */
    guint64 passes[IMP_METRICS_BUCKETS + 1]; /* by how long they took; not cumulated */
    double pass_seconds;                     /* all together */
    guint64 failed_passes;
    guint64 entries; /* recorded in the ledger */
} ImpMetricsCounters;

void imp_metrics_counters_init(ImpMetricsCounters *counters);
void imp_metrics_counters_clear(ImpMetricsCounters *counters);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpMetricsCounters, imp_metrics_counters_clear)
void imp_metrics_count_try(ImpMetricsCounters *counters, const char *endpoint, ImpFailure failure);
void imp_metrics_count_pass(ImpMetricsCounters *counters, double seconds, bool done, guint entries);

/* How it stands now. */
typedef struct {
    const char *repository;
    const GPtrArray *endpoints; /* of const char*: those configured, in the order to show them in */
    GPtrArray *views; /* imp_outbox_load(): what is known of them; others in it are left out */
    gint64 articles[IMP_STATE_APPROVED + 1]; /* by ImpState */
    gint64 overdue;
    gint64 pass_at_us; /* the last that was done; 0: none */
    bool has_remote;
    gint64 fetched_at_us; /* when the remote was fetched last; 0: never */
    bool unpushed;        /* it does not have everything that was decided */
    bool unhealthy;       /* deliveries cannot be recorded */
    bool diverged;        /* the ledger is not the daemon's */
} ImpMetricsState;

/* The whole text. The caller frees. */
char *imp_metrics_render(const ImpMetricsCounters *counters, const ImpMetricsState *state,
                         gint64 now_us);
