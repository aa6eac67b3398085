#include "workflow/article_state.h"

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

gint64 imp_article_approval_ends(const ImpArticle *article, const ImpPolicy *policy,
                                 const ImpStanding *approval)
{
    const ImpRule *rule = imp_policy_rule(policy, article->path);
    gint64 ends_us = imp_moment_add_months(approval->recorded_us, rule->valid_months);
    if (article->review_in.count)
        ends_us = MIN(ends_us, imp_review_in_add(article->review_in, approval->recorded_us));
    return ends_us;
}

bool imp_article_has_spoken(const ImpArticle *article, const ImpPolicy *policy, const char *person,
                            gint64 now_us)
{
    const ImpStanding *approval = imp_article_standing(article, person, IMP_DECISION_APPROVE);
    return imp_article_standing(article, person, IMP_DECISION_REQUEST_CHANGES) ||
           (approval && (!policy || now_us < imp_article_approval_ends(article, policy, approval)));
}

static bool counts(const ImpArticle *article, const ImpPolicy *policy, const ImpStanding *standing,
                   gint64 now_us)
{
    return standing->verdict == IMP_DECISION_APPROVE &&
           imp_article_still_counts(policy, standing->person, standing->key) &&
           (policy->first_edition || now_us < imp_article_approval_ends(article, policy, standing));
}

/* The approvals that count, latest first. */
static GPtrArray *counted_approvals(const ImpArticle *article, const ImpPolicy *policy,
                                    gint64 now_us)
{
    GPtrArray *counted = g_ptr_array_new();
    for (guint i = 0; i < article->standing->len; i++)
        if (counts(article, policy, article->standing->pdata[i], now_us))
            g_ptr_array_add(counted, article->standing->pdata[i]);
    g_ptr_array_sort(counted, later_first);
    return counted;
}

guint imp_article_approvals(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us)
{
    g_autoptr(GPtrArray) counted = counted_approvals(article, policy, now_us);
    return counted->len;
}

guint imp_article_shown_approvals(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us)
{
    if (article->standing->len == 0)
        return 0;
    if (article->state != IMP_STATE_APPROVED)
        return imp_article_approvals(article, policy, now_us);
    guint approvals = 0;
    for (guint i = 0; i < article->standing->len; i++)
        approvals +=
            ((const ImpStanding *)article->standing->pdata[i])->verdict == IMP_DECISION_APPROVE;
    return approvals;
}

gint64 imp_article_next_too_old(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us)
{
    gint64 first_us = 0;
    if (article->state == IMP_STATE_APPROVED || policy->first_edition)
        return 0;
    for (guint i = 0; i < article->standing->len; i++) {
        const ImpStanding *standing = article->standing->pdata[i];
        if (!counts(article, policy, standing, now_us))
            continue;
        gint64 ends_us = imp_article_approval_ends(article, policy, standing);
        first_us = first_us ? MIN(first_us, ends_us) : ends_us;
    }
    return first_us;
}

/* The earliest of the latest approvals that are enough to satisfy the rule; NULL if they never are.
 */
static const ImpStanding *satisfied_since(const ImpArticle *article, const ImpPolicy *policy,
                                          gint64 now_us)
{
    g_autoptr(GPtrArray) counted = counted_approvals(article, policy, now_us);
    const ImpRule *rule = imp_policy_rule(policy, article->path);
    guint specialists = 0;
    for (guint i = 0; i < counted->len; i++) {
        const ImpStanding *standing = counted->pdata[i];
        if (imp_person_is_specialist(imp_policy_person(policy, standing->person), rule->specialty))
            specialists++;
        if (i + 1 >= rule->approvals && specialists >= rule->specialists)
            return standing;
    }
    return NULL;
}

ImpState imp_article_judge(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us,
                           gint64 *valid_until_us)
{
    *valid_until_us = 0;
    if (imp_article_has_objection(article) || article->problem)
        return IMP_STATE_SUBMITTED;
    const ImpStanding *since = satisfied_since(article, policy, now_us);
    if (since) {
        *valid_until_us = imp_article_approval_ends(article, policy, since);
        return IMP_STATE_APPROVED;
    }
    for (guint i = 0; i < article->standing->len; i++) {
        const ImpStanding *standing = article->standing->pdata[i];
        if (imp_article_still_counts(policy, standing->person, standing->key))
            return IMP_STATE_UNDER_REVIEW;
    }
    return IMP_STATE_SUBMITTED;
}

/* What is Approved is judged again only by an objection, a withdrawal, or what opens a round. */
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
    entry->state = imp_article_judge(after, policy, entry->at_us, &entry->valid_until_us);
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
