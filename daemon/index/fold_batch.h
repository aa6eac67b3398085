#pragma once

#include "articles/repository.h"
#include "daemon/index/index.h"

/* Articles that a long run of entries changes: kept in memory and written once, ordered by path,
 * however many entries each has. What the index holds of them is not read meanwhile. */

typedef struct ImpFoldBatch ImpFoldBatch;

/* An article in it. */
typedef struct {
    ImpArticle *article;
    gint64 at_us;     /* At of its last entry */
    bool undescribed; /* what the text says of itself is not read yet */
    bool unpublished; /* its place on the approved branch is to be looked at again */
    GArray *entries;  /* that are not written yet */
} ImpFolded;

/* Reads what the text of an article says of itself. */
typedef void (*ImpFoldDescribe)(ImpArticle *article, gpointer data);

/* The repository says whether the work goes on, and is told how far it is. */
ImpFoldBatch *imp_fold_batch_new(ImpDatabase *database, ImpRepository *repository,
                                 ImpFoldDescribe describe, gpointer data);
void imp_fold_batch_free(ImpFoldBatch *batch);

/* The article as the entries so far left it, borrowed until the batch is written; NULL only with an
 * error. */
ImpFolded *imp_fold_batch_article(ImpFoldBatch *batch, const char *path, GError **error);

/* Adds an entry to those of the article, at its place in the ledger. */
void imp_fold_batch_add_entry(ImpFoldBatch *batch, ImpFolded *folded, const char *id, gint64 place);

/* Whether it holds as much as it may. */
bool imp_fold_batch_is_full(const ImpFoldBatch *batch);

/* Writes everything, as judged by the policy (or NULL), and begins again. */
bool imp_fold_batch_write(ImpFoldBatch *batch, const ImpPolicy *policy, GError **error);
