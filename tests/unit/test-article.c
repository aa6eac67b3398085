#include "tests/unit/story.h"

/* What entries leave standing, and what follows from that. */

/* ---- what stands, and the state ---- */

typedef struct {
    const char *rule, *story, *where, *standing;
} Standing;

static const Standing standing_rows[] = {
    {ONE_APPROVAL, "new", "new", ""},
    {ONE_APPROVAL, "adopted", "adopted", ""},
    {ONE_APPROVAL, "removed", "Removed", ""},
    /* One voice each: approve, request-changes and withdraw replace one another; claims and
       comments nothing. */
    {TWO_APPROVALS, "new, ann approves, ann approves", "Under Review", "ann approve"},
    {TWO_APPROVALS, "new, ann claims, ann approves", "Under Review", "ann claim, ann approve"},
    {TWO_APPROVALS, "new, ann approves, ann claims", "Under Review", "ann approve, ann claim"},
    {TWO_APPROVALS, "new, ann claims, ann claims", "Under Review", "ann claim"},
    {TWO_APPROVALS, "new, ann approves, ann objects", "changes-requested", "ann request-changes"},
    {TWO_APPROVALS, "new, ann claims, ann objects", "changes-requested",
     "ann claim, ann request-changes"},
    {TWO_APPROVALS, "new, ann objects, ann approves", "Under Review", "ann approve"},
    {TWO_APPROVALS, "new, ann objects, ann comments", "changes-requested", "ann request-changes"},
    {TWO_APPROVALS, "new, ann claims, ann approves, ann withdraws", "withdrawn", ""},
    {TWO_APPROVALS, "new, ann claims, ann objects, ann withdraws", "withdrawn", ""},
    {TWO_APPROVALS, "new, ann claims, bob claims, ann withdraws", "Under Review", "bob claim"},
    {TWO_APPROVALS, "new, ann withdraws", "new", ""},
    {TWO_APPROVALS, "new, ann claims, ann withdraws, bob withdraws", "withdrawn", ""},
    {TWO_APPROVALS, "new, ann comments, dora comments", "new", ""},
    {TWO_APPROVALS, "new, asked ann, ann declines", "new", ""},
    /* Claims and approvals end with their round. */
    {TWO_APPROVALS, "new, ann claims, bob approves, revised", "revised", ""},
    {ONE_APPROVAL, "new, ann approves, revised", "revised", ""},
    {ONE_APPROVAL, "new, ann approves, expired", "expired", ""},
    {ONE_APPROVAL, "new, ann approves, dora retracts", "retracted", ""},
    {ONE_APPROVAL, "new, ann claims, dora retracts", "retracted", ""},
    {ONE_APPROVAL, "new, ann approves, removed", "Removed", ""},
    {ONE_APPROVAL, "new, ann approves, removed, returned", "returned", ""},
    /* Objections belong to the article: they outlive rounds and name the reason, whatever else
       happened. */
    {ONE_APPROVAL, "new, ann objects, revised", "changes-requested", "ann request-changes"},
    {ONE_APPROVAL, "new, ann objects, dora retracts", "changes-requested", "ann request-changes"},
    {ONE_APPROVAL, "new, ann objects, removed, returned", "changes-requested",
     "ann request-changes"},
    {ONE_APPROVAL, "new, ann objects, removed, adopted", "changes-requested",
     "ann request-changes"},
    {ONE_APPROVAL, "new, ann objects, revised, bob approves", "changes-requested",
     "ann request-changes, bob approve"},
    {ONE_APPROVAL, "new, ann objects, revised, bob approves, ann withdraws", "Approved",
     "bob approve"},
    {ONE_APPROVAL, "new, ann objects, revised, ann withdraws", "withdrawn", ""},
    {ONE_APPROVAL, "new, ann objects, revised, dora dismisses ann", "withdrawn", ""},
    {ONE_APPROVAL, "new, ann objects, revised, ann approves", "Approved", "ann approve"},
    {ONE_APPROVAL, "new, stranger objects, revised, dora dismisses stranger", "withdrawn", ""},
    {ONE_APPROVAL, "new, ann objects, bob objects, dora dismisses ann", "changes-requested",
     "bob request-changes"},
    {ONE_APPROVAL, "new, ann objects, bob objects, bob withdraws", "changes-requested",
     "ann request-changes"},
    {ONE_APPROVAL, "new, ann claims, dora objects, dora dismisses dora", "Under Review",
     "ann claim"},
    /* The quorum. */
    {ONE_APPROVAL, "new, bob approves", "Approved", "bob approve"},
    {TWO_APPROVALS, "new, ann approves, bob approves", "Approved", "ann approve, bob approve"},
    {TWO_WITH_ONE_SPECIALIST, "new, bob approves, ed approves", "Under Review",
     "bob approve, ed approve"},
    {TWO_WITH_ONE_SPECIALIST, "new, bob approves, ed approves, ann claims", "Under Review",
     "bob approve, ed approve, ann claim"},
    {TWO_WITH_ONE_SPECIALIST, "new, bob approves, ed approves, ann approves", "Approved",
     "bob approve, ed approve, ann approve"},
    {TWO_WITH_ONE_SPECIALIST, "new, ann approves, cleo approves", "Approved",
     "ann approve, cleo approve"},
    /* What is Approved is judged again by an objection and a withdrawal alone. */
    {ONE_APPROVAL, "new, ann approves, bob claims", "Approved", "ann approve, bob claim"},
    {ONE_APPROVAL, "new, ann approves, bob withdraws", "Approved", "ann approve"},
    {TWO_APPROVALS, "new, ann approves, bob approves, cleo approves, ann withdraws", "Approved",
     "bob approve, cleo approve"},
    {TWO_APPROVALS, "new, ann approves, bob approves, bob withdraws", "Under Review",
     "ann approve"},
    {ONE_APPROVAL, "new, ann approves, ann withdraws", "withdrawn", ""},
    {ONE_APPROVAL, "new, ann approves, ann objects, ann withdraws", "withdrawn", ""},
    {ONE_APPROVAL, "new, ann approves, bob objects, bob withdraws", "Approved", "ann approve"},
    {ONE_APPROVAL, "new, ann approves, dora objects, ed dismisses dora", "Approved", "ann approve"},
    /* With a problem it stays Submitted. */
    {ONE_APPROVAL, "broken", "new", ""},
    {ONE_APPROVAL, "broken, ann claims", "new", "ann claim"},
    {ONE_APPROVAL, "new, ann approves, broken", "revised", ""},
    {ONE_APPROVAL, "broken, revised, ann approves", "Approved", "ann approve"},
};

static void test_what_stands(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(standing_rows); i++) {
        const Standing *row = &standing_rows[i];
        g_autoptr(ImpPolicy) policy = story_policy_with_rule(row->rule);
        g_auto(Story) story = story_begin(policy);
        g_test_message("%s: %s", row->rule, row->story);
        story_tell(&story, row->story);
        g_autofree char *standing = story_standing(story.article);
        g_assert_cmpstr(story_where(story.article), ==, row->where);
        g_assert_cmpstr(standing, ==, row->standing);
        bool objected = strstr(row->standing, "request-changes") != NULL;
        g_assert_cmpint(imp_article_has_objection(story.article), ==, objected);
    }
}

/* ---- how long Approved lasts ---- */

static void assert_until(const ImpArticle *article, const char *until)
{
    g_autofree char *text = imp_moment_format(article->valid_until_us);
    g_assert_cmpstr(article->valid_until_us ? text : "", ==, until);
}

static void test_valid_until(void)
{
    static const struct {
        const char *rule;
        ImpReviewIn review_in;
        const char *story, *until; /* the first step is on 1 January, the next on the 2nd ... */
    } rows[] = {
        {ONE_APPROVAL, {0}, "new, ann approves", "2027-01-02T00:00:00Z"},
        {ONE_APPROVAL, {0}, "new, ann approves, bob approves", "2027-01-03T00:00:00Z"},
        {ONE_APPROVAL,
         {0},
         "new, ann approves, bob approves, bob withdraws",
         "2027-01-02T00:00:00Z"},
        {ONE_APPROVAL,
         {0},
         "new, ann approves, bob claims, cleo comments, bob withdraws",
         "2027-01-02T00:00:00Z"},
        {TWO_APPROVALS, {0}, "new, ann approves", ""},
        {TWO_APPROVALS, {0}, "new, ann approves, bob approves", "2027-01-02T00:00:00Z"},
        {TWO_APPROVALS,
         {0},
         "new, ann approves, bob approves, cleo approves",
         "2027-01-03T00:00:00Z"},
        {TWO_APPROVALS,
         {0},
         "new, ann approves, bob approves, bob approves",
         "2027-01-02T00:00:00Z"},
        {TWO_APPROVALS,
         {0},
         "new, ann approves, bob approves, ann approves",
         "2027-01-03T00:00:00Z"},
        {TWO_APPROVALS,
         {0},
         "new, ann approves, bob approves, cleo approves, bob withdraws",
         "2027-01-02T00:00:00Z"},
        {TWO_WITH_ONE_SPECIALIST,
         {0},
         "new, ann approves, bob approves, ed approves",
         "2027-01-02T00:00:00Z"},
        {TWO_WITH_ONE_SPECIALIST,
         {0},
         "new, bob approves, ann approves, ed approves",
         "2027-01-03T00:00:00Z"},
        {TWO_WITH_ONE_SPECIALIST,
         {0},
         "new, bob approves, ann approves, cleo approves",
         "2027-01-03T00:00:00Z"},
        /* Dismissal and withdrawal restore what the approvals themselves say. */
        {ONE_APPROVAL, {0}, "new, ann approves, bob objects", ""},
        {ONE_APPROVAL,
         {0},
         "new, ann approves, bob objects, bob withdraws",
         "2027-01-02T00:00:00Z"},
        {ONE_APPROVAL, {0}, "new, ann approves, bob objects, bob approves", "2027-01-04T00:00:00Z"},
        {ONE_APPROVAL, {0}, "new, ann approves, expired", ""},
        {ONE_APPROVAL, {0}, "new, ann approves, removed", ""},
        /* The text may shorten the term and never lengthen it; months are clamped to the last day.
         */
        {ONE_APPROVAL, {10, IMP_REVIEW_UNIT_DAYS}, "new, ann approves", "2026-01-12T00:00:00Z"},
        {ONE_APPROVAL, {2, IMP_REVIEW_UNIT_WEEKS}, "new, ann approves", "2026-01-16T00:00:00Z"},
        {ONE_APPROVAL, {5, IMP_REVIEW_UNIT_MONTHS}, "new, ann approves", "2026-06-02T00:00:00Z"},
        {ONE_APPROVAL, {13, IMP_REVIEW_UNIT_MONTHS}, "new, ann approves", "2027-01-02T00:00:00Z"},
        {ONE_APPROVAL, {366, IMP_REVIEW_UNIT_DAYS}, "new, ann approves", "2027-01-02T00:00:00Z"},
        {ONE_APPROVAL, {364, IMP_REVIEW_UNIT_DAYS}, "new, ann approves", "2027-01-01T00:00:00Z"},
        {ONE_APPROVAL ", 'valid_months': 1", {0}, "new, ann approves", "2026-02-02T00:00:00Z"},
        {ONE_APPROVAL ", 'valid_months': 1",
         {31, IMP_REVIEW_UNIT_DAYS},
         "new, ann approves",
         "2026-02-02T00:00:00Z"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ImpPolicy) policy = story_policy_with_rule(rows[i].rule);
        g_auto(Story) story = story_begin(policy);
        story.article->review_in = rows[i].review_in;
        g_test_message("%s: %s", rows[i].rule, rows[i].story);
        story_tell(&story, rows[i].story);
        assert_until(story.article, rows[i].until);
    }
}

/* It counts when an approval was recorded, not what it is dated. */
static void test_recorded_not_dated(void)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    g_auto(Story) story = story_begin(policy);
    story_tell(&story, "new");
    story.at_us = story_day(20);
    story_decide(&story, "ann", "ann", IMP_DECISION_APPROVE, NULL, story_day(3));
    assert_until(story.article, "2027-01-21T00:00:00Z");
    g_assert_cmpint(story.article->last_approval_date_us, ==, story_day(3));
    g_assert_cmpint(imp_article_last_date(story.article, "ann"), ==, story_day(3));
    g_assert_cmpint(imp_article_last_date(story.article, "bob"), ==, 0);
}

/* ---- another policy ---- */

#define WITHOUT_BOB                                                                                \
    "{'id': 'ann', 'name': 'Ann', 'emails': ['ann@x'], 'roles': ['reviewer'], 'specialties': "     \
    "['oncology']},"                                                                               \
    "{'id': 'cleo', 'name': 'Cleo', 'emails': ['cleo@x'], 'roles': ['reviewer']},"                 \
    "{'id': 'ed', 'name': 'Ed', 'emails': ['ed@x'], 'roles': ['reviewer', 'editor']}"
#define ANN_AN_EDITOR                                                                              \
    "{'id': 'ann', 'name': 'Ann', 'emails': ['ann@x'], 'roles': ['editor']},"                      \
    "{'id': 'bob', 'name': 'Bob', 'emails': ['bob@x'], 'roles': ['reviewer']}"

typedef struct {
    const char *rule, *story;
    const char *board, *new_rule, *keys; /* of the policy that comes */
    bool recorded;
    const char *where, *standing, *after, *then; /* after a further step */
} Rejudged;

static const Rejudged rejudged_rows[] = {
    /* Nothing changes, nothing is recorded. */
    {TWO_APPROVALS, "new", STORY_BOARD, ONE_APPROVAL, STORY_KEYS, false, "new", "", NULL, NULL},
    {TWO_APPROVALS, "new, ann claims", STORY_BOARD, ONE_APPROVAL, STORY_KEYS, false, "Under Review",
     "ann claim", NULL, NULL},
    {TWO_APPROVALS, "new, bob objects", WITHOUT_BOB, TWO_APPROVALS, "ann cleo ed", false,
     "changes-requested", "bob request-changes", "ed dismisses bob", "withdrawn"},
    {ONE_APPROVAL, "new, removed", WITHOUT_BOB, TWO_APPROVALS, "ann cleo ed", false, "Removed", "",
     NULL, NULL},
    /* A rule that is satisfied now. */
    {TWO_APPROVALS, "new, ann approves", STORY_BOARD, ONE_APPROVAL, STORY_KEYS, true, "Approved",
     "ann approve", NULL, NULL},
    {TWO_WITH_ONE_SPECIALIST, "new, bob approves, ed approves", STORY_BOARD, TWO_APPROVALS,
     STORY_KEYS, true, "Approved", "bob approve, ed approve", NULL, NULL},
    /* Persons, keys and roles that are gone take with them what rested on them. */
    {TWO_APPROVALS, "new, bob approves", WITHOUT_BOB, TWO_APPROVALS, "ann cleo ed", true,
     "rejudged", "", NULL, NULL},
    {TWO_APPROVALS, "new, bob claims, ann claims", WITHOUT_BOB, TWO_APPROVALS, "ann cleo ed", true,
     "Under Review", "ann claim", NULL, NULL},
    {TWO_APPROVALS, "new, ann approves", STORY_BOARD, TWO_APPROVALS, "ann2 bob cleo dora ed", true,
     "rejudged", "", "ann2 approves", "Under Review"},
    {TWO_APPROVALS, "new, ann approves", STORY_BOARD, TWO_APPROVALS,
     "ann=bob ann2 bob cleo dora ed", true, "rejudged", "", NULL, NULL},
    {TWO_APPROVALS, "new, ann claims", ANN_AN_EDITOR, TWO_APPROVALS, "ann bob", true, "rejudged",
     "", NULL, NULL},
    {TWO_APPROVALS, "new, ann objects", ANN_AN_EDITOR, TWO_APPROVALS, "ann bob", false,
     "changes-requested", "ann request-changes", "ann withdraws", "withdrawn"},
    {TWO_APPROVALS, "new, ann objects, bob approves", WITHOUT_BOB, TWO_APPROVALS, "ann cleo ed",
     true, "changes-requested", "ann request-changes", "ann withdraws", "withdrawn"},
    {TWO_APPROVALS, "new, asked bob", WITHOUT_BOB, TWO_APPROVALS, "ann cleo ed", true, "new", "",
     NULL, NULL},
    {TWO_APPROVALS, "new, ann claims, asked bob", WITHOUT_BOB, TWO_APPROVALS, "ann cleo ed", true,
     "Under Review", "ann claim", NULL, NULL},
    /* Approved stays Approved, until something arrives that has it judged again. */
    {ONE_APPROVAL, "new, ann approves", STORY_BOARD, TWO_APPROVALS, STORY_KEYS, false, "Approved",
     "ann approve", "bob claims", "Approved"},
    {ONE_APPROVAL, "new, ann approves", STORY_BOARD, TWO_APPROVALS, STORY_KEYS, false, "Approved",
     "ann approve", "bob approves", "Approved"},
    {ONE_APPROVAL, "new, ann approves", STORY_BOARD, TWO_APPROVALS, STORY_KEYS, false, "Approved",
     "ann approve", "bob withdraws", "Under Review"},
    {ONE_APPROVAL, "new, bob approves", WITHOUT_BOB, ONE_APPROVAL, "ann cleo ed", false, "Approved",
     "bob approve", "ann comments", "Approved"},
    {ONE_APPROVAL, "new, bob approves", WITHOUT_BOB, ONE_APPROVAL, "ann cleo ed", false, "Approved",
     "bob approve", "ann withdraws", "withdrawn"},
    {ONE_APPROVAL, "new, bob approves", WITHOUT_BOB, ONE_APPROVAL, "ann cleo ed", false, "Approved",
     "bob approve", "ann objects", "changes-requested"},
};

static void test_rejudgment(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rejudged_rows); i++) {
        const Rejudged *row = &rejudged_rows[i];
        g_autoptr(ImpPolicy) before = story_policy_with_rule(row->rule);
        g_autoptr(ImpPolicy) policy = story_policy("", row->board, row->new_rule, row->keys);
        g_auto(Story) story = story_begin(before);
        g_test_message("%s, then %s with %s", row->story, row->new_rule, row->keys);
        story_tell(&story, row->story);
        g_assert_cmpint(story_take_policy(&story, policy), ==, row->recorded);
        g_autofree char *standing = story_standing(story.article);
        g_assert_cmpstr(story_where(story.article), ==, row->where);
        g_assert_cmpstr(standing, ==, row->standing);
        if (!row->after)
            continue;
        story_tell(&story, row->after);
        g_assert_cmpstr(story_where(story.article), ==, row->then);
    }
}

/* What fell away does not come back with the person; what a lost policy would have dropped is kept.
 */
static void test_fallen_for_good(void)
{
    g_autoptr(ImpPolicy) before = story_policy_with_rule(ONE_APPROVAL);
    g_autoptr(ImpPolicy) two = story_policy_with_rule(TWO_APPROVALS);
    g_autoptr(ImpPolicy) without_bob = story_policy("", WITHOUT_BOB, TWO_APPROVALS, "ann cleo ed");
    g_auto(Story) story = story_begin(two);
    story_tell(&story, "new, bob approves");
    g_assert_true(story_take_policy(&story, without_bob));
    g_assert_false(story_take_policy(&story, before));
    g_assert_cmpstr(story_where(story.article), ==, "rejudged");

    g_autoptr(ImpArticle) again = imp_article_new(STORY_PATH);
    for (guint i = 0; i < story.entries->len; i++)
        imp_article_apply(again, story.entries->pdata[i], NULL);
    g_autofree char *standing = story_standing(again);
    g_assert_cmpstr(standing, ==, "bob approve");
    g_assert_cmpstr(story_where(again), ==, "rejudged");
}

/* A further approve renews by the rule now in force, or leaves things as they are. */
static void test_renewal_under_another_policy(void)
{
    static const struct {
        const char *board, *rule, *keys, *person, *until;
    } rows[] = {
        {STORY_BOARD, TWO_APPROVALS, STORY_KEYS, "ann",
         "2027-01-02T00:00:00Z"}, /* not enough: as before */
        {STORY_BOARD, TWO_APPROVALS, STORY_KEYS, "cleo",
         "2027-01-02T00:00:00Z"}, /* since ann's on the 2nd */
        {STORY_BOARD, ONE_APPROVAL, STORY_KEYS, "cleo", "2027-01-03T00:00:00Z"},
        {STORY_BOARD, ONE_APPROVAL ", 'valid_months': 1", STORY_KEYS, "cleo",
         "2026-02-03T00:00:00Z"},
        {STORY_BOARD, TWO_APPROVALS, "ann2 bob cleo dora ed", "cleo",
         "2027-01-02T00:00:00Z"}, /* ann's key is gone */
        {STORY_BOARD, TWO_WITH_ONE_SPECIALIST ", 'valid_months': 6", STORY_KEYS, "bob",
         "2026-07-02T00:00:00Z"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ImpPolicy) before = story_policy_with_rule(ONE_APPROVAL);
        g_autoptr(ImpPolicy) policy = story_policy("", rows[i].board, rows[i].rule, rows[i].keys);
        g_auto(Story) story = story_begin(before);
        g_test_message("%s, then %s approves", rows[i].rule, rows[i].person);
        story_tell(&story, "new, ann approves");
        g_assert_false(story_take_policy(&story, policy));
        story_decide(&story, rows[i].person, rows[i].person, IMP_DECISION_APPROVE, NULL,
                     story.at_us);
        g_assert_cmpint(story.article->state, ==, IMP_STATE_APPROVED);
        assert_until(story.article, rows[i].until);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/article/what-stands", test_what_stands);
    g_test_add_func("/article/valid-until", test_valid_until);
    g_test_add_func("/article/recorded-not-dated", test_recorded_not_dated);
    g_test_add_func("/article/rejudgment", test_rejudgment);
    g_test_add_func("/article/fallen-for-good", test_fallen_for_good);
    g_test_add_func("/article/renewal", test_renewal_under_another_policy);
    return g_test_run();
}
