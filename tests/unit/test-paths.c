#include "tests/unit/scratch.h"
#include "workflow/base/path.h"
#include "workflow/base/quote.h"

/* Paths: quoted as git quotes them, read back, judged, and folded. */

static void test_quoting(void)
{
    static const struct {
        const char *path, *quoted;
    } cases[] = {
        {"content/a.md", "content/a.md"},
        {"a b@1.md", "a b@1.md"},
        {"-rf", "-rf"},
        {"p\303\244th", "\"p\\303\\244th\""},
        {"\a\b\t\n\v\f\r\"\\", "\"\\a\\b\\t\\n\\v\\f\\r\\\"\\\\\""},
        {"\001\037\177\377", "\"\\001\\037\\177\\377\""},
        {" a", "\" a\""},
        {"a ", "\"a \""},
        {"", "\"\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *quoted = imp_path_quote(cases[i].path);
        g_assert_cmpstr(quoted, ==, cases[i].quoted);
        if (*quoted != '"')
            continue;
        const char *end;
        g_autofree char *path = imp_path_unquote(quoted, &end);
        g_assert_cmpstr(path, ==, cases[i].path);
        g_assert_cmpstr(end, ==, "");
    }
}

static void test_unquoting_is_strict(void)
{
    static const char *const malformed[] = {
        "",          "a",        "\"",        "\"a",       "\"\\",     "\"\\\"",
        "\"\\x41\"", "\"\\1\"",  "\"\\12\"",  "\"\\400\"", "\"\\18\"", "\"\\000\"",
        "\"\\'\"",   "\"a\nb\"", "\"\\381\"", "\"\001\"",  "\"\\38"};
    for (gsize i = 0; i < G_N_ELEMENTS(malformed); i++) {
        const char *end = NULL;
        g_assert_null(imp_path_unquote(malformed[i], &end));
        g_assert_null(end);
    }
    const char *end;
    g_autofree char *path = imp_path_unquote("\"\\101\303\244\"@12", &end);
    g_assert_cmpstr(path, ==, "A\303\244");
    g_assert_cmpstr(end, ==, "@12");
}

/* Random names of files, quoted by git ls-files and by us. */
static void test_git_quotes_alike(void)
{
    static const char alphabet[] = "abz09 \"\\'@-#\t\n\r\v\f\a\b\001\037\177\200\303\244\377";
    Scratch scratch = scratch_make();
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_autoptr(GHashTable) expected = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    scratch_do(&scratch, "git", "init", "-q", NULL);
    for (guint i = 0; i < 300; i++) {
        char name[13] = "x";
        guint length = (guint)g_rand_int_range(random, 1, 12);
        for (guint j = 1; j < length; j++)
            name[j] = alphabet[g_rand_int_range(random, 0, sizeof alphabet - 1)];
        name[length] = name[length - 1] == ' ' ? 'x' : '\0';
        scratch_write(&scratch, name, "", 0);
        g_hash_table_add(expected, imp_path_quote(name));
    }
    g_autofree char *listed = scratch_run(&scratch, "git", "ls-files", "--others", NULL);
    g_auto(GStrv) lines = g_strsplit(listed, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, g_hash_table_size(expected));
    guint quoted = 0;
    for (char **line = lines; *line; line++) {
        g_assert_true(g_hash_table_contains(expected, *line));
        quoted += **line == '"';
    }
    g_assert_cmpuint(quoted, >, 100);
    scratch_remove(&scratch);
}

static void test_problems(void)
{
    static const struct {
        const char *path;
        ImpProblem problem;
    } cases[] = {
        {"content/a.md", IMP_PROBLEM_NONE},
        {"content/\303\244.md", IMP_PROBLEM_NONE},
        {"a@1.md", IMP_PROBLEM_NONE},
        {"a.md@", IMP_PROBLEM_NONE},
        {"a.md@xyz", IMP_PROBLEM_NONE},
        {"-rf", IMP_PROBLEM_NONE},
        {"abc", IMP_PROBLEM_NONE},
        {"a.md@0", IMP_PROBLEM_PATH},
        {"@beef", IMP_PROBLEM_PATH},
        {"a.md@12AB", IMP_PROBLEM_PATH},
        {"a\nb.md", IMP_PROBLEM_PATH},
        {"a\x7f.md", IMP_PROBLEM_PATH},
        {"a\302\205.md", IMP_PROBLEM_PATH},
        {"a\xff.md", IMP_PROBLEM_PATH},
        {"a\xed\xa0\x80.md", IMP_PROBLEM_PATH},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(imp_path_problem(cases[i].path, strlen(cases[i].path)), ==,
                        cases[i].problem);
    g_assert_cmpint(imp_path_problem("a\0b", 3), ==, IMP_PROBLEM_PATH);
}

static void assert_collide(const char *one, const char *another, bool collide)
{
    g_autofree char *first = imp_path_fold(one);
    g_autofree char *second = imp_path_fold(another);
    g_assert_cmpint(strcmp(first, second) == 0, ==, collide);
}

static void test_folding(void)
{
    assert_collide("Content/A.md", "content/a.MD", true);
    assert_collide("p\303\244th", "pa\314\210th", true);
    assert_collide("P\303\204TH", "pa\314\210th", true);
    assert_collide("stra\303\237e", "STRASSE", true);
    assert_collide("\317\203", "\317\202", true);
    assert_collide("\341\272\231", "Y\314\212", true);
    assert_collide("a.md", "b.md", false);
    assert_collide("a\xff.md", "A\xff.md", true);
    assert_collide("a\xff.md", "a\xfe.md", false);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/paths/quote", test_quoting);
    g_test_add_func("/paths/unquote-strict", test_unquoting_is_strict);
    g_test_add_func("/paths/git-quotes-alike", test_git_quotes_alike);
    g_test_add_func("/paths/problems", test_problems);
    g_test_add_func("/paths/folding", test_folding);
    return g_test_run();
}
