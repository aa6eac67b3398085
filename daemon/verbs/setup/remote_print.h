#pragma once

#include "daemon/config/config.h"

/* A line about something that was done or tried with the remote: `what`, and what is wrong with it
 * (NULL: nothing). */
void imp_remote_print_step(bool json, const ImpConfig *config, const char *what,
                           const char *sentence);
