#include "workflow/base/glob.h"

#include <string.h>

static void test_matches(void)
{
    static const struct {
        const char *pattern, *path;
        bool matches;
    } rows[] = {
        /* Anchored at the root, whole segments, case matters. */
        {"README.md", "README.md", true},
        {"README.md", "docs/README.md", false},
        {"README.md", "readme.md", false},
        {"docs", "docs/a.md", false},
        {"docs/a.md", "docs", false},
        {"a", "", false},
        /* One star stays in its segment, and may be nothing. */
        {"*.md", "a.md", true},
        {"*.md", ".md", true},
        {"*.md", "docs/a.md", false},
        {"docs/*", "docs/a.md", true},
        {"docs/*", "docs/a/b.md", false},
        {"docs/*/c.md", "docs/b/c.md", true},
        {"docs/*/c.md", "docs/c.md", false},
        {"a*b*c", "aXbXbYc", true},
        {"a*b*c", "aXbXbY", false},
        {"a*", "a", true},
        {"*", ".hidden", true},
        /* Two stars: any number of segments. */
        {"**", "a", true},
        {"**", "a/b/c", true},
        {"content/**/*.md", "content/a.md", true},
        {"content/**/*.md", "content/x/y/a.md", true},
        {"content/**/*.md", "content/x/a.txt", false},
        {"content/**/*.md", "other/content/a.md", false},
        {"content/**", "content/a", true},
        {"content/**", "contents/a", false},
        {"**/README.md", "README.md", true},
        {"**/README.md", "a/b/README.md", true},
        {"**/README.md", "a/b/README.md/c", false},
        {"a/**/b/**/c", "a/b/c", true},
        {"a/**/b/**/c", "a/x/b/y/b/z/c", true},
        {"a/**/b/**/c", "a/x/y/c", false},
        {"**/**", "a", true},
        {"**/a/*/b", "a/a/x/b", true},
        /* One character of UTF-8, or one stray byte. */
        {"?.md", "a.md", true},
        {"?.md", "\xc3\xa9.md", true},
        {"?.md", "ab.md", false},
        {"??.md", "\xc3\xa9.md", false},
        {"?.md", ".md", false},
        {"a?b", "a/b", false},
        {"?.md", "\xff.md", true},
        {"\xc3\xa9", "\xff", false},
        {"*?.md", "\xc3\xa9.md", true},
        /* Classes. */
        {"[abc].md", "b.md", true},
        {"[abc].md", "d.md", false},
        {"[a-c0-9].md", "7.md", true},
        {"[a-c0-9].md", "-.md", false},
        {"[a-].md", "-.md", true},
        {"[]a].md", "].md", true},
        {"[*].md", "*.md", true},
        {"[*].md", "x.md", false},
        {"[\xc3\xa0-\xc3\xbf]", "\xc3\xa9", true},
        {"[\xc3\xa0-\xc3\xbf]", "e", false},
        {"a[--0]b", "a/b", false},
        {"*[0-9].md", "part-12.md", true},
        /* Branches and types of events. */
        {"review/**", "review/onc1/dose", true},
        {"review/**", "reviews/onc1", false},
        {"article.*", "article.approved", true},
        {"article.*", "review.approved", false},
        {"*", "article.approved", true},
        {"*.diverged", "ledger.diverged", true},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s against %s", rows[i].pattern, rows[i].path);
        g_assert_true(imp_glob_is_valid(rows[i].pattern, NULL));
        g_assert_cmpint(imp_glob_matches(rows[i].pattern, rows[i].path), ==, rows[i].matches);
    }
}

static void test_invalid_patterns_say_why(void)
{
    static const struct {
        const char *pattern, *why;
    } rows[] = {
        {"", "it is empty; write a pattern as in \"content/**\""},
        {"/content", "patterns begin at the root by themselves; remove the leading \"/\""},
        {"content/", "patterns match files; write \"/**\" for what is in a folder"},
        {"a//b", "it has an empty segment; remove a \"/\""},
        {"a/./b", "no path has a segment \".\" or \"..\"; remove it"},
        {"..", "no path has a segment \".\" or \"..\"; remove it"},
        {"!a", "a leading \"!\" is not supported; list what is meant"},
        {"a\\*", "\"\\\" is not supported; write a literal \"*\" as \"[*]\""},
        {"a**", "\"**\" must be a whole segment, as in \"a/**/b\""},
        {"x/**.md", "\"**\" must be a whole segment, as in \"a/**/b\""},
        {"***", "\"**\" must be a whole segment, as in \"a/**/b\""},
        {"[ab", "a \"[\" has no \"]\" in its segment; add it"},
        {"[]", "a \"[\" has no \"]\" in its segment; add it"},
        {"x[", "a \"[\" has no \"]\" in its segment; add it"},
        {"[a/b]", "a \"[\" has no \"]\" in its segment; add it"},
        {"[!a]", "\"[!\" and \"[^\" are not supported; list the characters that are meant"},
        {"[^a]", "\"[!\" and \"[^\" are not supported; list the characters that are meant"},
        {"[z-a]", "a range in [...] runs backwards; swap its ends"},
        {"a\nb", "it has a control character; remove it"},
        {"a\xff", "it is not valid UTF-8; write it again"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *why = NULL;
        g_test_message("\"%s\"", rows[i].pattern);
        g_assert_false(imp_glob_is_valid(rows[i].pattern, &why));
        g_assert_cmpstr(why, ==, rows[i].why);
    }
    g_autofree char *longest = g_strnfill(IMP_GLOB_MAX_BYTES, 'a'),
                    *longer = g_strconcat(longest, "a", NULL);
    g_autofree char *why = NULL;
    g_assert_true(imp_glob_is_valid(longest, NULL));
    g_assert_false(imp_glob_is_valid(longer, &why));
    g_assert_cmpstr(why, ==, "it is longer than 1024 bytes; shorten it");
    g_assert_true(imp_glob_is_valid("...", NULL));
}

static char *repeat(const char *text, guint times)
{
    g_autoptr(GString) all = g_string_new(NULL);
    while (times--)
        g_string_append(all, text);
    return g_string_free(g_steal_pointer(&all), false);
}

/* With a matcher that tries every star again, each of these would outlast the universe. */
static void test_hostile_patterns_stay_cheap(void)
{
    g_autofree char *stars = repeat("a*", 400), *star_pattern = g_strconcat(stars, "b", NULL);
    g_autofree char *letters = repeat("a", 4000);
    g_autofree char *folders = repeat("**/a/", 180),
                    *folder_pattern = g_strconcat(folders, "b", NULL);
    g_autofree char *path = repeat("a/", 2000), *deep = g_strconcat(path, "a", NULL);
    gint64 begin_us = g_get_monotonic_time();
    g_assert_true(imp_glob_is_valid(star_pattern, NULL));
    g_assert_false(imp_glob_matches(star_pattern, letters));
    g_assert_true(imp_glob_is_valid(folder_pattern, NULL));
    g_assert_false(imp_glob_matches(folder_pattern, deep));
    g_assert_cmpint(g_get_monotonic_time() - begin_us, <, 5 * G_USEC_PER_SEC);
}

static void test_any(void)
{
    char *patterns[] = {"a/**", "*.md", NULL}, *none[] = {NULL};
    g_assert_true(imp_glob_matches_any(patterns, "x.md"));
    g_assert_true(imp_glob_matches_any(patterns, "a/x"));
    g_assert_false(imp_glob_matches_any(patterns, "b/x.md"));
    g_assert_false(imp_glob_matches_any(none, "x.md"));
}

static void test_literal_folder(void)
{
    static const char *const rows[][2] = {
        {"content/**/*.md", "content/"},
        {"content/oncology/*.md", "content/oncology/"},
        {"content/a-*.md", "content/"},
        {"*.md", ""},
        {"**", ""},
        {"a[bc]/d", ""},
        {"a/b?/c", "a/"},
        {"content/fixed.md", "content/"},
        {"fixed.md", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *folder = imp_glob_literal_folder(rows[i][0]);
        g_assert_cmpstr(folder, ==, rows[i][1]);
    }
}

static void test_what_people_type(void)
{
    g_assert_true(imp_glob_is_pattern("content/**"));
    g_assert_true(imp_glob_is_pattern("a?.md"));
    g_assert_true(imp_glob_is_pattern("[ab].md"));
    g_assert_false(imp_glob_is_pattern("content/a.md"));
    g_assert_false(imp_glob_is_pattern("/content/**"));
    g_assert_false(imp_glob_is_pattern("a**b"));
    g_assert_false(imp_glob_is_pattern(""));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/glob/matches", test_matches);
    g_test_add_func("/glob/invalid", test_invalid_patterns_say_why);
    g_test_add_func("/glob/hostile", test_hostile_patterns_stay_cheap);
    g_test_add_func("/glob/any", test_any);
    g_test_add_func("/glob/literal-folder", test_literal_folder);
    g_test_add_func("/glob/what-people-type", test_what_people_type);
    return g_test_run();
}
