#pragma once

#include "daemon/verbs/decide/decide.h"

/* Makes a decision of that kind about the articles, as the command says; returns the exit status.
 * `shown`: the user has just seen what it is about. */
int imp_decide(const ImpCommand *command, ImpDecisionKind kind, char *const *arguments, bool shown);
