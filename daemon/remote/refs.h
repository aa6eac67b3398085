#pragma once

#include "articles/repository.h"
#include "daemon/config/config.h"

/* Which refs of the remote are fetched, and to where: below refs/imprimatur-remote/, so that a
 * fetch never touches the ledger and the approved branch of the mirror, which the daemon alone
 * moves. */

/* The refspecs for `git fetch`, NULL-terminated, which the caller frees: the watched branch, the
 * ledger and the approved branch by their names, unless `absent` (a set) has them, and what can
 * match the patterns of review branches and heads. */
char **imp_remote_refspecs(const ImpConfig *config, GHashTable *absent);

/* The name of a remote's ref in the mirror. The caller frees. */
char *imp_remote_mirrored(const char *ref);

/* The full name of the approved branch; NULL where there is none. The caller frees. */
char *imp_remote_approved_ref(const ImpConfig *config);

/* Notes in the mirror where a ref of the remote is now, as a push told; NULL: it is not there. */
bool imp_remote_set_mirrored(ImpRepository *mirror, const char *ref, const char *commit,
                             GError **error);
