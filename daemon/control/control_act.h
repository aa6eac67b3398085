#pragma once

#include "daemon/control/control_request.h"
#include "daemon/pass/workplace.h"

/* What a request does, in the daemon or, where none runs, in the command. */

/* Carries out a request other than a ping, in a transaction of its own, and returns the answer. A
 * dispatcher, if one runs, is to be kicked then. */
json_t *imp_control_act(ImpWorkplace *place, const ImpControlRequest *request, gint64 now_us);

/* "there is no endpoint ...; did you mean ...?" The caller frees. */
char *imp_control_unknown_endpoint(const ImpConfig *config, const char *name);
/* Whether an endpoint is configured, or something in the queue is for one of that name. */
bool imp_control_knows_endpoint(const ImpConfig *config, ImpDatabase *database, const char *name,
                                bool *knows, GError **error);
/* The endpoint of a configuration, or NULL. */
const ImpEndpoint *imp_control_endpoint(const ImpConfig *config, const char *name);
