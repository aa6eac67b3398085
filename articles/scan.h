#pragma once

#include "articles/repository.h"
#include "articles/text_key.h"
#include "workflow/decision.h"

/* The walk over commits that are new. It reads each once, whatever it is asked about: who wrote it,
 * what it brought, and whether it means to be a decision. */

#define IMP_ID_BYTES 20

typedef struct {
    unsigned char id[IMP_ID_BYTES], tree[IMP_ID_BYTES];
    bool is_known;      /* it was walked before, and so was everything below it */
    bool is_readable;   /* else nothing but its id is known, and it has no parents */
    bool is_cut;        /* the walk ended here before it met the parents */
    guint parents;      /* where they begin; see imp_scan_parent */
    guint parent_count; /* at most IMP_PARENTS_MAX: of a merge of more, the first */
    gint64 date_us;     /* committer date */
    /* Of the author and the Co-authored-by lines, folded by imp_address_fold(), as lines, each
     * once; at most IMP_ADDRESSES_MAX. Some begin with IMP_LATER_CO_AUTHOR (articles/trailers.h).
     * NULL of one that is known. */
    const char *addresses;
    ImpAttempt *attempt; /* at a glance, where the message has a `Review:` line, else NULL;
                            g_steal_pointer it to keep it */
} ImpScannedCommit;

typedef struct ImpScan ImpScan;

/* `is_known` says whether a commit, and so everything below it, was walked before. */
ImpScan *imp_scan_new(ImpRepository *repository, bool (*is_known)(const char *id, gpointer data),
                      gpointer data);
void imp_scan_free(ImpScan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpScan, imp_scan_free)

/* Adds every commit reachable from `tip` that is not known and was not added yet, and the known
 * ones right below. *whole: no more than `most` (0: any number) were new. */
bool imp_scan_add(ImpScan *scan, const char *tip, guint most, bool *whole, GError **error);

/* In the order in which they were met, each before its parents are. Borrowed; a further
 * imp_scan_add() moves them. */
guint imp_scan_count(const ImpScan *scan);
ImpScannedCommit *imp_scan_commit(ImpScan *scan, guint index);
/* The index of a commit's parent. */
guint imp_scan_parent(const ImpScan *scan, const ImpScannedCommit *commit, guint which);
/* The index of the commit named so in hex; false if it was not met. */
bool imp_scan_find(const ImpScan *scan, const char *id, guint *index);

/* Hex, for the caller to free. */
char *imp_scan_id(const ImpScannedCommit *commit);

/* What a commit brought: a file at a path, whose content is that of none of its parents there. */
typedef struct {
    guint64 text; /* imp_text_key() of it */
    guint64 path; /* imp_path_key() */
    guint commit; /* index */
} ImpBrought;

/* A commit that brought more than there is room to write down. */
typedef struct {
    guint64 folder; /* imp_path_key() of a folder that it touched (or of a file), without a slash */
    guint commit;
} ImpBeyond;

/* Has the comparing count its commits in `compared`, an atomic number that another thread may read.
 */
void imp_scan_count_into(ImpScan *scan, gint *compared);

/* Finds what the commits that are new brought, but for those at whose parents the walk ended. Of a
 * commit that brought more than IMP_COMMIT_FILES_MAX, only the folders that it touched are told; so
 * are, when all together brought more than `most`, those of all that brought more than
 * IMP_COMMIT_FILES_FEW. Both arrays are the caller's, and are added to. */
bool imp_scan_brought(ImpScan *scan, guint64 most, GArray *brought, GArray *beyond, GError **error);
