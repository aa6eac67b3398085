#pragma once

#include "workflow/base/json.h"

/* Prints the line of a ping (imp_control_answer_ping()) for people, or, where *json (a bool), as it
 * is. */
void imp_endpoint_print_ping(const json_t *line, gpointer json);
