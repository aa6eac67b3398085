#include "notify/compactor.h"
#include "tests/unit/queue.h"
#include "workflow/base/limits.h"

/* The pure core: "ARTICLE TYPE[*], ..." in the order of the walk, "*" for one that has been tried;
 * what is left is told by its place, from 1. */
static void assert_left(const char *story, const char *expected)
{
    g_auto(ImpCompaction) compaction = {0};
    g_auto(GStrv) words = g_strsplit(story, ", ", -1);
    g_autofree bool *gone = g_new0(bool, g_strv_length(words) + 1);
    for (guint i = 0; words[i]; i++) {
        g_auto(GStrv) parts = g_strsplit(words[i], " ", 2);
        char *star = strchr(parts[1], '*');
        if (star)
            *star = '\0';
        const ImpCompactable next = {i + 1, strcmp(parts[0], "-") == 0 ? NULL : parts[0], parts[1],
                                     star == NULL};
        gint64 earlier = imp_compaction_take(&compaction, &next);
        g_assert_cmpint(earlier, <=, i);
        g_assert_false(gone[earlier] && earlier);
        gone[earlier] = true;
    }
    g_autoptr(GString) left = g_string_new(NULL);
    for (guint i = 0; words[i]; i++) {
        if (!gone[i + 1])
            g_string_append_printf(left, "%s%u", left->len ? " " : "", i + 1);
    }
    g_assert_cmpstr(left->str, ==, expected);
}

static void test_the_newest_state_stays(void)
{
    assert_left("a article.submitted, a article.submitted, a article.submitted", "3");
    assert_left("a article.submitted, a article.approved, a article.submitted, a article.approved",
                "3 4");
    assert_left(
        "a article.submitted, b article.submitted, c article.submitted, c article.submitted",
        "1 2 4");
    assert_left(
        "a article.under_review, a article.under_review, a article.removed, a article.removed, "
        "a article.invalid, a article.invalid",
        "2 4 6");
}

static void test_facts_stay(void)
{
    /* Requests of different people, decisions, refusals: none says what another says. */
    static const char *const facts[] = {
        "review.requested", "review.claimed",  "review.approved",    "review.changes_requested",
        "review.withdrawn", "review.declined", "review.commented",   "review.dismissed",
        "review.retracted", "review.reminder", "review.overdue",     "review.escalated",
        "decision.refused", "policy.changed",  "article.unheard_of",
    };
    for (guint i = 0; i < G_N_ELEMENTS(facts); i++) {
        g_autofree char *story = g_strdup_printf("a %s, a %s", facts[i], facts[i]);
        assert_left(story, "1 2");
    }
    assert_left(
        "- article.submitted, - article.submitted, - endpoint.disabled, - endpoint.disabled",
        "1 2 3 4");
}

static void test_what_was_tried_stays(void)
{
    assert_left("a article.submitted*, a article.submitted, a article.submitted", "1 3");
    assert_left("a article.submitted, a article.submitted*", "1 2");
}

static void test_from_which_number_on(void)
{
    g_assert_false(imp_compaction_is_wanted(10000));
    g_assert_true(imp_compaction_is_wanted(10001));
}

/* The outbox */

typedef struct {
    Queue queue;
    ImpCompactor *compactor;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
    (void)unused;
    queue_open(&f->queue);
    f->compactor = imp_compactor_new();
}

static void tear_down(Fixture *f, gconstpointer unused)
{
    (void)unused;
    imp_compactor_free(f->compactor);
    queue_close(&f->queue);
}

static void enqueue(Fixture *f, guint number, const char *type, const char *article,
                    const char *endpoint)
{
    g_autofree char *event = g_strdup_printf("evt_%u", number);
    queue_put(&f->queue, event, type, article, endpoint, NOW_US);
}

static gint64 count(Fixture *f, const char *where)
{
    g_autofree char *sql = g_strconcat("SELECT COUNT(*) FROM outbox_delivery WHERE ", where, NULL);
    return queue_number(f->queue.database, sql);
}

/* Walks to the end; how many steps that took. */
static guint compact(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    guint steps = 0;
    imp_compactor_begin(f->compactor, f->queue.outbox, &error);
    g_assert_no_error(error);
    for (; imp_compactor_is_busy(f->compactor); steps++) {
        imp_compactor_step(f->compactor, f->queue.outbox, NOW_US, &error);
        g_assert_no_error(error);
    }
    return steps;
}

/* For "room" `number` edits of 100 articles, the other endpoint gets the first few of them. */
static void edit(Fixture *f, guint number)
{
    queue_execute(f->queue.database, "BEGIN");
    for (guint i = 0; i < number; i++) {
        g_autofree char *article = g_strdup_printf("%u.md", i % 100);
        enqueue(f, i, i % 7 == 0 ? "review.requested" : "article.submitted", article, "room");
        if (i < 300)
            enqueue(f, i, "article.submitted", article, "onc1");
    }
    queue_execute(f->queue.database, "COMMIT");
}

static void test_nothing_below_the_limit(Fixture *f, gconstpointer unused)
{
    (void)unused;
    edit(f, IMP_PENDING_MAX);
    g_assert_cmpuint(compact(f), ==, 0);
    g_assert_cmpint(count(f, "state = 0"), ==, IMP_PENDING_MAX + 300);
}

static void test_a_flooded_endpoint_is_compacted(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    guint number = IMP_PENDING_MAX + 4000;
    edit(f, number);
    /* One is under way: it stays. */
    g_autoptr(ImpDelivery) flying = queue_begin(&f->queue, "room", NOW_US);
    g_assert_nonnull(flying);

    g_assert_cmpuint(compact(f), ==, number / IMP_COMPACTOR_ROWS + 1);
    gint64 requests = (number + 6) / 7;
    g_assert_cmpint(count(f, "endpoint = 'room' AND state = 5"), ==, number - requests - 100);
    g_assert_cmpint(count(f, "endpoint = 'room' AND state = 0"), ==, requests + 100 - 1);
    g_assert_cmpint(count(f, "id = (SELECT MIN(id) FROM outbox_delivery) AND state = 1"), ==, 1);
    g_assert_cmpint(count(f, "endpoint = 'onc1' AND state = 0"), ==, 300);
    /* Each article has one that may go, the first of those that are left. */
    g_assert_cmpint(count(f, "endpoint = 'room' AND head = 1"), ==, 100);
    g_assert_cmpint(
        count(
            f,
            "head = 1 AND EXISTS (SELECT 1 FROM outbox_delivery first WHERE first.state < 2 AND"
            " first.endpoint = outbox_delivery.endpoint AND first.article = outbox_delivery.article"
            " AND first.id < outbox_delivery.id)"),
        ==, 0);
    /* What was left out is told, and does not come out of git again. */
    g_autoptr(GPtrArray) ended = imp_compactor_take_ended(f->compactor);
    g_assert_cmpuint(ended->len, ==, 1);
    const ImpCompacted *compacted = ended->pdata[0];
    g_assert_cmpstr(compacted->endpoint, ==, "room");
    g_assert_cmpint(compacted->count, ==, number - requests - 100);
    gint64 before = count(f, "1");
    edit(f, number);
    g_assert_cmpint(count(f, "1"), ==, before);
    g_assert_cmpuint(compact(f), ==, 0);
    /* For a week. */
    imp_outbox_prune(f->queue.outbox, NOW_US + 7 * IMP_DAY_US, G_MAXINT, &(guint){0}, &error);
    g_assert_no_error(error);
    g_assert_cmpint(count(f, "state = 5"), ==, 0);
}

static void test_a_walk_that_was_rolled_back_begins_again(Fixture *f, gconstpointer unused)
{
    (void)unused;
    edit(f, IMP_PENDING_MAX + 1000);
    queue_execute(f->queue.database, "BEGIN");
    compact(f);
    queue_execute(f->queue.database, "ROLLBACK");
    imp_compactor_give_up(f->compactor);
    g_autoptr(GPtrArray) none = imp_compactor_take_ended(f->compactor);
    g_assert_cmpuint(none->len, ==, 0);
    g_assert_cmpint(count(f, "state = 5"), ==, 0);
    compact(f);
    g_assert_cmpint(count(f, "state = 5"), >, 8000);
}

#define ADD(name, function)                                                                        \
    g_test_add("/compaction/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/compaction/the-newest-state-stays", test_the_newest_state_stays);
    g_test_add_func("/compaction/facts-stay", test_facts_stay);
    g_test_add_func("/compaction/what-was-tried-stays", test_what_was_tried_stays);
    g_test_add_func("/compaction/from-which-number-on", test_from_which_number_on);
    ADD("nothing-below-the-limit", test_nothing_below_the_limit);
    ADD("a-flooded-endpoint-is-compacted", test_a_flooded_endpoint_is_compacted);
    ADD("a-walk-that-was-rolled-back-begins-again", test_a_walk_that_was_rolled_back_begins_again);
    return g_test_run();
}
