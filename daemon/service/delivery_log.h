#pragma once

#include "daemon/service/metrics_file.h"
#include "notify/dispatcher.h"

/* What is said of deliveries: in the log (a line when an endpoint begins to fail, not one for each
 * try), in the metrics, and as events of their own. */

typedef struct ImpDeliveryLog ImpDeliveryLog;

/* `health` is called, with the error or NULL, when the outbox cannot be written, and when it can be
 * again; never from within a pass. `place` and `metrics` must outlive the log. */
ImpDeliveryLog *imp_delivery_log_new(ImpWorkplace *place, ImpMetricsFile *metrics,
                                     void (*health)(const GError *error, gpointer data),
                                     gpointer data);
void imp_delivery_log_free(ImpDeliveryLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpDeliveryLog, imp_delivery_log_free)

/* For a dispatcher, whose `data` is the log. */
const ImpDispatcherHooks *imp_delivery_log_hooks(void);
