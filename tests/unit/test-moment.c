#include "workflow/base/moment.h"

#include <string.h>

static void test_parse_accepts_rfc3339(void)
{
    static const struct {
        const char *text;
        gint64 moment_us;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-23T09:14:07Z", 1795425247 * IMP_SECOND_US},
        {"2026-11-23t09:14:07z", 1795425247 * IMP_SECOND_US},
        {"2026-11-23T11:14:07+02:00", 1795425247 * IMP_SECOND_US},
        {"2026-11-23T03:44:07-05:30", 1795425247 * IMP_SECOND_US},
        {"2026-11-23T09:14:07-00:00", 1795425247 * IMP_SECOND_US},
        {"2026-11-23T09:14:07.5Z", 1795425247 * IMP_SECOND_US + 500000},
        {"2026-11-23T09:14:07.1234567Z", 1795425247 * IMP_SECOND_US + 123456},
        {"2026-11-24T00:14:07+15:00", 1795425247 * IMP_SECOND_US},
        {"2024-02-29T00:00:00Z", 1709164800 * IMP_SECOND_US},
        {"1969-12-31T23:59:59Z", -IMP_SECOND_US},
        {"0001-01-01T00:00:00Z", G_GINT64_CONSTANT(-62135596800) * IMP_SECOND_US},
        {"9999-12-31T23:59:59Z", G_GINT64_CONSTANT(253402300799) * IMP_SECOND_US},
        /* The leap second before 2017, and as New York wrote it. */
        {"2016-12-31T23:59:60Z", 1483228800 * IMP_SECOND_US},
        {"2016-12-31T18:59:60-05:00", 1483228800 * IMP_SECOND_US},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gint64 moment_us = 1;
        g_test_message("%s", rows[i].text);
        g_assert_true(imp_moment_parse(rows[i].text, &moment_us));
        g_assert_cmpint(moment_us, ==, rows[i].moment_us);
    }
}

static void test_parse_refuses_the_rest(void)
{
    static const char *const rows[] = {
        "",
        "2026-11-23",
        "2026-11-23T09:14:07",
        "2026-11-23T09:14Z",
        "2026-11-23 09:14:07Z",
        " 2026-11-23T09:14:07Z",
        "2026-11-23T09:14:07Z ",
        "2026-11-23T09:14:07ZZ",
        "2026-1-23T09:14:07Z",
        "2026-13-23T09:14:07Z",
        "2026-00-23T09:14:07Z",
        "2026-02-29T09:14:07Z",
        "2026-11-31T09:14:07Z",
        "2026-11-00T09:14:07Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T09:60:00Z",
        "2026-11-23T09:14:61Z",
        "2026-11-23T09:14:60Z",
        "2026-11-23T09:14:07.Z",
        "2026-11-23T09:14:07,5Z",
        "2026-11-23T09:14:07+0200",
        "2026-11-23T09:14:07+02",
        "2026-11-23T09:14:07+24:00",
        "2026-11-23T09:14:07+02:60",
        "2026-11-23T09:14:07+02:00x",
        "+2026-11-23T09:14:07Z",
        "20261123T091407Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "\xd9\xa2\xd9\xa0\xd9\xa2\xd9\xa6-11-23T09:14:07Z",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gint64 moment_us = 42;
        g_test_message("\"%s\"", rows[i]);
        g_assert_false(imp_moment_parse(rows[i], &moment_us));
        g_assert_cmpint(moment_us, ==, 42);
    }
}

static void assert_formats(gint64 moment_us, const char *expected)
{
    g_autofree char *text = imp_moment_format(moment_us);
    g_assert_cmpstr(text, ==, expected);
}

static void test_format(void)
{
    assert_formats(0, "1970-01-01T00:00:00Z");
    assert_formats(1795425247 * IMP_SECOND_US + 999999, "2026-11-23T09:14:07Z");
    assert_formats(-1, "1969-12-31T23:59:59Z");
    assert_formats(G_GINT64_CONSTANT(-62135596800) * IMP_SECOND_US, "0001-01-01T00:00:00Z");
    assert_formats(G_MININT64, "0001-01-01T00:00:00Z");
    assert_formats(G_MAXINT64, "9999-12-31T23:59:59Z");
}

static void test_whole_seconds_round_down(void)
{
    g_assert_cmpint(imp_moment_whole_seconds(1999999), ==, 1000000);
    g_assert_cmpint(imp_moment_whole_seconds(2000000), ==, 2000000);
    g_assert_cmpint(imp_moment_whole_seconds(-1), ==, -1000000);
    g_assert_cmpint(imp_moment_whole_seconds(-1000000), ==, -1000000);
}

static void test_calendar(void)
{
    static const struct {
        const char *from;
        gint days, months;
        const char *to;
    } rows[] = {
        {"2026-11-23T09:14:07Z", 3, 0, "2026-11-26T09:14:07Z"},
        {"2026-12-31T00:00:00Z", 1, 0, "2027-01-01T00:00:00Z"},
        {"2026-03-28T12:00:00Z", 14, 0, "2026-04-11T12:00:00Z"},
        {"2026-11-23T09:14:07Z", 0, 12, "2027-11-23T09:14:07Z"},
        {"2026-01-31T09:14:07Z", 0, 1, "2026-02-28T09:14:07Z"},
        {"2024-01-31T09:14:07Z", 0, 1, "2024-02-29T09:14:07Z"},
        {"2024-02-29T23:59:59Z", 0, 12, "2025-02-28T23:59:59Z"},
        {"2026-08-31T00:00:00Z", 0, 6, "2027-02-28T00:00:00Z"},
        {"2027-03-31T00:00:00Z", 0, -1, "2027-02-28T00:00:00Z"},
        {"2026-01-15T00:00:00Z", 0, -12, "2025-01-15T00:00:00Z"},
        {"9999-12-30T00:00:00Z", 2, 0, "9999-12-31T23:59:59Z"},
        {"2026-01-01T00:00:00Z", G_MAXINT, 0, "9999-12-31T23:59:59Z"},
        {"2026-01-01T00:00:00Z", 0, G_MAXINT, "9999-12-31T23:59:59Z"},
        {"2026-01-01T00:00:00Z", 0, -G_MAXINT, "0001-01-01T00:00:00Z"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        gint64 from_us;
        g_assert_true(imp_moment_parse(rows[i].from, &from_us));
        gint64 to_us = imp_moment_add_days(from_us, (guint)rows[i].days);
        if (rows[i].months > 0)
            to_us = imp_moment_add_months(to_us, (guint)rows[i].months);
        if (rows[i].months < 0)
            to_us = imp_moment_subtract_months(to_us, (guint)-rows[i].months);
        assert_formats(to_us, rows[i].to);
    }
    g_assert_cmpint(imp_moment_add_months(1795425247 * IMP_SECOND_US + 7, 0), ==,
                    1795425247 * IMP_SECOND_US + 7);
}

static void test_day_of_a_moment(void)
{
    gint64 last_us;
    g_assert_true(imp_moment_parse("2026-12-31T23:59:59.999999Z", &last_us));
    g_assert_cmpuint(imp_moment_day(last_us), ==, 20261231);
    g_assert_cmpuint(imp_moment_day(last_us + 1), ==, 20270101);
    g_assert_cmpuint(imp_moment_day(-1), ==, 19691231);
}

static void test_day_parse(void)
{
    static const char *const refused[] = {
        "",          "2026-02-29", "2026-13-01", "2026-00-10",          "0000-01-01", "2026-12-20 ",
        "2026-12-2", "20261220",   "2026/12/20", "2026-12-20T00:00:00Z"};
    guint32 day = 7;
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_test_message("\"%s\"", refused[i]);
        g_assert_false(imp_day_parse(refused[i], &day));
        g_assert_cmpuint(day, ==, 7);
    }
    g_assert_true(imp_day_parse("2024-02-29", &day));
    g_assert_cmpuint(day, ==, 20240229);
}

/* Runs all the other tests once more in each of the outermost zones, in a process that has known no
 * other. */
static void test_time_zone_changes_nothing(void)
{
    static const char *const zones[] = {"Pacific/Kiritimati", "America/Los_Angeles"};
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    char *arguments[] = {program, "-s", "/moment/time-zone", NULL};
    for (gsize i = 0; i < G_N_ELEMENTS(zones); i++) {
        g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "TZ", zones[i], true);
        g_autofree char *output = NULL;
        int status = -1;
        g_assert_true(g_spawn_sync(NULL, arguments, environment, G_SPAWN_DEFAULT, NULL, NULL,
                                   &output, NULL, &status, NULL));
        g_test_message("%s: %s", zones[i], output);
        g_assert_true(g_spawn_check_wait_status(status, NULL));
        g_assert_nonnull(strstr(output, "/moment/day-parse"));
    }
}

/* Each month of all years, its first day, its last second, and back. */
static void test_calendar_is_glibs(void)
{
    for (int month = 0; month < 9999 * 12; month++) {
        g_autoptr(GDateTime) first =
            g_date_time_new_utc(month / 12 + 1, month % 12 + 1, 1, 0, 0, 0);
        for (int before_s = 0; before_s <= (month > 0); before_s++) {
            gint64 moment_us = (g_date_time_to_unix(first) - before_s) * IMP_SECOND_US, again_us;
            g_autoptr(GDateTime) time = g_date_time_add_seconds(first, -before_s);
            g_autofree char *text = imp_moment_format(moment_us);
            g_autofree char *expected =
                g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02dZ", g_date_time_get_year(time),
                                g_date_time_get_month(time), g_date_time_get_day_of_month(time),
                                g_date_time_get_hour(time), g_date_time_get_minute(time),
                                g_date_time_get_second(time));
            g_assert_cmpstr(text, ==, expected);
            g_assert_true(imp_moment_parse(text, &again_us));
            g_assert_cmpint(again_us, ==, moment_us);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/moment/parse/accepts", test_parse_accepts_rfc3339);
    g_test_add_func("/moment/parse/refuses", test_parse_refuses_the_rest);
    g_test_add_func("/moment/format", test_format);
    g_test_add_func("/moment/whole-seconds", test_whole_seconds_round_down);
    g_test_add_func("/moment/calendar", test_calendar);
    g_test_add_func("/moment/calendar/years", test_calendar_is_glibs);
    g_test_add_func("/moment/day", test_day_of_a_moment);
    g_test_add_func("/moment/day-parse", test_day_parse);
    g_test_add_func("/moment/time-zone", test_time_zone_changes_nothing);
    return g_test_run();
}
