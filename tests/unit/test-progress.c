#include "daemon/terminal/progress.h"

#define SECOND_US G_USEC_PER_SEC

static void check(guint done, guint of, gint64 passed_us, const char *line)
{
    g_autofree char *made = imp_progress_line("reading articles", done, of, passed_us);
    g_assert_cmpstr(made, ==, line);
}

static void test_end_is_in_sight(void)
{
    check(1000, 4000, 2 * SECOND_US,
          "reading articles [#######                       ] 1000 of 4000, 500/s, 6 s left");
    check(4000, 4000, 2 * SECOND_US,
          "reading articles [##############################] 4000 of 4000, 2000/s");
    check(100, 1000000, 10 * SECOND_US,
          "reading articles [                              ] 100 of 1000000, 10/s, 1667 min left");
}

static void test_no_rate_at_first(void)
{
    check(10, 40, SECOND_US / 10, "reading articles [#######                       ] 10 of 40");
}

static void test_end_is_not_known(void)
{
    check(10000, 0, 2 * SECOND_US, "reading articles: 10000, 5000/s");
    check(10000, 0, 0, "reading articles: 10000");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/progress/end-is-in-sight", test_end_is_in_sight);
    g_test_add_func("/progress/no-rate-at-first", test_no_rate_at_first);
    g_test_add_func("/progress/end-is-not-known", test_end_is_not_known);
    return g_test_run();
}
