#pragma once

#include "daemon/verbs/view/reader.h"

/* The greatest version of a policy that was published: by the ledger if it is here, and what HEAD
 * has. 0: none. `same` becomes whether that is the very policy of the text `manifest`; both may be
 * NULL. */
guint imp_policy_last_version(const ImpCommand *command, ImpRepository *repository,
                              const char *manifest, bool *same);
