#pragma once

/* What to do about an answer 3xx. */
#define IMP_ENDPOINT_HAS_MOVED "redirects are not followed: change its \"url\" in the configuration"

#include "workflow/base/json.h"

/* Prints the answer to a ping (daemon/control/control_request.h): its line for people, or, with
 * `json`, as it is; on standard error what was refused. Returns the exit status. */
int imp_endpoint_print_ping(const json_t *answer, bool json);
