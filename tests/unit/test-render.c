#include "articles/render.h"
#include "workflow/base/limits.h"

#include <string.h>

/* What an article becomes on a page, and what it never becomes. */

static char *on_page(gpointer data, const char *path)
{
    (void)data;
    return g_strconcat("to:", path, NULL);
}

static ImpRendered *render(const char *text, const char *title)
{
    ImpRenderOptions options = {
        .path = "content/a/b.md", .title = title, .image = on_page, .link = on_page};
    g_autoptr(ImpDocument) document = imp_document_parse(text, strlen(text));
    return imp_render(text, strlen(text), document, &options);
}

/* Without the newlines that blocks end with. */
static char *squeezed(const char *html)
{
    g_auto(GStrv) lines = g_strsplit(html, "\n", -1);
    return g_strjoinv("", lines);
}

static void assert_well_formed(const char *html)
{
    static const GMarkupParser parser = {0};
    g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
    g_autofree char *page = g_strconcat("<page>", html, "</page>", NULL);
    g_autoptr(GError) error = NULL;
    g_markup_parse_context_parse(context, page, -1, &error);
    if (!error)
        g_markup_parse_context_end_parse(context, &error);
    g_assert_no_error(error);
}

typedef struct {
    const char *text, *html;
} Row;

static void check_rows(const Row *rows, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        g_autoptr(ImpRendered) rendered = render(rows[i].text, "Fever");
        g_autofree char *html = squeezed(rendered->html);
        assert_well_formed(rendered->html);
        g_assert_cmpstr(html, ==, rows[i].html);
        g_assert_false(rendered->cut);
    }
}

static void test_elements(void)
{
    static const Row rows[] = {
        {"Text *em* **strong** `code` ~~gone~~", "<p>Text <em>em</em> <strong>strong</strong> "
                                                 "<code>code</code> <s>gone</s></p>"},
        {"---\ntitle: Fever\nstatus: Approved\n---\nText", "<p>Text</p>"},
        {"# Fever\n\nText", "<p>Text</p>"},
        {"Text\n\n# Fever", "<p>Text</p><h2 id=\"text-fever\">Fever</h2>"},
        {"- a\n- b\n\n3. c", "<ul><li>a</li><li>b</li></ul><ol start=\"3\"><li>c</li></ol>"},
        {"> a\n\n---\n\n    code <b>",
         "<blockquote><p>a</p></blockquote><hr/><pre tabindex=\"0\"><code>code &lt;b&gt;"
         "</code></pre>"},
        {"a  \nb\\\nc", "<p>a<br/>b<br/>c</p>"},
        {"- [x] a\n- [ ] b",
         "<ul><li><span class=\"task\" role=\"img\" aria-label=\"done\">\u2611</span> a</li>"
         "<li><span class=\"task\" role=\"img\" aria-label=\"not done\">\u2610</span> b</li></ul>"},
        {"|a|b|\n|:-:|--:|\n|1|2|",
         "<div class=\"table\" role=\"region\" tabindex=\"0\" aria-label=\"Table 1\"><table><thead>"
         "<tr><th scope=\"col\" class=\"center\">a</th><th scope=\"col\" "
         "class=\"right\">b</th></tr>"
         "</thead><tbody><tr><td class=\"center\">1</td><td class=\"right\">2</td></tr></tbody>"
         "</table></div>"},
        {"&ge; &nbsp;&#x2265;&#0; &unknown; \\*a\\* 5 &lt; 6 & \"7\" 'x'",
         "<p>\u2265 \u00a0\u2265\ufffd &amp;unknown; *a* 5 &lt; 6 &amp; &quot;7&quot; &#39;x&#39;"
         "</p>"},
    };
    check_rows(rows, G_N_ELEMENTS(rows));
}

static void test_hostile_markup(void)
{
    static const Row rows[] = {
        {"<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"},
        {"a <img src=x onerror=alert(1)> b", "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>"},
        {"<!-- x -->", "<p>&lt;!-- x --&gt;</p>"},
        {"[a](javascript:alert(1))", "<p>a</p>"},
        {"[a](JaVaScRiPt:alert(1))", "<p>a</p>"},
        {"[a](java&Tab;script:alert(1))", "<p>a</p>"},
        {"[a](&#106;avascript:alert(1))", "<p>a</p>"},
        {"[a](<\x01javascript:alert(1)>)", "<p>a</p>"},
        {"[a](data:text/html,x) [b](vbscript:x) <ftp://x.example>", "<p>a b ftp://x.example</p>"},
        {"[a](https://x.example/\"onclick=\"x 'y\"z')",
         "<p><a href=\"https://x.example/%22onclick=%22x\" rel=\"nofollow noopener\" "
         "title=\"y&quot;z\">a</a></p>"},
        {"[a](https://x.example/?a=1&b=2 'it\"s')",
         "<p><a href=\"https://x.example/?a=1&amp;b=2\" rel=\"nofollow noopener\" "
         "title=\"it&quot;s\">a</a></p>"},
        {"[a](//x.example)",
         "<p><a href=\"https://x.example\" rel=\"nofollow noopener\">a</a></p>"},
        {"[a](mailto:a@b.example)",
         "<p><a href=\"mailto:a@b.example\" rel=\"nofollow noopener\">a</a></p>"},
        {"![a *b*](https://x.example/i.png)", "<p><span class=\"image\">a b</span></p>"},
        {"![a](//x.example/i.png) ![b](data:image/png;base64,x)",
         "<p><span class=\"image\">a</span> <span class=\"image\">b</span></p>"},
        {"![\"><b>](i.png)",
         "<p><img src=\"to:content/a/i.png\" alt=\"&quot;&gt;&lt;b&gt;\" loading=\"lazy\"/></p>"},
        {"![a](../../../i.png) ![b](i.html) ![c](/i.PNG?x#y) ![d](%00.png)",
         "<p><span class=\"image\">a</span> <span class=\"image\">b</span> "
         "<img src=\"to:i.PNG\" alt=\"c\" loading=\"lazy\"/> <span class=\"image\">d</span></p>"},
        {"[a](../c.md#x) [b](./d%20e.md) [c](../../../x)",
         "<p><a href=\"to:content/c.md\" rel=\"nofollow noopener\">a</a> "
         "<a href=\"to:content/a/d e.md\" rel=\"nofollow noopener\">b</a> c</p>"},
        {"# A \"b\" <i>\n\n[x](#a-b-i)", "<h2 id=\"text-a-b-i\">A &quot;b&quot; "
                                         "&lt;i&gt;</h2><p><a href=\"#text-a-b-i\">x</a></p>"},
        {"6\u202e0 \u200bmg\x07", "<p>6<span class=\"hidden-character\">U+202E</span>0 "
                                  "<span class=\"hidden-character\">U+200B</span>mg"
                                  "<span class=\"hidden-character\">U+0007</span></p>"},
        {"[a](x 't\u202e') \u0646\u200c\u0647", "<p><a href=\"to:content/a/x\" rel=\"nofollow "
                                                "noopener\" title=\"t[U+202E]\">a</a> "
                                                "\u0646\u200c\u0647</p>"},
    };
    check_rows(rows, G_N_ELEMENTS(rows));
}

#define REFERENCES                                                                                 \
    "---\nreferences:\n"                                                                           \
    "- {id: a, type: article-journal, title: \"Trial\\x07\", container-title: Journal, "           \
    "issued: 2024, DOI: 10.1000/a(b)<c>, PMID: 123}\n"                                             \
    "- {id: b, type: report, genre: Clinical guideline, publisher: WHO, URL: \"javascript:x\"}\n"  \
    "- {id: c, type: webpage, URL: \"https://x.example/\\\"\"}\n- odd\n---\n"

static void test_citations(void)
{
    static const Row rows[] = {
        {REFERENCES "x [see @c; @a]. @c says, @other, `[@b]` [@b](y) [@a, p. 3; @gone]",
         "<p>x [see <a class=\"citation\" href=\"#ref-1\" id=\"cite-1\">1</a>, "
         "<a class=\"citation\" href=\"#ref-2\" id=\"cite-2\">2</a>]. "
         "<a class=\"citation\" href=\"#ref-1\">[1]</a> says, @other, <code>[@b]</code> "
         "<a href=\"to:content/a/y\" rel=\"nofollow noopener\">@b</a> "
         "[<a class=\"citation\" href=\"#ref-2\">2</a>, p. 3; "
         "<span class=\"dangling\" title=\"No reference: @gone\">?</span>]</p>"},
        {"[@a\\_b; -@*c*]", "<p>[<span class=\"dangling\" title=\"No reference: @a\">?</span>_b; "
                            "-@<em>c</em>]</p>"},
        {"\\@a [x-@a; -@b]",
         "<p>@a [x-<span class=\"dangling\" title=\"No reference: @a\">?</span>, "
         "<span class=\"dangling\" title=\"No reference: @b\">?</span>]</p>"},
    };
    check_rows(rows, G_N_ELEMENTS(rows));
}

static void test_references(void)
{
    g_autoptr(ImpRendered) rendered = render(REFERENCES "[@b] [@a] [@gone]", NULL);
    g_assert_cmpuint(rendered->references->len, ==, 3);
    g_assert_cmpuint(rendered->dangling, ==, 1);
    const ImpRenderedReference *b = rendered->references->pdata[0],
                               *a = rendered->references->pdata[1],
                               *c = rendered->references->pdata[2];
    g_assert_true(b->number == 1 && b->cited && a->number == 2 && a->cited);
    g_assert_true(c->number == 3 && !c->cited && b->year == 0);
    g_assert_cmpstr(b->kind, ==, "Guideline");
    g_assert_cmpstr(b->container, ==, "WHO");
    g_assert_null(b->url);
    g_assert_cmpstr(a->kind, ==, "Research");
    g_assert_cmpstr(a->title, ==, "Trial[U+0007]");
    g_assert_cmpstr(a->container, ==, "Journal");
    g_assert_cmpuint(a->year, ==, 2024);
    g_assert_cmpstr(a->doi, ==, "10.1000/a(b)<c>");
    g_assert_cmpstr(a->doi_url, ==, "https://doi.org/10.1000/a(b)%3Cc%3E");
    g_assert_cmpstr(a->pmid_url, ==, "https://pubmed.ncbi.nlm.nih.gov/123/");
    g_assert_cmpstr(c->url, ==, "https://x.example/%22");
}

static void test_headings(void)
{
    g_autoptr(ImpRendered) rendered = render("# T\n\n## A\n\n#### B *c*\n\n## A\n\n# "
                                             "[@x]\n\n###### D &amp; D\n\n![](a.png) ![](a.png)\n",
                                             "T");
    static const struct {
        guint level;
        const char *id, *text;
    } expected[] = {{2, "text-a", "A"},
                    {3, "text-b-c", "B c"},
                    {2, "text-a-1", "A"},
                    {2, "text-section", "[?]"},
                    {3, "text-d--d", "D & D"}};
    g_assert_cmpuint(rendered->headings->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < rendered->headings->len; i++) {
        const ImpRenderedHeading *heading = rendered->headings->pdata[i];
        g_assert_cmpuint(heading->level, ==, expected[i].level);
        g_assert_cmpstr(heading->id, ==, expected[i].id);
        g_assert_cmpstr(heading->text, ==, expected[i].text);
    }
    g_assert_cmpuint(rendered->images->len, ==, 1);
    g_assert_cmpstr(rendered->images->pdata[0], ==, "content/a/a.png");
}

static void test_without_callbacks(void)
{
    g_autofree char *html = imp_render_fragment("[a](b.md) ![c](d.png) [e](https://x.example)\xff");
    g_assert_cmpstr(html, ==,
                    "<p><a href=\"b.md\" rel=\"nofollow noopener\">a</a> "
                    "<span class=\"image\">c</span> <a href=\"https://x.example\" "
                    "rel=\"nofollow noopener\">e</a>\ufffd</p>\n");
}

/* Texts made to cost more than they are long: the page stays within its cap, well-formed, and the
 * time in proportion. */
static void test_hostile_sizes(void)
{
    static const struct {
        const char *start, *unit, *end;
    } rows[] = {
        {"", "> ", "x"},        {"", "- ", "x"},     {"", "* a\n", ""},
        {"", "[", "x"},         {"", "![", "x"},     {"", "[a](", "x"},
        {"", "![a](b ", "x"},   {"", "[a](<b", "x"}, {"", "*a ", ""},
        {"", "**a _b ", ""},    {"", "*a**", ""},    {"", "`a``", ""},
        {"", "a ` ", ""},       {"", "<a ", ""},     {"", "&a;", ""},
        {"", "\x07", ""},       {"", "[@a]", ""},    {"", "# a\n", ""},
        {"", "|a", "|\n|-|\n"}, {"", "|", ""},       {"|a|b|\n|---|---|\n", "|\n", ""},
        {"", "~~a", ""},        {"", "]", ""},       {"", "][", ""},
        {"", "[a]: b\n", ""},   {"", "[a]:\n", ""},  {"[a]: /x\n\n", "[a]", ""},
        {"", "1. ", "x"},       {"", "\t", "x"},     {"", "http://a ", ""},
        {"", "http://", ""},    {"", "a:", ""},      {"", "\\", ""},
        {"", "a\n", ""},        {"", "-\n", ""},     {"", "  \n", "x"},
        {"", "![[]()", ""},     {"", "<!--", ""},    {"", "<?", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) text = g_string_new(rows[i].start);
        while (text->len < 128 * 1024)
            g_string_append(text, rows[i].unit);
        g_string_append(text, rows[i].end);
        gint64 start = g_get_monotonic_time();
        g_autoptr(ImpRendered) rendered = render(text->str, NULL);
        gint64 took = g_get_monotonic_time() - start;
        g_test_message("%s%s%s: %.1f ms", rows[i].start, rows[i].unit, rows[i].end, took / 1000.0);
        g_assert_cmpuint(strlen(rendered->html), <=, (IMP_RENDER_FACTOR + 4) * text->len);
        assert_well_formed(rendered->html);
        g_assert_cmpint(took, <, 5 * G_USEC_PER_SEC);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/render/elements", test_elements);
    g_test_add_func("/render/hostile-markup", test_hostile_markup);
    g_test_add_func("/render/citations", test_citations);
    g_test_add_func("/render/references", test_references);
    g_test_add_func("/render/headings", test_headings);
    g_test_add_func("/render/without-callbacks", test_without_callbacks);
    g_test_add_func("/render/hostile-sizes", test_hostile_sizes);
    return g_test_run();
}
