#include "workflow/article.h"

#include <string.h>

/* How what stands follows from entries.
 *
 * An entry has two halves. What it does (a claim is added, a round opens) is done by `effects`,
 * from the event and its people alone. What it ends in (state, reason, valid-until) is written in
 * the entry, and imp_article_apply copies it. The daemon finds the second half by doing the first
 * on a copy (workflow/article_state.c) and asking imp_article_judge: so the ledger never says
 * anything that its own fold would not lead to. */

static void standing_free(gpointer data)
{
    ImpStanding *standing = data;
    g_free(standing->person);
    g_free(standing->key);
    g_free(standing);
}

static void request_free(gpointer data)
{
    ImpRequest *request = data;
    g_free(request->person);
    g_free(request);
}

ImpArticle *imp_article_new(const char *path)
{
    ImpArticle *article = g_new0(ImpArticle, 1);
    article->path = g_strdup(path);
    article->standing = g_ptr_array_new_with_free_func(standing_free);
    article->requests = g_ptr_array_new_with_free_func(request_free);
    article->asked_before = g_new0(char *, 1);
    article->contributors = g_new0(char *, 1);
    article->reviewers = g_new0(char *, 1);
    return article;
}

void imp_article_free(ImpArticle *article)
{
    if (!article)
        return;
    g_free(article->path);
    g_free(article->version);
    g_ptr_array_unref(article->standing);
    g_ptr_array_unref(article->requests);
    g_strfreev(article->asked_before);
    g_strfreev(article->contributors);
    g_clear_pointer(&article->earlier_versions, g_hash_table_unref);
    g_clear_pointer(&article->last_dates, g_hash_table_unref);
    g_free(article->approved_text);
    g_free(article->approved_source);
    g_free(article->other_text_source);
    g_free(article->published);
    g_free(article->title);
    g_free(article->specialty);
    g_strfreev(article->reviewers);
    g_free(article);
}

void imp_article_add_standing(ImpArticle *article, const ImpStanding *standing)
{
    ImpStanding *own = g_new0(ImpStanding, 1);
    *own = *standing;
    own->person = g_strdup(standing->person);
    own->key = g_strdup(standing->key);
    g_ptr_array_add(article->standing, own);
}

void imp_article_add_request(ImpArticle *article, const ImpRequest *request)
{
    ImpRequest *own = g_new0(ImpRequest, 1);
    *own = *request;
    own->person = g_strdup(request->person);
    g_ptr_array_add(article->requests, own);
}

void imp_article_set_last_date(ImpArticle *article, const char *person, gint64 date_us)
{
    /* Most articles never have one. */
    if (!article->last_dates)
        article->last_dates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_replace(article->last_dates, g_strdup(person),
                         g_memdup2(&date_us, sizeof date_us));
}

void imp_article_add_earlier_version(ImpArticle *article, const char *version)
{
    if (!article->earlier_versions)
        article->earlier_versions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(article->earlier_versions, g_strdup(version));
}

bool imp_article_had_version(const ImpArticle *article, const char *version)
{
    return article->earlier_versions && g_hash_table_contains(article->earlier_versions, version);
}

static void copy_sets(ImpArticle *copy, const ImpArticle *article)
{
    GHashTableIter iter;
    gpointer key, value;
    if (article->earlier_versions)
        g_hash_table_iter_init(&iter, article->earlier_versions);
    while (article->earlier_versions && g_hash_table_iter_next(&iter, &key, NULL))
        imp_article_add_earlier_version(copy, key);
    if (article->last_dates)
        g_hash_table_iter_init(&iter, article->last_dates);
    while (article->last_dates && g_hash_table_iter_next(&iter, &key, &value))
        imp_article_set_last_date(copy, key, *(const gint64 *)value);
}

static void copy_list(char ***copy, char *const *list)
{
    g_strfreev(*copy);
    *copy = g_strdupv((char **)list);
}

ImpArticle *imp_article_copy(const ImpArticle *article)
{
    ImpArticle *copy = imp_article_new(article->path);
    copy->version = g_strdup(article->version);
    copy->round = article->round;
    copy->state = article->state;
    copy->reason = article->reason;
    copy->problem = article->problem;
    copy->since_us = article->since_us;
    copy->round_began_us = article->round_began_us;
    copy->text_after_us = article->text_after_us;
    copy->valid_until_us = article->valid_until_us;
    copy->adopted = article->adopted;
    copy->last_approval_date_us = article->last_approval_date_us;
    copy->approved_text = g_strdup(article->approved_text);
    copy->approved_source = g_strdup(article->approved_source);
    copy->other_text_source = g_strdup(article->other_text_source);
    copy->published = g_strdup(article->published);
    copy->title = g_strdup(article->title);
    copy->specialty = g_strdup(article->specialty);
    copy->review_in = article->review_in;
    copy_list(&copy->reviewers, article->reviewers);
    copy_list(&copy->asked_before, article->asked_before);
    copy_list(&copy->contributors, article->contributors);
    copy_sets(copy, article);
    for (guint i = 0; i < article->standing->len; i++)
        imp_article_add_standing(copy, article->standing->pdata[i]);
    for (guint i = 0; i < article->requests->len; i++)
        imp_article_add_request(copy, article->requests->pdata[i]);
    return copy;
}

const ImpStanding *imp_article_standing(const ImpArticle *article, const char *person,
                                        ImpDecisionKind verdict)
{
    for (guint i = 0; i < article->standing->len; i++) {
        const ImpStanding *standing = article->standing->pdata[i];
        if (standing->verdict == verdict && strcmp(standing->person, person) == 0)
            return standing;
    }
    return NULL;
}

bool imp_article_has_objection(const ImpArticle *article)
{
    for (guint i = 0; i < article->standing->len; i++)
        if (((const ImpStanding *)article->standing->pdata[i])->verdict ==
            IMP_DECISION_REQUEST_CHANGES)
            return true;
    return false;
}

static ImpRequest *find_request(const ImpArticle *article, const char *person)
{
    for (guint i = 0; i < article->requests->len; i++) {
        ImpRequest *request = article->requests->pdata[i];
        if (strcmp(request->person, person) == 0)
            return request;
    }
    return NULL;
}

const ImpRequest *imp_article_request(const ImpArticle *article, const char *person)
{
    return find_request(article, person);
}

gint64 imp_article_last_date(const ImpArticle *article, const char *person)
{
    const gint64 *date_us =
        article->last_dates ? g_hash_table_lookup(article->last_dates, person) : NULL;
    return date_us ? *date_us : 0;
}

const char *imp_article_specialty(const ImpArticle *article, const ImpRule *rule)
{
    return rule->specialty ? rule->specialty : article->specialty;
}

const char *imp_article_settled_source(const ImpArticle *article)
{
    if (article->approved_text && g_strcmp0(article->approved_text, article->version) == 0)
        return article->other_text_source;
    return article->approved_source;
}

/* Takes back what of `person` stands; `verdict` NONE: all of it. */
static bool drop_standing(ImpArticle *article, const char *person, ImpDecisionKind verdict)
{
    bool dropped = false;
    for (guint i = article->standing->len; i-- > 0;) {
        const ImpStanding *standing = article->standing->pdata[i];
        if (strcmp(standing->person, person) == 0 &&
            (verdict == IMP_DECISION_NONE || verdict == standing->verdict)) {
            g_ptr_array_remove_index(article->standing, i);
            dropped = true;
        }
    }
    return dropped;
}

static void add_decision(ImpArticle *article, const ImpEntry *entry, ImpDecisionKind verdict)
{
    drop_standing(article, entry->person, verdict);
    imp_article_add_standing(article, &(ImpStanding){.person = entry->person,
                                                     .verdict = verdict,
                                                     .date_us = entry->decision_date_us,
                                                     .recorded_us = entry->at_us,
                                                     .round = entry->round,
                                                     .key = entry->decision_key});
}

/* Who gave a request back and speaks all the same is still not asked again. */
static void answer_request(ImpArticle *article, const char *person)
{
    ImpRequest *request = find_request(article, person);
    if (request && request->status == IMP_REQUEST_OPEN)
        request->status = IMP_REQUEST_CLOSED;
}

static void give_request_back(ImpArticle *article, const char *person)
{
    ImpRequest *request = find_request(article, person);
    if (request)
        request->status = IMP_REQUEST_GIVEN_BACK;
    else
        imp_article_add_request(
            article, &(ImpRequest){.person = (char *)person, .status = IMP_REQUEST_GIVEN_BACK});
}

static void close_requests(ImpArticle *article)
{
    for (guint i = 0; i < article->requests->len; i++) {
        ImpRequest *request = article->requests->pdata[i];
        if (request->status == IMP_REQUEST_OPEN)
            request->status = IMP_REQUEST_CLOSED;
    }
}

static void add_requests(ImpArticle *article, const ImpEntry *entry)
{
    for (char **id = entry->requested; id && *id; id++) {
        ImpRequest asked = {.person = *id,
                            .respond_by_us = entry->respond_by_us,
                            .review_by_us = entry->review_by_us};
        ImpRequest *before = find_request(article, *id);
        if (before)
            g_ptr_array_remove(article->requests, before);
        imp_article_add_request(article, &asked);
    }
}

/* Claims and approvals end with their round; objections stay. */
static void drop_round(ImpArticle *article)
{
    for (guint i = article->standing->len; i-- > 0;)
        if (((const ImpStanding *)article->standing->pdata[i])->verdict !=
            IMP_DECISION_REQUEST_CHANGES)
            g_ptr_array_remove_index(article->standing, i);
}

static void open_round(ImpArticle *article, const ImpEntry *entry)
{
    g_autoptr(GStrvBuilder) asked = g_strv_builder_new();
    for (guint i = 0; i < article->requests->len; i++) {
        const ImpRequest *request = article->requests->pdata[i];
        if (request->review_by_us)
            g_strv_builder_add(asked, request->person);
    }
    g_strfreev(article->asked_before);
    article->asked_before = g_strv_builder_end(asked);
    g_ptr_array_set_size(article->requests, 0);
    drop_round(article);
    if (article->round > 0 && article->version)
        imp_article_add_earlier_version(article, article->version);
    article->text_after_us =
        entry->event == IMP_ENTRY_EXPIRY ? article->valid_until_us : entry->at_us;
    article->round = entry->round;
    article->round_began_us = entry->at_us;
    article->adopted = entry->reason == IMP_REASON_ADOPTED;
    add_requests(article, entry);
}

bool imp_article_still_counts(const ImpPolicy *policy, const char *id, const char *key)
{
    const ImpPerson *person = imp_policy_person(policy, id);
    if (!person || !(person->roles & IMP_ROLE_REVIEWER))
        return false;
    if (!key)
        return true;
    return imp_policy_key_owner(policy, key) == person;
}

/* Claims, approvals and requests that the policy no longer carries fall away; objections stay. */
static void drop_fallen(ImpArticle *article, const ImpPolicy *policy)
{
    if (!policy)
        return;
    for (guint i = article->standing->len; i-- > 0;) {
        const ImpStanding *standing = article->standing->pdata[i];
        if (standing->verdict != IMP_DECISION_REQUEST_CHANGES &&
            !imp_article_still_counts(policy, standing->person, standing->key))
            g_ptr_array_remove_index(article->standing, i);
    }
    for (guint i = 0; i < article->requests->len; i++) {
        ImpRequest *request = article->requests->pdata[i];
        if (request->status == IMP_REQUEST_OPEN &&
            !imp_article_still_counts(policy, request->person, NULL))
            request->status = IMP_REQUEST_CLOSED;
    }
}

static void effects(ImpArticle *article, const ImpEntry *entry, const ImpPolicy *policy)
{
    switch (entry->event) {
    case IMP_ENTRY_SUBMISSION:
        g_strfreev(article->contributors);
        article->contributors =
            entry->contributors ? g_strdupv(entry->contributors) : g_new0(char *, 1);
        open_round(article, entry);
        break;
    case IMP_ENTRY_EXPIRY:
    case IMP_ENTRY_RETRACTION:
        open_round(article, entry);
        break;
    case IMP_ENTRY_REQUEST:
        add_requests(article, entry);
        break;
    case IMP_ENTRY_CLAIM:
        add_decision(article, entry, IMP_DECISION_CLAIM);
        break;
    case IMP_ENTRY_APPROVAL:
        drop_standing(article, entry->person, IMP_DECISION_REQUEST_CHANGES);
        add_decision(article, entry, IMP_DECISION_APPROVE);
        answer_request(article, entry->person);
        break;
    case IMP_ENTRY_OBJECTION:
        drop_standing(article, entry->person, IMP_DECISION_APPROVE);
        add_decision(article, entry, IMP_DECISION_REQUEST_CHANGES);
        answer_request(article, entry->person);
        break;
    case IMP_ENTRY_WITHDRAWAL:
        drop_standing(article, entry->person, IMP_DECISION_NONE);
        give_request_back(article, entry->person);
        break;
    case IMP_ENTRY_DECLINE:
        give_request_back(article, entry->person);
        break;
    case IMP_ENTRY_DISMISSAL:
        drop_standing(article, entry->of, IMP_DECISION_REQUEST_CHANGES);
        break;
    case IMP_ENTRY_REMOVAL:
        drop_round(article);
        close_requests(article);
        break;
    case IMP_ENTRY_REJUDGMENT:
        drop_fallen(article, policy);
        break;
    default:
        break;
    }
    /* An Approved article waits for this moment to lose what a policy dropped meanwhile. */
    if (article->state == IMP_STATE_APPROVED &&
        (entry->event == IMP_ENTRY_OBJECTION || entry->event == IMP_ENTRY_WITHDRAWAL))
        drop_fallen(article, policy);
}

ImpArticle *imp_article_try(const ImpArticle *article, const ImpEntry *entry,
                            const ImpPolicy *policy)
{
    ImpArticle *after = imp_article_copy(article);
    effects(after, entry, policy);
    return after;
}

/* Whether a decision came as far as having its date compared with its person's last one. */
static bool was_compared(const ImpEntry *entry)
{
    switch (entry->refusal) {
    case IMP_REFUSAL_NONE:
    case IMP_REFUSAL_STALE:
    case IMP_REFUSAL_CREDENTIALS_EXPIRED:
    case IMP_REFUSAL_CONTRIBUTOR:
    case IMP_REFUSAL_PROBLEM_ARTICLE:
    case IMP_REFUSAL_UNPINNED:
    case IMP_REFUSAL_COMPETING_INTERESTS:
        return entry->person && entry->decision;
    default:
        return false;
    }
}

static void note_approved(ImpArticle *article, const ImpEntry *entry)
{
    if (g_strcmp0(article->approved_text, article->version) != 0) {
        g_free(article->other_text_source);
        article->other_text_source = g_steal_pointer(&article->approved_source);
        g_free(article->approved_text);
        article->approved_text = g_strdup(article->version);
    }
    g_free(article->approved_source);
    article->approved_source = g_strdup(entry->source);
    g_free(article->published);
    article->published = g_strdup(article->version);
}

void imp_article_apply(ImpArticle *article, const ImpEntry *entry, const ImpPolicy *policy)
{
    effects(article, entry, policy);
    if (was_compared(entry) &&
        entry->decision_date_us > imp_article_last_date(article, entry->person))
        imp_article_set_last_date(article, entry->person, entry->decision_date_us);
    if (entry->event == IMP_ENTRY_APPROVAL)
        article->last_approval_date_us =
            MAX(article->last_approval_date_us, entry->decision_date_us);

    if (entry->version) {
        g_free(article->version);
        article->version = g_strdup(entry->version);
    }
    if (article->state != entry->state || !article->since_us)
        article->since_us = entry->at_us;
    article->state = entry->state;
    article->reason = entry->reason;
    article->problem = entry->problem;
    article->valid_until_us = entry->state == IMP_STATE_APPROVED ? entry->valid_until_us : 0;
    if (entry->state == IMP_STATE_APPROVED) {
        close_requests(article);
        if (entry->event == IMP_ENTRY_APPROVAL || entry->previous_state != IMP_STATE_APPROVED)
            note_approved(article, entry);
    }
    if (entry->event == IMP_ENTRY_REMOVAL || entry->event == IMP_ENTRY_RETRACTION)
        g_clear_pointer(&article->published, g_free);
}
