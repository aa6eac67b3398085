#pragma once

#include "daemon/config/config.h"
#include "notify/format/forge_rights.h"

/* Asks the forge that statuses go to about the repository and the token: of ImpForgeFinding*, freed
 * with the array. One that cannot be asked is a finding, too. Empty where no statuses are
 * configured, or a forge's App sends them, which has no rights but those that it was given. */
GPtrArray *imp_service_ask_forge(const ImpConfig *config);
