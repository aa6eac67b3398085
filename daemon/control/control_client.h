#pragma once

#include "daemon/control/control_act.h"

/* Asks the running daemon, through its control socket (daemon/service/control.h), and waits for its
 * answer for as long as that may take; *answer is NULL if no daemon runs.
 * IMP_CONTROL_ERROR_REFUSED or IMP_CONTROL_ERROR_AGAIN, with what to do. */
bool imp_control_ask(const ImpConfig *config, const ImpControlRequest *request, json_t **answer,
                     GError **error);

/* Whether a daemon takes requests at its control socket: false where there is no socket, or one
 * that a dead daemon left, or where this user may not ask. */
bool imp_control_is_open(const ImpConfig *config);

/* Has a request other than a ping carried out, by the daemon, or, where none runs, by this process,
 * which takes the lock; returns the answer. */
json_t *imp_control_carry_out(const ImpConfig *config, const ImpControlRequest *request,
                              gint64 now_us, GError **error);
