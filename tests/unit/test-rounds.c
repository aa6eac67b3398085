#include "tests/unit/story.h"

/* What an article keeps when rounds end and decisions are refused. */

static void test_versions_of_earlier_rounds(void)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    g_auto(Story) story = story_begin(policy);
    story_tell(&story, "new");
    g_assert_false(imp_article_had_version(story.article, V1));
    story_tell(&story, "revised");
    g_assert_true(imp_article_had_version(story.article, V1));
    g_assert_false(imp_article_had_version(story.article, V2));
    story_tell(&story, "ann approves, removed");
    g_assert_cmpstr(story.article->version, ==, V2);
    story_tell(&story, "returned");
    g_assert_true(imp_article_had_version(story.article, V2));
    g_assert_cmpuint(story.article->round, ==, 3);
}

/* A retracted or removed article leaves the approved branch; one that is Submitted again, or
 * expired, stays. */
static void test_published(void)
{
    static const struct {
        const char *story, *published;
    } rows[] = {
        {"new, ann claims", NULL},
        {"new, ann approves", V1},
        {"new, ann approves, revised", V1},
        {"new, ann approves, revised, ann approves", V2},
        {"new, ann approves, expired", V1},
        {"new, ann approves, ann objects", V1},
        {"new, ann approves, ann withdraws", V1},
        {"new, ann approves, dora retracts", NULL},
        {"new, ann approves, revised, dora retracts", NULL},
        {"new, ann approves, dora retracts, ann approves", V1},
        {"new, ann approves, removed", NULL},
        {"new, ann approves, removed, returned", NULL},
    };
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Story) story = story_begin(policy);
        g_test_message("%s", rows[i].story);
        story_tell(&story, rows[i].story);
        g_assert_cmpstr(story.article->published, ==, rows[i].published);
    }
}

/* Contributors count from the Source of the last approval of a different text. Steps have S1, S2
 * ... as Source. */
static void test_settled_source(void)
{
    static const struct {
        const char *story, *source;
    } rows[] = {
        {"new", NULL},
        {"new, ann approves", NULL},
        {"new, ann approves, expired", NULL},
        {"new, ann approves, revised", "S2"},
        {"new, ann approves, bob approves, revised", "S3"},
        {"new, ann approves, revised, revised", "S2"},
        {"new, ann approves, revised, bob approves", "S2"},
        {"new, ann approves, revised, bob approves, expired, ann approves", "S2"},
        {"new, ann approves, revised, bob approves, revised", "S4"},
        {"new, ann approves, bob objects, revised", "S2"},
        {"new, ann approves, dora retracts", NULL},
    };
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Story) story = story_begin(policy);
        g_autoptr(ImpArticle) again = imp_article_new(STORY_PATH);
        g_test_message("%s", rows[i].story);
        story_tell(&story, rows[i].story);
        for (guint j = 0; j < story.entries->len; j++) {
            ImpEntry *entry = story.entries->pdata[j];
            entry->source = g_strdup_printf("S%u", j + 1);
            imp_article_apply(again, entry, policy);
        }
        g_assert_cmpstr(imp_article_settled_source(again), ==, rows[i].source);
    }
}

/* A refused decision moves nothing but its person's last date, and that only if dates were
 * compared. */
static void test_refusals_and_last_dates(void)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(ONE_APPROVAL);
    for (int refusal = IMP_REFUSAL_MALFORMED; refusal <= IMP_REFUSAL_COMPETING_INTERESTS;
         refusal++) {
        g_auto(Story) story = story_begin(policy);
        story_tell(&story, "new, ann approves");
        ImpEntry *entry = imp_entry_new();
        entry->event = IMP_ENTRY_REFUSAL;
        entry->refusal = refusal;
        entry->person = g_strdup("bob");
        entry->decision = g_strdup("0f3c");
        entry->decision_date_us = story_day(1);
        story_take(&story, entry);
        g_test_message("%s", imp_refusal_word(refusal));
        g_autofree char *standing = story_standing(story.article);
        g_assert_cmpstr(standing, ==, "ann approve");
        g_assert_cmpstr(story_where(story.article), ==, "Approved");
        g_assert_cmpint(story.article->valid_until_us, ==,
                        story_day(366)); /* a year after the second step */
        g_assert_cmpint(imp_article_last_date(story.article, "bob"), ==,
                        refusal >= IMP_REFUSAL_STALE ? story_day(1) : 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rounds/versions", test_versions_of_earlier_rounds);
    g_test_add_func("/rounds/published", test_published);
    g_test_add_func("/rounds/settled-source", test_settled_source);
    g_test_add_func("/rounds/refusals", test_refusals_and_last_dates);
    return g_test_run();
}
