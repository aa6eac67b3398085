#include "daemon/terminal/nearest.h"

/* What somebody may have meant. */

static void test_distance(void)
{
    static const struct {
        const char *one, *other;
        guint distance;
    } rows[] = {
        {"", "", 0},
        {"status", "status", 0},
        {"status", "Status", 0},
        {"", "log", 3},
        {"log", "", 3},
        {"statsu", "status", 1},
        {"lgo", "log", 1},
        {"stats", "status", 1},
        {"statuss", "status", 1},
        {"stotus", "status", 1},
        {"check", "log", 5},
        {"ab", "ba", 1},
        {"abcd", "badc", 2},
        {"content/a.md", "content/b.md", 1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmpuint(imp_nearest_distance(rows[i].one, rows[i].other), ==, rows[i].distance);
        g_assert_cmpuint(imp_nearest_distance(rows[i].other, rows[i].one), ==, rows[i].distance);
    }
}

static void test_long(void)
{
    g_autofree char *one = g_strnfill(100000, 'x');
    g_autofree char *other = g_strnfill(100000, 'x');
    other[99999] = 'y';
    g_assert_cmpuint(imp_nearest_distance(one, other), ==, 1);
    other[0] = 'z'; /* before what counts */
    g_assert_cmpuint(imp_nearest_distance(one, other), ==, 1);
    g_assert_cmpuint(imp_nearest_distance(one, ""), ==, 256);
}

static void test_nearest(void)
{
    static const char *const verbs[] = {"status", "log", "check", "ledger restore"};
    static const char *const paths[] = {"content/oncology/stage-4.md",
                                        "content/oncology/stage-5.md",
                                        "content/general/nutrition.md"};
    g_assert_cmpstr(imp_nearest("statsu", verbs, 4), ==, "status");
    g_assert_cmpstr(imp_nearest("ledger-restore", verbs, 4), ==, "ledger restore");
    g_assert_cmpstr(imp_nearest("chekc", verbs, 4), ==, "check");
    g_assert_null(imp_nearest("publish", verbs, 4));
    g_assert_null(imp_nearest("", verbs, 4));
    g_assert_null(imp_nearest("status", NULL, 0));
    g_assert_cmpstr(imp_nearest("content/oncology/stage4.md", paths, 3), ==,
                    "content/oncology/stage-4.md");
    g_assert_cmpstr(imp_nearest("nutrition.md", paths, 3), ==, "content/general/nutrition.md");
    g_assert_cmpstr(imp_nearest("oncology/stage-5.md", paths, 3), ==,
                    "content/oncology/stage-5.md");
    g_assert_null(imp_nearest("trition.md", paths, 3));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nearest/distance", test_distance);
    g_test_add_func("/nearest/only the ends of long texts count", test_long);
    g_test_add_func("/nearest/one of several", test_nearest);
    return g_test_run();
}
