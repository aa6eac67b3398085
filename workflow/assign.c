#include "workflow/assign.h"

#include <string.h>

bool imp_is_contributor(const ImpPerson *person, GHashTable *contributors)
{
    for (char **email = person->emails; *email; email++) {
        g_autofree char *folded = imp_address_fold(*email);
        if (g_hash_table_contains(contributors, folded))
            return true;
    }
    return false;
}

/* Everybody whose turn it is or who has spoken: asked and not yet answered, or something of theirs stands. */
static GHashTable *engaged_people(const ImpArticle *article)
{
    GHashTable *engaged = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < article->standing->len; i++)
        g_hash_table_add(engaged, ((const ImpStanding *)article->standing->pdata[i])->person);
    for (guint i = 0; i < article->requests->len; i++) {
        const ImpRequest *request = article->requests->pdata[i];
        if (request->status == IMP_REQUEST_OPEN)
            g_hash_table_add(engaged, request->person);
    }
    return engaged;
}

ImpVacancy imp_assign_vacancy(const ImpArticle *article, const ImpPolicy *policy)
{
    ImpVacancy vacancy = {0};
    if (article->adopted || article->problem || article->state == IMP_STATE_APPROVED ||
        article->state == IMP_STATE_REMOVED)
        return vacancy;
    const ImpRule *rule = imp_policy_rule(policy, article->path);
    g_autoptr(GHashTable) engaged = engaged_people(article);
    guint people = g_hash_table_size(engaged), specialists = 0;
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, engaged);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        const ImpPerson *person = imp_policy_person(policy, id);
        specialists += person && imp_person_is_specialist(person, rule->specialty);
    }
    vacancy.specialists = rule->specialists > specialists ? rule->specialists - specialists : 0;
    vacancy.people = rule->approvals > people ? rule->approvals - people : 0;
    vacancy.people = MAX(vacancy.people, vacancy.specialists);
    return vacancy;
}

typedef struct {
    const ImpPerson *person;
    bool specialist;
    bool asked_before;
    bool named; /* in the front matter's `reviewers` */
    guint open;
} Candidate;

static int by_preference(gconstpointer a, gconstpointer b)
{
    const Candidate *one = a, *other = b;
    if (one->specialist != other->specialist)
        return one->specialist ? -1 : 1;
    if (one->asked_before != other->asked_before)
        return one->asked_before ? -1 : 1;
    if (one->named != other->named)
        return one->named ? -1 : 1;
    if (one->open != other->open)
        return one->open < other->open ? -1 : 1;
    return strcmp(one->person->id, other->person->id);
}

static bool can_be_asked(const ImpArticle *article, const ImpPerson *person, GHashTable *contributors, guint open,
                         gint64 now_us)
{
    if (!(person->roles & IMP_ROLE_REVIEWER) || open >= person->capacity)
        return false;
    const ImpRequest *request = imp_article_request(article, person->id);
    if (request && request->status != IMP_REQUEST_CLOSED)
        return false;
    for (guint i = 0; i < article->standing->len; i++)
        if (strcmp(((const ImpStanding *)article->standing->pdata[i])->person, person->id) == 0)
            return false;
    return !imp_person_is_away(person, now_us) && imp_person_has_credentials(person, now_us) &&
           !imp_is_contributor(person, contributors);
}

char **imp_assign(const ImpArticle *article, const ImpPolicy *policy, GHashTable *contributors,
                  GHashTable *open_requests, gint64 now_us)
{
    g_autoptr(GStrvBuilder) chosen = g_strv_builder_new();
    ImpVacancy vacancy = imp_assign_vacancy(article, policy);
    const ImpRule *rule = imp_policy_rule(policy, article->path);
    const char *specialty = imp_article_specialty(article, rule);
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    for (guint i = 0; vacancy.people && i < policy->people->len; i++) {
        const ImpPerson *person = policy->people->pdata[i];
        Candidate candidate = {.person = person,
                               .specialist = imp_person_is_specialist(person, specialty),
                               .asked_before = g_strv_contains((const char *const *)article->asked_before, person->id),
                               .named = g_strv_contains((const char *const *)article->reviewers, person->id),
                               .open = GPOINTER_TO_UINT(g_hash_table_lookup(open_requests, person->id))};
        if (can_be_asked(article, person, contributors, candidate.open, now_us))
            g_array_append_val(candidates, candidate);
    }
    g_array_sort(candidates, by_preference);
    /* When people enough are engaged already, but too few specialists, others are not asked for nothing. */
    bool specialists_only = vacancy.people == vacancy.specialists && article->requests->len > 0;
    for (guint i = 0; i < candidates->len && vacancy.people > 0; i++) {
        const Candidate *candidate = &g_array_index(candidates, Candidate, i);
        if (specialists_only && !candidate->specialist)
            break;
        g_strv_builder_add(chosen, candidate->person->id);
        vacancy.people--;
    }
    return g_strv_builder_end(chosen);
}
