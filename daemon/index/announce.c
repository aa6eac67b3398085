#include "daemon/index/announce.h"
#include "daemon/index/review.h"
#include "daemon/terminal/print.h"

#include <string.h>

/* The event that an entry is in itself; NULL where it has none of its own. */
static const char *own_type(ImpEntryKind kind)
{
    static const char *const types[] = {
        [IMP_ENTRY_POLICY] = "policy.changed",
        [IMP_ENTRY_CLAIM] = "review.claimed",
        [IMP_ENTRY_APPROVAL] = "review.approved",
        [IMP_ENTRY_OBJECTION] = "review.changes_requested",
        [IMP_ENTRY_WITHDRAWAL] = "review.withdrawn",
        [IMP_ENTRY_DECLINE] = "review.declined",
        [IMP_ENTRY_COMMENT] = "review.commented",
        [IMP_ENTRY_DISMISSAL] = "review.dismissed",
        [IMP_ENTRY_RETRACTION] = "review.retracted",
        [IMP_ENTRY_REFUSAL] = "decision.refused",
    };
    return kind < G_N_ELEMENTS(types) ? types[kind] : NULL;
}

static const char *state_type(ImpState state)
{
    static const char *const types[] = {
        [IMP_STATE_REMOVED] = "article.removed",
        [IMP_STATE_SUBMITTED] = "article.submitted",
        [IMP_STATE_UNDER_REVIEW] = "article.under_review",
        [IMP_STATE_APPROVED] = "article.approved",
    };
    return types[state];
}

static void set_actor(ImpEvent *event, const ImpPolicy *policy, const char *id)
{
    const ImpPerson *person = id && policy ? imp_policy_person(policy, id) : NULL;
    event->actor_id = g_strdup(id);
    event->actor_name = g_strdup(person ? person->name : id);
}

static void set_person(ImpEvent *event, const ImpPolicy *policy, const char *id)
{
    const ImpPerson *person = id && policy ? imp_policy_person(policy, id) : NULL;
    event->person_id = g_strdup(id);
    event->person_name = g_strdup(person ? person->name : id);
}

static char **editors_of(const ImpPolicy *policy)
{
    g_autoptr(GStrvBuilder) editors = g_strv_builder_new();
    for (guint i = 0; policy && i < policy->people->len; i++) {
        const ImpPerson *person = policy->people->pdata[i];
        if (person->roles & IMP_ROLE_EDITOR)
            g_strv_builder_add(editors, person->id);
    }
    return g_strv_builder_end(editors);
}

static void add_people_of(GHashTable *people, const ImpArticle *article)
{
    for (guint i = 0; article && i < article->requests->len; i++) {
        const ImpRequest *request = article->requests->pdata[i];
        if (request->status == IMP_REQUEST_OPEN)
            g_hash_table_add(people, request->person);
    }
    for (guint i = 0; article && i < article->standing->len; i++)
        g_hash_table_add(people, ((const ImpStanding *)article->standing->pdata[i])->person);
}

/* An article's reviewers: who was concerned before the entry or is now (a request that it closes
 * concerns the one who was asked). */
static char **reviewers_of(const ImpArticle *before, const ImpArticle *after, const char *of)
{
    g_autoptr(GHashTable) people = g_hash_table_new(g_str_hash, g_str_equal);
    add_people_of(people, before);
    add_people_of(people, after);
    if (of)
        g_hash_table_add(people, (gpointer)of);
    return imp_review_sorted(people);
}

static void set_concerns(ImpEvent *event, char **people)
{
    g_strfreev(event->concerns);
    event->concerns = people;
}

typedef struct {
    const ImpAnnouncing *announcing;
    const char *id;
    const ImpEntry *entry;
    const ImpArticle *before, *after;
    const char *detail;
    GPtrArray *events;
    guint count;
} Announcement;

static ImpEvent *next_event(Announcement *a, const char *type)
{
    const ImpEntry *entry = a->entry;
    ImpEvent *event = imp_event_new();
    event->id = a->count == 0 ? g_strdup_printf("evt_%s", a->id)
                              : g_strdup_printf("evt_%s_%u", a->id, a->count);
    a->count++;
    event->type = g_strdup(type);
    event->at_us = entry->at_us;
    event->repository = g_strdup(a->announcing->repository);
    event->verified = !entry->unverified;
    event->source = g_strdup(entry->source);
    event->decision = g_strdup(entry->decision);
    event->ledger = g_strdup(a->id);
    set_actor(event, a->announcing->policy, entry->person);
    if (a->after) {
        event->path = g_strdup(entry->article);
        event->title = g_strdup(a->after->title);
        event->version = g_strdup(a->after->version);
        event->url = imp_review_url(a->announcing->config, a->announcing->policy, entry->article);
        event->has_state = true;
        event->state = entry->state;
        event->previous_state = entry->previous_state;
        event->round = entry->round;
        event->reason = entry->reason;
        event->problem = entry->problem;
        event->review = imp_review_of(a->after, a->announcing->policy, entry->at_us);
        set_concerns(event, reviewers_of(a->before, a->after, entry->of));
    }
    g_ptr_array_add(a->events, event);
    return event;
}

static void announce_own(Announcement *a, const char *type)
{
    const ImpEntry *entry = a->entry;
    ImpEvent *event = next_event(a, type);
    const ImpPolicy *policy = a->announcing->policy;
    ImpAttempt *attempt = a->announcing->attempt;
    if (entry->event == IMP_ENTRY_POLICY)
        set_concerns(event, editors_of(policy));
    if (entry->of)
        set_person(event, policy, entry->of);
    if (entry->event == IMP_ENTRY_REFUSAL) {
        event->refusal = entry->refusal;
        event->reason_text = entry->refusal == IMP_REFUSAL_UNKNOWN_ARTICLE
                                 ? g_strdup(a->detail)
                                 : imp_review_refusal(entry, attempt, a->before, policy);
        set_person(event, policy, entry->person);
        g_autoptr(GStrvBuilder) concerned = g_strv_builder_new();
        if (entry->person)
            g_strv_builder_add(concerned, entry->person);
        set_concerns(event, g_strv_builder_end(concerned));
    } else if (attempt && attempt->decision && *attempt->decision->reason) {
        event->reason_text = g_strdup(attempt->decision->reason);
    }
}

static void announce_requests(Announcement *a)
{
    g_autoptr(GHashTable) set = g_hash_table_new(g_str_hash, g_str_equal);
    for (char **id = a->entry->requested; id && *id; id++)
        g_hash_table_add(set, *id);
    g_auto(GStrv) people = imp_review_sorted(set);
    for (char **person = people; *person; person++) {
        ImpEvent *event = next_event(a, "review.requested");
        set_person(event, a->announcing->policy, *person);
        const ImpAttempt *request =
            a->entry->event == IMP_ENTRY_REQUEST ? a->announcing->attempt : NULL;
        if (request && request->decision)
            event->reason_text = g_strdup(request->decision->reason);
        if (a->announcing->policy)
            event->command = imp_review_command(a->after, a->announcing->policy);
        g_autoptr(GStrvBuilder) asked = g_strv_builder_new();
        g_strv_builder_add(asked, *person);
        set_concerns(event, g_strv_builder_end(asked));
    }
}

void imp_announce_entry(const ImpAnnouncing *announcing, const char *id, const ImpEntry *entry,
                        const ImpArticle *before, const ImpArticle *after, const char *detail,
                        GPtrArray *events)
{
    Announcement a = {announcing, id, entry, before, after, detail, events, 0};
    const char *own = own_type(entry->event);
    if (own)
        announce_own(&a, own);
    if (!after)
        return;
    bool adopted = entry->event == IMP_ENTRY_SUBMISSION && entry->reason == IMP_REASON_ADOPTED;
    bool submitted_again =
        entry->event == IMP_ENTRY_SUBMISSION && entry->state == IMP_STATE_SUBMITTED;
    if (!adopted && (entry->state != entry->previous_state || submitted_again)) {
        ImpEvent *event = next_event(&a, state_type(entry->state));
        const ImpEvent *first = a.count > 1 ? events->pdata[events->len - 2] : NULL;
        if (entry->state == IMP_STATE_SUBMITTED && first && entry->decision)
            event->reason_text = g_strdup(first->reason_text);
    }
    if (entry->event == IMP_ENTRY_SUBMISSION && entry->problem)
        next_event(&a, "article.invalid")->reason_text = g_strdup(detail);
    announce_requests(&a);
}

/* An event that is not an entry's, with an id made from `values`. */
static ImpEvent *fact(const ImpAnnouncing *announcing, const char *type, const char *const *values)
{
    ImpEvent *event = imp_event_new();
    event->id = imp_event_fact_id(announcing->repository, type, values);
    event->type = g_strdup(type);
    event->at_us = announcing->at_us;
    event->repository = g_strdup(announcing->repository);
    event->verified = announcing->verified;
    return event;
}

void imp_announce_rename(GPtrArray *events, const char *from, const char *to)
{
    for (guint i = 0; i < events->len; i++) {
        ImpEvent *event = events->pdata[i];
        if (g_strcmp0(event->ledger, from) != 0)
            continue;
        g_autofree char *id = g_steal_pointer(&event->id);
        event->id = g_strconcat("evt_", to, id + strlen("evt_") + strlen(from), NULL);
        g_free(event->ledger);
        event->ledger = g_strdup(to);
    }
}

ImpEvent *imp_announce_adoption(const ImpAnnouncing *announcing, guint count)
{
    const char *const values[] = {announcing->source, NULL};
    ImpEvent *event = fact(announcing, "repository.adopted", values);
    event->count = count;
    event->source = g_strdup(announcing->source);
    return event;
}

ImpEvent *imp_announce_unsigned_refusal(const ImpAnnouncing *announcing, const char *commit,
                                        ImpRefusal refusal, const char *sentence, guint count)
{
    const char *const one[] = {commit, imp_refusal_word(refusal), NULL};
    const char *const rest[] = {commit, "more", NULL};
    ImpEvent *event = fact(announcing, "decision.refused", count ? rest : one);
    event->source = g_strdup(announcing->source);
    event->reason_text = g_strdup(sentence);
    if (count) {
        event->count = count;
    } else {
        event->refusal = refusal;
        event->decision = g_strdup(commit);
    }
    return event;
}

ImpEvent *imp_announce_trouble(const ImpAnnouncing *announcing, const char *type, const char *value,
                               const char *sentence)
{
    ImpEvent *event = fact(announcing, type, (const char *const[]){value, NULL});
    event->source = g_strdup(announcing->source);
    event->reason_text = g_strdup(sentence);
    set_concerns(event, editors_of(announcing->policy));
    return event;
}

/* What a fact is about: the article as it stands. */
static void set_article(ImpEvent *event, const ImpAnnouncing *announcing, const ImpArticle *article)
{
    event->path = g_strdup(article->path);
    event->title = g_strdup(article->title);
    event->version = g_strdup(article->version);
    event->url = imp_review_url(announcing->config, announcing->policy, article->path);
    event->has_state = true;
    event->state = event->previous_state = article->state;
    event->round = article->round;
    event->review = imp_review_of(article, announcing->policy, event->at_us);
}

ImpEvent *imp_announce_question(const ImpAnnouncing *announcing, const ImpArticle *article,
                                const char *question, const char *mark)
{
    const char *const values[] = {article->path, article->version, mark, NULL};
    ImpEvent *event = fact(announcing, "reader.question", values);
    set_article(event, announcing, article);
    event->reason_text = g_strdup(question);
    set_concerns(event, editors_of(announcing->policy));
    return event;
}

ImpEvent *imp_announce_reminder(const ImpAnnouncing *announcing, const ImpArticle *article,
                                const char *person, ImpReminder step, const char *sentence)
{
    /* A text can come up for review again in another round. */
    g_autofree char *word = g_strdup_printf("%u-%s", article->round, imp_reminder_word(step));
    const char *const values[] = {article->path, article->version, word, person, NULL};
    const ImpPolicy *policy = announcing->policy;
    ImpEvent *event = fact(announcing, imp_reminder_event(step), values);
    set_article(event, announcing, article);
    event->reason_text = g_strdup(sentence);
    set_person(event, policy, person);
    if (step == IMP_REMINDER_ESCALATED) {
        set_concerns(event, editors_of(policy));
    } else {
        g_autoptr(GStrvBuilder) reminded = g_strv_builder_new();
        g_strv_builder_add(reminded, person);
        set_concerns(event, g_strv_builder_end(reminded));
    }
    return event;
}

ImpEvent *imp_announce_left_behind(const ImpAnnouncing *announcing, const ImpArticle *article,
                                   const char *person, const char *commit)
{
    const char *const values[] = {commit, article->path, article->version, NULL};
    const ImpPolicy *policy = announcing->policy;
    ImpEvent *event = fact(announcing, "review.left_behind", values);
    set_article(event, announcing, article);
    set_person(event, policy, person);
    event->decision = g_strdup(commit);
    event->reason_text =
        g_strdup_printf("An objection by %s is on a branch that was not merged as it is, and the "
                        "article has another text now; if it still holds, object again.",
                        event->person_name ? event->person_name : person);
    g_autofree char *path = imp_print_path(article->path);
    g_autofree char *line = g_strdup_printf("Article: %s", path);
    g_autofree char *quoted = g_shell_quote(line);
    event->command = g_strdup_printf("git commit --allow-empty -S -m \"It still holds\" --trailer "
                                     "'Review: request-changes' --trailer %s",
                                     quoted);
    g_auto(GStrv) editors = editors_of(policy);
    g_autoptr(GStrvBuilder) concerned = g_strv_builder_new();
    g_strv_builder_addv(concerned, (const char **)editors);
    if (!g_strv_contains((const char *const *)editors, person))
        g_strv_builder_add(concerned, person);
    set_concerns(event, g_strv_builder_end(concerned));
    return event;
}

ImpEvent *imp_announce_delivery(const ImpAnnouncing *announcing, const char *type,
                                const char *endpoint, const char *event_id, const char *sentence)
{
    g_autofree char *moment = imp_moment_format(announcing->at_us);
    const char *const exhausted[] = {event_id ? event_id : "", endpoint, NULL};
    const char *const disabled[] = {endpoint, moment, NULL};
    ImpEvent *event = fact(announcing, type, event_id ? exhausted : disabled);
    event->reason_text = g_strdup(sentence);
    return event;
}
