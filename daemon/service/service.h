#pragma once

#include "daemon/pass/pipeline.h"
#include "workflow/base/json.h"

/* The daemon: the loop around the pipeline, deliveries beside it. The only file, with its main
 * program, that reads the clock and talks to systemd. */

/* How a configuration is loaded, at the start and for each SIGHUP. */
typedef ImpConfig *(*ImpConfigLoader)(gpointer data, GError **error);

/* Runs until SIGTERM or SIGINT; what goes wrong on the way is logged. An error: it could not start.
 */
bool imp_service_run(ImpConfigLoader load, gpointer data, GError **error);

/* One pass, whose report the caller clears, at a moment that is believed if it is `trusted`
 * (daemon/pass/clock.h), and then whatever is due is sent, for at most
 * `seconds`. */
bool imp_service_deliver(ImpConfigLoader load, gpointer data, gint64 now_us, bool trusted,
                         guint seconds, ImpPassReport *report, GError **error);

/* Sends a ping to the endpoint of that name, with the lock, and returns how it ended, as the
 * control socket would answer (daemon/control/control_request.h). */
json_t *imp_service_ping(const char *config_path, const char *name, GError **error);
