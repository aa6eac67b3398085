#include "daemon/index/index.h"
#include "daemon/remote/doubt.h"

#define SETTLE_S 10
#define NOW_US   (IMP_DAY_US * 20000)

typedef struct {
    ImpConfigRemote remote;
    ImpConfig config;
    ImpWorkplace place;
    ImpDoubt doubt;
} Fixture;

static void set_up(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    f->remote.settle_s = SETTLE_S;
    f->config.remote = &f->remote;
    f->place.config = &f->config;
    f->place.database = imp_database_open(NULL, IMP_DATABASE_MEMORY, &error);
    g_assert_no_error(error);
    g_assert_true(imp_index_open(f->place.database, &error));
}

static void tear_down(Fixture *f, gconstpointer unused)
{
    (void)unused;
    imp_doubt_clear(&f->doubt);
    imp_database_free(f->place.database);
}

/* So many seconds later by the clock, and by the monotonic one. */
static bool settled(Fixture *f, const char *what, gint64 clock_s, gint64 monotonic_s)
{
    g_autoptr(GError) error = NULL;
    bool settled;
    g_assert_true(imp_doubt_see(&f->doubt, &f->place, what, NOW_US + clock_s * IMP_SECOND_US,
                                monotonic_s * IMP_SECOND_US, &settled, &error));
    return settled;
}

static void start_again(Fixture *f)
{
    imp_doubt_clear(&f->doubt);
}

static void test_one_process(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_assert_false(settled(f, "a", 0, 100));
    g_assert_false(settled(f, "a", 9, 109));
    g_assert_true(settled(f, "a", 10, 110));
    g_assert_false(settled(f, "b", 11, 111));
    g_assert_false(settled(f, "a", 12, 112));
    g_assert_true(settled(f, "a", 22, 122));
}

static void test_one_after_the_other(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_assert_false(settled(f, "a", 0, 100));
    start_again(f);
    g_assert_false(settled(f, "a", 9, 3));
    start_again(f);
    g_assert_true(settled(f, "a", 10, 1));
    start_again(f);
    g_assert_false(settled(f, "b", 11, 1));
    start_again(f);
    g_assert_false(settled(f, "a", 20, 1));
}

static void test_clock_that_is_set(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_assert_false(settled(f, "a", 0, 100));
    g_assert_false(settled(f, "a", 86400, 101));
    g_assert_true(settled(f, "a", 86409, 110));
    start_again(f);
    g_assert_false(settled(f, "a", -86400, 1));
    g_assert_true(settled(f, "a", -86390, 11));
}

static void test_dispelled(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    g_assert_false(settled(f, "a", 0, 100));
    g_assert_true(imp_doubt_dispel(&f->doubt, &f->place, &error));
    g_assert_true(imp_doubt_dispel(&f->doubt, &f->place, &error));
    g_assert_false(settled(f, "a", 10, 110));
    g_assert_true(settled(f, "a", 20, 120));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/doubt/one-process", Fixture, NULL, set_up, test_one_process, tear_down);
    g_test_add("/doubt/one-after-the-other", Fixture, NULL, set_up, test_one_after_the_other,
               tear_down);
    g_test_add("/doubt/clock-that-is-set", Fixture, NULL, set_up, test_clock_that_is_set,
               tear_down);
    g_test_add("/doubt/dispelled", Fixture, NULL, set_up, test_dispelled, tear_down);
    return g_test_run();
}
