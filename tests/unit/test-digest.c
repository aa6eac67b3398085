#include "notify/digest.h"
#include "notify/enqueue.h"
#include "notify/format/format.h"
#include "notify/outbox/outbox_digest.h"
#include "tests/unit/queue.h"
#include "workflow/base/json.h"

/* The rule */

static void test_when_events_go_together(void)
{
    static const struct {
        ImpGathered gathered;
        gint64 now_us, until_us;
        ImpDigestVerdict verdict;
    } cases[] = {
        {{1, NOW_US, false, false, 0}, NOW_US, NOW_US + IMP_DIGEST_WAIT_US, IMP_DIGEST_WAIT},
        {{9000, NOW_US, false, false, 0},
         NOW_US + IMP_DIGEST_WAIT_US - 1,
         NOW_US + IMP_DIGEST_WAIT_US,
         IMP_DIGEST_WAIT},
        {{3, NOW_US, false, false, 0}, NOW_US + IMP_DIGEST_WAIT_US, 0, IMP_DIGEST_SINGLY},
        {{4, NOW_US, false, false, 0}, NOW_US + IMP_DIGEST_WAIT_US, 0, IMP_DIGEST_TOGETHER},
        {{2, NOW_US, true, false, 0}, NOW_US + IMP_DIGEST_WAIT_US, 0, IMP_DIGEST_TOGETHER},
        /* The clock was set back. */
        {{1, NOW_US, false, false, 0}, NOW_US - IMP_DAY_US, 0, IMP_DIGEST_SINGLY},
        /* Nothing overtakes a digest, but news have it tried again soon. */
        {{5, NOW_US, false, true, NOW_US + IMP_DAY_US},
         NOW_US + IMP_DAY_US / 2,
         NOW_US + IMP_DAY_US / 2 + IMP_DIGEST_RETRY_US,
         IMP_DIGEST_WAIT},
        {{5, NOW_US, false, true, NOW_US},
         NOW_US + IMP_DAY_US,
         NOW_US + IMP_DAY_US + IMP_SECOND_US,
         IMP_DIGEST_WAIT},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 until_us = -1;
        g_assert_cmpint(imp_digest_judge(&cases[i].gathered, cases[i].now_us, &until_us), ==,
                        cases[i].verdict);
        g_assert_cmpint(until_us, ==, cases[i].until_us);
    }
}

/* The queue */

typedef struct {
    Queue queue;
    GPtrArray *endpoints;
} Fixture;

static ImpEndpoint *room(const Fixture *f)
{
    return f->endpoints->pdata[0];
}

static void set_up(Fixture *f, gconstpointer unused)
{
    (void)unused;
    queue_open(&f->queue);
    f->endpoints = g_ptr_array_new_with_free_func((GDestroyNotify)imp_endpoint_free);
    ImpEndpoint *endpoint = imp_endpoint_new();
    endpoint->name = g_strdup("room");
    endpoint->format = IMP_FORMAT_NTFY;
    endpoint->url = g_strdup("https://ntfy.example/room");
    g_strfreev(endpoint->events);
    endpoint->events = g_strsplit("*", " ", -1);
    g_ptr_array_add(f->endpoints, endpoint);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
    (void)unused;
    queue_close(&f->queue);
    g_ptr_array_unref(f->endpoints);
}

static void tell(Fixture *f, const char *type, const char *id, const char *article,
                 const char *person, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpEvent) event = imp_event_new();
    event->id = g_strdup(id);
    event->type = g_strdup(type);
    event->at_us = now_us;
    event->repository = g_strdup("handbook");
    event->path = g_strdup(article);
    event->person_id = g_strdup(person);
    imp_enqueue(f->queue.outbox, f->endpoints, event, NULL, now_us, &error);
    g_assert_no_error(error);
}

static void judge(Fixture *f, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    imp_outbox_digest(f->queue.outbox, room(f), now_us, &error);
    g_assert_no_error(error);
}

static ImpDelivery *due(Fixture *f, gint64 now_us)
{
    judge(f, now_us);
    return queue_first(f->queue.outbox, "room", now_us);
}

static char *body_of(const ImpDelivery *delivery)
{
    g_autoptr(json_t) stored = json_loadb(g_bytes_get_data(delivery->body, NULL),
                                          g_bytes_get_size(delivery->body), 0, NULL);
    return g_strdup(json_string_value(json_object_get(stored, "message")));
}

static void end(Fixture *f, ImpDelivery *delivery, ImpDeliveryState state, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    imp_outbox_begin(f->queue.outbox, delivery, &error);
    g_assert_no_error(error);
    queue_end(&f->queue, delivery, state, now_us + IMP_DAY_US / 2, now_us);
}

/* Takes what is due, in order, and has it delivered; "id id ...". */
static char *deliver_all(Fixture *f, gint64 now_us)
{
    g_autoptr(GString) ids = g_string_new(NULL);
    while (true) {
        g_autoptr(ImpDelivery) delivery = due(f, now_us);
        if (!delivery)
            return g_string_free(g_steal_pointer(&ids), false);
        g_string_append_printf(ids, "%s%s", ids->len > 0 ? " " : "", delivery->event);
        end(f, delivery, IMP_DELIVERY_DELIVERED, now_us);
    }
}

static void assert_told(Fixture *f, gint64 now_us, const char *expected)
{
    g_autofree char *told = deliver_all(f, now_us);
    g_assert_cmpstr(told, ==, expected);
}

static void test_three_go_singly(Fixture *f, gconstpointer unused)
{
    (void)unused;
    tell(f, "article.submitted", "evt_1", "a.md", NULL, NOW_US);
    tell(f, "review.requested", "evt_2", "a.md", "onc1", NOW_US);
    tell(f, "article.submitted", "evt_3", "b.md", NULL, NOW_US + 9 * IMP_SECOND_US);
    assert_told(f, NOW_US + IMP_DIGEST_WAIT_US - 1, "");
    /* The window of the first is everybody's. */
    assert_told(f, NOW_US + IMP_DIGEST_WAIT_US, "evt_1 evt_2 evt_3");
    /* One that comes between a message and the end of its window waits for its own. */
    tell(f, "article.approved", "evt_4", "a.md", NULL, NOW_US + 20 * IMP_SECOND_US);
    assert_told(f, NOW_US + 29 * IMP_SECOND_US, "");
    assert_told(f, NOW_US + 30 * IMP_SECOND_US, "evt_4");
}

static void test_four_are_one(Fixture *f, gconstpointer unused)
{
    (void)unused;
    for (guint i = 0; i < 12; i++) {
        g_autofree char *id = g_strdup_printf("evt_%u", i), *article = g_strdup_printf("%u.md", i);
        tell(f, "article.submitted", id, article, NULL, NOW_US + i);
    }
    gint64 now_us = NOW_US + IMP_DIGEST_WAIT_US;
    g_autoptr(ImpDelivery) digest = due(f, now_us);
    g_autofree char *body = body_of(digest);
    g_assert_cmpstr(digest->type, ==, "notifications.digest");
    g_assert_true(
        g_str_has_prefix(body, "handbook: 12 events, 12 × Submitted\n- Submitted: 0.\u200bmd"));
    g_assert_true(
        g_str_has_suffix(body, "\nand 2 more; what waits is listed by: imprimatur status"));
    g_assert_cmpint(digest->created_us, ==, NOW_US);
    /* Out of git once more, after a crash: nothing is said again. */
    tell(f, "article.submitted", "evt_3", "3.md", NULL, now_us);
    g_autoptr(ImpDelivery) again = due(f, now_us + IMP_DAY_US / 100);
    g_assert_cmpstr(again->event, ==, digest->event);
    end(f, again, IMP_DELIVERY_DELIVERED, now_us);
    tell(f, "article.submitted", "evt_3", "3.md", NULL, now_us);
    assert_told(f, now_us + IMP_DAY_US / 100, "");
    g_assert_cmpint(imp_outbox_undelivered(f->queue.database, NULL), ==, 0);
}

static void test_nothing_overtakes_a_digest(Fixture *f, gconstpointer unused)
{
    (void)unused;
    static const char *const articles[] = {"a.md", "b.md", "c.md", "d.md"};
    for (guint i = 0; i < G_N_ELEMENTS(articles); i++)
        tell(f, "article.submitted", articles[i], articles[i], NULL, NOW_US);
    gint64 now_us = NOW_US + IMP_DIGEST_WAIT_US;
    g_autoptr(ImpDelivery) digest = due(f, now_us);
    tell(f, "article.approved", "evt_5", "a.md", NULL, now_us);
    end(f, digest, IMP_DELIVERY_WAITING, now_us);
    now_us += IMP_DIGEST_WAIT_US;
    assert_told(f, now_us, "");
    /* With news behind it, it is tried again within a minute and not in half a day. */
    g_autofree char *both = g_strconcat(digest->event, " evt_5", NULL);
    assert_told(f, now_us + IMP_DIGEST_RETRY_US, both);
}

static void test_a_digest_overtakes_nothing(Fixture *f, gconstpointer unused)
{
    (void)unused;
    tell(f, "article.submitted", "evt_a1", "a.md", NULL, NOW_US);
    gint64 now_us = NOW_US + IMP_DIGEST_WAIT_US;
    g_autoptr(ImpDelivery) first = due(f, now_us);
    end(f, first, IMP_DELIVERY_WAITING, now_us);
    static const char *const articles[] = {"b.md", "c.md", "d.md", "e.md"};
    tell(f, "article.approved", "evt_a2", "a.md", NULL, now_us);
    for (guint i = 0; i < G_N_ELEMENTS(articles); i++)
        tell(f, "article.submitted", articles[i], articles[i], NULL, now_us);
    now_us += IMP_DIGEST_WAIT_US;
    g_autoptr(ImpDelivery) digest = due(f, now_us);
    g_autofree char *body = body_of(digest);
    g_assert_true(g_str_has_prefix(body, "handbook: 4 events, 4 × Submitted\n"));
    end(f, digest, IMP_DELIVERY_DELIVERED, now_us);
    assert_told(f, NOW_US + IMP_DAY_US, "evt_a1 evt_a2");
}

static void test_reminders_of_a_person_are_one(Fixture *f, gconstpointer unused)
{
    (void)unused;
    tell(f, "review.overdue", "evt_1", "a.md", "onc1", NOW_US);
    tell(f, "review.overdue", "evt_2", "b.md", "onc2", NOW_US);
    assert_told(f, NOW_US + IMP_DIGEST_WAIT_US, "evt_1 evt_2");
    tell(f, "review.overdue", "evt_3", "c.md", "onc1", NOW_US);
    tell(f, "review.reminder", "evt_4", "d.md", "onc1", NOW_US);
    g_autoptr(ImpDelivery) digest = due(f, NOW_US + IMP_DAY_US / 2);
    g_autofree char *body = body_of(digest);
    g_assert_true(g_str_has_prefix(body, "handbook: 2 events, 1 × Review overdue, 1 × Reminder\n"));
}

static void test_ten_thousand_are_one_at_once(Fixture *f, gconstpointer unused)
{
    (void)unused;
    for (guint i = 0; i < 10000; i++) {
        g_autofree char *id = g_strdup_printf("evt_%u", i),
                        *article = g_strdup_printf("%u.md", i / 2);
        tell(f, i % 2 ? "review.requested" : "article.submitted", id, article, "onc1", NOW_US);
    }
    gint64 began_us = g_get_monotonic_time();
    g_autoptr(ImpDelivery) digest = due(f, NOW_US + IMP_DIGEST_WAIT_US);
    g_test_message("%" G_GINT64_FORMAT " ms", (g_get_monotonic_time() - began_us) / 1000);
    g_autofree char *body = body_of(digest);
    g_assert_true(g_str_has_prefix(
        body, "handbook: 10000 events, 5000 × Submitted, 5000 × Review requested\n"));
    end(f, digest, IMP_DELIVERY_DELIVERED, NOW_US + IMP_DIGEST_WAIT_US);
    assert_told(f, NOW_US + IMP_DAY_US, "");
}

/* Work is counted in instructions of SQLite's machine, by the hundred: the same everywhere. */
static int on_work(void *data)
{
    (*(guint *)data)++;
    return 0;
}

static void begin_work(Fixture *f, guint *work)
{
    *work = 0;
    sqlite3_progress_handler(imp_database_handle(f->queue.database), 100, on_work, work);
}

/* However many wait in one lane: that of no article, say. */
static void test_a_long_lane_costs_no_more(Fixture *f, gconstpointer unused)
{
    (void)unused;
    const guint many = 8000;
    guint work;
    for (guint i = 0; i < many; i++) {
        g_autofree char *id = g_strdup_printf("evt_%u", i);
        tell(f, "decision.refused", id, NULL, NULL, NOW_US);
    }
    begin_work(f, &work);
    judge(f, NOW_US + 1);
    g_assert_cmpuint(work, <, 10);
    begin_work(f, &work);
    gint64 began_us = g_get_monotonic_time();
    g_autoptr(ImpDelivery) digest = due(f, NOW_US + IMP_DIGEST_WAIT_US);
    g_test_message("%u hundred instructions for %u events, %" G_GINT64_FORMAT " ms", work, many,
                   (g_get_monotonic_time() - began_us) / 1000);
    g_assert_cmpuint(work, <, 3 * many);
    g_assert_cmpstr(digest->type, ==, "notifications.digest");
    end(f, digest, IMP_DELIVERY_WAITING, NOW_US + IMP_DIGEST_WAIT_US);
    /* Nor while they wait behind a digest, at each of the dispatcher's rounds. */
    for (guint i = 0; i < many; i++) {
        g_autofree char *id = g_strdup_printf("evt_b%u", i);
        tell(f, "decision.refused", id, NULL, NULL, NOW_US + IMP_DIGEST_WAIT_US);
    }
    bool gathering;
    begin_work(f, &work);
    for (guint second = 11; second <= 60; second++) {
        judge(f, NOW_US + second * IMP_SECOND_US);
        imp_outbox_is_gathering(f->queue.outbox, "room", NOW_US + second * IMP_SECOND_US,
                                &gathering, NULL);
    }
    g_test_message("%u hundred instructions for 50 rounds", work);
    g_assert_cmpuint(work, <, 50 * 10);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(Fixture *f, gconstpointer unused);
    } tests[] = {
        {"/digest/three-go-singly", test_three_go_singly},
        {"/digest/four-are-one", test_four_are_one},
        {"/digest/nothing-overtakes-a-digest", test_nothing_overtakes_a_digest},
        {"/digest/a-digest-overtakes-nothing", test_a_digest_overtakes_nothing},
        {"/digest/reminders-of-a-person-are-one", test_reminders_of_a_person_are_one},
        {"/digest/ten-thousand-are-one-at-once", test_ten_thousand_are_one_at_once},
        {"/digest/a-long-lane-costs-no-more", test_a_long_lane_costs_no_more},
    };
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/digest/when-events-go-together", test_when_events_go_together);
    for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
    return g_test_run();
}
