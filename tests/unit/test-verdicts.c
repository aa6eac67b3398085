#include "tests/unit/story_attempt.h"

/* Where every verdict leads, by every role, in every state, under rules of each kind. */

/* ---- every verdict by every role ---- */

static void test_roles(void)
{
    static const struct {
        ImpDecisionKind verdict;
        bool reviewer, editor;
    } rows[] = {
        {IMP_DECISION_CLAIM, true, false},          {IMP_DECISION_APPROVE, true, false},
        {IMP_DECISION_REQUEST_CHANGES, true, true}, {IMP_DECISION_WITHDRAW, true, true},
        {IMP_DECISION_DECLINE, true, false},        {IMP_DECISION_COMMENT, true, true},
        {IMP_DECISION_DISMISS, false, true},        {IMP_DECISION_RETRACT, false, true},
    };
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct {
            const char *person;
            ImpRefusal refusal;
        } people[] = {
            {"ann", rows[i].reviewer ? IMP_REFUSAL_NONE : IMP_REFUSAL_NOT_PERMITTED},
            {"dora", rows[i].editor ? IMP_REFUSAL_NONE : IMP_REFUSAL_NOT_PERMITTED},
            {"ed", IMP_REFUSAL_NONE},
            {"nobody", IMP_REFUSAL_AUTHOR_MISMATCH},
        };
        for (gsize j = 0; j < G_N_ELEMENTS(people); j++) {
            g_test_message("%s says %s", people[j].person, imp_decision_kind_word(rows[i].verdict));
            g_autoptr(ImpAttempt) attempt =
                attempt_of(people[j].person, rows[i].verdict, story_day(0));
            g_autofree char *sentence = NULL;
            g_assert_cmpint(imp_judge_attempt(attempt, policy, story_day(0), &sentence), ==,
                            people[j].refusal);
            g_assert_cmpint(sentence != NULL, ==, people[j].refusal != IMP_REFUSAL_NONE);
        }
    }
}

/* ---- every verdict in every state, under every rule ---- */

enum { CLAIM, APPROVE, OBJECT, WITHDRAW, DECLINE, COMMENT, DISMISS, RETRACT, VERDICTS };

static const ImpDecisionKind verdicts[VERDICTS] = {
    [CLAIM] = IMP_DECISION_CLAIM,
    [APPROVE] = IMP_DECISION_APPROVE,
    [OBJECT] = IMP_DECISION_REQUEST_CHANGES,
    [WITHDRAW] = IMP_DECISION_WITHDRAW,
    [DECLINE] = IMP_DECISION_DECLINE,
    [COMMENT] = IMP_DECISION_COMMENT,
    [DISMISS] = IMP_DECISION_DISMISS,
    [RETRACT] = IMP_DECISION_RETRACT,
};

/* Where ed, who is reviewer and editor and no specialist, gets an article with each verdict: its
 * state, the reason if that is Submitted, or the refusal. A dismissal is of cleo's objection. */
typedef struct {
    const char *story;
    const char *ends[VERDICTS];
} Row;

static const char removed_story[] = "new, ann approves, removed";
#define GONE    "unknown-article"
#define CHANGES "changes-requested"

/* clang-format off */
static const Row one_approval[] = {
    /*                                  claim           approve     object   withdraw     decline         comment         dismiss         retract */
    {"new",                            {"Under Review", "Approved", CHANGES, "new",       "not-permitted", "new",         "stale",        "retracted"}},
    {"new, asked ed",                  {"Under Review", "Approved", CHANGES, "new",       "new",          "new",          "stale",        "retracted"}},
    {"new, ann claims",                {"Under Review", "Approved", CHANGES, "Under Review", "not-permitted", "Under Review", "stale",    "retracted"}},
    {"new, ed claims",                 {"Under Review", "Approved", CHANGES, "withdrawn", "not-permitted", "Under Review", "stale",       "retracted"}},
    {"new, ann approves",              {"Approved",     "Approved", CHANGES, "Approved",  "not-permitted", "Approved",    "stale",        "retracted"}},
    {"new, ed approves",               {"Approved",     "Approved", CHANGES, "withdrawn", "not-permitted", "Approved",    "stale",        "retracted"}},
    {"new, ed objects",                {CHANGES,        "Approved", CHANGES, "withdrawn", "not-permitted", CHANGES,       "stale",        CHANGES}},
    {"new, cleo objects",              {CHANGES,        CHANGES,    CHANGES, CHANGES,     "not-permitted", CHANGES,       "withdrawn",    CHANGES}},
    {"new, ann approves, cleo objects",{CHANGES,        CHANGES,    CHANGES, CHANGES,     "not-permitted", CHANGES,       "Approved",     CHANGES}},
    {"new, ann claims, cleo objects",  {CHANGES,        CHANGES,    CHANGES, CHANGES,     "not-permitted", CHANGES,       "Under Review", CHANGES}},
    {"new, cleo objects, ed objects",  {CHANGES,        CHANGES,    CHANGES, CHANGES,     "not-permitted", CHANGES,       CHANGES,        CHANGES}},
    {"adopted",                        {"Under Review", "Approved", CHANGES, "adopted",   "not-permitted", "adopted",     "stale",        "retracted"}},
    {"new, revised",                   {"Under Review", "Approved", CHANGES, "revised",   "not-permitted", "revised",     "stale",        "retracted"}},
    {"new, ann approves, expired",     {"Under Review", "Approved", CHANGES, "expired",   "not-permitted", "expired",     "stale",        "retracted"}},
    {"new, dora retracts",             {"Under Review", "Approved", CHANGES, "retracted", "not-permitted", "retracted",   "stale",        "retracted"}},
    {"broken",                         {"new", "problem-article",   CHANGES, "new",       "not-permitted", "new",         "stale",        "retracted"}},
    {"broken, ed claims",              {"new", "problem-article",   CHANGES, "withdrawn", "not-permitted", "new",         "stale",        "retracted"}},
    {removed_story,                    {GONE,           GONE,       GONE,    GONE,        GONE,           GONE,           GONE,           GONE}},
};

static const Row two_approvals[] = {
    {"new",                            {"Under Review", "Under Review", CHANGES, "new",   "not-permitted", "new",         "stale",        "retracted"}},
    {"new, ann approves",              {"Under Review", "Approved", CHANGES, "Under Review", "not-permitted", "Under Review", "stale",    "retracted"}},
    {"new, ed approves",               {"Under Review", "Under Review", CHANGES, "withdrawn", "not-permitted", "Under Review", "stale",   "retracted"}},
    {"new, ann approves, bob approves",{"Approved",     "Approved", CHANGES, "Approved",  "not-permitted", "Approved",    "stale",        "retracted"}},
    {"new, ann approves, ed approves", {"Approved",     "Approved", CHANGES, "Under Review", "not-permitted", "Approved", "stale",        "retracted"}},
    {"new, ed objects",                {CHANGES, "Under Review",    CHANGES, "withdrawn", "not-permitted", CHANGES,       "stale",        CHANGES}},
    {"new, ann approves, ed objects",  {CHANGES, "Approved",        CHANGES, "Under Review", "not-permitted", CHANGES,    "stale",        CHANGES}},
    {"new, ann approves, bob approves, cleo objects",
                                       {CHANGES,        CHANGES,    CHANGES, CHANGES,     "not-permitted", CHANGES,       "Approved",     CHANGES}},
    {"new, ann approves, cleo approves, cleo objects",
                                       {CHANGES,        CHANGES,    CHANGES, CHANGES,     "not-permitted", CHANGES,       "Under Review", CHANGES}},
};

static const Row one_of_two_a_specialist[] = {
    {"new, ann approves",              {"Under Review", "Approved", CHANGES, "Under Review", "not-permitted", "Under Review", "stale",    "retracted"}},
    {"new, bob approves",              {"Under Review", "Under Review", CHANGES, "Under Review", "not-permitted", "Under Review", "stale", "retracted"}},
    {"new, bob approves, ann approves",{"Approved",     "Approved", CHANGES, "Approved",  "not-permitted", "Approved",    "stale",        "retracted"}},
    {"new, ann approves, ed approves", {"Approved",     "Approved", CHANGES, "Under Review", "not-permitted", "Approved", "stale",        "retracted"}},
    {"new, bob approves, ed approves", {"Under Review", "Under Review", CHANGES, "Under Review", "not-permitted", "Under Review", "stale", "retracted"}},
};
/* clang-format on */

static void check_verdict(const Row *row, ImpPolicy *policy, int column)
{
    g_auto(Story) story = story_begin(policy);
    story_tell(&story, row->story);
    g_autofree char *version = g_strdup(story.article->version),
                    *before = story_standing(story.article);
    g_autoptr(ImpAttempt) attempt = attempt_of("ed", verdicts[column], story.at_us);
    attempt->decision->of = column == DISMISS ? g_strdup("cleo") : NULL;
    g_autoptr(GHashTable) nobody = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree char *sentence = NULL;
    ImpRefusal refusal = judge(&story, attempt, version, nobody, &sentence);
    g_test_message("%s, ed: %s", row->story, imp_decision_kind_word(verdicts[column]));
    if (refusal) {
        g_assert_cmpstr(imp_refusal_word(refusal), ==, row->ends[column]);
        return;
    }
    ImpState state = story.article->state;
    const ImpEntry *entry =
        story_decide(&story, "ed", "ed", verdicts[column], attempt->decision->of, story.at_us);
    g_autofree char *after = story_standing(story.article);
    g_assert_cmpstr(story_where(story.article), ==, row->ends[column]);
    g_assert_cmpint(entry->previous_state, ==, state);
    g_assert_cmpint(entry->valid_until_us != 0, ==, entry->state == IMP_STATE_APPROVED);
    g_assert_cmpint(entry->reason != IMP_REASON_NONE, ==, entry->state == IMP_STATE_SUBMITTED);
    if (column == COMMENT || column == DECLINE)
        g_assert_cmpstr(after, ==, before);
}

static void check_rows(const Row *rows, gsize count, const char *rule)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(rule);
    for (gsize i = 0; i < count; i++)
        for (int column = 0; column < VERDICTS; column++)
            check_verdict(&rows[i], policy, column);
}

static void test_verdicts_in_states(void)
{
    check_rows(one_approval, G_N_ELEMENTS(one_approval), ONE_APPROVAL);
    check_rows(two_approvals, G_N_ELEMENTS(two_approvals), TWO_APPROVALS);
    check_rows(one_of_two_a_specialist, G_N_ELEMENTS(one_of_two_a_specialist),
               TWO_WITH_ONE_SPECIALIST);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/verdicts/roles", test_roles);
    g_test_add_func("/verdicts/states", test_verdicts_in_states);
    return g_test_run();
}
