#pragma once

#include "daemon/config/config.h"
#include "notify/event.h"
#include "workflow/article.h"
#include "workflow/decision.h"

/* Where the review of an article stands, as messages, reports and pages tell it. */

/* A sorted NULL-terminated copy of a set of ids. The caller frees. */
char **imp_review_sorted(GHashTable *set);

/* The sentence of a refusal in the ledger, found again by judging `attempt` again, which is the
 * entry's (imp_attempt_from_entry(), or NULL); `article` is as before that entry. NULL where it
 * cannot be found. The caller frees. */
char *imp_review_refusal(const ImpEntry *entry, ImpAttempt *attempt, const ImpArticle *article,
                         const ImpPolicy *policy);

/* The git command that would approve the article's current text. The caller frees. */
char *imp_review_command(const ImpArticle *article, const ImpPolicy *policy);

/* Where the review of an article stands. `policy` may be NULL. */
ImpReview *imp_review_of(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us);

/* The article's address by the configuration, or NULL. */
char *imp_review_url(const ImpConfig *config, const ImpPolicy *policy, const char *path);
