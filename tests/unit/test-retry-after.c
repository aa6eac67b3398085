#include "notify/retry_after.h"

/* Mon, 23 Nov 2026 09:14:07 GMT */
#define NOW_US (1795425247 * IMP_SECOND_US)

static void test_what_is_asked_for(void)
{
    static const struct {
        const char *text;
        gint64 seconds; /* of quiet; 0: none */
    } cases[] = {
        {"120", 120},
        {"0", 0},
        {"86400", 86400},
        {"86401", 86400},
        {"1000000000", 86400},
        {"99999999999999999999999999", 86400},
        {"Mon, 23 Nov 2026 09:16:07 GMT", 120},
        {"Monday, 23-Nov-26 09:16:07 GMT", 120},
        {"Mon Nov 23 09:16:07 2026", 120},
        {"Tue Dec  1 00:00:00 2026", 86400},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 86400},
        {"Mon, 23 Nov 2026 09:14:07 GMT", 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 0},
        {"Sun Nov  6 08:49:37 1994", 0},
        {"Mon, 23 Nov 2026 09:16:07 CET", 0},
        {"Mon, 23 Nov 2026 09:16:07 GMT or so", 0},
        {"Mon, 31 Feb 2027 09:16:07 GMT", 0},
        {"Mon, 23 Nix 2026 09:16:07 GMT", 0},
        {"Mon, 23 Nov 2026 25:61:07 GMT", 0},
        {"", 0},
        {"-120", 0},
        {"1e3", 0},
        {"120 s", 0},
        {"2026-11-23T09:16:07Z", 0},
        {"soon", 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint64 until_us = imp_retry_after_us(cases[i].text, NOW_US);
        gint64 expected_us = cases[i].seconds ? NOW_US + cases[i].seconds * IMP_SECOND_US : 0;
        if (until_us != expected_us)
            g_error("\"%s\" is until %" G_GINT64_FORMAT, cases[i].text, until_us);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/retry-after/what-is-asked-for", test_what_is_asked_for);
    return g_test_run();
}
