#pragma once

#include "articles/document.h"
#include "articles/repository.h"
#include "daemon/index/announce.h"
#include "daemon/index/index.h"

/* The index following the ledger: one entry after another is taken into the articles, the policies
 * and what was seen, and gives its events. The daemon takes each entry that it makes, and whoever
 * is behind takes those that it reads; there is no other way in. */

typedef struct ImpFold ImpFold;

/* `config` may be NULL (a clone: no addresses of pages). `events` (of ImpEvent*) receives the
 * events of entries whose At is `announce_from_us` or later; NULL: nobody is told. Store and
 * repository are borrowed. */
ImpFold *imp_fold_new(ImpDatabase *database, ImpRepository *repository, const ImpConfig *config,
                      GPtrArray *events, gint64 announce_from_us, GError **error);
void imp_fold_free(ImpFold *fold);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpFold, imp_fold_free)

/* The policy in force, borrowed; NULL before the first (or where its files are lost). */
const ImpPolicy *imp_fold_policy(const ImpFold *fold);
/* Puts a policy in force, since `at_us`, that the next entry, of event policy, is about. */
bool imp_fold_set_policy(ImpFold *fold, ImpPolicy *policy, const char *manifest,
                         GBytes *policy_json, GBytes *signers, gint64 at_us, GError **error);
/* Goes on by the first edition of the rules, or by the present one, which is that of a new fold:
 * for verifying a ledger. */
bool imp_fold_use_edition(ImpFold *fold, bool first, GError **error);

/* Takes the entry in the ledger commit `id`. */
bool imp_fold_take(ImpFold *fold, const char *id, const ImpEntry *entry, GError **error);

/* The last entry taken is in the ledger commit `to` instead of `from`: it was signed. */
bool imp_fold_rename(ImpFold *fold, const char *from, const char *to, GError **error);

/* Ends a run of entries: tells what is told once for many (adoptions). */
void imp_fold_finish(ImpFold *fold);

/* Brings the index from where it is to the ledger's `tip`, inside the caller's transaction. When it
 * is at an entry that is not in that ledger, or at none, everything is folded again and *rebuilt is
 * true; then only what is at most 96 h old at `now_us` is told again. */
bool imp_fold_catch_up(ImpFold *fold, const char *tip, gint64 now_us, bool *rebuilt,
                       GError **error);

/* Fills what the article's current text says of itself (title, specialty ...). Returns a sentence
 * about what is wrong with the text, borrowed, or NULL. */
const char *imp_fold_describe(ImpFold *fold, ImpArticle *article);

/* The parsed text of a version, kept for the next entries; never NULL but for an error. A blob
 * larger than an article may be has that problem, and what is not a blob here is a link. */
const ImpDocument *imp_fold_document(ImpFold *fold, const char *version, GError **error);
