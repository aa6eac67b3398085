#include "notify/schedule.h"

#define NOW_US (1795422847 * IMP_SECOND_US)

static ImpPlan plan_after(const ImpDeliveryTimes *times, guint tries, ImpFailure failure,
                          guint status, gint64 age_us, double chance)
{
    ImpOutcome outcome = {.failure = failure, .status = status};
    return imp_schedule_plan(times, NOW_US - age_us + IMP_DELIVERY_LIFE_US, tries, &outcome, NOW_US,
                             chance);
}

static void test_the_ladder(void)
{
    static const gint64 waits_s[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, 86400};
    ImpDeliveryTimes *times = imp_delivery_times_new();
    for (guint i = 0; i < G_N_ELEMENTS(waits_s); i++) {
        ImpPlan least = plan_after(times, i + 1, IMP_FAILURE_CONNECT, 0, 0, 0);
        ImpPlan middle = plan_after(times, i + 1, IMP_FAILURE_HTTP, 503, 0, 0.5);
        ImpPlan most = plan_after(times, i + 1, IMP_FAILURE_TIMEOUT, 0, 0, 0.999999);
        g_assert_cmpint(middle.state, ==, IMP_DELIVERY_WAITING);
        g_assert_cmpint(least.next_us - NOW_US, ==, waits_s[i] * 800000);
        g_assert_cmpint(middle.next_us - NOW_US, ==, waits_s[i] * 1000000);
        g_assert_cmpint(most.next_us - NOW_US, >, waits_s[i] * 1199990);
        g_assert_cmpint(most.next_us - NOW_US, <, waits_s[i] * 1200000);
    }
    imp_delivery_times_free(times);
}

static void test_after_96_hours_it_is_dead(void)
{
    ImpDeliveryTimes *times = imp_delivery_times_new();
    ImpPlan last =
        plan_after(times, 10, IMP_FAILURE_CONNECT, 0, IMP_DELIVERY_LIFE_US - IMP_SECOND_US, 0.5);
    g_assert_cmpint(last.state, ==, IMP_DELIVERY_WAITING);
    g_assert_cmpint(last.next_us, ==, NOW_US + IMP_SECOND_US);
    ImpPlan dead = plan_after(times, 11, IMP_FAILURE_CONNECT, 0, IMP_DELIVERY_LIFE_US, 0.5);
    g_assert_cmpint(dead.state, ==, IMP_DELIVERY_DEAD);
    ImpPlan late = plan_after(times, 11, IMP_FAILURE_NONE, 200, IMP_DELIVERY_LIFE_US, 0.5);
    g_assert_cmpint(late.state, ==, IMP_DELIVERY_DELIVERED);
    imp_delivery_times_free(times);
}

static void test_a_faulty_message_is_tried_three_times(void)
{
    static const guint faulty[] = {400, 413, 415, 422},
                       patient[] = {302, 401, 404, 408, 429, 500, 503};
    ImpDeliveryTimes *times = imp_delivery_times_new();
    for (guint i = 0; i < G_N_ELEMENTS(faulty); i++) {
        g_assert_cmpint(plan_after(times, 2, IMP_FAILURE_HTTP, faulty[i], 0, 0.5).state, ==,
                        IMP_DELIVERY_WAITING);
        g_assert_cmpint(plan_after(times, 3, IMP_FAILURE_HTTP, faulty[i], 0, 0.5).state, ==,
                        IMP_DELIVERY_DEAD);
    }
    for (guint i = 0; i < G_N_ELEMENTS(patient); i++)
        g_assert_cmpint(plan_after(times, 9, IMP_FAILURE_HTTP, patient[i], 0, 0.5).state, ==,
                        IMP_DELIVERY_WAITING);
    imp_delivery_times_free(times);
}

static void test_only_410_disables(void)
{
    ImpDeliveryTimes *times = imp_delivery_times_new();
    for (guint status = 300; status <= 599; status++) {
        ImpPlan plan = plan_after(times, 1, IMP_FAILURE_HTTP, status, 0, 0.5);
        g_assert_cmpint(plan.disable_endpoint, ==, status == 410);
        g_assert_cmpint(plan.state, ==, IMP_DELIVERY_WAITING);
    }
    imp_delivery_times_free(times);
}

static void test_a_clock_that_jumps_makes_no_storm(void)
{
    ImpDeliveryTimes *times = imp_delivery_times_new();
    /* Within what a step can be, a plan stands, be it past or ahead. */
    gint64 hour_us = 3600 * IMP_SECOND_US;
    g_assert_cmpint(imp_schedule_mend(times, 2, NOW_US - hour_us, NOW_US, 0.5), ==,
                    NOW_US - hour_us);
    g_assert_cmpint(imp_schedule_mend(times, 2, NOW_US + hour_us, NOW_US, 0.5), ==,
                    NOW_US + hour_us);
    /* In 1970 what was planned in this century is a step away, not due at once and not in 56 years.
     */
    g_assert_cmpint(imp_schedule_mend(times, 2, NOW_US, 0, 0.5), ==, 300 * IMP_SECOND_US);
    g_assert_cmpint(imp_schedule_mend(times, 0, NOW_US, 0, 0.5), >, 0);
    /* And a life that has not begun yet is not over. */
    ImpOutcome refused = {.failure = IMP_FAILURE_CONNECT};
    ImpPlan plan = imp_schedule_plan(times, NOW_US + IMP_DELIVERY_LIFE_US, 1, &refused, 0, 0.5);
    g_assert_cmpint(plan.state, ==, IMP_DELIVERY_WAITING);
    g_assert_cmpint(plan.next_us, ==, 5 * IMP_SECOND_US);
    imp_delivery_times_free(times);
}

static void test_a_ladder_of_zeros_is_no_busy_loop(void)
{
    ImpDeliveryTimes *times = imp_delivery_times_new();
    g_array_set_size(times->ladder_s, 1);
    g_assert_cmpint(plan_after(times, 1, IMP_FAILURE_CONNECT, 0, 0, 0).next_us, >=,
                    NOW_US + IMP_SECOND_US / 10);
    g_array_set_size(times->ladder_s, 0);
    g_assert_cmpint(plan_after(times, 1, IMP_FAILURE_CONNECT, 0, 0, 0).next_us, >=,
                    NOW_US + IMP_SECOND_US / 10);
    imp_delivery_times_free(times);
}

static void test_words(void)
{
    static const char *const words[] = {NULL,  "dns",     "blocked",  "connect",
                                        "tls", "timeout", "protocol", "http"};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        g_assert_cmpstr(imp_failure_word((ImpFailure)i), ==, words[i]);
}

static void test_a_forge_without_a_moment_is_asked_twice_as_late_each_time(void)
{
    ImpDeliveryTimes *times = imp_delivery_times_new();
    const ImpOutcome outcome = {
        .failure = IMP_FAILURE_HTTP, .status = 403, .doubles_from_us = 60 * IMP_SECOND_US};
    static const gint64 waits_s[] = {60, 120, 240, 480, 960, 1920, 3840, 3840};
    for (guint i = 0; i < G_N_ELEMENTS(waits_s); i++) {
        ImpPlan plan =
            imp_schedule_plan(times, NOW_US + IMP_DELIVERY_LIFE_US, i + 1, &outcome, NOW_US, 0.5);
        g_assert_cmpint(plan.next_us - NOW_US, ==, waits_s[i] * IMP_SECOND_US);
    }
    const ImpOutcome limited = {.failure = IMP_FAILURE_HTTP,
                                .status = 403,
                                .held_until_us = NOW_US + IMP_SECOND_US,
                                .rate_limited = true};
    g_assert_true(
        imp_schedule_plan(times, NOW_US + IMP_DELIVERY_LIFE_US, 1, &limited, NOW_US, 0.5).untried);
    imp_delivery_times_free(times);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/a-forge-without-a-moment",
                    test_a_forge_without_a_moment_is_asked_twice_as_late_each_time);
    g_test_add_func("/schedule/the-ladder", test_the_ladder);
    g_test_add_func("/schedule/after-96-hours-it-is-dead", test_after_96_hours_it_is_dead);
    g_test_add_func("/schedule/a-faulty-message-is-tried-three-times",
                    test_a_faulty_message_is_tried_three_times);
    g_test_add_func("/schedule/only-410-disables", test_only_410_disables);
    g_test_add_func("/schedule/a-clock-that-jumps-makes-no-storm",
                    test_a_clock_that_jumps_makes_no_storm);
    g_test_add_func("/schedule/a-ladder-of-zeros-is-no-busy-loop",
                    test_a_ladder_of_zeros_is_no_busy_loop);
    g_test_add_func("/schedule/words", test_words);
    return g_test_run();
}
