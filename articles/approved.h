#pragma once

#include "articles/repository.h"

/* The approved branch: what readers may see (imprimatur-record(7), APPROVED BRANCH). */

typedef struct {
    char *path;
    char *id; /* hex of the blob, NULL: the path leaves the branch */
} ImpApprovedFile;

ImpApprovedFile *imp_approved_file_new(const char *path, const char *id);
void imp_approved_file_free(ImpApprovedFile *file);

/* Makes the commit that follows `parent` (NULL: the branch begins): the tree of `base` (a commit,
 * NULL: empty) with `files` (of ImpApprovedFile*) put in or taken out. Returns `parent` again where
 * the tree is its own, so that nothing moves. `ledger` goes into the trailer; `committer` is "Name
 * <address>". The caller frees. */
char *imp_approved_commit(ImpRepository *repository, const char *parent, const char *base,
                          GPtrArray *files, const char *ledger, const char *committer, gint64 at_us,
                          GError **error);

/* Finds the ledger entry that a commit of the branch says it was made after, for the caller to
 * free; NULL where it says none. */
bool imp_approved_find_ledger(ImpRepository *repository, const char *commit, char **entry,
                              GError **error);

/* Writes a file's bytes into the repository: its id, which the caller frees. */
char *imp_approved_write(ImpRepository *repository, const char *bytes, gsize length,
                         GError **error);
