#include "workflow/article.h"

/* What the rules make of what stands: the state, its reason, and how long an approval lasts
 * (imprimatur-record(7), STATES). */

static int later_first(gconstpointer a, gconstpointer b)
{
    const ImpStanding *one = *(const ImpStanding *const *)a,
                      *other = *(const ImpStanding *const *)b;
    return one->recorded_us < other->recorded_us   ? 1
           : one->recorded_us > other->recorded_us ? -1
                                                   : 0;
}

/* The approvals that count, latest first. */
static GPtrArray *counted_approvals(const ImpArticle *article, const ImpPolicy *policy)
{
    GPtrArray *counted = g_ptr_array_new();
    for (guint i = 0; i < article->standing->len; i++) {
        ImpStanding *standing = article->standing->pdata[i];
        if (standing->verdict == IMP_DECISION_APPROVE &&
            imp_article_still_counts(policy, standing->person, standing->key))
            g_ptr_array_add(counted, standing);
    }
    g_ptr_array_sort(counted, later_first);
    return counted;
}

guint imp_article_approvals(const ImpArticle *article, const ImpPolicy *policy)
{
    g_autoptr(GPtrArray) counted = counted_approvals(article, policy);
    return counted->len;
}

/* The latest moment since which enough approvals were recorded to satisfy the rule; 0 if they never
 * do. */
static gint64 satisfied_since(const ImpArticle *article, const ImpRule *rule,
                              const ImpPolicy *policy)
{
    g_autoptr(GPtrArray) counted = counted_approvals(article, policy);
    guint specialists = 0;
    for (guint i = 0; i < counted->len; i++) {
        const ImpStanding *standing = counted->pdata[i];
        if (imp_person_is_specialist(imp_policy_person(policy, standing->person), rule->specialty))
            specialists++;
        if (i + 1 >= rule->approvals && specialists >= rule->specialists)
            return standing->recorded_us;
    }
    return 0;
}

static gint64 valid_until(const ImpArticle *article, const ImpRule *rule, gint64 since_us)
{
    gint64 until_us = imp_moment_add_months(since_us, rule->valid_months);
    if (article->review_in.count)
        until_us = MIN(until_us, imp_review_in_add(article->review_in, since_us));
    return until_us;
}

ImpState imp_article_judge(const ImpArticle *article, const ImpPolicy *policy,
                           gint64 *valid_until_us)
{
    const ImpRule *rule = imp_policy_rule(policy, article->path);
    *valid_until_us = 0;
    if (imp_article_has_objection(article) || article->problem)
        return IMP_STATE_SUBMITTED;
    gint64 since_us = satisfied_since(article, rule, policy);
    if (since_us) {
        *valid_until_us = valid_until(article, rule, since_us);
        return IMP_STATE_APPROVED;
    }
    for (guint i = 0; i < article->standing->len; i++) {
        const ImpStanding *standing = article->standing->pdata[i];
        if (imp_article_still_counts(policy, standing->person, standing->key))
            return IMP_STATE_UNDER_REVIEW;
    }
    return IMP_STATE_SUBMITTED;
}

/* What is Approved is judged anew only by an objection, a withdrawal, or what opens a round. */
static bool leaves_approved_alone(ImpEntryKind event)
{
    return event == IMP_ENTRY_CLAIM || event == IMP_ENTRY_COMMENT || event == IMP_ENTRY_DECLINE ||
           event == IMP_ENTRY_REQUEST || event == IMP_ENTRY_REJUDGMENT ||
           event == IMP_ENTRY_DISMISSAL;
}

static ImpReason reason_for(const ImpArticle *before, const ImpArticle *after,
                            const ImpEntry *entry)
{
    if (imp_article_has_objection(after))
        return IMP_REASON_CHANGES_REQUESTED;
    if (entry->reason)
        return entry->reason;
    if (before->standing->len > after->standing->len &&
        (entry->event == IMP_ENTRY_WITHDRAWAL || entry->event == IMP_ENTRY_DISMISSAL))
        return IMP_REASON_WITHDRAWN;
    if (entry->event == IMP_ENTRY_REJUDGMENT && before->state != IMP_STATE_SUBMITTED)
        return IMP_REASON_REJUDGED;
    return before->reason;
}

void imp_article_settle(const ImpArticle *article, ImpEntry *entry, const ImpPolicy *policy)
{
    entry->previous_state = article->state;
    if (entry->event == IMP_ENTRY_REMOVAL) {
        entry->state = IMP_STATE_REMOVED;
        return;
    }
    if (entry->event == IMP_ENTRY_REFUSAL ||
        (article->state == IMP_STATE_APPROVED && leaves_approved_alone(entry->event))) {
        entry->state = article->state;
        entry->reason = article->reason;
        entry->valid_until_us = article->valid_until_us;
        return;
    }
    g_autoptr(ImpArticle) after = imp_article_try(article, entry, policy);
    after->problem = entry->problem;
    entry->state = imp_article_judge(after, policy, &entry->valid_until_us);
    if (article->state == IMP_STATE_APPROVED && entry->event == IMP_ENTRY_APPROVAL &&
        entry->state != IMP_STATE_APPROVED) {
        /* One more approval never un-approves: it only fails to renew. */
        entry->state = IMP_STATE_APPROVED;
        entry->valid_until_us = article->valid_until_us;
    }
    entry->reason =
        entry->state == IMP_STATE_SUBMITTED ? reason_for(article, after, entry) : IMP_REASON_NONE;
}

static guint open_requests(const ImpArticle *article)
{
    guint open = 0;
    for (guint i = 0; i < article->requests->len; i++)
        open += ((const ImpRequest *)article->requests->pdata[i])->status == IMP_REQUEST_OPEN;
    return open;
}

bool imp_article_would_change(const ImpArticle *article, const ImpEntry *entry,
                              const ImpPolicy *policy)
{
    g_autoptr(ImpArticle) after = imp_article_try(article, entry, policy);
    return entry->state != article->state || entry->problem != article->problem ||
           after->standing->len != article->standing->len ||
           open_requests(after) != open_requests(article);
}
