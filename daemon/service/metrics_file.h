#pragma once

#include "daemon/pass/workplace.h"
#include "daemon/service/metrics.h"

/* The file `metrics_file` of imprimatur.json(5), for the textfile collector of Prometheus'
 * node_exporter. It is written after something has happened, at most every few seconds, and at rest
 * never. */

typedef struct ImpMetricsFile ImpMetricsFile;

/* Nothing is written while the configuration names no file. The place outlives it. */
ImpMetricsFile *imp_metrics_file_new(ImpWorkplace *place);
void imp_metrics_file_free(ImpMetricsFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpMetricsFile, imp_metrics_file_free)

/* What happened. */
void imp_metrics_file_note_try(ImpMetricsFile *file, const char *endpoint, ImpFailure failure);
void imp_metrics_file_note_pass(ImpMetricsFile *file, double seconds, bool done, guint entries,
                                bool diverged);
void imp_metrics_file_note_health(ImpMetricsFile *file, bool unhealthy);
/* Something about the queue or the configuration. */
void imp_metrics_file_note_change(ImpMetricsFile *file);
