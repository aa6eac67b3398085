#include "daemon/verbs/view/explain.h"
#include "articles/attempt.h"
#include "articles/document.h"
#include "articles/ledger.h"
#include "daemon/index/problem.h"
#include "daemon/index/review.h"
#include "daemon/verbs/view/contributors.h"
#include "daemon/verbs/view/entry_view.h"
#include "daemon/verbs/view/published.h"
#include "workflow/article_state.h"
#include "workflow/assign.h"
#include "workflow/base/limits.h"
#include "workflow/review_branch.h"

#include <string.h>

static void person_free(gpointer data)
{
    ImpExplainedPerson *person = data;
    g_free(person->person);
    g_free(person->text);
    g_free(person->word);
    g_free(person);
}

static void contributor_free(gpointer data)
{
    ImpExplainedContributor *contributor = data;
    g_free(contributor->email);
    g_free(contributor->person);
    g_free(contributor);
}

void imp_explanation_free(ImpExplanation *explanation)
{
    if (!explanation)
        return;
    GPtrArray **lists[] = {&explanation->approvals,   &explanation->claims,
                           &explanation->objections,  &explanation->asked,
                           &explanation->uncounted,   &explanation->unavailable,
                           &explanation->contributors};
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
        g_clear_pointer(lists[i], g_ptr_array_unref);
    g_free(explanation->problem);
    g_free(explanation->published);
    json_decref(explanation->published_json);
    g_free(explanation->approve);
    g_free(explanation->push);
    g_free(explanation);
}

static ImpExplainedPerson *add(GPtrArray *list, const char *person, gint64 at_us)
{
    ImpExplainedPerson *added = g_new0(ImpExplainedPerson, 1);
    added->person = g_strdup(person);
    added->at_us = at_us;
    g_ptr_array_add(list, added);
    return added;
}

/* What stands, and who was asked */

static void add_standing(ImpExplanation *explanation, const ImpStanding *standing, gint64 now_us)
{
    const ImpArticle *article = explanation->status->article;
    const ImpPolicy *policy = explanation->reader->policy;
    const ImpPerson *person = imp_policy_person(policy, standing->person);
    switch (standing->verdict) {
    case IMP_DECISION_APPROVE:
        if (!imp_article_still_counts(policy, standing->person, standing->key) &&
            article->state != IMP_STATE_APPROVED) {
            add(explanation->uncounted, standing->person, standing->recorded_us)->text =
                g_strdup("The policy no longer has them as a reviewer, or no longer lists the key "
                         "that signed it.");
            break;
        }
        if (imp_article_approval_ends(article, policy, standing) <= now_us) {
            g_autofree char *ended =
                imp_moment_format(imp_article_approval_ends(article, policy, standing));
            add(explanation->uncounted, standing->person, standing->recorded_us)->text =
                g_strdup_printf("It is too old: its term ended at %s.", ended);
            break;
        }
        add(explanation->approvals, standing->person, standing->recorded_us);
        explanation->specialists +=
            person && imp_person_is_specialist(person, explanation->specialty);
        break;
    case IMP_DECISION_CLAIM:
        if (!imp_article_standing(explanation->status->article, standing->person,
                                  IMP_DECISION_APPROVE))
            add(explanation->claims, standing->person, standing->recorded_us);
        break;
    default:
        add(explanation->objections, standing->person, standing->recorded_us);
    }
}

static void add_requests(ImpExplanation *explanation)
{
    const ImpArticle *article = explanation->status->article;
    for (guint i = 0; i < article->requests->len; i++) {
        const ImpRequest *request = article->requests->pdata[i];
        if (request->status != IMP_REQUEST_OPEN)
            continue;
        ImpExplainedPerson *asked =
            add(explanation->asked, request->person, article->round_began_us);
        asked->respond_by_us = request->respond_by_us;
        asked->review_by_us = request->review_by_us;
    }
}

/* What the ledger says about it */

static ImpExplainedPerson *find(GPtrArray *list, const char *person)
{
    for (guint i = 0; i < list->len; i++)
        if (g_strcmp0(((ImpExplainedPerson *)list->pdata[i])->person, person) == 0)
            return list->pdata[i];
    return NULL;
}

/* The last thing that somebody said takes the place of what they said before. */
static ImpExplainedPerson *add_uncounted(ImpExplanation *explanation, const ImpEntry *entry)
{
    ImpExplainedPerson *earlier = find(explanation->uncounted, entry->person);
    if (earlier)
        g_ptr_array_remove(explanation->uncounted, earlier);
    return add(explanation->uncounted, entry->person, entry->at_us);
}

static void take_refusal(ImpExplanation *explanation, const ImpEntry *entry)
{
    g_autoptr(ImpAttempt) attempt = imp_attempt_from_entry(entry);
    if (!entry->person || !attempt ||
        (attempt->decision && attempt->decision->verdict != IMP_DECISION_APPROVE) ||
        imp_article_standing(explanation->status->article, entry->person, IMP_DECISION_APPROVE))
        return;
    ImpExplainedPerson *refused = add_uncounted(explanation, entry);
    refused->word = g_strdup(imp_refusal_word(entry->refusal));
    refused->text = imp_review_refusal(entry, attempt, explanation->status->article,
                                       explanation->reader->policy);
}

static void take_approval(ImpExplanation *explanation, const ImpEntry *entry)
{
    const ImpArticle *article = explanation->status->article;
    if (entry->round + 1 == article->round && g_strcmp0(entry->version, article->version) != 0 &&
        !imp_article_standing(article, entry->person, IMP_DECISION_APPROVE))
        add_uncounted(explanation, entry)->text = g_strdup_printf(
            "It was of version %.12s, and the text has changed since.", entry->version);
}

static void take_entry(ImpExplanation *explanation, const ImpEntry *entry)
{
    const ImpArticle *article = explanation->status->article;
    if (entry->event == IMP_ENTRY_OBJECTION) {
        ImpExplainedPerson *objection = find(explanation->objections, entry->person);
        if (objection && objection->at_us == entry->at_us)
            objection->text = imp_entry_reason(entry);
    }
    if (entry->event == IMP_ENTRY_APPROVAL)
        take_approval(explanation, entry);
    if (entry->round != article->round)
        return;
    if (entry->event == IMP_ENTRY_REFUSAL)
        take_refusal(explanation, entry);
    for (char **id = entry->requested; id && *id; id++) {
        ImpExplainedPerson *asked = find(explanation->asked, *id);
        if (asked)
            asked->at_us = entry->at_us;
    }
}

static bool take_entries(ImpExplanation *explanation, GError **error)
{
    const ImpReader *reader = explanation->reader;
    g_autoptr(GPtrArray) ids =
        imp_index_entries(reader->database, explanation->status->article->path, error);
    for (guint i = 0; ids && i < ids->len; i++) {
        g_autofree char *parent = NULL;
        g_autoptr(ImpEntry) entry =
            imp_ledger_read_entry(reader->repository, ids->pdata[i], &parent, error);
        if (!entry)
            return false;
        take_entry(explanation, entry);
    }
    return ids != NULL;
}

/* Contributors, and who else could be asked */

static int by_email(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ImpExplainedContributor *const *)a)->email,
                  (*(const ImpExplainedContributor *const *)b)->email);
}

static void list_contributors(ImpExplanation *explanation, GHashTable *emails)
{
    GHashTableIter iter;
    gpointer email;
    explanation->contributors = g_ptr_array_new_with_free_func(contributor_free);
    g_hash_table_iter_init(&iter, emails);
    while (g_hash_table_iter_next(&iter, &email, NULL)) {
        const ImpPerson *person = imp_policy_contributor(explanation->reader->policy, email);
        ImpExplainedContributor *contributor = g_new0(ImpExplainedContributor, 1);
        contributor->email = g_strdup(email);
        contributor->person = person ? g_strdup(person->id) : NULL;
        g_ptr_array_add(explanation->contributors, contributor);
    }
    g_ptr_array_sort(explanation->contributors, by_email);
}

static char *why_not_asked(const ImpExplanation *explanation, const ImpPerson *person,
                           GHashTable *contributors, guint open, gint64 now_us)
{
    const ImpRequest *request = imp_article_request(explanation->status->article, person->id);
    if (contributors && imp_is_contributor(person, contributors))
        return g_strdup("is a contributor to this text");
    if (request && request->status == IMP_REQUEST_GIVEN_BACK)
        return g_strdup("gave the request back in this round");
    if (!imp_person_has_credentials(person, now_us))
        return g_strdup("has credentials that are no longer valid");
    if (imp_person_is_away(person, now_us))
        return g_strdup("is away");
    return open >= person->capacity
               ? g_strdup_printf("has %u open requests, as many as they take", open)
               : NULL;
}

static bool list_unavailable(ImpExplanation *explanation, GHashTable *contributors, gint64 now_us,
                             GError **error)
{
    const ImpPolicy *policy = explanation->reader->policy;
    const ImpArticle *article = explanation->status->article;
    explanation->missing = imp_assign_vacancy(article, policy, now_us).people;
    g_autoptr(GHashTable) open = imp_index_open_requests(explanation->reader->database, error);
    for (guint i = 0; open && explanation->missing && i < policy->people->len; i++) {
        const ImpPerson *person = policy->people->pdata[i];
        if (!(person->roles & IMP_ROLE_REVIEWER) || find(explanation->asked, person->id) ||
            find(explanation->approvals, person->id) || find(explanation->claims, person->id))
            continue;
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(open, person->id));
        char *why = why_not_asked(explanation, person, contributors, count, now_us);
        if (why)
            add(explanation->unavailable, person->id, 0)->text = why;
    }
    return open != NULL;
}

static bool find_people(ImpExplanation *explanation, ImpReader *reader, gint64 now_us,
                        GError **error)
{
    g_autoptr(ImpContributors) table =
        reader->tip ? imp_contributors_new(reader, reader->tip, NULL) : NULL;
    g_autoptr(GHashTable) emails =
        table ? imp_contributors_of(table, explanation->status->article, NULL) : NULL;
    if (emails)
        list_contributors(explanation, emails);
    return list_unavailable(explanation, emails, now_us, error);
}

/* The text, and how it is approved */

static char *find_problem(const ImpExplanation *explanation)
{
    const ImpArticle *article = explanation->status->article;
    const char *advice = imp_problem_advice(article->problem, article->path);
    if (!article->problem || advice)
        return g_strdup(advice);
    g_autoptr(GBytes) bytes = imp_repository_peek(explanation->reader->repository, article->version,
                                                  IMP_ARTICLE_MAX_BYTES);
    g_autoptr(ImpDocument) document =
        bytes ? imp_document_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;
    return g_strdup(document && document->detail ? document->detail
                                                 : imp_problem_word(article->problem));
}

static bool can_approve(const ImpExplanation *explanation, const ImpPerson *person)
{
    for (guint i = 0; explanation->contributors && i < explanation->contributors->len; i++) {
        const ImpExplainedContributor *contributor = explanation->contributors->pdata[i];
        if (g_strcmp0(contributor->person, person->id) == 0)
            return false;
    }
    return (person->roles & IMP_ROLE_REVIEWER) != 0;
}

/* For whom the command is written: who is asked, or works on it, else whoever uses this clone, else
 * any reviewer. */
static const char *approver(const ImpExplanation *explanation)
{
    const ImpPolicy *policy = explanation->reader->policy;
    if (explanation->asked->len > 0)
        return ((ImpExplainedPerson *)explanation->asked->pdata[0])->person;
    if (explanation->claims->len > 0)
        return ((ImpExplainedPerson *)explanation->claims->pdata[0])->person;
    g_autofree char *email = imp_repository_setting(explanation->reader->repository, "user.email");
    const ImpPerson *user = email ? imp_policy_person_by_email(policy, email) : NULL;
    if (user && can_approve(explanation, user))
        return user->id;
    for (guint i = 0; i < policy->people->len; i++)
        if (can_approve(explanation, policy->people->pdata[i]))
            return ((ImpPerson *)policy->people->pdata[i])->id;
    return "anybody";
}

/* A branch that nobody has pushed, as far as this repository knows: for another version its name is
 * another one anyway, but the same text may be approved in a later round. */
static char *free_branch(ImpExplanation *explanation)
{
    const ImpArticle *article = explanation->status->article;
    ImpRepository *repository = explanation->reader->repository;
    g_auto(GStrv) remotes = imp_repository_remotes(repository);
    const char *person = approver(explanation);
    for (guint number = 1;; number++) {
        g_autofree char *name = imp_review_branch(person, IMP_DECISION_APPROVE, article->path,
                                                  article->version, number);
        g_autofree char *here = g_strconcat("refs/heads/", name, NULL);
        g_autofree char *tip = imp_repository_tip(repository, here);
        for (char **remote = remotes; *remote && !tip; remote++) {
            g_autofree char *there = g_strconcat("refs/remotes/", *remote, "/", name, NULL);
            tip = imp_repository_tip(repository, there);
        }
        if (!tip)
            return g_steal_pointer(&name);
    }
}

static void find_command(ImpExplanation *explanation)
{
    const ImpArticle *article = explanation->status->article;
    if (article->problem)
        return;
    g_autofree char *branch = free_branch(explanation);
    explanation->approve = imp_review_command(article, explanation->reader->policy);
    explanation->push = g_strdup_printf("git push origin HEAD:refs/heads/%s", branch);
}

ImpExplanation *imp_explain(ImpReader *reader, const ImpStatus *status, gint64 now_us,
                            GError **error)
{
    g_autoptr(ImpExplanation) explanation = g_new0(ImpExplanation, 1);
    const ImpArticle *article = status->article;
    GPtrArray **lists[] = {&explanation->approvals,  &explanation->claims,
                           &explanation->objections, &explanation->asked,
                           &explanation->uncounted,  &explanation->unavailable};
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
        *lists[i] = g_ptr_array_new_with_free_func(person_free);
    explanation->reader = reader;
    explanation->status = status;
    explanation->rule = imp_policy_rule(reader->policy, article->path);
    explanation->specialty = imp_article_specialty(article, explanation->rule);
    for (guint i = 0; i < article->standing->len; i++)
        add_standing(explanation, article->standing->pdata[i], now_us);
    add_requests(explanation);
    explanation->published = imp_published_text(reader, article, error);
    explanation->published_json =
        explanation->published ? imp_published_json(reader, article, error) : NULL;
    if (!explanation->published_json)
        return NULL;
    if (!take_entries(explanation, error) || !find_people(explanation, reader, now_us, error))
        return NULL;
    explanation->problem = find_problem(explanation);
    find_command(explanation);
    return g_steal_pointer(&explanation);
}
