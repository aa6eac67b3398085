#pragma once

#include "daemon/config/config.h"

/* The daemon: the loop around the pipeline, deliveries beside it. The only file, with its main
 * program, that reads the clock and talks to systemd. */

/* How a configuration is loaded, at the start and for each SIGHUP. */
typedef ImpConfig *(*ImpConfigLoader)(gpointer data, GError **error);

/* Runs until SIGTERM or SIGINT. Returns an exit status; what is wrong was logged. */
int imp_service_run(ImpConfigLoader load, gpointer data);

/* One pass, and then whatever is due is sent, for at most `seconds`. */
int imp_service_deliver(ImpConfigLoader load, gpointer data, gint64 now_us, guint seconds);

/* Sends a ping to the endpoint of that name, with the lock, and prints how it ended. */
int imp_service_ping(const char *config_path, const char *name, bool json);
