#include "daemon/terminal/print.h"
#include "workflow/base/moment.h"

#include <locale.h>

/* What is printed is fit for a terminal. */

static void test_clean(void)
{
    static const char *const rows[][2] = {
        {"plain", "plain"},
        {" blanks \t", "blanks"},
        {"two\nlines\r\n", "two lines"},
        {"a\n\nb", "a b"},
        {"\033[31mred", "\uFFFD[31mred"},
        {"bell\a", "bell\uFFFD"},
        {"\xc2\x9b"
         "31m",
         "\uFFFD31m"},                          /* the same in one character */
        {"a\u202eb\u2066c", "a\uFFFDb\uFFFDc"}, /* reordered */
        {"a\u200bb", "a\uFFFDb"},
        {"a\u2028b", "a\uFFFDb"},
        {"\xff", "\uFFFD"},
        {"köpfe 宽", "köpfe 宽"},
        {"", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *clean = imp_print_clean(rows[i][0]);
        g_assert_cmpstr(clean, ==, rows[i][1]);
    }
}

static void test_path(void)
{
    static const char *const rows[][2] = {
        {"content/a b.md", "content/a b.md"},
        {"content/köpfe.md", "content/köpfe.md"},
        {"-rf", "-rf"},
        {"a\nb", "\"a\\nb\""},
        {"a\033b", "\"a\\033b\""},
        {"a\u202eb", "\"a\\342\\200\\256b\""},
        {"a\xff", "\"a\\377\""},
        {"\"a\"", "\"\\\"a\\\"\""},
        {"a\\b", "\"a\\\\b\""},
        {" a", "\" a\""},
        {"a ", "\"a \""},
        {"a\u00a0b", "\"a\\302\\240b\""}, /* looks like a space and is not one */
        {"", "\"\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *shown = imp_print_path(rows[i][0]);
        g_assert_cmpstr(shown, ==, rows[i][1]);
    }
}

static void test_fit(void)
{
    static const struct {
        const char *text;
        guint columns;
        bool keep_end;
        const char *fitted;
    } rows[] = {
        {"content/a.md", 12, true, "content/a.md"},
        {"content/a.md", 11, true, "...ent/a.md"},
        {"content/a.md", 11, false, "content/..."},
        {"宽宽宽", 6, false, "宽宽宽"},
        {"宽宽宽", 5, false, "宽..."},
        {"宽宽宽", 5, true, "...宽"},
        {"宽宽宽", 4, true, "..."},               /* half a character is not shown */
        {"abcde\u0301f", 5, true, "...e\u0301f"}, /* an accent stays with its letter */
        {"abcde\u0301f", 4, true, "...f"},        /* and goes with it */
        {"abcd", 0, false, "..."},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *fitted = imp_print_fit(rows[i].text, rows[i].columns, rows[i].keep_end);
        g_assert_cmpstr(fitted, ==, rows[i].fitted);
    }
}

static void test_times(void)
{
    gint64 now_us, then_us;
    static const char *const rows[][2] = {
        {"2026-11-23T23:59:59Z", "23 Nov"},   {"2026-06-01T00:00:00Z", "1 Jun"},
        {"2027-05-01T00:00:00Z", "1 May"},    {"2027-11-23T00:00:00Z", "Nov 2027"},
        {"2020-02-29T00:00:00Z", "Feb 2020"},
    };
    g_assert_true(imp_moment_parse("2026-11-23T09:14:07Z", &now_us));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_true(imp_moment_parse(rows[i][0], &then_us));
        g_autofree char *day = imp_print_day(then_us, now_us);
        g_assert_cmpstr(day, ==, rows[i][1]);
    }
    g_autofree char *minute = imp_print_minute(now_us);
    g_assert_cmpstr(minute, ==, "2026-11-23 09:14");
    static const struct {
        gint64 seconds;
        const char *span;
    } spans[] = {{-5, "0 s"},     {0, "0 s"},       {59, "59 s"},
                 {60, "1 min"},   {3599, "59 min"}, {3600, "1 h"},
                 {86399, "23 h"}, {86400, "1 d"},   {400 * 86400, "400 d"}};
    for (gsize i = 0; i < G_N_ELEMENTS(spans); i++) {
        g_autofree char *span = imp_print_span(spans[i].seconds * IMP_SECOND_US);
        g_assert_cmpstr(span, ==, spans[i].span);
    }
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/print/clean text", test_clean);
    g_test_add_func("/print/paths", test_path);
    g_test_add_func("/print/text that is too long", test_fit);
    g_test_add_func("/print/times", test_times);
    return g_test_run();
}
