#pragma once

#include "articles/repository.h"

/* The approved branch: what readers may see (imprimatur-record(7), APPROVED BRANCH). */

typedef struct {
    char *path;
    char *id; /* hex of the blob, NULL: the path leaves the branch */
} ImpApprovedFile;

ImpApprovedFile *imp_approved_file_new(const char *path, const char *id);
void imp_approved_file_free(ImpApprovedFile *file);

/* A commit to be made; all of it is borrowed. */
typedef struct {
    const char *parent;    /* NULL: the branch begins */
    const char *base;      /* the commit whose tree is changed; NULL: an empty tree */
    GPtrArray *files;      /* of ImpApprovedFile*: put in, or taken out */
    const char *ledger;    /* for the trailer */
    const char *committer; /* "Name <address>" */
    gint64 at_us;
} ImpApprovedChange;

/* Makes the commit; its id, which the caller frees. That is the parent's where the tree is its own,
 * so that nothing moves. */
char *imp_approved_commit(ImpRepository *repository, const ImpApprovedChange *change,
                          GError **error);

/* Finds the ledger entry that a commit of the branch says it was made after, for the caller to
 * free; NULL where it says none. */
bool imp_approved_find_ledger(ImpRepository *repository, const char *commit, char **entry,
                              GError **error);

/* Writes a file's bytes into the repository: its id, which the caller frees. */
char *imp_approved_write(ImpRepository *repository, const char *bytes, gsize length,
                         GError **error);
