#pragma once

#include "workflow/article.h"

/* What the rules make of what stands in an article. */

/* The state that follows from what stands under `policy` at a moment (imprimatur-record(7),
 * STATES). Never Removed. Approvals count whose person is a reviewer of the policy, whose key it
 * still lists, and whose term is not over. `valid_until_us` is set to when that ends, 0 unless
 * Approved. */
ImpState imp_article_judge(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us,
                           gint64 *valid_until_us);

/* When the term of an approval of the article is over (the rule's months, or the text's shorter
 * one), by itself. */
gint64 imp_article_approval_ends(const ImpArticle *article, const ImpPolicy *policy,
                                 const ImpStanding *approval);

/* The first moment after `now_us` at which an approval that counts is too old by itself; 0 for one
 * that is Approved, and where there is none. */
gint64 imp_article_next_too_old(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us);

/* Fills state, previous_state, reason and valid_until_us of an entry about to be made at its at_us,
 * by trying it on a copy of the article. `reason` of the entry is what applies if the state is
 * Submitted by the event itself (new, expired ...); IMP_REASON_NONE lets what happened decide. */
void imp_article_settle(const ImpArticle *article, ImpEntry *entry, const ImpPolicy *policy);

/* Whether taking `entry` would change anything but dates: used for rejudgments, which are recorded
 * only then. */
bool imp_article_would_change(const ImpArticle *article, const ImpEntry *entry,
                              const ImpPolicy *policy);

/* Number of approvals of this round that count under `policy` at a moment. */
guint imp_article_approvals(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us);
/* The same for showing: of what is Approved all that made it so count, whoever has left since. */
guint imp_article_shown_approvals(const ImpArticle *article, const ImpPolicy *policy,
                                  gint64 now_us);

/* Whether the person's approval, which is not too old, or objection stands, so that nothing more is
 * waited for from them. `policy` may be NULL: then no approval is too old. */
bool imp_article_has_spoken(const ImpArticle *article, const ImpPolicy *policy, const char *person,
                            gint64 now_us);
