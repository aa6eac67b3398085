#pragma once

#include "daemon/pass/pass.h"

/* All that a pass decides at its Source: the steps, in their order; each reads what the ones before
 * it left in the index. Without a policy in force there is nothing to decide. */
bool imp_pass_decide(ImpPass *pass, GError **error);
