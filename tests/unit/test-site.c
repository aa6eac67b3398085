#include "daemon/site/mark.h"
#include "daemon/site/names.h"
#include "daemon/site/splice.h"
#include "daemon/site/xml.h"

#include <string.h>

/* The parts of a site that need no repository: names, markup, the mark. */

static ImpPolicy *policy_with(const char *patterns)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *json = g_strdup_printf(
        "{'name': 'n', 'version': 1, 'articles': [%s], 'people': [{'id': 'a', 'name': 'A', "
        "'emails': ['a@x'], 'roles': ['reviewer']}], 'rules': [{'paths': ['**']}]}",
        patterns);
    g_strdelimit(json, "'", '"');
    ImpPolicy *policy = imp_policy_parse(json, strlen(json), NULL, 0, NULL, &error);
    g_assert_no_error(error);
    return policy;
}

static void test_stems(void)
{
    static const struct {
        const char *patterns, *path, *stem; /* a stem that ends in "*": anything may follow */
    } rows[] = {
        {"'content/**/*.md'", "content/a.md", "a"},
        {"'content/**/*.md'", "content/b/a.md", "b/a"},
        {"'content/**/*.md'", "content/b/index.md", "b/index"},
        {"'content/**/*.md', 'docs/*.md'", "content/a.md", "content/a"},
        {"'content/**'", "content/a.txt", "a.txt-*"},
        {"'**'", "a", "a-*"},
        {"'**'", "x/pending.html.md", "article-*"},
        {"'**'", "x.html/y.md", "article-*"},
        {"'**'", ".well-known/y.md", "article-*"},
        {"'**'", "a\nb.md", "article-*"},
        {"'**'", "a\\b.md", "article-*"},
        {"'**'", "\xff.md", "article-*"},
        {"'**'", "a b?#%.md", "a b?#%"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ImpPolicy) policy = policy_with(rows[i].patterns);
        g_autofree char *stem = imp_site_stem(policy, rows[i].path);
        g_test_message("%s", rows[i].path);
        if (g_str_has_suffix(rows[i].stem, "*"))
            g_assert_cmpint(strncmp(stem, rows[i].stem, strlen(rows[i].stem) - 1), ==, 0);
        else
            g_assert_cmpstr(stem, ==, rows[i].stem);
    }
}

static void test_addresses(void)
{
    g_autofree char *page = imp_site_address("a/b c/\303\274?/index.html");
    g_autofree char *file = imp_site_link("a/index.html");
    g_autofree char *up = imp_site_way_up("a/b/index.html");
    g_assert_cmpstr(page, ==, "a/b%20c/%C3%BC%3F/");
    g_assert_cmpstr(file, ==, "a/index.html");
    g_assert_cmpstr(up, ==, "../../");
}

static void test_markup(void)
{
    g_autoptr(ImpXml) xml = imp_xml_new(true);
    imp_xml_open(xml, "p", "title", "\"<&>'", "class", NULL, NULL);
    imp_xml_text(xml, "a<b>&\"c\x01\xff");
    imp_xml_element(xml, NULL, "br", NULL);
    imp_xml_element(xml, NULL, "b", NULL);
    imp_xml_element(xml, "", "i", NULL);
    imp_xml_raw(xml, "<hr/>");
    g_autofree char *text = imp_xml_finish(xml);
    g_assert_cmpstr(text, ==,
                    "<!DOCTYPE html>\n<p title=\"&quot;&lt;&amp;&gt;'\">a&lt;b&gt;&amp;&quot;c"
                    "\357\277\275\357\277\275<br/><b></b><i></i><hr/></p>\n");
}

#define ROWS 1009 /* a prime */

static ImpSiteRow *row_of(const char *path)
{
    ImpSiteRow *row = imp_site_row_new(path);
    row->state = IMP_STATE_APPROVED;
    row->which = IMP_SHOWN_APPROVED;
    row->valid_until_us = 7;
    row->json = g_strdup("{\"title\":\"T\"}");
    return row;
}

static void remove_all(const char *folder)
{
    const char *const command[] = {"rm", "-r", folder, NULL};
    g_assert_true(g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
}

static void test_mark(void)
{
    g_autofree char *folder = g_dir_make_tmp("imprimatur-mark-XXXXXX", NULL);
    g_autoptr(ImpSiteFolder) there = imp_site_folder_open(folder, false, NULL);
    g_autoptr(ImpSiteMark) mark = imp_site_mark_new(there);
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    for (guint i = 0; i < ROWS; i++) {
        g_autofree char *path = g_strdup_printf("%s%04u.md", i % 2 ? "a\tb" : "b \"c\"", i);
        g_ptr_array_add(rows, row_of(path));
    }
    imp_site_mark_add(mark, rows);
    g_assert_cmpuint(mark->parts->len, >, 1);
    g_ptr_array_add(mark->news, g_strdup("{}"));
    g_ptr_array_add(mark->files, g_strdup("list/\303\274/index.html"));
    mark->ledger = g_strdup("9f1c");
    g_assert_true(imp_site_mark_put(mark, NULL, NULL));
    gsize length, again;
    g_autofree char *text = imp_site_mark_print(mark, &length);
    g_autofree char *copy = g_memdup2(text, length);
    g_autoptr(ImpSiteMark) read = imp_site_mark_parse(there, copy, length);
    g_assert_nonnull(read);
    g_autofree char *same = imp_site_mark_print(read, &again);
    g_assert_cmpmem(text, length, same, again);
    g_assert_nonnull(imp_site_mark_find(read, "a\tb0777.md"));
    g_assert_nonnull(imp_site_mark_find(read, "b \"c\"0000.md"));
    g_assert_null(imp_site_mark_find(read, "c.md"));
    for (gsize cut = 0; cut < length; cut += 7) { /* a file that is not whole does not count */
        g_autofree char *beginning = g_memdup2(text, cut);
        g_autoptr(ImpSiteMark) part = imp_site_mark_parse(there, beginning, cut);
        g_assert_true(!part || cut == length - 1);
    }
    remove_all(folder);
}

/* Whatever the order in which articles come, the mark is the same. */
static void test_mark_of_any_order(void)
{
    g_autofree char *whole = NULL;
    for (guint turn = 0; turn < 5; turn++) {
        gsize length;
        g_autoptr(ImpSiteMark) mark = imp_site_mark_new(NULL);
        for (guint i = 0; i < ROWS; i++) {
            g_autoptr(GPtrArray) rows = g_ptr_array_new();
            g_autofree char *path = g_strdup_printf("%04u.md", (i * 7 * (turn + 1)) % ROWS);
            g_ptr_array_add(rows, row_of(path));
            imp_site_mark_add(mark, rows);
        }
        imp_site_mark_settle(mark, NULL);
        g_autofree char *text = imp_site_mark_print(mark, &length);
        g_assert_cmpuint(imp_site_mark_count(mark), ==, ROWS);
        if (whole)
            g_assert_cmpstr(text, ==, whole);
        else
            whole = g_steal_pointer(&text);
    }
}

static void test_part_that_is_gone(void)
{
    g_autofree char *folder = g_dir_make_tmp("imprimatur-mark-XXXXXX", NULL);
    g_autoptr(ImpSiteFolder) there = imp_site_folder_open(folder, false, NULL);
    g_autoptr(ImpSiteMark) mark = imp_site_mark_new(there);
    g_autoptr(ImpSiteMark) read = NULL;
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_ptr_array_add(rows, row_of("a.md"));
    imp_site_mark_add(mark, rows);
    g_assert_true(imp_site_mark_put(mark, NULL, NULL));
    g_autofree char *parts = g_build_filename(folder, IMP_SITE_PARTS, NULL);
    remove_all(parts);
    g_assert_true(imp_site_mark_read(there, &read, NULL));
    g_assert_false(read->damaged);
    g_assert_null(imp_site_mark_find(read, "a.md"));
    g_assert_true(read->damaged);
    remove_all(folder);
}

static void test_old_mark(void)
{
    g_autofree char *text =
        g_strdup("imprimatur-site 1\ns 12ab\nl 9f1c\n"
                 "a 3 5 0 0 7 0 0 0\ta.md\ta/a/\tA\tb.png\t{}\n"
                 "a 3 5 0 0 7 0 0 0\t\"b\\tc.md\"\ta/b/\tB\t\t{}\nf list/index.html\n.\n");
    g_autoptr(ImpSiteMark) mark = imp_site_mark_parse(NULL, text, strlen(text));
    g_assert_nonnull(mark);
    g_assert_cmpstr(mark->settings, ==, "");
    g_assert_cmpstr(mark->ledger, ==, "9f1c");
    g_assert_cmpuint(imp_site_mark_count(mark), ==, 2);
    g_assert_cmpstr(imp_site_mark_find(mark, "a.md")->images, ==, "b.png");
    g_assert_cmpstr(imp_site_mark_find(mark, "b\tc.md")->title, ==, "B");
}

/* Pieces */

static void splice(ImpSiteFolder *folder, const char *expected, guint written)
{
    g_autoptr(ImpSiteSplice) pieces = imp_site_splice_new(folder, "x/file");
    g_autoptr(GBytes) bytes = NULL;
    g_assert_true(imp_site_splice_add(pieces, "{", 1, NULL));
    g_assert_true(imp_site_splice_copy(pieces, 1, 2, NULL));
    g_assert_true(imp_site_splice_copy(pieces, 3, 1, NULL));
    g_assert_true(imp_site_splice_add(pieces, expected + 4, 2, NULL));
    g_assert_true(imp_site_splice_copy(pieces, 6, 3, NULL));
    g_assert_true(imp_site_splice_add(pieces, "}", 1, NULL));
    g_assert_true(imp_site_splice_finish(pieces, NULL));
    g_assert_true(imp_site_folder_read(folder, "x/file", 100, &bytes, NULL));
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), expected,
                    strlen(expected));
    g_assert_cmpuint(imp_site_folder_written(folder), ==, written);
}

static void test_pieces(void)
{
    g_autofree char *path = g_dir_make_tmp("imprimatur-pieces-XXXXXX", NULL);
    g_autoptr(ImpSiteFolder) folder = imp_site_folder_open(path, false, NULL);
    g_assert_true(imp_site_folder_write(folder, "x/file", "{abcdefgh}", 10, NULL));
    splice(folder, "{abcdefgh}", 1);
    splice(folder, "{abcXYfgh}", 2);
    splice(folder, "{abcXYfgh}", 2);
    splice(folder, "{abcXZfgh}", 3);
    remove_all(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/site/stems", test_stems);
    g_test_add_func("/site/addresses", test_addresses);
    g_test_add_func("/site/markup", test_markup);
    g_test_add_func("/site/mark", test_mark);
    g_test_add_func("/site/mark/any-order", test_mark_of_any_order);
    g_test_add_func("/site/mark/part-that-is-gone", test_part_that_is_gone);
    g_test_add_func("/site/mark/old", test_old_mark);
    g_test_add_func("/site/pieces", test_pieces);
    return g_test_run();
}
