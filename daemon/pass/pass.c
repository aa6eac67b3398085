#include "daemon/pass/pass.h"
#include "articles/attempt.h"
#include "daemon/pass/step.h"
#include "workflow/article_state.h"
#include "workflow/assign.h"
#include "workflow/base/quote.h"

#include <string.h>

ImpPass imp_pass_new(const ImpPassGround *ground, gint64 now_us)
{
    return (ImpPass){.config = ground->config,
                     .repository = ground->repository,
                     .database = ground->database,
                     .verified = ground->verified,
                     .authority = ground->authority,
                     .now_us = now_us,
                     .changed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                     .events = g_ptr_array_new_with_free_func((GDestroyNotify)imp_event_free)};
}

ImpPass imp_pass_begin(const ImpWorkplace *place, gint64 now_us)
{
    const ImpPassGround ground = {.config = place->config,
                                  .repository = place->repository,
                                  .database = place->database,
                                  .verified = place->authority != NULL,
                                  .authority = place->authority};
    return imp_pass_new(&ground, now_us);
}

void imp_pass_continue(ImpPass *pass, const char *ledger, const char *committer)
{
    pass->at_us = MAX(imp_moment_whole_seconds(pass->now_us),
                      imp_index_get_moment(pass->database, IMP_INDEX_LAST_AT));
    pass->writer = imp_ledger_writer_new(pass->repository, ledger, committer);
    pass->previous_tip = imp_index_get(pass->database, IMP_INDEX_TIP);
    if (pass->previous_tip && !imp_repository_has_object(pass->repository, pass->previous_tip))
        g_clear_pointer(&pass->previous_tip, g_free);
}

void imp_pass_clear(ImpPass *pass)
{
    g_free(pass->source);
    g_free(pass->previous_tip);
    g_clear_pointer(&pass->branches, g_ptr_array_unref);
    imp_fold_free(pass->fold);
    imp_ledger_writer_free(pass->writer);
    g_clear_pointer(&pass->events, g_ptr_array_unref);
    g_clear_pointer(&pass->former_policy, imp_policy_unref);
    imp_history_walk_free(pass->walk);
    g_clear_pointer(&pass->changed, g_hash_table_unref);
    g_clear_pointer(&pass->new_commits, g_ptr_array_unref);
}

ImpAnnouncing imp_pass_announcing(const ImpPass *pass)
{
    return (ImpAnnouncing){.repository = pass->config->name,
                           .config = pass->config,
                           .policy = imp_fold_policy(pass->fold),
                           .source = pass->source,
                           .verified = pass->verified,
                           .at_us = pass->at_us};
}

void imp_pass_tell(ImpPass *pass, ImpEvent *event)
{
    g_ptr_array_add(pass->events, event);
}

GHashTable *imp_pass_contributors(ImpPass *pass, const ImpArticle *article, GError **error)
{
    const ImpPolicy *policy = imp_fold_policy(pass->fold);
    const ImpRule *rule = imp_policy_rule(policy, article->path);
    const ImpContributorRule counts = {
        imp_moment_subtract_months(pass->adoption_date_us, rule->valid_months),
        policy->first_edition};
    if (!imp_pass_need_history(pass, error))
        return NULL;
    GHashTable *contributors =
        imp_history_contributors(pass->database, pass->repository, article, &counts, error);
    if (contributors)
        imp_add_contributors(article, policy, contributors);
    return contributors;
}

bool imp_pass_ask(ImpPass *pass, const ImpArticle *article, ImpEntry *entry, GError **error)
{
    const ImpPolicy *policy = imp_fold_policy(pass->fold);
    if (imp_assign_vacancy(article, policy, pass->at_us).people == 0)
        return true;
    g_autoptr(GHashTable) contributors = imp_pass_contributors(pass, article, error);
    g_autoptr(GHashTable) open =
        contributors ? imp_index_open_requests(pass->database, error) : NULL;
    if (!open)
        return false;
    /* Requests of the round that this entry ends are open in the index until it is recorded. */
    g_autoptr(ImpArticle) now = imp_index_load(pass->database, article->path, error);
    if (!now)
        return false;
    for (guint i = 0; now->round != article->round && i < now->requests->len; i++) {
        const ImpRequest *request = now->requests->pdata[i];
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(open, request->person));
        if (request->status == IMP_REQUEST_OPEN && count > 0)
            g_hash_table_insert(open, g_strdup(request->person), GUINT_TO_POINTER(count - 1));
    }
    g_auto(GStrv) chosen = imp_assign(article, policy, contributors, open, pass->at_us);
    if (!*chosen)
        return true;
    imp_pass_set_asked(pass, article, chosen, entry);
    return true;
}

void imp_pass_set_asked(const ImpPass *pass, const ImpArticle *article, char **asked,
                        ImpEntry *entry)
{
    const ImpRule *rule = imp_policy_rule(imp_fold_policy(pass->fold), article->path);
    entry->requested = g_strdupv(asked);
    entry->respond_by_us = imp_moment_add_days(pass->at_us, rule->respond_days);
    entry->review_by_us = imp_moment_add_days(pass->at_us, rule->review_days);
}

/* "Name <address>" of a person, NULL for somebody whom the policy no longer has. */
static char *identity_of(const ImpPolicy *policy, const char *id)
{
    const ImpPerson *person = id ? imp_policy_person(policy, id) : NULL;
    return person ? g_strdup_printf("%s <%s>", person->name, person->emails[0]) : NULL;
}

static char *what_happened(const ImpEntry *entry, const ImpPolicy *policy, guint approvals)
{
    const char *who = entry->person ? entry->person : "";
    g_autofree char *asked = entry->requested ? g_strjoinv(", ", entry->requested) : NULL;
    switch (entry->event) {
    case IMP_ENTRY_SUBMISSION:
        return g_strdup_printf("submitted (%s)", imp_reason_word(entry->reason));
    case IMP_ENTRY_REQUEST:
        return entry->person ? g_strdup_printf("%s asked by %s", asked, who)
                             : g_strdup_printf("asked %s", asked);
    case IMP_ENTRY_CLAIM:
        return g_strdup_printf("claimed by %s", who);
    case IMP_ENTRY_APPROVAL:
        if (entry->state == IMP_STATE_APPROVED)
            return g_strdup_printf("approved (%u of %u)", approvals,
                                   imp_policy_rule(policy, entry->article)->approvals);
        return g_strdup_printf("approval by %s (%u of %u)", who, approvals,
                               imp_policy_rule(policy, entry->article)->approvals);
    case IMP_ENTRY_OBJECTION:
        return g_strdup_printf("changes requested by %s", who);
    case IMP_ENTRY_WITHDRAWAL:
        return g_strdup_printf("withdrawn by %s", who);
    case IMP_ENTRY_DECLINE:
        return g_strdup_printf("declined by %s", who);
    case IMP_ENTRY_COMMENT:
        return g_strdup_printf("comment by %s", who);
    case IMP_ENTRY_DISMISSAL:
        return g_strdup_printf("objection of %s dismissed by %s", entry->of, who);
    case IMP_ENTRY_REFUSAL:
        return g_strdup_printf("decision by %s refused (%s)", who,
                               imp_refusal_word(entry->refusal));
    case IMP_ENTRY_EXPIRY:
        return g_strdup("approval expired");
    case IMP_ENTRY_RETRACTION:
        return g_strdup_printf("retracted by %s", who);
    case IMP_ENTRY_REMOVAL:
        return g_strdup("removed");
    case IMP_ENTRY_REJUDGMENT:
        return g_strdup_printf("judged anew, %s", imp_state_word(entry->state));
    case IMP_ENTRY_START:
        return g_strdup_printf("start of the ledger of %s", entry->repository);
    case IMP_ENTRY_POLICY:
        return g_strdup_printf("policy %u in force", entry->policy);
    default:
        return g_strdup(imp_entry_kind_word(entry->event));
    }
}

static char *subject_of(const ImpEntry *entry, const ImpPolicy *policy, guint approvals)
{
    g_autofree char *what = what_happened(entry, policy, approvals);
    if (!entry->article)
        return g_steal_pointer(&what);
    g_autofree char *path = imp_path_quote(entry->article);
    return g_strdup_printf("%s: %s", path, what);
}

static void complete(ImpPass *pass, const ImpArticle *article, ImpEntry *entry)
{
    const ImpPolicy *policy = imp_fold_policy(pass->fold);
    entry->source = g_strdup(pass->source);
    entry->at_us = pass->at_us;
    entry->policy = policy->version;
    entry->unverified = !pass->verified;
    imp_attempt_describe(entry);
    if (!article)
        return;
    entry->article = g_strdup(article->path);
    if (!entry->round) {
        entry->round = article->round;
        entry->problem = article->problem;
    }
    if (!entry->version && entry->event != IMP_ENTRY_REMOVAL)
        entry->version = g_strdup(article->version);
    if (entry->event == IMP_ENTRY_REMOVAL)
        entry->problem = IMP_PROBLEM_NONE;
    imp_article_settle(article, entry, policy);
}

/* Approvals of the round once the entry is taken; for people, in the subject. */
static guint count_approvals(const ImpPass *pass, const ImpArticle *article, const ImpEntry *entry)
{
    if (entry->event != IMP_ENTRY_APPROVAL)
        return 0;
    g_autoptr(ImpArticle) after = imp_article_copy(article);
    imp_article_apply(after, entry, imp_fold_policy(pass->fold));
    return imp_article_approvals(after, imp_fold_policy(pass->fold), pass->at_us);
}

bool imp_pass_record(ImpPass *pass, const ImpArticle *article, ImpEntry *entry, GError **error)
{
    const ImpPolicy *policy = imp_fold_policy(pass->fold);
    complete(pass, article, entry);
    g_autofree char *author = identity_of(policy, entry->person);
    if (entry->event == IMP_ENTRY_APPROVAL)
        entry->reviewed_by = g_strdup(author);
    entry->subject = subject_of(entry, policy, count_approvals(pass, article, entry));
    const char *id = imp_ledger_writer_append(pass->writer, entry, author);
    return imp_fold_take(pass->fold, id, entry, error);
}

bool imp_pass_open_round(ImpPass *pass, const ImpArticle *article, ImpEntry *entry, GError **error)
{
    entry->round = article->round + 1;
    if (entry->reason == IMP_REASON_ADOPTED) /* nobody is asked */
        return imp_pass_record(pass, article, entry, error);
    g_autoptr(ImpArticle) after = imp_article_copy(article);
    g_autoptr(ImpEntry) trial = imp_entry_new();
    trial->event = entry->event;
    trial->version = g_strdup(entry->version);
    trial->round = entry->round;
    trial->problem = entry->problem;
    trial->contributors = g_strdupv(entry->contributors);
    trial->reason = entry->reason;
    trial->state = IMP_STATE_SUBMITTED;
    trial->at_us = pass->at_us;
    imp_article_apply(after, trial, imp_fold_policy(pass->fold));
    imp_fold_describe(pass->fold, after);
    return imp_pass_ask(pass, after, entry, error) && imp_pass_record(pass, article, entry, error);
}
