#include "daemon/service/metrics.h"

#include <locale.h>
#include <string.h>

/* The text is compared with tests/unit/golden/metrics.prom; tests/system/metrics.t parses that. */

#define NOW_US (1795422847 * IMP_SECOND_US)
#define GOLDEN "tests/unit/golden/metrics.prom"

static ImpEndpointView *view(const char *name, gint64 waiting, gint64 dead, gint64 due_us)
{
    ImpEndpointView *made = g_new0(ImpEndpointView, 1);
    made->name = g_strdup(name);
    made->waiting = waiting;
    made->dead = dead;
    made->due_us = due_us;
    return made;
}

static char *rendered(void)
{
    g_auto(ImpMetricsCounters) counters;
    imp_metrics_counters_init(&counters);
    for (guint i = 0; i < 3; i++)
        imp_metrics_count_try(&counters, "site", IMP_FAILURE_NONE);
    imp_metrics_count_try(&counters, "room", IMP_FAILURE_HTTP);
    imp_metrics_count_try(&counters, "room", IMP_FAILURE_TIMEOUT);
    imp_metrics_count_try(&counters, "removed", IMP_FAILURE_DNS);
    imp_metrics_count_pass(&counters, 0.25, true, 4);
    imp_metrics_count_pass(&counters, 0.01, true, 0);
    imp_metrics_count_pass(&counters, 500, false, 0);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GPtrArray) views =
        g_ptr_array_new_with_free_func((GDestroyNotify)imp_endpoint_view_free);
    g_ptr_array_add(names, (char *)"site");
    g_ptr_array_add(names, (char *)"room");
    g_ptr_array_add(names, (char *)"new");
    g_ptr_array_add(views, view("removed", 7, 7, 1));
    g_ptr_array_add(views, view("room", 5000000, 2, NOW_US - 1500000));
    g_ptr_array_add(views, view("site", 1, 0, NOW_US + IMP_SECOND_US));
    ImpEndpointView *room = imp_endpoint_view_find(views, "room");
    room->circuit.probe_us = NOW_US + IMP_SECOND_US;
    room->disabled_us = NOW_US;
    const ImpMetricsState state = {
        .repository = "hand\"book\\\n",
        .endpoints = names,
        .views = views,
        .articles =
            {[IMP_STATE_SUBMITTED] = 1, [IMP_STATE_UNDER_REVIEW] = 2, [IMP_STATE_APPROVED] = 38000},
        .overdue = 1,
        .pass_at_us = NOW_US,
        .has_remote = true,
        .fetched_at_us = NOW_US - 60 * IMP_SECOND_US,
        .unpushed = true,
        .diverged = true,
    };
    return imp_metrics_render(&counters, &state, NOW_US);
}

static void test_text(void)
{
    g_autofree char *text = rendered(), *golden = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(GOLDEN, &golden, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, golden);
}

/* The same in a locale with another decimal point, where this machine has one. */
static void test_locale(void)
{
    g_autofree char *before = rendered();
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
        g_test_message("no such locale here");
    g_autofree char *after = rendered();
    setlocale(LC_NUMERIC, "C");
    g_assert_cmpstr(before, ==, after);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metrics/the text", test_text);
    g_test_add_func("/metrics/the text in another locale", test_locale);
    return g_test_run();
}
