#include "notify/outbox/endpoint_view.h"
#include "notify/outbox/outbox_hand.h"
#include "notify/outbox/outbox_list.h"
#include "tests/unit/queue.h"

/* The queue by hand. A lane is an endpoint and an article; "1!" is a head, "1" one behind it, "1>"
 * one under way. */

typedef Queue Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
    (void)unused;
    queue_open(f);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
    (void)unused;
    queue_close(f);
}

static void enqueue(Fixture *f, const char *event, const char *article, const char *endpoint)
{
    queue_put(f, event, "article.submitted", article, endpoint, NOW_US);
}

static void end(Fixture *f, const ImpDelivery *delivery, ImpDeliveryState state, gint64 now_us)
{
    queue_end(f, delivery, state, now_us + IMP_DAY_US, now_us);
}

/* Takes the head of the lane to that state. */
static void bring(Fixture *f, const char *endpoint, ImpDeliveryState state)
{
    g_autoptr(ImpDelivery) delivery = queue_begin(f, endpoint, NOW_US);
    end(f, delivery, state, NOW_US);
}

static ImpByHand replay(Fixture *f, gint64 id)
{
    g_autoptr(GError) error = NULL;
    ImpByHand result = 99;
    imp_outbox_replay(f->outbox, id, NOW_US + IMP_SECOND_US, &result, &error);
    g_assert_no_error(error);
    return result;
}

static ImpByHand drop(Fixture *f, gint64 id)
{
    g_autoptr(GError) error = NULL;
    ImpByHand result = 99;
    imp_outbox_drop(f->outbox, id, NOW_US + IMP_SECOND_US, &result, &error);
    g_assert_no_error(error);
    return result;
}

static void assert_lane(Fixture *f, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) lane = g_string_new(NULL);
    ImpRows *rows = imp_database_query(
        f->database, "SELECT id, state, head FROM outbox_delivery WHERE state < 2 ORDER BY id", "");
    while (imp_rows_next(rows))
        g_string_append_printf(lane, "%s%d%s%s", lane->len ? " " : "",
                               (int)imp_rows_number(rows, 0), imp_rows_number(rows, 1) ? ">" : "",
                               imp_rows_number(rows, 2) ? "!" : "");
    imp_rows_end(rows, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(lane->str, ==, expected);
}

static void test_replay_goes_before_what_is_newer(Fixture *f, gconstpointer unused)
{
    (void)unused;
    enqueue(f, "evt_1", "a.md", "site");
    enqueue(f, "evt_2", "a.md", "site");
    enqueue(f, "evt_3", "a.md", "site");
    bring(f, "site", IMP_DELIVERY_DEAD);
    assert_lane(f, "2! 3");
    g_assert_cmpint(replay(f, 1), ==, IMP_BY_HAND_DONE);
    assert_lane(f, "1! 2 3");
    g_autoptr(ImpDelivery) again = queue_begin(f, "site", NOW_US + IMP_SECOND_US);
    g_assert_cmpint(again->id, ==, 1);
    g_assert_cmpint(again->tries, ==, 1);
    g_assert_cmpint(again->created_us, ==, NOW_US + IMP_SECOND_US);
    end(f, again, IMP_DELIVERY_DELIVERED, NOW_US + IMP_SECOND_US);
    assert_lane(f, "2! 3");
}

static void test_replay_waits_for_a_try_under_way(Fixture *f, gconstpointer unused)
{
    (void)unused;
    enqueue(f, "evt_1", "a.md", "site");
    enqueue(f, "evt_2", "a.md", "site");
    bring(f, "site", IMP_DELIVERY_DELIVERED);
    g_autoptr(ImpDelivery) two = queue_begin(f, "site", NOW_US);
    assert_lane(f, "2>!");
    g_assert_cmpint(replay(f, 1), ==, IMP_BY_HAND_DONE);
    assert_lane(f, "1 2>!");
    end(f, two, IMP_DELIVERY_DELIVERED, NOW_US);
    assert_lane(f, "1!");
}

static void test_replay_behind_what_is_older(Fixture *f, gconstpointer unused)
{
    (void)unused;
    enqueue(f, "evt_1", "a.md", "site");
    enqueue(f, "evt_2", "a.md", "site");
    bring(f, "site", IMP_DELIVERY_DEAD);
    bring(f, "site", IMP_DELIVERY_DEAD);
    assert_lane(f, "");
    g_assert_cmpint(replay(f, 1), ==, IMP_BY_HAND_DONE);
    g_assert_cmpint(replay(f, 2), ==, IMP_BY_HAND_DONE);
    assert_lane(f, "1! 2");
}

static void test_replay_of_one_that_waits_is_due_now(Fixture *f, gconstpointer unused)
{
    (void)unused;
    enqueue(f, "evt_1", "a.md", "site");
    bring(f, "site", IMP_DELIVERY_WAITING);
    g_assert_cmpint(replay(f, 1), ==, IMP_BY_HAND_DONE);
    g_autoptr(ImpDelivery) again = queue_begin(f, "site", NOW_US + IMP_SECOND_US);
    g_assert_cmpint(again->tries, ==, 2);
    g_assert_cmpint(again->created_us, ==, NOW_US);
}

static void test_refusals(Fixture *f, gconstpointer unused)
{
    (void)unused;
    enqueue(f, "evt_1", "a.md", "site");
    g_assert_cmpint(replay(f, 7), ==, IMP_BY_HAND_GONE);
    g_assert_cmpint(drop(f, 7), ==, IMP_BY_HAND_GONE);
    g_autoptr(ImpDelivery) one = queue_begin(f, "site", NOW_US);
    g_assert_cmpint(replay(f, 1), ==, IMP_BY_HAND_SENDING);
    g_assert_cmpint(drop(f, 1), ==, IMP_BY_HAND_SENDING);
    end(f, one, IMP_DELIVERY_DELIVERED, NOW_US);
    g_assert_cmpint(drop(f, 1), ==, IMP_BY_HAND_OVER);
    queue_execute(f->database, "DELETE FROM outbox_message");
    g_assert_cmpint(replay(f, 1), ==, IMP_BY_HAND_FORGOTTEN);
    assert_lane(f, "");
}

static void test_drop_lets_the_next_go(Fixture *f, gconstpointer unused)
{
    (void)unused;
    enqueue(f, "evt_1", "a.md", "site");
    enqueue(f, "evt_2", "a.md", "site");
    enqueue(f, "evt_3", "a.md", "site");
    g_assert_cmpint(drop(f, 2), ==, IMP_BY_HAND_DONE);
    assert_lane(f, "1! 3");
    g_assert_cmpint(drop(f, 1), ==, IMP_BY_HAND_DONE);
    assert_lane(f, "3!");
    enqueue(f, "evt_1", "a.md", "site");
    assert_lane(f, "3!"); /* it is remembered */
}

static void test_dropped_ones_are_forgotten_in_the_end(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    gint64 counts[IMP_N_DELIVERY_STATES];
    enqueue(f, "evt_1", "a.md", "site");
    enqueue(f, "evt_2", "a.md", "site");
    drop(f, 1);
    bring(f, "site", IMP_DELIVERY_DEAD);
    imp_outbox_prune(f->outbox, NOW_US + 6 * IMP_DAY_US, 10, &(guint){0}, &error);
    g_assert_no_error(error);
    g_assert_true(imp_outbox_count(f->database, NULL, counts, &error));
    g_assert_cmpint(counts[IMP_DELIVERY_DROPPED], ==, 1);
    imp_outbox_prune(f->outbox, NOW_US + 8 * IMP_DAY_US, 10, &(guint){0}, &error);
    g_assert_no_error(error);
    g_assert_true(imp_outbox_count(f->database, NULL, counts, &error));
    g_assert_cmpint(counts[IMP_DELIVERY_DROPPED], ==, 0);
    g_assert_cmpint(counts[IMP_DELIVERY_DEAD], ==, 1);
}

static void test_enable(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    bool changed;
    guint freed;
    enqueue(f, "evt_1", "a.md", "site");
    enqueue(f, "evt_2", "a.md", "site");
    enqueue(f, "evt_3", "b.md", "site");
    bring(f, "site", IMP_DELIVERY_WAITING);
    const ImpCircuit circuit = {
        .failures = 5, .probe_us = NOW_US + IMP_DAY_US, .failed_us = NOW_US};
    imp_outbox_disable(f->outbox, "site", "https://site.example/", NOW_US, &changed, &error);
    imp_outbox_set_circuit(f->outbox, "site", "https://site.example/", &circuit, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) views = imp_outbox_endpoints(f->database, &error);
    g_assert_no_error(error);
    const ImpEndpointView *view = imp_endpoint_view_find(views, "site");
    g_assert_cmpint(view->disabled_us, ==, NOW_US);
    g_assert_cmpint(view->waiting, ==, 3);
    g_assert_cmpint(view->circuit.failures, ==, 5);
    g_assert_cmpint(view->status, ==, 503);
    imp_outbox_enable(f->outbox, "site", NOW_US, &changed, &freed, &error);
    g_assert_no_error(error);
    g_assert_true(changed);
    g_assert_cmpint(freed, ==, 2);
    g_assert_cmpint(queue_next_us(f->outbox, "site"), ==, NOW_US);
    imp_outbox_enable(f->outbox, "site", NOW_US, &changed, &freed, &error);
    g_assert_false(changed);
}

static GArray *find(Fixture *f, const char *text, const char *endpoint, bool *many)
{
    g_autoptr(GError) error = NULL;
    GArray *ids = imp_outbox_find(f->database, text, endpoint, many, &error);
    g_assert_no_error(error);
    return ids;
}

static void test_find(Fixture *f, gconstpointer unused)
{
    (void)unused;
    static const struct {
        const char *text, *endpoint;
        guint count;
        bool many;
    } cases[] = {
        {"1", NULL, 1, false},
        {"#2", NULL, 1, false},
        {"1", "room", 0, false},
        {"evt_0123456789abcdef", NULL, 2, false},
        {"evt_0123456789abcdef", "room", 1, false},
        {"evt_0123456789abcdef_1", NULL, 1, false},
        {"evt_01234567", NULL, 0, true},
        {"evt_fedcba98", NULL, 1, false},
        {"evt_fedcba9", NULL, 0, false}, /* too short */
        {"evt_", NULL, 0, false},
        {"-1", NULL, 0, false},
        {"0", NULL, 0, false},
        {"99999999999999999999", NULL, 0, false},
        {"", NULL, 0, false},
        {"%", NULL, 0, false},
    };
    enqueue(f, "evt_0123456789abcdef", "a.md", "site");
    enqueue(f, "evt_0123456789abcdef", "a.md", "room");
    enqueue(f, "evt_0123456789abcdef_1", "a.md", "site");
    enqueue(f, "evt_fedcba9876543210", "a.md", "site");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        bool many = false;
        g_autoptr(GArray) ids = find(f, cases[i].text, cases[i].endpoint, &many);
        g_test_message("%s", cases[i].text);
        g_assert_cmpint(ids->len, ==, cases[i].count);
        g_assert_cmpint(many, ==, cases[i].many);
    }
}

static void test_list_begins_with_what_needs_attention(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    bool changed;
    enqueue(f, "evt_1", "a.md", "well");
    enqueue(f, "evt_2", "a.md", "failing");
    enqueue(f, "evt_3", "a.md", "gone");
    enqueue(f, "evt_4", "a.md", "faulty");
    enqueue(f, "evt_5", "b.md", "well");
    enqueue(f, "evt_6", "b.md", "well");
    bring(f, "failing", IMP_DELIVERY_WAITING);
    bring(f, "faulty", IMP_DELIVERY_DEAD);
    bring(f, "well", IMP_DELIVERY_DELIVERED);
    imp_outbox_disable(f->outbox, "gone", "https://gone.example/", NOW_US, &changed, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) list = imp_outbox_list(f->database, NULL, G_MAXUINT, 100, &error);
    g_assert_no_error(error);
    static const gint64 expected[] = {4, 3, 2, 5, 6, 1};
    g_assert_cmpint(list->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < list->len; i++)
        g_assert_cmpint(((ImpQueued *)list->pdata[i])->id, ==, expected[i]);
    g_assert_cmpint(((ImpQueued *)list->pdata[4])->behind, ==, 5);
    g_autoptr(GPtrArray) open = imp_outbox_list(f->database, NULL, IMP_STATES_OPEN, 3, &error);
    g_assert_cmpint(open->len, ==, 3);
}

static void test_database_without_an_outbox(void)
{
    g_autoptr(GError) error = NULL;
    bool many;
    ImpQueued *queued;
    gint64 counts[IMP_N_DELIVERY_STATES] = {7};
    g_autoptr(ImpDatabase) database = imp_database_open(NULL, IMP_DATABASE_MEMORY, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) list = imp_outbox_list(database, NULL, G_MAXUINT, 10, &error);
    g_autoptr(GPtrArray) endpoints = imp_outbox_endpoints(database, &error);
    g_autoptr(GArray) found = imp_outbox_find(database, "1", NULL, &many, &error);
    g_assert_true(imp_outbox_count(database, NULL, counts, &error));
    g_assert_true(imp_outbox_look(database, 1, &queued, &error));
    g_assert_null(queued);
    g_assert_no_error(error);
    g_assert_cmpint(list->len + endpoints->len + found->len, ==, 0);
    g_assert_cmpint(counts[0], ==, 0);
}

static void test_words_of_states(void)
{
    for (guint i = 0; i < IMP_N_DELIVERY_STATES; i++) {
        ImpDeliveryState state = 99;
        g_assert_true(imp_delivery_state_from_word(imp_delivery_state_word(i), &state));
        g_assert_cmpint(state, ==, i);
    }
    g_assert_null(imp_delivery_state_word(IMP_N_DELIVERY_STATES));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, test) g_test_add("/outbox-hand/" path, Fixture, NULL, set_up, test, tear_down)
    ADD("a replay goes before what is newer", test_replay_goes_before_what_is_newer);
    ADD("a replay waits for a try under way", test_replay_waits_for_a_try_under_way);
    ADD("a replay stands behind what is older", test_replay_behind_what_is_older);
    ADD("a replay of one that waits is due now", test_replay_of_one_that_waits_is_due_now);
    ADD("what cannot be done is refused", test_refusals);
    ADD("a drop lets the next go", test_drop_lets_the_next_go);
    ADD("dropped ones are forgotten in the end", test_dropped_ones_are_forgotten_in_the_end);
    ADD("an endpoint is enabled", test_enable);
    ADD("deliveries are found by what people call them", test_find);
    ADD("the list begins with what needs attention", test_list_begins_with_what_needs_attention);
    g_test_add_func("/outbox-hand/a database without an outbox", test_database_without_an_outbox);
    g_test_add_func("/outbox-hand/words of states", test_words_of_states);
    return g_test_run();
}
