#include "daemon/index/index.h"
#include "daemon/pass/clock.h"
#include "workflow/base/moment.h"

#define LAST_US (IMP_DAY_US * 20000)
#define HOUR_US (IMP_SECOND_US * 3600)

typedef struct {
    ImpDatabase *database;
    ImpConfig config;
    ImpPass pass;
    ImpClockDoubt doubt;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    f->database = imp_database_open(NULL, IMP_DATABASE_MEMORY, &error);
    g_assert_no_error(error);
    g_assert_true(imp_index_open(f->database, &error));
    g_assert_true(imp_index_set_moment(f->database, IMP_INDEX_PASS_AT, LAST_US, &error));
    f->config.name = (char *)"handbook";
    f->pass = (ImpPass){.database = f->database,
                        .config = &f->config,
                        .branches = g_ptr_array_new(),
                        .now_us = LAST_US};
}

static void tear_down(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_ptr_array_unref(f->pass.branches);
    imp_database_free(f->database);
}

static bool doubted(Fixture *f, gint64 ahead_us, gint64 monotonic_us)
{
    f->pass.now_us = LAST_US + ahead_us;
    g_autofree char *sentence = imp_clock_doubt(&f->doubt, &f->pass, NULL, monotonic_us);
    return sentence != NULL;
}

static void test_a_day_is_nothing(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_assert_false(doubted(f, 0, 0));
    g_assert_false(doubted(f, -IMP_DAY_US, 0));
    g_assert_false(doubted(f, IMP_DAY_US, 0));
    g_assert_true(doubted(f, IMP_DAY_US + 1, 0));
}

static void test_an_hour_confirms_it(Fixture *f, gconstpointer unused)
{
    (void)unused;
    const gint64 leap_us = 3650 * IMP_DAY_US;
    g_assert_true(doubted(f, leap_us, 10));
    g_assert_true(doubted(f, leap_us + HOUR_US - 1, 10 + HOUR_US - 1));
    g_assert_false(doubted(f, leap_us + HOUR_US, 10 + HOUR_US));
}

static void test_a_clock_that_is_set_begins_again(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_assert_true(doubted(f, 3650 * IMP_DAY_US, 10));
    g_assert_true(doubted(f, 2 * IMP_DAY_US + HOUR_US, 10 + HOUR_US));
    g_assert_true(doubted(f, 2 * IMP_DAY_US + 2 * HOUR_US - 1, 10 + 2 * HOUR_US - 1));
    g_assert_false(doubted(f, 2 * IMP_DAY_US + 2 * HOUR_US, 10 + 2 * HOUR_US));
}

static void test_who_names_the_moment_is_believed(Fixture *f, gconstpointer unused)
{
    (void)unused;
    f->doubt.trusted = true;
    g_assert_false(doubted(f, 3650 * IMP_DAY_US, 10));
}

static void test_the_first_pass_has_nothing_to_compare(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_assert_true(imp_index_unset(f->database, IMP_INDEX_PASS_AT, NULL));
    g_assert_false(doubted(f, 3650 * IMP_DAY_US, 10));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/clock/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("a-day-is-nothing", test_a_day_is_nothing);
    ADD("an-hour-confirms-it", test_an_hour_confirms_it);
    ADD("a-clock-that-is-set-begins-again", test_a_clock_that_is_set_begins_again);
    ADD("who-names-the-moment-is-believed", test_who_names_the_moment_is_believed);
    ADD("the-first-pass-has-nothing-to-compare", test_the_first_pass_has_nothing_to_compare);
    return g_test_run();
}
