#include "workflow/base/moment.h"
#include "workflow/since.h"

/* "What has changed since ...?", as people ask it. */

static void test_since(void)
{
    static const struct {
        const char *text, *moment;
    } rows[] = {
        {"2026-11-23T09:14:07Z", "2026-11-23T09:14:07Z"},
        {"2026-11-23T09:14:07+01:00", "2026-11-23T08:14:07Z"},
        {"2026-11-20", "2026-11-20T00:00:00Z"},
        {"1 day", "2026-03-30T12:00:00Z"},
        {"2 days", "2026-03-29T12:00:00Z"},
        {"3 weeks", "2026-03-10T12:00:00Z"},
        {"1 month", "2026-02-28T12:00:00Z"},
        {"9999 months", "1192-12-31T12:00:00Z"},
    };
    gint64 now_us, since_us;
    g_assert_true(imp_moment_parse("2026-03-31T12:00:00Z", &now_us));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_true(imp_since_parse(rows[i].text, now_us, &since_us));
        g_autofree char *moment = imp_moment_format(since_us);
        g_assert_cmpstr(moment, ==, rows[i].moment);
    }
}

static void test_what_is_none(void)
{
    static const char *const rows[] = {
        "", "yesterday", "2 fortnights", "0 days", "2026-02-30", "2026-11-23T09:14:07", "days"};
    gint64 since_us = 42;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_false(imp_since_parse(rows[i], 0, &since_us));
    g_assert_cmpint(since_us, ==, 42);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/since/moments", test_since);
    g_test_add_func("/since/what-is-none", test_what_is_none);
    return g_test_run();
}
