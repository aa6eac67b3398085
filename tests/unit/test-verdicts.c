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
        {IMP_DECISION_REQUEST, false, true},
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
#define GONE      "unknown-article"
#define REVIEW    "Under Review"
#define APPROVED  "Approved"
#define NOT_MAY   "not-permitted"
#define RETRACTED "retracted"
#define WITHDRAWN "withdrawn"
#define STALE     "stale"
#define CHANGES   "changes-requested"

/* clang-format off */
static const Row one_approval[] = {
    /* claim    approve   object   withdraw   decline  comment   dismiss    retract */
    {"new",
     {REVIEW,   APPROVED, CHANGES, "new",     NOT_MAY, "new",    STALE,     RETRACTED}},
    {"new, asked ed",
     {REVIEW,   APPROVED, CHANGES, "new",     "new",   "new",    STALE,     RETRACTED}},
    {"new, ann claims",
     {REVIEW,   APPROVED, CHANGES, REVIEW,    NOT_MAY, REVIEW,   STALE,     RETRACTED}},
    {"new, ed claims",
     {REVIEW,   APPROVED, CHANGES, WITHDRAWN, NOT_MAY, REVIEW,   STALE,     RETRACTED}},
    {"new, ann approves",
     {APPROVED, APPROVED, CHANGES, APPROVED,  NOT_MAY, APPROVED, STALE,     RETRACTED}},
    {"new, ed approves",
     {APPROVED, APPROVED, CHANGES, WITHDRAWN, NOT_MAY, APPROVED, STALE,     RETRACTED}},
    {"new, ed objects",
     {CHANGES,  APPROVED, CHANGES, WITHDRAWN, NOT_MAY, CHANGES,  STALE,     CHANGES}},
    {"new, cleo objects",
     {CHANGES,  CHANGES,  CHANGES, CHANGES,   NOT_MAY, CHANGES,  WITHDRAWN, CHANGES}},
    {"new, ann approves, cleo objects",
     {CHANGES,  CHANGES,  CHANGES, CHANGES,   NOT_MAY, CHANGES,  APPROVED,  CHANGES}},
    {"new, ann claims, cleo objects",
     {CHANGES,  CHANGES,  CHANGES, CHANGES,   NOT_MAY, CHANGES,  REVIEW,    CHANGES}},
    {"new, cleo objects, ed objects",
     {CHANGES,  CHANGES,  CHANGES, CHANGES,   NOT_MAY, CHANGES,  CHANGES,   CHANGES}},
    {"adopted",
     {REVIEW,   APPROVED, CHANGES, "adopted", NOT_MAY, "adopted",STALE,     RETRACTED}},
    {"new, revised",
     {REVIEW,   APPROVED, CHANGES, "revised", NOT_MAY, "revised",STALE,     RETRACTED}},
    {"new, ann approves, expired",
     {REVIEW,   APPROVED, CHANGES, "expired", NOT_MAY, "expired",STALE,     RETRACTED}},
    {"new, dora retracts",
     {REVIEW,   APPROVED, CHANGES, RETRACTED, NOT_MAY, RETRACTED,STALE,     RETRACTED}},
    {"broken",
     {"new",    "problem-article",CHANGES, "new",     NOT_MAY, "new",    STALE,     RETRACTED}},
    {"broken, ed claims",
     {"new",    "problem-article",CHANGES, WITHDRAWN, NOT_MAY, "new",    STALE,     RETRACTED}},
    {removed_story,
     {GONE,     GONE,     GONE,    GONE,      GONE,    GONE,     GONE,      GONE}},
};

static const Row two_approvals[] = {
    {"new",
     {REVIEW,   REVIEW,   CHANGES, "new",     NOT_MAY, "new",    STALE,     RETRACTED}},
    {"new, ann approves",
     {REVIEW,   APPROVED, CHANGES, REVIEW,    NOT_MAY, REVIEW,   STALE,     RETRACTED}},
    {"new, ed approves",
     {REVIEW,   REVIEW,   CHANGES, WITHDRAWN, NOT_MAY, REVIEW,   STALE,     RETRACTED}},
    {"new, ann approves, bob approves",
     {APPROVED, APPROVED, CHANGES, APPROVED,  NOT_MAY, APPROVED, STALE,     RETRACTED}},
    {"new, ann approves, ed approves",
     {APPROVED, APPROVED, CHANGES, REVIEW,    NOT_MAY, APPROVED, STALE,     RETRACTED}},
    {"new, ed objects",
     {CHANGES,  REVIEW,   CHANGES, WITHDRAWN, NOT_MAY, CHANGES,  STALE,     CHANGES}},
    {"new, ann approves, ed objects",
     {CHANGES,  APPROVED, CHANGES, REVIEW,    NOT_MAY, CHANGES,  STALE,     CHANGES}},
    {"new, ann approves, bob approves, cleo objects",
     {CHANGES,  CHANGES,  CHANGES, CHANGES,   NOT_MAY, CHANGES,  APPROVED,  CHANGES}},
    {"new, ann approves, cleo approves, cleo objects",
     {CHANGES,  CHANGES,  CHANGES, CHANGES,   NOT_MAY, CHANGES,  REVIEW,    CHANGES}},
};

static const Row one_of_two_a_specialist[] = {
    {"new, ann approves",
     {REVIEW,   APPROVED, CHANGES, REVIEW,    NOT_MAY, REVIEW,   STALE,     RETRACTED}},
    {"new, bob approves",
     {REVIEW,   REVIEW,   CHANGES, REVIEW,    NOT_MAY, REVIEW,   STALE,     RETRACTED}},
    {"new, bob approves, ann approves",
     {APPROVED, APPROVED, CHANGES, APPROVED,  NOT_MAY, APPROVED, STALE,     RETRACTED}},
    {"new, ann approves, ed approves",
     {APPROVED, APPROVED, CHANGES, REVIEW,    NOT_MAY, APPROVED, STALE,     RETRACTED}},
    {"new, bob approves, ed approves",
     {REVIEW,   REVIEW,   CHANGES, REVIEW,    NOT_MAY, REVIEW,   STALE,     RETRACTED}},
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
