#include "daemon/index/review.h"
#include "daemon/terminal/print.h"
#include "workflow/article_state.h"
#include "workflow/base/glob.h"
#include "workflow/judge.h"

#include <string.h>

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **imp_review_sorted(GHashTable *set)
{
    GPtrArray *ids = g_ptr_array_new();
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, set);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        g_ptr_array_add(ids, g_strdup(id));
    g_ptr_array_sort(ids, by_text);
    g_ptr_array_add(ids, NULL);
    return (char **)g_ptr_array_free(ids, FALSE);
}

/* What stands of one person is told once: what they said last of approve and request-changes, else
 * the claim. */
static void add_decisions(ImpReview *review, const ImpArticle *article)
{
    if (article->standing->len == 0)
        return;
    g_autoptr(GHashTable) people = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < article->standing->len; i++)
        g_hash_table_add(people, ((const ImpStanding *)article->standing->pdata[i])->person);
    g_auto(GStrv) ids = imp_review_sorted(people);
    for (char **id = ids; *id; id++) {
        ImpDecisionKind verdict = imp_article_standing(article, *id, IMP_DECISION_REQUEST_CHANGES)
                                      ? IMP_DECISION_REQUEST_CHANGES
                                  : imp_article_standing(article, *id, IMP_DECISION_APPROVE)
                                      ? IMP_DECISION_APPROVE
                                      : IMP_DECISION_CLAIM;
        ImpEventDecision decision = {.person = g_strdup(*id), .verdict = verdict};
        g_array_append_val(review->decisions, decision);
    }
}

static gint64 earlier(gint64 one_us, gint64 other_us)
{
    return !one_us ? other_us : !other_us ? one_us : MIN(one_us, other_us);
}

static void add_requests(ImpReview *review, const ImpArticle *article)
{
    if (article->requests->len == 0)
        return;
    g_autoptr(GHashTable) open = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < article->requests->len; i++) {
        const ImpRequest *request = article->requests->pdata[i];
        if (request->status != IMP_REQUEST_OPEN)
            continue;
        g_hash_table_add(open, request->person);
        review->respond_by_us = earlier(review->respond_by_us, request->respond_by_us);
        review->review_by_us = earlier(review->review_by_us, request->review_by_us);
    }
    g_strfreev(review->requested);
    review->requested = imp_review_sorted(open);
}

ImpReview *imp_review_of(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us)
{
    ImpReview *review = imp_review_new();
    review->approvals = policy ? imp_article_shown_approvals(article, policy, now_us) : 0;
    review->required = policy ? imp_policy_rule(policy, article->path)->approvals : 0;
    add_decisions(review, article);
    add_requests(review, article);
    review->valid_until_us = article->valid_until_us;
    return review;
}

char *imp_review_command(const ImpArticle *article, const ImpPolicy *policy)
{
    /* What cannot be seen, or would be lost, is written in C quotes: so it can be copied by hand
     * and eye. */
    g_autofree char *path = imp_print_path(article->path);
    g_autofree char *line = g_strdup_printf("Article: %s@%s", path, article->version);
    g_autofree char *quoted = g_shell_quote(line);
    return g_strdup_printf(
        "git commit --allow-empty -S -m Reviewed --trailer 'Review: approve' --trailer %s%s",
        quoted,
        policy->competing_interests_required ? " --trailer 'Competing-Interests: none'" : "");
}

char *imp_review_url(const ImpConfig *config, const ImpPolicy *policy, const char *path)
{
    if (!config || !config->article_url)
        return NULL;
    g_autofree char *folder = g_strdup("");
    for (char **pattern = policy ? policy->articles : NULL; pattern && *pattern; pattern++) {
        if (imp_glob_matches(*pattern, path)) {
            g_free(folder);
            folder = imp_glob_literal_folder(*pattern);
            break;
        }
    }
    return imp_config_article_url(config, folder, path);
}

/* What was refused of the one article that the entry is about. */
static ImpRefusal judge_again(const ImpEntry *entry, const ImpAttempt *attempt,
                              const ImpArticle *article, const ImpPolicy *policy, char **sentence)
{
    bool asks = attempt->decision->verdict == IMP_DECISION_REQUEST;
    const ImpPerson *person =
        imp_policy_person(policy, asks ? attempt->decision->of : attempt->person);
    g_autoptr(GHashTable) contributors = NULL;
    if (entry->refusal == IMP_REFUSAL_CONTRIBUTOR && person) {
        contributors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_hash_table_add(contributors, imp_address_fold(person->emails[0]));
    }
    for (guint i = 0; entry->article && i < attempt->decision->targets->len; i++) {
        const ImpTarget *target = attempt->decision->targets->pdata[i];
        if (strcmp(target->path, entry->article) == 0)
            return imp_judge_target(attempt, target, article, contributors, policy, entry->at_us,
                                    sentence);
    }
    return IMP_REFUSAL_NONE;
}

/* The same values give the same words. */
char *imp_review_refusal(const ImpEntry *entry, ImpAttempt *attempt, const ImpArticle *article,
                         const ImpPolicy *policy)
{
    g_autofree char *sentence = NULL;
    if (!attempt || !policy)
        return NULL;
    ImpRefusal refusal = imp_judge_attempt(attempt, policy, entry->at_us, &sentence);
    if (!refusal)
        refusal = judge_again(entry, attempt, article, policy, &sentence);
    if (!refusal && entry->refusal == IMP_REFUSAL_STALE)
        return imp_judge_stale_alone();
    return refusal == entry->refusal ? g_steal_pointer(&sentence) : NULL;
}
