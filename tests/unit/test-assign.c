#include "tests/unit/story.h"
#include "workflow/assign.h"

/* How many reviewers are missing, and who is asked. */

/* ---- vacancies ---- */

static void test_vacancy(void)
{
    static const struct {
        const char *rule, *story;
        guint people, specialists;
    } rows[] = {
        {ONE_APPROVAL, "new", 1, 0},
        {TWO_APPROVALS, "new", 2, 0},
        {TWO_WITH_ONE_SPECIALIST, "new", 2, 1},
        /* Nobody is asked about what is adopted (until its next round), has a problem, is Approved
           or Removed. */
        {TWO_APPROVALS, "adopted", 0, 0},
        {TWO_APPROVALS, "adopted, ann claims", 0, 0},
        {TWO_APPROVALS, "adopted, revised", 2, 0},
        {TWO_APPROVALS, "adopted, dora retracts", 2, 0},
        {TWO_APPROVALS, "broken", 0, 0},
        {TWO_APPROVALS, "broken, revised", 2, 0},
        {ONE_APPROVAL, "new, ann approves", 0, 0},
        {ONE_APPROVAL, "new, removed", 0, 0},
        /* Each who is asked, or of whom something stands, is one less; nobody counts twice. */
        {TWO_APPROVALS, "new, asked ann", 1, 0},
        {TWO_APPROVALS, "new, asked ann bob", 0, 0},
        {TWO_APPROVALS, "new, asked ann, ann claims", 1, 0},
        {TWO_APPROVALS, "new, asked ann, ann approves", 1, 0},
        {TWO_APPROVALS, "new, ann claims, ann approves", 1, 0},
        {TWO_APPROVALS, "new, asked ann bob, cleo claims", 0, 0},
        {TWO_APPROVALS, "new, asked ann, ann objects", 1, 0},
        /* Who declined or withdrew is replaced, and who was dismissed too. */
        {TWO_APPROVALS, "new, asked ann bob, ann declines", 1, 0},
        {TWO_APPROVALS, "new, asked ann bob, ann withdraws", 1, 0},
        {TWO_APPROVALS, "new, ann approves, bob approves, bob withdraws", 1, 0},
        {TWO_APPROVALS, "new, asked ann bob, ann objects, dora dismisses ann", 1, 0},
        /* A round begins with nobody; who objected in an earlier one is to be asked about the new
           text. */
        {TWO_APPROVALS, "new, asked ann bob, revised", 2, 0},
        {TWO_APPROVALS, "new, ann objects, revised", 2, 0},
        {TWO_APPROVALS, "new, ann approves, bob approves, expired", 2, 0},
        /* An editor's objection, or that of one who is gone, takes no reviewer's place. */
        {TWO_APPROVALS, "new, dora objects", 2, 0},
        {TWO_APPROVALS, "new, stranger objects", 2, 0},
        /* Enough people, too few specialists: a specialist is missing. */
        {TWO_WITH_ONE_SPECIALIST, "new, asked bob", 1, 1},
        {TWO_WITH_ONE_SPECIALIST, "new, asked ann", 1, 0},
        {TWO_WITH_ONE_SPECIALIST, "new, asked bob ed", 1, 1},
        {TWO_WITH_ONE_SPECIALIST, "new, bob approves, ed approves", 1, 1},
        {TWO_WITH_ONE_SPECIALIST, "new, asked bob ed, ann claims", 0, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ImpPolicy) policy = story_policy_with_rule(rows[i].rule);
        g_auto(Story) story = story_begin(policy);
        g_test_message("%s: %s", rows[i].rule, rows[i].story);
        story_tell(&story, rows[i].story);
        ImpVacancy vacancy = imp_assign_vacancy(story.article, policy, story.at_us);
        g_assert_cmpuint(vacancy.people, ==, rows[i].people);
        g_assert_cmpuint(vacancy.specialists, ==, rows[i].specialists);
    }
}

/* ---- who is asked ---- */

typedef struct {
    const char *story;
    const char *rule;
    const char *specialty, *reviewers; /* of the front matter */
    const char *contributors;          /* addresses */
    const char *open;                  /* "ann=2 bob=10" */
    const char *asked;
} Asking;

static const Asking asking_rows[] = {
    /* Alone by id; dora is an editor and never asked. */
    {"new", "'approvals': 1", NULL, "", "", "", "ann"},
    {"new", "'approvals': 4", NULL, "", "", "", "ann bob cleo ed"},
    {"new", "'approvals': 5", NULL, "", "", "", "ann bob cleo ed"},
    /* Fewest open requests. */
    {"new", "'approvals': 4", NULL, "", "", "ann=3 cleo=1", "bob ed cleo ann"},
    /* Before that, whom the front matter names; names that mean nothing do no harm. */
    {"new", "'approvals': 4", NULL, "ed stranger dora", "", "ed=9", "ed ann bob cleo"},
    {"new", "'approvals': 4", NULL, "ed bob", "", "bob=2 ed=3", "bob ed ann cleo"},
    /* Before that, who was asked in the round before, whatever came of it. */
    {"new, asked ed cleo, revised", "'approvals': 4", NULL, "bob", "", "ed=1", "cleo ed bob ann"},
    {"new, asked ed cleo, ed declines, cleo approves, revised", "'approvals': 2", NULL, "", "", "",
     "cleo ed"},
    {"new, asked ed, revised, asked cleo, revised", "'approvals': 1", NULL, "", "", "", "cleo"},
    {"new, asked ed, removed, returned", "'approvals': 1", NULL, "", "", "", "ed"},
    {"new, ed claims, revised", "'approvals': 1", NULL, "", "", "", "ann"},
    {"new, ed claims, ed withdraws, revised", "'approvals': 1", NULL, "", "", "", "ann"},
    /* Before that, specialists: of the rule's specialty, or of the text's own where the rule has
       none. */
    {"new, asked ed, revised", "'approvals': 4, 'specialty': 'oncology'", NULL, "bob", "", "ann=8",
     "cleo ann ed bob"},
    {"new", "'approvals': 3", "oncology", "bob", "", "", "ann cleo bob"},
    {"new", "'approvals': 3, 'specialty': 'cardiology'", "oncology", "bob", "", "", "bob ann cleo"},
    {"new", "'approvals': 2", "Oncology", "", "", "",
     "ann bob"}, /* specialties are compared as written */
    /* Never a contributor, by any address. */
    {"new", "'approvals': 4", NULL, "ann", "ann@home", "", "bob cleo ed"},
    {"new", "'approvals': 4", NULL, "", "bob@x ed@x stranger@x", "", "ann cleo"},
    /* Nobody with capacity open requests: 10, but cleo's 2. */
    {"new", "'approvals': 4", NULL, "", "", "ann=10 bob=9 cleo=2 ed=11", "bob"},
    {"new", "'approvals': 4", NULL, "", "", "ann=10 bob=10 cleo=1 ed=10", "cleo"},
    /* Whoever is engaged is not asked again, who gave it back not in this round. */
    {"new, asked ann", "'approvals': 2", NULL, "", "", "", "bob"},
    {"new, asked ann bob", "'approvals': 2", NULL, "", "", "", ""},
    {"new, bob claims", "'approvals': 4", NULL, "", "", "", "ann cleo ed"},
    {"new, asked ann bob, ann declines", "'approvals': 2", NULL, "ann", "", "", "cleo"},
    {"new, asked ann bob, ann withdraws", "'approvals': 2", NULL, "ann", "", "", "cleo"},
    {"new, asked ann bob, ann approves, ann withdraws", "'approvals': 2", NULL, "ann", "", "",
     "cleo"},
    {"new, ann claims, ann withdraws", "'approvals': 1", NULL, "", "", "", "bob"},
    {"new, asked ann, ann declines, ann objects, dora dismisses ann", "'approvals': 1", NULL, "",
     "", "", "bob"},
    {"new, asked ann bob, ann declines, revised", "'approvals': 2", NULL, "", "", "", "ann bob"},
    /* Asked, not heard, and the round went on: one may be asked again. */
    {"new, asked ann bob, cleo approves, ed approves, ed withdraws", "'approvals': 2", NULL, "", "",
     "", "ann"},
    /* Who objected is asked about the revised text, first among those who were asked. */
    {"new, asked cleo, cleo objects", "'approvals': 2", NULL, "", "", "", "ann"},
    {"new, asked cleo, cleo objects, revised", "'approvals': 2", NULL, "", "", "", "cleo ann"},
    {"new, asked cleo, cleo objects, revised, asked cleo", "'approvals': 2", NULL, "", "", "",
     "ann"},
    /* Only specialists are missing: the others are left alone. */
    {"new, asked bob ed", TWO_WITH_ONE_SPECIALIST, NULL, "", "", "", "ann"},
    {"new, asked bob ed", "'approvals': 2, 'specialists': 2, 'specialty': 'oncology'", NULL, "", "",
     "", "ann cleo"},
    {"new, asked bob ann, ann declines",
     "'approvals': 1, 'specialists': 1, 'specialty': 'oncology'", NULL, "", "", "cleo=2", ""},
    {"new, asked bob", "'approvals': 2, 'specialists': 2, 'specialty': 'oncology'", NULL, "", "",
     "cleo=2", "ann"},
    /* A seat that anybody may take is not kept for specialists whom nobody can ask. */
    {"new", TWO_WITH_ONE_SPECIALIST, NULL, "", "", "ann=10 cleo=2", "bob ed"},
    {"new, asked bob", TWO_WITH_ONE_SPECIALIST, NULL, "", "", "ann=10 cleo=2", "ed"},
    {"new, asked bob ed", TWO_WITH_ONE_SPECIALIST, NULL, "", "", "ann=10 cleo=2", ""},
    /* Nobody at all. */
    {"adopted", "'approvals': 2", NULL, "", "", "", ""},
    {"broken", "'approvals': 2", NULL, "", "", "", ""},
    {"new, ann approves", "'approvals': 1", NULL, "", "", "", ""},
};

static GHashTable *words_set(const char *words)
{
    GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) parts = g_strsplit(words, " ", -1);
    for (char **part = parts; *part; part++) {
        char *number = strchr(*part, '=');
        guint64 value = number ? g_ascii_strtoull(number + 1, NULL, 10) : 0;
        g_hash_table_insert(set, g_strndup(*part, strcspn(*part, "=")),
                            GUINT_TO_POINTER((guint)value));
    }
    return set;
}

static char *asked(const Asking *row, ImpPolicy *policy, gint64 now_us)
{
    g_auto(Story) story = story_begin(policy);
    story_tell(&story, row->story);
    story.article->specialty = g_strdup(row->specialty);
    g_strfreev(story.article->reviewers);
    story.article->reviewers = g_strsplit(row->reviewers, " ", -1);
    g_autoptr(GHashTable) contributors = words_set(row->contributors), open = words_set(row->open);
    g_auto(GStrv) chosen = imp_assign(story.article, policy, contributors, open, now_us);
    return g_strjoinv(" ", chosen);
}

static ImpPolicy *policy_with_small_cleo(const char *rule, const char *cleo)
{
    g_autoptr(GString) board = g_string_new(STORY_BOARD);
    g_autofree char *more = g_strdup_printf("'name': 'Cleo', %s,", cleo);
    g_string_replace(board, "'name': 'Cleo',", more, 1);
    return story_policy("", board->str, rule, STORY_KEYS);
}

static void test_who_is_asked(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(asking_rows); i++) {
        const Asking *row = &asking_rows[i];
        g_autoptr(ImpPolicy) policy = policy_with_small_cleo(row->rule, "'capacity': 2");
        g_test_message("%s: %s, open %s", row->rule, row->story, row->open);
        g_autofree char *chosen = asked(row, policy, story_day(30));
        g_assert_cmpstr(chosen, ==, row->asked);
    }
}

/* Days are civil days in UTC, both ends included. */
static void test_days(void)
{
    static const struct {
        const char *cleo, *now;
        bool asked;
    } rows[] = {
        {"'away': [['2026-03-10', '2026-03-12']]", "2026-03-09T23:59:59Z", true},
        {"'away': [['2026-03-10', '2026-03-12']]", "2026-03-10T00:00:00Z", false},
        {"'away': [['2026-03-10', '2026-03-12']]", "2026-03-12T23:59:59Z", false},
        {"'away': [['2026-03-10', '2026-03-12']]", "2026-03-13T00:00:00Z", true},
        {"'credentials_until': '2026-03-12'", "2026-03-12T23:59:59Z", true},
        {"'credentials_until': '2026-03-12'", "2026-03-13T00:00:00Z", false},
    };
    const Asking row = {"new", NULL, NULL, "cleo", "", "", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ImpPolicy) policy = policy_with_small_cleo("'approvals': 1", rows[i].cleo);
        gint64 now_us;
        g_assert_true(imp_moment_parse(rows[i].now, &now_us));
        g_autofree char *chosen = asked(&row, policy, now_us);
        g_test_message("%s at %s", rows[i].cleo, rows[i].now);
        g_assert_cmpstr(chosen, ==, rows[i].asked ? "cleo" : "ann");
    }
}

/* ---- requests ---- */

static void test_requests_open_and_closed(void)
{
    static const struct {
        const char *story;
        int ann; /* an ImpRequestStatus, or -1 */
    } rows[] = {
        {"new", -1},
        {"new, asked ann", IMP_REQUEST_OPEN},
        {"new, asked ann, ann claims", IMP_REQUEST_OPEN},
        {"new, asked ann, ann comments", IMP_REQUEST_OPEN},
        {"new, asked ann, bob objects", IMP_REQUEST_OPEN},
        {"new, asked ann, ann approves", IMP_REQUEST_CLOSED},
        {"new, asked ann, ann objects", IMP_REQUEST_CLOSED},
        {"new, asked ann, ann withdraws", IMP_REQUEST_GIVEN_BACK},
        {"new, asked ann, ann declines", IMP_REQUEST_GIVEN_BACK},
        {"new, asked ann, ann declines, ann approves", IMP_REQUEST_GIVEN_BACK},
        {"new, asked ann, bob approves, cleo approves", IMP_REQUEST_CLOSED},
        {"new, asked ann, removed", IMP_REQUEST_CLOSED},
        {"new, asked ann, revised", -1},
        {"new, asked ann, dora retracts", -1},
    };
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(TWO_APPROVALS);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Story) story = story_begin(policy);
        g_test_message("%s", rows[i].story);
        story_tell(&story, rows[i].story);
        const ImpRequest *request = imp_article_request(story.article, "ann");
        g_assert_cmpint(request ? (int)request->status : -1, ==, rows[i].ann);
    }
}

static void test_deadlines_of_a_request(void)
{
    g_autoptr(ImpPolicy) policy = story_policy_with_rule(TWO_APPROVALS);
    g_auto(Story) story = story_begin(policy);
    story_tell(&story, "new, asked ann bob");
    const ImpRequest *request = imp_article_request(story.article, "bob");
    g_assert_cmpint(request->respond_by_us, ==, story_day(4)); /* asked on day 1 */
    g_assert_cmpint(request->review_by_us, ==, story_day(15));
    g_assert_null(imp_article_request(story.article, "cleo"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/assign/vacancy", test_vacancy);
    g_test_add_func("/assign/who-is-asked", test_who_is_asked);
    g_test_add_func("/assign/days", test_days);
    g_test_add_func("/assign/requests", test_requests_open_and_closed);
    g_test_add_func("/assign/deadlines", test_deadlines_of_a_request);
    return g_test_run();
}
