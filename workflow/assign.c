#include "workflow/assign.h"
#include "workflow/article_state.h"

#include <string.h>

void imp_add_contributors(const ImpArticle *article, const ImpPolicy *policy,
                          GHashTable *contributors)
{
    for (char **id = article->contributors; *id; id++) {
        const ImpPerson *person = imp_policy_person(policy, *id);
        for (char **address = person ? person->addresses : NULL; address && *address; address++)
            g_hash_table_add(contributors, g_strdup(*address));
    }
}

bool imp_is_contributor(const ImpPerson *person, GHashTable *contributors)
{
    for (char **address = person->addresses; *address; address++)
        if (g_hash_table_contains(contributors, *address))
            return true;
    if (person->accounts->len == 0)
        return false;
    GHashTableIter iter;
    gpointer address;
    g_hash_table_iter_init(&iter, contributors);
    while (g_hash_table_iter_next(&iter, &address, NULL))
        if (imp_person_has_account(person, address))
            return true;
    return false;
}

/* Whether a claim, an approval or an objection is one of this round that still speaks for its
 * person. */
static bool is_of_round(const ImpArticle *article, const ImpPolicy *policy,
                        const ImpStanding *standing, gint64 now_us)
{
    if (policy->first_edition)
        return standing->recorded_us >= article->round_began_us;
    return standing->round == article->round &&
           (standing->verdict != IMP_DECISION_APPROVE ||
            now_us < imp_article_approval_ends(article, policy, standing));
}

/* Whether the person takes part in this round: asked and not yet answered, or something that they
 * said in it stands. An objection from an earlier round is about another text: who made it is asked
 * about this one as others are; and so is whose approval is too old. */
static bool is_engaged(const ImpArticle *article, const ImpPolicy *policy, const char *person,
                       gint64 now_us)
{
    const ImpRequest *request = imp_article_request(article, person);
    if (request && request->status == IMP_REQUEST_OPEN)
        return true;
    for (guint i = 0; i < article->standing->len; i++) {
        const ImpStanding *standing = article->standing->pdata[i];
        if (strcmp(standing->person, person) == 0 && is_of_round(article, policy, standing, now_us))
            return true;
    }
    return false;
}

static guint less(guint whole, guint part)
{
    return whole > part ? whole - part : 0;
}

/* `*seats` is how many of the missing may be anybody: of the rest, enough people are engaged
 * already, but too few specialists. */
static ImpVacancy find_vacancy(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us,
                               guint *seats)
{
    ImpVacancy vacancy = {0};
    *seats = 0;
    if (article->adopted || article->problem || article->state == IMP_STATE_APPROVED ||
        article->state == IMP_STATE_REMOVED)
        return vacancy;
    const ImpRule *rule = imp_policy_rule(policy, article->path);
    guint people = 0, specialists = 0;
    for (guint i = 0; i < policy->people->len; i++) {
        const ImpPerson *person = policy->people->pdata[i];
        if (!(person->roles & IMP_ROLE_REVIEWER) ||
            !is_engaged(article, policy, person->id, now_us))
            continue;
        people++;
        specialists += imp_person_is_specialist(person, rule->specialty);
    }
    *seats = less(rule->approvals, people);
    vacancy.specialists = less(rule->specialists, specialists);
    vacancy.people = MAX(*seats, vacancy.specialists);
    return vacancy;
}

ImpVacancy imp_assign_vacancy(const ImpArticle *article, const ImpPolicy *policy, gint64 now_us)
{
    guint seats;
    return find_vacancy(article, policy, now_us, &seats);
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

static bool can_be_asked(const ImpArticle *article, const ImpPolicy *policy,
                         const ImpPerson *person, GHashTable *contributors, guint open,
                         gint64 now_us)
{
    if (!(person->roles & IMP_ROLE_REVIEWER) || open >= person->capacity)
        return false;
    const ImpRequest *request = imp_article_request(article, person->id);
    if ((request && request->status == IMP_REQUEST_GIVEN_BACK) ||
        is_engaged(article, policy, person->id, now_us))
        return false;
    return !imp_person_is_away(person, now_us) && imp_person_has_credentials(person, now_us) &&
           !imp_is_contributor(person, contributors);
}

char **imp_assign(const ImpArticle *article, const ImpPolicy *policy, GHashTable *contributors,
                  GHashTable *open_requests, gint64 now_us)
{
    g_autoptr(GStrvBuilder) chosen = g_strv_builder_new();
    guint seats;
    ImpVacancy vacancy = find_vacancy(article, policy, now_us, &seats);
    const ImpRule *rule = imp_policy_rule(policy, article->path);
    const char *specialty = imp_article_specialty(article, rule);
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    for (guint i = 0; vacancy.people && i < policy->people->len; i++) {
        const ImpPerson *person = policy->people->pdata[i];
        Candidate candidate = {
            .person = person,
            .specialist = imp_person_is_specialist(person, specialty),
            .asked_before = g_strv_contains((const char *const *)article->asked_before, person->id),
            .named = g_strv_contains((const char *const *)article->reviewers, person->id),
            .open = GPOINTER_TO_UINT(g_hash_table_lookup(open_requests, person->id))};
        if (can_be_asked(article, policy, person, contributors, candidate.open, now_us))
            g_array_append_val(candidates, candidate);
    }
    g_array_sort(candidates, by_preference);
    for (guint i = 0; i < candidates->len && vacancy.people > 0; i++) {
        const Candidate *candidate = &g_array_index(candidates, Candidate, i);
        if (!candidate->specialist && seats == 0)
            break; /* specialists come first */
        g_strv_builder_add(chosen, candidate->person->id);
        vacancy.people--;
        seats = less(seats, 1);
    }
    return g_strv_builder_end(chosen);
}
