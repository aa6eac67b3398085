#include "tests/unit/story.h"
#include "workflow/shown.h"

/* What readers are told after each story, and which text they see: "1" is the first. */

#define YEAR_LATER 366

typedef struct {
    const char *story;
    guint day; /* when it is read: days after the story's first; 0: after its last step */
    const char *word, *version, *waiting;
} Row;

static const Row rows[] = {
    /* 1: removed, or never fit to be approved */
    {"new, removed", 0, "unavailable", "", ""},
    {"new, ann approves, removed", 0, "unavailable", "", ""},
    {"new, ann approves, dora retracts, removed", 0, "unavailable", "", ""},
    {"broken", 0, "unavailable", "", ""},
    {"new, broken", 0, "unavailable", "", ""},
    /* 2: a retraction later than what made it Approved, whatever came since */
    {"new, dora retracts", 0, "retracted", "", ""},
    {"new, ann approves, dora retracts", 0, "retracted", "", ""},
    {"new, ann approves, dora retracts, revised", 0, "retracted", "", ""},
    {"new, ann approves, dora retracts, revised, ann claims", 0, "retracted", "", ""},
    {"new, ann approves, dora retracts, revised, ann objects", 0, "retracted", "", ""},
    {"new, ann approves, dora retracts, removed, returned", 0, "retracted", "", ""},
    {"new, ann approves, dora retracts, broken", 0, "retracted", "", ""},
    {"new, ann approves, revised, dora retracts", 0, "retracted", "", ""},
    {"new, ann approves, dora retracts", YEAR_LATER + 10, "retracted", "", ""},
    /* 3: never approved */
    {"new", 0, "pending", "1", ""},
    {"adopted", 0, "pending", "1", ""},
    {"new, ann claims", 0, "pending", "1", ""},
    {"new, ann objects", 0, "pending", "1", ""},
    {"new, revised", 0, "pending", "2", ""},
    {"new, ann objects, removed, returned", 0, "pending", "1", ""},
    /* 4: an objection whose entry has the shown version */
    {"new, ann approves, bob objects", 0, "concern", "1", ""},
    {"new, ann approves, bob objects, revised", 0, "concern", "1", "2"},
    {"new, ann approves, bob objects, revised, ann approves", 0, "concern", "1", "2"},
    {"new, ann approves, bob objects", YEAR_LATER + 10, "concern", "1", ""},
    {"new, ann approves, bob objects, dora comments", 0, "concern", "1", ""},
    {"new, bob objects, ann approves, dora dismisses bob, ed objects", 0, "concern", "1", ""},
    /* but not one about another text, or one that is lifted */
    {"new, ann approves, revised, bob objects", 0, "approved", "1", "2"},
    {"new, ann approves, bob objects, bob withdraws", 0, "approved", "1", ""},
    {"new, ann approves, bob objects, dora dismisses bob", 0, "approved", "1", ""},
    {"new, ann approves, bob objects, bob approves", 0, "approved", "1", ""},
    {"new, bob objects, ann approves, dora dismisses bob", 0, "approved", "1", ""},
    /* 5: its time is over, whether an entry says so or not */
    {"new, ann approves, expired", 0, "expired", "1", ""},
    {"new, ann approves", YEAR_LATER, "expired", "1", ""},
    {"new, ann approves", YEAR_LATER - 1, "approved", "1", ""},
    {"new, ann approves, revised", YEAR_LATER, "expired", "1", "2"},
    {"new, ann approves, revised, bob claims", YEAR_LATER + 9, "expired", "1", "2"},
    {"new, ann approves, expired, revised", 0, "expired", "1", "2"},
    {"new, ann approves, ann withdraws", YEAR_LATER, "expired", "1", ""},
    {"new, ann approves, expired, ann approves", 0, "approved", "1", ""},
    {"new, ann approves, bob approves", YEAR_LATER, "approved", "1", ""},
    /* 6: Approved, or ended by another text */
    {"new, ann approves", 0, "approved", "1", ""},
    {"new, revised, ann approves", 0, "approved", "2", ""},
    {"new, ann approves, bob claims", 0, "approved", "1", ""},
    {"new, ann approves, revised", 0, "approved", "1", "2"},
    {"new, ann approves, revised, bob claims", 0, "approved", "1", "2"},
    {"new, ann approves, revised, revised", 0, "approved", "1", "3"},
    {"new, ann approves, revised, bob approves", 0, "approved", "2", ""},
    {"new, ann approves, broken", 0, "approved", "1", ""},
    {"new, ann approves, dora retracts, revised, bob approves", 0, "approved", "2", ""},
    {"new, ann approves, dora retracts, ann approves", 0, "approved", "1", ""},
    {"new, ann approves, bob objects, revised, bob approves", 0, "approved", "2", ""},
    {"new, ann approves, ann withdraws, bob approves, revised", 0, "approved", "1", "2"},
    {"new, ann approves, removed, returned, bob approves", 0, "approved", "1", ""},
    /* 7: what ended it says something against it */
    {"new, ann approves, ann withdraws", 0, "lapsed", "1", ""},
    {"new, ann approves, ann withdraws, revised", 0, "lapsed", "1", "2"},
    {"new, ann approves, ann withdraws, bob claims", 0, "lapsed", "1", ""},
    {"new, ann approves, removed, returned", 0, "lapsed", "1", ""},
    {"new, ann approves, revised, removed, returned", 0, "lapsed", "1", "2"},
    {"new, ann approves, bob objects, ann withdraws, bob withdraws", 0, "lapsed", "1", ""},
};

static ImpPast *past_of(const Story *story)
{
    ImpPast *past = imp_past_new(STORY_PATH);
    for (guint i = 0; i < story->entries->len; i++) {
        g_autofree char *id = g_strdup_printf("%040u", i);
        imp_past_take(past, id, story->entries->pdata[i], "why", story->policy);
    }
    return past;
}

static void assert_version(const char *version, const char *text)
{
    g_autofree char *expected =
        *text ? story_version((guint)g_ascii_strtoull(text, NULL, 10)) : NULL;
    g_assert_cmpstr(version, ==, expected);
}

static void test_rows(void)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Story) story = story_begin(policy);
        g_test_message("%s", rows[i].story);
        story_tell(&story, rows[i].story);
        g_autoptr(ImpPast) past = past_of(&story);
        gint64 at_us = rows[i].day ? story_day(rows[i].day) : story.at_us;
        ImpShown shown = imp_shown(past, (ImpShowing){.trusted = true, .pending = true}, at_us);
        g_assert_cmpstr(imp_shown_word(shown.which), ==, rows[i].word);
        assert_version(shown.version, rows[i].version);
        assert_version(shown.waiting, rows[i].waiting);
        g_assert_cmpint(shown.reviewed_us != 0, ==,
                        shown.version && shown.which != IMP_SHOWN_PENDING);
        g_assert_cmpint(imp_shown_is_worse(past, &shown), ==,
                        past->approved && shown.which != IMP_SHOWN_APPROVED);
    }
}

/* Where a notice stands for unapproved texts, none of them is shown. */
static void test_notice(void)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Story) story = story_begin(policy);
        story_tell(&story, rows[i].story);
        g_autoptr(ImpPast) past = past_of(&story);
        ImpShown shown = imp_shown(past, (ImpShowing){.trusted = true}, story.at_us);
        g_assert_null(shown.waiting);
        g_assert_true(!shown.version || strcmp(shown.version, past->approved) == 0);
    }
}

/* An untrusted ledger: nothing reads reviewed, and what is retracted stays away. */
static void test_untrusted(void)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Story) story = story_begin(policy);
        story_tell(&story, rows[i].story);
        g_autoptr(ImpPast) past = past_of(&story);
        ImpShown shown = imp_shown(past, (ImpShowing){.pending = true}, story.at_us);
        g_assert_cmpint(shown.which, <=, IMP_SHOWN_PENDING);
        g_assert_cmpint(shown.reviewed_us, ==, 0);
        if (strcmp(rows[i].word, "retracted") == 0)
            g_assert_cmpint(shown.which, ==, IMP_SHOWN_RETRACTED);
    }
}

static void test_dates_and_people(void)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(TWO_APPROVALS);
    g_auto(Story) story = story_begin(policy);
    story_tell(&story, "new, ann approves, bob approves, cleo approves, ann withdraws, revised");
    g_autoptr(ImpPast) past = past_of(&story);
    ImpShown shown = imp_shown(past, (ImpShowing){true, true}, story.at_us);
    g_assert_cmpint(shown.which, ==, IMP_SHOWN_APPROVED);
    g_assert_cmpint(shown.updated_us, ==, story_day(0));
    g_assert_cmpint(shown.reviewed_us, ==, story_day(3));
    g_assert_cmpint(past->approvers->len, ==, 2);
    g_assert_cmpstr(((ImpApprover *)past->approvers->pdata[0])->person, ==, "bob");
    g_assert_cmpstr(((ImpApprover *)past->approvers->pdata[1])->person, ==, "cleo");
    g_assert_false(shown.adopted);
}

static void test_retraction(void)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    g_auto(Story) story = story_begin(policy);
    story_tell(&story, "adopted, ann approves, dora retracts, revised");
    g_autoptr(ImpPast) past = past_of(&story);
    g_assert_cmpstr(past->retracted_by, ==, "dora");
    g_assert_cmpstr(past->retracted_why, ==, "why");
    g_assert_cmpint(past->retracted_at_us, ==, story_day(2));
    story_tell(&story, "bob approves");
    g_autoptr(ImpPast) later = past_of(&story);
    g_assert_null(later->retracted_ledger);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/shown/rows", test_rows);
    g_test_add_func("/shown/notice", test_notice);
    g_test_add_func("/shown/untrusted", test_untrusted);
    g_test_add_func("/shown/dates-and-people", test_dates_and_people);
    g_test_add_func("/shown/retraction", test_retraction);
    return g_test_run();
}
