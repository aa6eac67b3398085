#include "daemon/site/mark.h"
#include "daemon/site/names.h"
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

static void test_mark(void)
{
    g_autoptr(ImpSiteMark) mark = imp_site_mark_new();
    static const char *const paths[] = {"a\tb.md", "b \"c\".md", "d.md"};
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        ImpSiteRow *row = imp_site_row_new(paths[i]);
        row->state = IMP_STATE_APPROVED;
        row->which = IMP_SHOWN_APPROVED;
        row->valid_until_us = 7;
        row->json = g_strdup("{\"title\":\"T\"}");
        g_ptr_array_add(mark->rows, row);
    }
    g_ptr_array_add(mark->news, g_strdup("{}"));
    g_ptr_array_add(mark->files, g_strdup("list/\303\274/index.html"));
    mark->ledger = g_strdup("9f1c");
    gsize length, again;
    g_autofree char *text = imp_site_mark_print(mark, &length);
    g_autoptr(ImpSiteMark) read = imp_site_mark_parse(g_memdup2(text, length), length);
    g_assert_nonnull(read);
    g_autofree char *same = imp_site_mark_print(read, &again);
    g_assert_cmpmem(text, length, same, again);
    g_assert_nonnull(imp_site_mark_find(read, "d.md"));
    g_assert_null(imp_site_mark_find(read, "c.md"));
    for (gsize cut = 0; cut < length; cut++) { /* a file that is not whole does not count */
        g_autoptr(ImpSiteMark) part = imp_site_mark_parse(g_memdup2(text, cut), cut);
        g_assert_true(!part || cut == length - 1);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/site/stems", test_stems);
    g_test_add_func("/site/addresses", test_addresses);
    g_test_add_func("/site/markup", test_markup);
    g_test_add_func("/site/mark", test_mark);
    return g_test_run();
}
