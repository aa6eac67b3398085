#pragma once

#include "articles/repository.h"

/* Moving refs, and the locks of dead processes in their way. */

/* Deletes a ref that may be there. */
bool imp_repository_delete_ref(ImpRepository *repository, const char *ref, GError **error);

/* Moves `ref` from `expected` (NULL: it must not exist) to `commit`, atomically and durably: a
 * power cut afterwards does not take it back. IMP_REPOSITORY_ERROR_MOVED if it is elsewhere,
 * ..._LOCKED while another git is changing it. */
bool imp_repository_move_ref(ImpRepository *repository, const char *ref, const char *expected,
                             const char *commit, const char *reason, GError **error);

/* Whether `ref` could be moved now; to be asked before objects are written for nothing. Takes away
 * a lock that was left over: as imp_repository_free_lock(). IMP_REPOSITORY_ERROR_LOCKED if not. */
bool imp_repository_can_move_ref(ImpRepository *repository, const char *ref, const char *own,
                                 GError **error);

/* Takes `path`.lock away if it was left over by a process that died: it has not changed for a
 * minute, or holds `own` (a hex id; NULL: not asked), which this daemon was about to write when it
 * died. True if there is no lock afterwards, else IMP_REPOSITORY_ERROR_LOCKED. */
bool imp_repository_free_lock(const char *path, const char *own, GError **error);

/* Makes the names in a folder of the git directory durable. Of objects that libgit2 was given it
 * syncs each and its name itself, but not the folders in "objects" that it makes for them. */
bool imp_repository_sync_folder(ImpRepository *repository, const char *name, GError **error);
