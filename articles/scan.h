#pragma once

#include "articles/repository.h"
#include "workflow/decision.h"

/* The walk over commits that are new. It reads each once, whatever it is asked about: who wrote it,
 * what it brought, and whether it means to be a decision. */

typedef struct {
    const char *id;
    const char *tree;
    char *const *parents; /* hex */
    gint64 date_us;       /* committer date */
    char **emails; /* of the author and the Co-authored-by lines, folded by imp_address_fold() */
    ImpAttempt *attempt; /* where the message has a `Review:` line, else NULL; g_steal_pointer it to
                            keep it */
} ImpScannedCommit;

typedef struct {
    /* Whether a commit, and so everything below it, was walked before. */
    bool (*is_known)(const char *id, gpointer data);
    bool (*take)(ImpScannedCommit *commit, gpointer data, GError **error);
    /* Called after `take` for each file that the commit brought, against all of its parents; NULL:
     * not wanted. */
    void (*brought)(const char *path, const char *blob, gpointer data);
    gpointer data;
} ImpScanVisitor;

/* Visits every commit reachable from `tip` that is not known; order unspecified but that `tip`
 * comes first. `commits_read` is increased by the number of commit objects read. Stops with an
 * error when more than `most` commits (0: any number) are new. */
bool imp_scan(ImpRepository *repository, const char *tip, const ImpScanVisitor *visitor, guint most,
              guint *commits_read, GError **error);
