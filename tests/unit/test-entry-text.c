#include "articles/entry_text.h"
#include "tests/unit/scratch.h"
#include "workflow/base/moment.h"

/* The ledger's messages: written as imprimatur-record(7) shows them, and read back, but only those.
 */

static ImpEntry *make_approval(void)
{
    ImpEntry *entry = imp_entry_new();
    entry->event = IMP_ENTRY_APPROVAL;
    entry->article = g_strdup("content/oncology/stage-4.md");
    entry->version = g_strdup("3f2a9c1b02ab3f2a9c1b02ab3f2a9c1b02ab3f2a");
    entry->round = 2;
    entry->state = IMP_STATE_APPROVED;
    entry->previous_state = IMP_STATE_UNDER_REVIEW;
    entry->person = g_strdup("onc2");
    entry->reviewed_by = g_strdup("Oncologist Two <two@board.example>");
    entry->decision = g_strdup("0f3c");
    g_assert_true(imp_moment_parse("2027-11-23T09:14:07Z", &entry->valid_until_us));
    entry->policy = 3;
    entry->source = g_strdup("77ab");
    g_assert_true(imp_moment_parse("2026-11-23T09:14:07Z", &entry->at_us));
    entry->subject = g_strdup("content/oncology/stage-4.md: approved (2 of 2)");
    return entry;
}

static const char approval[] = "content/oncology/stage-4.md: approved (2 of 2)\n"
                               "\n"
                               "Ledger-Format: 1\n"
                               "Event: approval\n"
                               "Article: content/oncology/stage-4.md\n"
                               "Version: 3f2a9c1b02ab3f2a9c1b02ab3f2a9c1b02ab3f2a\n"
                               "Round: 2\n"
                               "State: Approved\n"
                               "Previous-State: Under Review\n"
                               "Person: onc2\n"
                               "Reviewed-by: Oncologist Two <two@board.example>\n"
                               "Decision: 0f3c\n"
                               "Valid-until: 2027-11-23T09:14:07Z\n"
                               "Policy: 3\n"
                               "Source: 77ab\n"
                               "At: 2026-11-23T09:14:07Z\n";

static void test_the_manuals_example(void)
{
    g_autoptr(ImpEntry) entry = make_approval();
    g_autofree char *message = imp_entry_format(entry);
    g_assert_cmpstr(message, ==, approval);
}

static void test_a_start_and_a_removal(void)
{
    g_autoptr(ImpEntry) start = imp_entry_new();
    start->event = IMP_ENTRY_START;
    start->repository = g_strdup("handbook");
    start->manifest = g_strdup("ab12");
    start->branch = g_strdup("main");
    start->review_branches = g_strsplit("review/** topic/*", " ", -1);
    start->unverified = true;
    start->policy = 1;
    start->source = g_strdup("77ab");
    start->at_us = IMP_SECOND_US;
    g_autofree char *message = imp_entry_format(start);
    g_assert_cmpstr(
        message, ==,
        "start\n\nLedger-Format: 1\nEvent: start\nRepository: handbook\nManifest: ab12\nBranch: "
        "main\n"
        "Review-Branch: review/**\nReview-Branch: topic/*\nVerified: no\nPolicy: 1\nSource: 77ab\n"
        "At: 1970-01-01T00:00:01Z\n");

    g_autoptr(ImpEntry) removal = imp_entry_new();
    removal->event = IMP_ENTRY_REMOVAL;
    removal->article = g_strdup("p\303\244th\n");
    removal->round = 1;
    removal->previous_state = IMP_STATE_SUBMITTED;
    removal->at_us = IMP_SECOND_US;
    g_autofree char *removed = imp_entry_format(removal);
    g_assert_cmpstr(
        removed, ==,
        "\"p\\303\\244th\\n\": removal\n\nLedger-Format: 1\nEvent: removal\nArticle: "
        "\"p\\303\\244th\\n\"\n"
        "Round: 1\nState: Removed\nPrevious-State: Submitted\nAt: 1970-01-01T00:00:01Z\n");
}

static void test_no_value_forges_a_trailer(void)
{
    g_autoptr(ImpEntry) entry = make_approval();
    g_free(entry->reviewed_by);
    entry->reviewed_by = g_strdup(" X\nState: Approved\r\n\xff <x@y> ");
    g_free(entry->subject);
    entry->subject = g_strdup("a\n\nEvent: policy");
    g_autofree char *message = imp_entry_format(entry);
    g_assert_nonnull(strstr(message, "\nReviewed-by: X State: Approved  \uFFFD <x@y>\n"));
    g_assert_true(g_str_has_prefix(message, "a  Event: policy\n\nLedger"));
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpEntry) read = imp_entry_parse(message, strlen(message), &error);
    g_assert_no_error(error);
    g_assert_cmpint(read->state, ==, IMP_STATE_APPROVED);
    g_assert_cmpint(read->event, ==, IMP_ENTRY_APPROVAL);
}

static void test_only_what_would_be_written_is_read(void)
{
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {approval, "", "line 1: the message is empty"},
        {"(2 of 2)\n\n", "(2 of 2)\nx\n", "line 2: is not the empty line"},
        {"Ledger-Format: 1", "Ledger-Format: 2", "line 3: is not \"Ledger-Format: 1\""},
        {"Ledger-Format: 1\nEvent: approval\n", "Event: approval\nLedger-Format: 1\n",
         "line 3: is not"},
        {"Event: approval\n", "", "line 15: there is no Event"},
        {"\nAt: 2026-11-23T09:14:07Z", "", "line 15: there is no At"},
        {"Event: approval", "Event: Approval",
         "line 4: \"Event: Approval\" has no value of its kind"},
        {"Round: 2", "Round: 02", "line 7: the ledger would have \"Round: 2\" here"},
        {"Round: 2", "Round: 0", "line 7: \"Round: 0\" has no value"},
        {"Round: 2", "Round: -1", "line 7: \"Round: -1\" has no value"},
        {"Round: 2", "Round: 99999999999", "line 7: "},
        {"State: Approved\n", "", "line 8: the ledger would have \"State: Removed\" here"},
        {"State: Approved", "State: approved", "line 8: "},
        {"State: Approved", "State:  Approved", "line 8: "},
        {"Person: onc2", "Person: onc2 ", "line 10: the ledger would have \"Person: onc2\" here"},
        {"Person: onc2", "person: onc2", "line 10: \"person: onc2\" is not a trailer"},
        {"Person: onc2", "Person:onc2", "line 10: \"Person:onc2\" is not a trailer"},
        {"Person: onc2", "Person: onc2\nPerson: onc2",
         "line 11: \"Person: onc2\" has no value of its kind, or appears"},
        {"Person: onc2\n", "Person: onc2\n\n", "line 11: \"\" is not a trailer"},
        {"Person: onc2", "Signed-off-by: onc2", "line 10: "},
        {"Person: onc2", "Person: onc2\n folded", "line 11: "},
        {"Decision: 0f3c", "Decision: 0F3c", "line 12: "},
        {"Decision: 0f3c\nValid", "Valid", NULL},
        {"Policy: 3\nSource: 77ab\n", "Source: 77ab\nPolicy: 3\n",
         "line 14: the ledger would have \"Policy: 3\" here"},
        {"At: 2026-11-23T09:14:07Z", "At: 2026-11-23T10:14:07+01:00",
         "line 16: the ledger would have \"At: "},
        {"At: 2026-11-23T09:14:07Z", "At: 2026-11-23T09:14:07.5Z", "line 16: "},
        {"At: 2026-11-23T09:14:07Z\n", "At: 2026-11-23T09:14:07Z",
         "line 17: the ledger would have the end here"},
        {"At: 2026-11-23T09:14:07Z\n", "At: 2026-11-23T09:14:07Z\n\n", "line 17: "},
        {"Article: content", "Article: \"content", "line 5: "},
        {"Article: content/oncology/stage-4.md", "Article: \"content\"",
         "line 5: the ledger would have \"Article: content"},
        {"Policy: 3", "Verified: yes\nPolicy: 3", "line 14: "},
        {"Policy: 3", "Verified: no\nPolicy: 3", NULL},
        {"onc2\n", "onc\xff\n", "line 1: the message is not UTF-8"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) message = g_string_new(approval);
        g_assert_cmpuint(g_string_replace(message, cases[i].from, cases[i].to, 1), ==, 1);
        g_autoptr(GError) error = NULL;
        g_autoptr(ImpEntry) entry = imp_entry_parse(message->str, message->len, &error);
        if (cases[i].says) {
            g_assert_null(entry);
            g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
            if (!g_str_has_prefix(error->message, cases[i].says))
                g_error("%s -> %s, not \"%s\"", cases[i].to, error->message, cases[i].says);
        } else {
            g_assert_no_error(error);
        }
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(imp_entry_parse(approval, sizeof approval, &error)); /* with a NUL at the end */
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

/* The property: format and parse are inverse, whatever the entry. */

static char *random_hex(GRand *random)
{
    return g_rand_boolean(random)
               ? g_strdup_printf("%08x%08x", g_rand_int(random), g_rand_int(random))
               : NULL;
}

static char *random_text(GRand *random)
{
    static const char *const texts[] = {
        "onc1", "A: b", "\303\204rztin <a@b>", "x\ty", "\"q\"", "---", "# x", "no"};
    return g_rand_boolean(random)
               ? g_strdup(texts[g_rand_int_range(random, 0, G_N_ELEMENTS(texts))])
               : NULL;
}

static char *random_path(GRand *random)
{
    gint32 length = g_rand_int_range(random, 1, 20);
    char *path = g_malloc0((gsize)length + 1);
    for (gint32 i = 0; i < length; i++)
        path[i] = (char)g_rand_int_range(random, 1, 256);
    return path;
}

static char **random_list(GRand *random)
{
    gint32 count = g_rand_int_range(random, 0, 4);
    char **list = count > 0 ? g_new0(char *, count + 1) : NULL;
    for (gint32 i = 0; i < count; i++)
        list[i] = g_strdup_printf("id-%d", g_rand_int_range(random, 0, 9));
    return list;
}

static gint64 random_moment(GRand *random)
{
    return g_rand_boolean(random) ? g_rand_int_range(random, 1, G_MAXINT32) * IMP_SECOND_US : 0;
}

static ImpEntry *random_entry(GRand *random)
{
    ImpEntry *entry = imp_entry_new();
    entry->event =
        (ImpEntryKind)g_rand_int_range(random, IMP_ENTRY_START, IMP_ENTRY_REJUDGMENT + 1);
    if (g_rand_boolean(random)) {
        entry->article = random_path(random);
        entry->state =
            (ImpState)g_rand_int_range(random, IMP_STATE_REMOVED, IMP_STATE_APPROVED + 1);
        entry->previous_state =
            (ImpState)g_rand_int_range(random, IMP_STATE_REMOVED, IMP_STATE_APPROVED + 1);
    }
    entry->version = random_hex(random);
    entry->round = (guint)g_rand_int_range(random, 0, 4);
    entry->reason = (ImpReason)g_rand_int_range(random, IMP_REASON_NONE, IMP_REASON_REJUDGED + 1);
    entry->problem =
        (ImpProblem)g_rand_int_range(random, IMP_PROBLEM_NONE, IMP_PROBLEM_PATH_COLLISION + 1);
    entry->refusal =
        (ImpRefusal)g_rand_int_range(random, IMP_REFUSAL_NONE, IMP_REFUSAL_COMPETING_INTERESTS + 1);
    entry->person = random_text(random);
    entry->reviewed_by = random_text(random);
    entry->of = random_text(random);
    entry->requested = random_list(random);
    entry->respond_by_us = random_moment(random);
    entry->review_by_us = random_moment(random);
    entry->decision = random_hex(random);
    entry->valid_until_us = random_moment(random);
    entry->repository = random_text(random);
    entry->manifest = random_hex(random);
    entry->branch = random_text(random);
    entry->review_branches = random_list(random);
    entry->unverified = g_rand_boolean(random);
    entry->policy = (guint)g_rand_int_range(random, 0, 100);
    entry->source = random_hex(random);
    entry->at_us = g_rand_int_range(random, 1, G_MAXINT32) * IMP_SECOND_US;
    entry->subject = random_text(random);
    return entry;
}

static void assert_same_list(char **one, char **another)
{
    g_assert_true(!one == !another &&
                  (!one || g_strv_equal((const char *const *)one, (const char *const *)another)));
}

static void test_random_entries_survive(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(42);
    for (guint i = 0; i < 3000; i++) {
        g_autoptr(ImpEntry) entry = random_entry(random);
        g_autofree char *message = imp_entry_format(entry);
        g_autoptr(GError) error = NULL;
        g_autoptr(ImpEntry) read = imp_entry_parse(message, strlen(message), &error);
        g_assert_no_error(error);
        g_autofree char *again = imp_entry_format(read);
        g_assert_cmpstr(again, ==, message);
        g_assert_cmpstr(read->article, ==, entry->article);
        g_assert_cmpstr(read->version, ==, entry->version);
        g_assert_cmpuint(read->round, ==, entry->round);
        g_assert_cmpint(read->state, ==, entry->state);
        g_assert_cmpint(read->previous_state, ==, entry->previous_state);
        g_assert_cmpint(read->reason, ==, entry->reason);
        g_assert_cmpint(read->problem, ==, entry->problem);
        g_assert_cmpint(read->refusal, ==, entry->refusal);
        g_assert_cmpstr(read->source, ==, entry->source);
        g_assert_cmpint(read->at_us, ==, entry->at_us);
        g_assert_cmpint(read->valid_until_us, ==, entry->valid_until_us);
        g_assert_cmpint(read->unverified, ==, entry->unverified);
        g_assert_cmpuint(read->policy, ==, entry->policy);
        assert_same_list(read->requested, entry->requested);
        assert_same_list(read->review_branches, entry->review_branches);
    }
}

static void test_git_reads_the_trailers(void)
{
    Scratch scratch = scratch_make();
    scratch_write(&scratch, "message", approval, strlen(approval));
    g_autofree char *trailers =
        scratch_run(&scratch, "git", "interpret-trailers", "--parse", "message", NULL);
    g_autofree char *expected = g_strconcat(trailers, "\n", NULL);
    g_assert_cmpstr(strstr(approval, "Ledger-Format"), ==, expected);
    scratch_remove(&scratch);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/entry-text/example", test_the_manuals_example);
    g_test_add_func("/entry-text/start-and-removal", test_a_start_and_a_removal);
    g_test_add_func("/entry-text/no-forgery", test_no_value_forges_a_trailer);
    g_test_add_func("/entry-text/strict", test_only_what_would_be_written_is_read);
    g_test_add_func("/entry-text/random", test_random_entries_survive);
    g_test_add_func("/entry-text/git-reads", test_git_reads_the_trailers);
    return g_test_run();
}
