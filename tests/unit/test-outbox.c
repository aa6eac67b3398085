#include "notify/outbox/outbox_hand.h"
#include "notify/upkeep.h"
#include "tests/unit/queue.h"

#include <glib/gstdio.h>

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

static gint64 undelivered(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    gint64 count = imp_outbox_undelivered(f->database, &error);
    g_assert_no_error(error);
    return count;
}

static void enqueue_at(Fixture *f, const char *event, const char *article, const char *endpoint,
                       gint64 at_us)
{
    queue_put(f, event, "article.submitted", article, endpoint, at_us);
}

static void enqueue(Fixture *f, const char *event, const char *article, const char *endpoint)
{
    enqueue_at(f, event, article, endpoint, NOW_US);
}

/* Takes the next delivery, which must be of `event`, as a dispatcher does. */
static ImpDelivery *take(Fixture *f, const char *endpoint, const char *event)
{
    ImpDelivery *delivery = queue_begin(f, endpoint, NOW_US);
    g_assert_cmpstr(delivery->event, ==, event);
    return delivery;
}

static void end(Fixture *f, ImpDelivery *delivery, ImpDeliveryState state, gint64 next_us)
{
    queue_end(f, delivery, state, next_us, NOW_US);
    imp_delivery_free(delivery);
}

static void assert_nothing_due(Fixture *f, const char *endpoint)
{
    g_autoptr(ImpDelivery) delivery = queue_first(f->outbox, endpoint, NOW_US);
    if (delivery)
        g_error("%s is due", delivery->event);
}

static void test_in_and_out(Fixture *f, gconstpointer unused)
{
    (void)unused;
    enqueue(f, "evt_1", "content/a\xff.md", "room");
    g_assert_cmpint(undelivered(f), ==, 1);
    assert_nothing_due(f, "other");
    ImpDelivery *delivery = take(f, "room", "evt_1");
    g_assert_cmpstr(delivery->type, ==, "article.submitted");
    g_assert_cmpstr(delivery->article, ==, "content/a\xff.md");
    g_assert_cmpint(delivery->created_us, ==, NOW_US);
    g_assert_cmpuint(delivery->tries, ==, 1);
    g_assert_cmpmem(g_bytes_get_data(delivery->body, NULL), g_bytes_get_size(delivery->body),
                    "{\"event\":\"evt_1\"}", 17);
    assert_nothing_due(f, "room");
    g_assert_cmpint(undelivered(f), ==, 1);
    end(f, delivery, IMP_DELIVERY_DELIVERED, 0);
    g_assert_cmpint(undelivered(f), ==, 0);
}

static void test_the_same_event_comes_out_of_git_again(Fixture *f, gconstpointer unused)
{
    (void)unused;
    enqueue(f, "evt_1", "a.md", "room");
    enqueue(f, "evt_1", "a.md", "room");
    enqueue(f, "evt_1", "a.md", "onc1");
    g_assert_cmpint(undelivered(f), ==, 2);
    g_assert_cmpint(queue_number(f->database, "SELECT COUNT(*) FROM outbox_message"), ==, 1);
    end(f, take(f, "room", "evt_1"), IMP_DELIVERY_DELIVERED, 0);
    enqueue(f, "evt_1", "a.md", "room");
    assert_nothing_due(f, "room");
    g_assert_cmpint(undelivered(f), ==, 1);
}

static void test_a_rolled_back_event_was_never_there(Fixture *f, gconstpointer unused)
{
    (void)unused;
    queue_execute(f->database, "BEGIN");
    enqueue(f, "evt_1", "a.md", "room");
    g_assert_cmpint(undelivered(f), ==, 1);
    queue_execute(f->database, "ROLLBACK");
    g_assert_cmpint(undelivered(f), ==, 0);
    assert_nothing_due(f, "room");
}

static void test_order_holds_for_each_article_and_endpoint(Fixture *f, gconstpointer unused)
{
    (void)unused;
    enqueue(f, "evt_a1", "a.md", "room");
    enqueue(f, "evt_a2", "a.md", "room");
    enqueue(f, "evt_p1", NULL, "room");
    enqueue(f, "evt_p2", NULL, "room");
    enqueue(f, "evt_a2", "a.md", "onc1");

    /* The first try at a1 fails: a2 waits with it, at this endpoint; what is about no article
     * is in order too. */
    end(f, take(f, "room", "evt_a1"), IMP_DELIVERY_WAITING, NOW_US + IMP_SECOND_US);
    ImpDelivery *p1 = take(f, "room", "evt_p1");
    assert_nothing_due(f, "room");
    end(f, take(f, "onc1", "evt_a2"), IMP_DELIVERY_DELIVERED, 0);
    end(f, p1, IMP_DELIVERY_DELIVERED, 0);
    end(f, take(f, "room", "evt_p2"), IMP_DELIVERY_DELIVERED, 0);
    assert_nothing_due(f, "room");
    g_assert_cmpint(queue_next_us(f->outbox, "room"), ==, NOW_US + IMP_SECOND_US);

    g_autoptr(ImpDelivery) a1 = queue_first(f->outbox, "room", NOW_US + IMP_SECOND_US);
    g_assert_cmpstr(a1->event, ==, "evt_a1");
    g_assert_cmpuint(a1->tries, ==, 1);
}

static void test_what_is_due_at_once(Fixture *f, gconstpointer unused)
{
    (void)unused;
    gint64 next_us;
    enqueue(f, "evt_a1", "a.md", "room");
    enqueue(f, "evt_a2", "a.md", "room");
    enqueue(f, "evt_b1", "b.md", "room");
    enqueue(f, "evt_c1", "c.md", "room");
    enqueue_at(f, "evt_d1", "d.md", "room", NOW_US + IMP_SECOND_US);

    g_autoptr(GPtrArray) two = queue_due(f->outbox, "room", NOW_US, 2, &next_us);
    g_assert_cmpuint(two->len, ==, 2);
    g_assert_cmpstr(((ImpDelivery *)two->pdata[0])->event, ==, "evt_a1");
    g_assert_cmpstr(((ImpDelivery *)two->pdata[1])->event, ==, "evt_b1");
    g_assert_cmpint(next_us, ==, NOW_US);
    /* Of an article the first only, and nothing of the future. */
    g_autoptr(GPtrArray) all = queue_due(f->outbox, "room", NOW_US, 10, &next_us);
    g_assert_cmpuint(all->len, ==, 3);
    g_assert_cmpint(next_us, ==, NOW_US + IMP_SECOND_US);
}

static void test_another_format(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = g_bytes_new_static("{}", 2);
    guint count;
    enqueue(f, "evt_a1", "a.md", "room");
    enqueue(f, "evt_a2", "a.md", "room");
    enqueue(f, "evt_b1", "b.md", "room");
    enqueue(f, "evt_b1", "b.md", "onc1");
    const ImpOutboxMessage a3 = {"evt_a3", "article.approved", "a.md", IMP_FORMAT_SLACK, body};
    const ImpOutboxMessage b2 = {"evt_b2", "article.approved", "b.md", IMP_FORMAT_SLACK, body};
    imp_outbox_enqueue(f->outbox, &a3, "room", NOW_US, &error);
    imp_outbox_enqueue(f->outbox, &b2, "room", NOW_US, &error);
    g_assert_no_error(error);
    ImpDelivery *a1 = take(f, "room", "evt_a1");

    /* What is under way ends as it began; what waits and was written for another reader is given
     * up. */
    imp_outbox_give_up_misfits(f->outbox, "room", IMP_FORMAT_SLACK, NOW_US, &count, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count, ==, 2);
    g_assert_cmpint(
        queue_number(f->database, "SELECT COUNT(*) FROM outbox_delivery WHERE state = 3"), ==, 2);
    end(f, take(f, "room", "evt_b2"), IMP_DELIVERY_DELIVERED, 0);
    assert_nothing_due(f, "room");
    end(f, a1, IMP_DELIVERY_DELIVERED, 0);
    end(f, take(f, "room", "evt_a3"), IMP_DELIVERY_DELIVERED, 0);
    end(f, take(f, "onc1", "evt_b1"), IMP_DELIVERY_DELIVERED, 0);
    imp_outbox_give_up_misfits(f->outbox, "room", IMP_FORMAT_SLACK, NOW_US, &count, &error);
    g_assert_cmpuint(count, ==, 0);
}

static void test_a_dead_one_does_not_block_its_successors(Fixture *f, gconstpointer unused)
{
    (void)unused;
    enqueue(f, "evt_1", "a.md", "room");
    enqueue(f, "evt_2", "a.md", "room");
    end(f, take(f, "room", "evt_1"), IMP_DELIVERY_DEAD, 0);
    g_assert_cmpint(queue_number(f->database, "SELECT status FROM outbox_delivery WHERE state = 3"),
                    ==, 503);
    end(f, take(f, "room", "evt_2"), IMP_DELIVERY_DELIVERED, 0);
    /* Nothing but a hand removes it. */
    g_autoptr(GError) error = NULL;
    imp_outbox_prune(f->outbox, NOW_US + 365 * IMP_DAY_US, 100, &(guint){0}, &error);
    g_assert_no_error(error);
    g_assert_cmpint(queue_number(f->database, "SELECT COUNT(*) FROM outbox_delivery"), ==, 1);
    g_assert_cmpint(queue_number(f->database, "SELECT COUNT(*) FROM outbox_message"), ==, 1);
}

static void test_what_a_dead_daemon_left_flying(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    enqueue(f, "evt_1", "a.md", "room");
    imp_delivery_free(take(f, "room", "evt_1"));
    assert_nothing_due(f, "room");
    imp_outbox_free(f->outbox);
    f->outbox = imp_outbox_open(f->database, &error);
    imp_outbox_recover(f->outbox, NOW_US, &error);
    g_assert_no_error(error);
    ImpDelivery *again = take(f, "room", "evt_1");
    g_assert_cmpuint(again->tries, ==, 2);
    end(f, again, IMP_DELIVERY_DELIVERED, 0);
}

static void disable(Fixture *f, const char *url, bool expected)
{
    g_autoptr(GError) error = NULL;
    bool changed = !expected;
    imp_outbox_disable(f->outbox, "room", url, NOW_US, &changed, &error);
    g_assert_no_error(error);
    g_assert_cmpint(changed, ==, expected);
}

static void note_url(Fixture *f, const char *url)
{
    g_autoptr(GError) error = NULL;
    imp_outbox_note_url(f->outbox, "room", url, &error);
    g_assert_no_error(error);
}

static void test_a_disabled_endpoint_parks_its_deliveries(Fixture *f, gconstpointer unused)
{
    (void)unused;
    enqueue(f, "evt_1", "a.md", "room");
    enqueue(f, "evt_1", "a.md", "onc1");
    disable(f, "https://example.org/old", true);
    disable(f, "https://example.org/old", false);
    enqueue(f, "evt_2", "b.md", "room");
    assert_nothing_due(f, "room");
    g_assert_cmpint(queue_next_us(f->outbox, "room"), ==, G_MAXINT64);
    g_assert_cmpint(undelivered(f), ==, 3);
    end(f, take(f, "onc1", "evt_1"), IMP_DELIVERY_DELIVERED, 0);

    note_url(f, "https://example.org/old");
    assert_nothing_due(f, "room");
    note_url(f, "https://example.org/new");
    end(f, take(f, "room", "evt_1"), IMP_DELIVERY_DELIVERED, 0);
    end(f, take(f, "room", "evt_2"), IMP_DELIVERY_DELIVERED, 0);
}

static void test_what_was_delivered_is_forgotten_after_a_week(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    enqueue(f, "evt_1", "a.md", "room");
    enqueue(f, "evt_1", "a.md", "onc1");
    end(f, take(f, "room", "evt_1"), IMP_DELIVERY_DELIVERED, 0);
    imp_outbox_prune(f->outbox, NOW_US + 7 * IMP_DAY_US - 1, 100, &(guint){0}, &error);
    g_assert_cmpint(queue_number(f->database, "SELECT COUNT(*) FROM outbox_delivery"), ==, 2);
    /* The body stays for the other endpoint. */
    imp_outbox_prune(f->outbox, NOW_US + 7 * IMP_DAY_US, 100, &(guint){0}, &error);
    g_assert_cmpint(queue_number(f->database, "SELECT COUNT(*) FROM outbox_delivery"), ==, 1);
    g_assert_cmpint(queue_number(f->database, "SELECT COUNT(*) FROM outbox_message"), ==, 1);
    end(f, take(f, "onc1", "evt_1"), IMP_DELIVERY_DELIVERED, 0);
    imp_outbox_prune(f->outbox, NOW_US + 7 * IMP_DAY_US, 100, &(guint){0}, &error);
    g_assert_no_error(error);
    g_assert_cmpint(queue_number(f->database, "SELECT COUNT(*) FROM outbox_message"), ==, 0);
}

static void test_plans_are_mended_after_the_clock_was_set_back(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    ImpDeliveryTimes *times = imp_delivery_times_new();
    enqueue(f, "evt_1", "a.md", "room");
    enqueue(f, "evt_2", "b.md", "room");
    end(f, take(f, "room", "evt_1"), IMP_DELIVERY_WAITING, NOW_US + 3000 * IMP_DAY_US);
    end(f, take(f, "room", "evt_2"), IMP_DELIVERY_WAITING, NOW_US + 10 * IMP_SECOND_US);
    imp_outbox_mend(f->outbox, "room", times, NOW_US, 0.5, &error);
    g_assert_no_error(error);
    g_assert_cmpint(
        queue_number(f->database, "SELECT next_us FROM outbox_delivery WHERE event = 'evt_1'"), ==,
        NOW_US + 5 * IMP_SECOND_US);
    g_assert_cmpint(
        queue_number(f->database, "SELECT next_us FROM outbox_delivery WHERE event = 'evt_2'"), ==,
        NOW_US + 10 * IMP_SECOND_US);
    imp_delivery_times_free(times);
}

static GPtrArray *upkeep(Fixture *f, GPtrArray *endpoints, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    ImpDeliveryTimes *times = imp_delivery_times_new();
    GPtrArray *dead = g_ptr_array_new_with_free_func((GDestroyNotify)imp_delivery_free);
    imp_upkeep(f->outbox, endpoints, times, now_us, 0.5, &(ImpUpkeep){.dead = dead}, &error);
    g_assert_no_error(error);
    imp_delivery_times_free(times);
    return dead;
}

static void test_only_parked_deliveries_die_untried(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GPtrArray) endpoints =
        g_ptr_array_new_with_free_func((GDestroyNotify)imp_endpoint_free);
    static const char *const names[] = {"room", "onc1"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        ImpEndpoint *endpoint = imp_endpoint_new();
        endpoint->name = g_strdup(names[i]);
        endpoint->url = g_strdup("https://example.org/");
        g_ptr_array_add(endpoints, endpoint);
    }
    enqueue(f, "evt_1", "a.md", "room");
    enqueue(f, "evt_1", "a.md", "onc1");
    enqueue(f, "evt_1", "a.md", "gone");
    enqueue_at(f, "evt_2", "a.md", "room", NOW_US + IMP_DAY_US);
    disable(f, "https://example.org/", true);

    g_autoptr(GPtrArray) early = upkeep(f, endpoints, NOW_US + IMP_DELIVERY_LIFE_US - 1);
    g_assert_cmpuint(early->len, ==, 0);
    g_assert_cmpint(undelivered(f), ==, 4);
    g_autoptr(GPtrArray) dead = upkeep(f, endpoints, NOW_US + IMP_DELIVERY_LIFE_US);
    g_assert_cmpuint(dead->len, ==, 1);
    const ImpDelivery *delivery = dead->pdata[0];
    g_assert_cmpstr(delivery->endpoint, ==, "room");
    g_assert_cmpstr(delivery->event, ==, "evt_1");
    g_assert_cmpint(
        queue_number(f->database, "SELECT COUNT(*) FROM outbox_delivery WHERE state = 3"), ==, 2);

    /* Its successor is first now; the one that was never tried has its chance. */
    note_url(f, "https://example.org/new");
    g_autoptr(ImpDelivery) next = queue_first(f->outbox, "room", NOW_US + IMP_DELIVERY_LIFE_US);
    g_assert_cmpstr(next->event, ==, "evt_2");
    end(f, take(f, "onc1", "evt_1"), IMP_DELIVERY_DELIVERED, 0);
}

static GPtrArray *expire(Fixture *f, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *dead = g_ptr_array_new_with_free_func((GDestroyNotify)imp_delivery_free);
    imp_outbox_expire(f->outbox, "room", now_us, 100, dead, &error);
    g_assert_no_error(error);
    return dead;
}

/* One that was replayed is the first of its article, and waits all the same for the one under way.
 */
static void test_a_later_one_that_dies_lets_nobody_past_the_one_under_way(Fixture *f,
                                                                          gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    ImpByHand result;
    for (guint i = 1; i <= 3; i++) {
        g_autofree char *event = g_strdup_printf("evt_%u", i);
        enqueue(f, event, "a.md", "room");
    }
    ImpDelivery *first = take(f, "room", "evt_1");
    gint64 id = first->id;
    end(f, first, IMP_DELIVERY_DEAD, 0);
    ImpDelivery *second = take(f, "room", "evt_2");
    imp_outbox_replay(f->outbox, id, NOW_US + IMP_DAY_US, &result, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) dead = expire(f, NOW_US + IMP_DELIVERY_LIFE_US);
    g_assert_cmpuint(dead->len, ==, 1);
    g_assert_cmpstr(((const ImpDelivery *)dead->pdata[0])->event, ==, "evt_3");
    g_assert_null(queue_first(f->outbox, "room", NOW_US + IMP_DELIVERY_LIFE_US));
    end(f, second, IMP_DELIVERY_DELIVERED, 0);
    g_autoptr(ImpDelivery) next = queue_first(f->outbox, "room", NOW_US + IMP_DELIVERY_LIFE_US);
    g_assert_cmpstr(next->event, ==, "evt_1");
}

/* Steps of SQLite's machine for one question, which unlike time are the same on every machine. */
static int steps = 0;

static int count_step(void *unused)
{
    (void)unused;
    steps++;
    return 0;
}

static int steps_to_find_due(Fixture *f)
{
    steps = 0;
    sqlite3_progress_handler(imp_database_handle(f->database), 1, count_step, NULL);
    g_autoptr(ImpDelivery) delivery = queue_first(f->outbox, "room", NOW_US);
    sqlite3_progress_handler(imp_database_handle(f->database), 0, NULL, NULL);
    g_assert_nonnull(delivery);
    return steps;
}

static void test_the_number_waiting_does_not_matter(Fixture *f, gconstpointer unused)
{
    (void)unused;
    enqueue(f, "evt_0", "a.md", "room");
    enqueue(f, "evt_0b", "b.md", "room");
    int few = steps_to_find_due(f);
    queue_execute(f->database, "BEGIN");
    for (guint i = 1; i <= 5000; i++) {
        g_autofree char *event = g_strdup_printf("evt_%u", i);
        g_autofree char *article = g_strdup_printf("%u.md", i % 50);
        enqueue(f, event, i % 2 ? "a.md" : article, "room");
        enqueue(f, event, article, "onc1");
    }
    queue_execute(f->database, "COMMIT");
    g_assert_cmpint(steps_to_find_due(f), ==, few);
}

static void test_a_reader_without_tables(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = g_dir_make_tmp("imprimatur-XXXXXX", &error);
    g_assert_no_error(error);
    g_autofree char *path = g_build_filename(directory, "index.db", NULL);
    ImpDatabase *writer = imp_database_open(path, IMP_DATABASE_WRITE, &error);
    g_assert_no_error(error);
    imp_database_script(writer, "CREATE TABLE other (id INTEGER)", &error);
    g_assert_no_error(error);
    ImpDatabase *reader = imp_database_open(path, IMP_DATABASE_READ, &error);
    g_assert_no_error(error);
    g_assert_cmpint(imp_outbox_undelivered(reader, &error), ==, 0);

    Fixture f = {.database = writer, .outbox = imp_outbox_open(writer, &error)};
    g_assert_no_error(error);
    enqueue(&f, "evt_1", "a.md", "room");
    g_assert_cmpint(imp_outbox_undelivered(reader, &error), ==, 1);
    g_assert_no_error(error);
    imp_database_free(reader);
    tear_down(&f, NULL);
    queue_remove(path);

    /* Damage is told, not counted as nothing. */
    g_assert_true(g_file_set_contents(path, "no database, however long this text is", -1, NULL));
    reader = imp_database_open(path, IMP_DATABASE_READ, &error);
    g_assert_no_error(error);
    g_assert_cmpint(imp_outbox_undelivered(reader, &error), ==, -1);
    g_assert_error(error, IMP_DATABASE_ERROR, IMP_DATABASE_ERROR_DAMAGED);
    imp_database_free(reader);
    queue_remove(path);
    g_rmdir(directory);
}

#define ADD(name, function) g_test_add("/outbox/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("in-and-out", test_in_and_out);
    ADD("the-same-event-comes-out-of-git-again", test_the_same_event_comes_out_of_git_again);
    ADD("a-rolled-back-event-was-never-there", test_a_rolled_back_event_was_never_there);
    ADD("order-holds-for-each-article-and-endpoint",
        test_order_holds_for_each_article_and_endpoint);
    ADD("what-is-due-at-once", test_what_is_due_at_once);
    ADD("another-format", test_another_format);
    ADD("a-dead-one-does-not-block-its-successors", test_a_dead_one_does_not_block_its_successors);
    ADD("what-a-dead-daemon-left-flying", test_what_a_dead_daemon_left_flying);
    ADD("a-disabled-endpoint-parks-its-deliveries", test_a_disabled_endpoint_parks_its_deliveries);
    ADD("what-was-delivered-is-forgotten-after-a-week",
        test_what_was_delivered_is_forgotten_after_a_week);
    ADD("plans-are-mended-after-the-clock-was-set-back",
        test_plans_are_mended_after_the_clock_was_set_back);
    ADD("only-parked-deliveries-die-untried", test_only_parked_deliveries_die_untried);
    ADD("a-later-one-that-dies-lets-nobody-past-the-one-under-way",
        test_a_later_one_that_dies_lets_nobody_past_the_one_under_way);
    ADD("the-number-waiting-does-not-matter", test_the_number_waiting_does_not_matter);
    g_test_add_func("/outbox/a-reader-without-tables", test_a_reader_without_tables);
    return g_test_run();
}
