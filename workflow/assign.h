#pragma once

#include "workflow/article.h"

/* Who is asked to review (imprimatur-record(7), POLICY, "Who is asked"). */

/* How many reviewers still have to be found for an article: none for one that is Approved, Removed,
 * adopted or has a problem; else what its rule wants, less the reviewers who are asked or of whom
 * something stands that they said in this round, and that is not too old at `now_us`. Where those
 * are enough people but too few specialists, only specialists are missing. */
typedef struct {
    guint people;      /* in all */
    guint specialists; /* of them, at least */
} ImpVacancy;

ImpVacancy imp_assign_vacancy(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us);

/* Chooses whom to ask, in the order of asking; fewer than wanted when too few can be asked.
 * `contributors` are addresses as imp_address_fold() makes them; `open_requests` maps ids to the
 * number of their open requests (as GUINT_TO_POINTER; absent: none). Returns a NULL-terminated
 * array that the caller frees. */
char **imp_assign(const ImpArticle *article, const ImpPolicy *policy, GHashTable *contributors,
                  GHashTable *open_requests, gint64 now_us);

/* Adds to `contributors` the addresses of those who wrote the article's version on a branch whose
 * commits are not in the history. */
void imp_add_contributors(const ImpArticle *article, const ImpPolicy *policy,
                          GHashTable *contributors);

/* Whether one of the person's addresses, or of those that forges write for the person's accounts,
 * is among `contributors` (a set of folded addresses). */
bool imp_is_contributor(const ImpPerson *person, GHashTable *contributors);
