#pragma once

#include "workflow/article.h"
#include "workflow/decision.h"

/* Whether an attempt counts (imprimatur-record(7), DECISIONS): the checks in their order, the first
 * failure being the refusal. Refusals come with a sentence that quotes what was wrong and says what
 * to do; it is a pure function of the same values, so that it can be found again for a refusal read
 * from the ledger. */

/* The checks of the commit as a whole, up to its date. IMP_REFUSAL_NONE if it passes. `sentence` is
 * set, for the caller to free, only with a refusal. */
ImpRefusal imp_judge_attempt(const ImpAttempt *attempt, const ImpPolicy *policy, gint64 now_us,
                             char **sentence);

/* The checks for one article that the attempt names. `article` is NULL where none is known at the
 * path (or it was removed). `contributors` is the set of addresses that brought the text (needed
 * where imp_decision_asks_contributors()). */
ImpRefusal imp_judge_target(const ImpAttempt *attempt, const ImpTarget *target,
                            const ImpArticle *article, GHashTable *contributors,
                            const ImpPolicy *policy, gint64 now_us, char **sentence);

/* The sentence of a decision from a branch that was merged in another form, and that is stale for
 * what happened there. The caller frees. */
char *imp_judge_stale_alone(void);

/* Whether a declaration of competing interests says that there are none: "none", in any case of
 * letters, with or without a full stop. */
bool imp_judge_declares_none(const char *text);

/* Whether who contributed to the text matters to a decision of the kind. */
bool imp_decision_asks_contributors(ImpDecisionKind verdict);

/* Whether an attempt refused so was well signed: then its person is told and the ledger keeps it.
 */
bool imp_judge_is_attributable(const ImpAttempt *attempt);

/* Whether a refusal came early enough that the attempt is known by its commit id, not by what was
 * signed. */
bool imp_refusal_precedes_payload(ImpRefusal refusal);

/* The line that pins a decision to the current text: "Article: PATH@VERSION". The caller frees. */
char *imp_judge_pinned_line(const ImpArticle *article);
