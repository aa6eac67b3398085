#include "articles/citations.h"
#include "articles/document.h"

#include <string.h>

/* What an author cites, and what only looks so. */

static char *found_in(const char *text)
{
    g_autoptr(GPtrArray) citations = imp_citations_find(text, strlen(text), 1);
    GString *joined = g_string_new(NULL);
    for (guint i = 0; i < citations->len; i++) {
        const ImpCitation *citation = citations->pdata[i];
        g_string_append_printf(joined, "%s%u:%s%s", i ? " " : "", citation->line,
                               citation->in_link       ? "("
                               : citation->in_brackets ? ""
                                                       : "~",
                               citation->id);
    }
    return g_string_free(joined, FALSE);
}

static void test_citations(void)
{
    static const struct {
        const char *text, *found;
    } rows[] = {
        /* As Pandoc's manual writes them. */
        {"Blah [see @doe99, pp. 33-35 and *passim*; @smith04, chap. 1].", "1:doe99 1:smith04"},
        {"Smith says blah [-@smith04].\nAnd @doe99 [p. 33] says so.", "1:smith04 2:~doe99"},
        {"[@item1; -@item2]", "1:item1 1:item2"},
        {"[@a.b:c_d-e/f]. [@end.] [@a..b] [@{https://x.example/a?b=c}]",
         "1:a.b:c_d-e/f 1:end 1:a 1:https://x.example/a?b=c"},
        {"[@M\xc3\xbcller2020]", "1:M\xc3\xbcller2020"},
        {"@a, (@b) \xe2\x80\x93 @c", "1:~a 1:~b 1:~c"},
        {"As shown [@a]: it works [@b][@c]{.x}", "1:a 1:b 1:c"},
        {"[a [nested @b] c @d]", "1:b 1:d"},
        {"@*", "1:~*"},
        /* Addresses, handles in links, escapes. */
        {"one@board.example, <two@board.example>, mailto:three@x", ""},
        {"https://social.example/@name and user.@x", ""},
        {"[@handle](https://social.example) [see @b](x) [@c] (x)", "1:(handle 1:(b 1:c"},
        {"\\@a [\\@b] \\[@c]", "1:~c"},
        {"<a href=\"@x\">[@y]</a> a < b @z", "1:y 1:~z"},
        {"@ @- @.x [@]", ""},
        /* Code. */
        {"`@a` ``[@b] ` [@c]`` [@d]", "1:d"},
        {"` [@a]\n\n` [@b]", "1:a 3:b"},
        {"```\n[@a]\n```\n[@b]\n~~~ x\n[@c]\n", "4:b"},
        {"Text\n\n    [@a]\n\n\t[@b]\n\n   [@c]", "7:c"},
        {"Text\n    [@a]\n", "2:a"},
        {"- item\n\n    [@a]\n\n  more\n\n    [@b]\nText\n\n    [@c]\n", "3:a 7:b 10:c"},
        {"- item\n\nText\n\n    [@c]\n", ""},
        {"[^1]: Note\n\n    [@a]\n", "3:a"},
        {"<!-- [@a]\n\n[@b] --> [@c]\n[@d]", "4:d"},
        /* Links by reference are links, wherever the label gets its address. */
        {"Ask [@a] or [text @b][x], [@c][], [@d][e].\n\n[@a]: https://x.example\n[X ]: y\n"
         "> [@C]: <z> (\"@t\")\n",
         "1:(a 1:(b 1:(c 1:d"},
        {"[see\n@a  x] [@b]\n\n[SEE @a x]: y\n[^@b]: z", "2:(a 2:b 5:b"},
        {"```\n[@a]: x\n```\n[@a]", "4:a"},
        {"[@a]: it works.\n[@b]:\n", "1:a"},
        {"![A picture by @a](b.png) ![@c][d] [![@e](f)](g)\n\n[d]: e", "1:(a 1:(c 1:(e"},
        {"[open @a", "1:~a"},
        {"\xe2\x80\x9c@a\xe2\x80\x9d says @b\xe2\x80\x99s \xe4\xb8\xad@c", "1:~a 1:~b"},
        {"[@https://x.example/a] [@doi:10.1000/x.] [@fig:a]",
         "1:https://x.example/a 1:doi:10.1000/x 1:fig:a"},
        {"<script>\n\nlet a = '[@a]';\n</script>\n[@b]\n<pre class=\"x\">\n\n[@c]\n</pre>\n"
         "<preface>[@d]\n\n<STYLE>@e</style>\n[@f]",
         "5:b 10:d 13:f"},
        {"", ""},
        {"[@a]\r\n\r\n[@b]\r\n", "1:a 3:b"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *found = found_in(rows[i].text);
        g_assert_cmpstr(found, ==, rows[i].found);
    }
}

/* Searches for ends that never come are not made again from each beginning. */
static void test_hostile_texts(void)
{
    static const char *const units[] = {"`",     "`` ` ",   "<a ",      "[",    "[@a ",
                                        "@{",    "]",       "@a:",      "<!--", "``` `` ` ",
                                        "[[@a]", "[@a][b]", "[x]: @\n", "]: ",  "\n[@a] "};
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        g_autoptr(GString) text = g_string_new("@x ");
        while (text->len < 1024 * 1024)
            g_string_append(text, units[i]);
        gint64 start = g_get_monotonic_time();
        g_autofree char *found = found_in(text->str);
        g_assert_true(g_str_has_prefix(found, "1:~x"));
        g_assert_cmpint(g_get_monotonic_time() - start, <, 5 * G_USEC_PER_SEC);
    }
}

static void test_identifiers(void)
{
    static const struct {
        ImpReferenceKey key;
        const char *text;
        bool good;
    } rows[] = {
        {IMP_REFERENCE_DOI, "10.1000/182", true},
        {IMP_REFERENCE_DOI,
         "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2", true},
        {IMP_REFERENCE_DOI, "10.1000.10/123456", true},
        {IMP_REFERENCE_DOI, "https://doi.org/10.1000/182", false},
        {IMP_REFERENCE_DOI, "doi:10.1000/182", false},
        {IMP_REFERENCE_DOI, "11.1000/182", false},
        {IMP_REFERENCE_DOI, "10.100/182", false},
        {IMP_REFERENCE_DOI, "10.1000", false},
        {IMP_REFERENCE_DOI, "10.1000/", false},
        {IMP_REFERENCE_DOI, "10.1000./x", false},
        {IMP_REFERENCE_DOI, "10.1000/18 2", false},
        {IMP_REFERENCE_PMID, "1", true},
        {IMP_REFERENCE_PMID, "33301246", true},
        {IMP_REFERENCE_PMID, "033301246", false},
        {IMP_REFERENCE_PMID, "333012461", false},
        {IMP_REFERENCE_PMID, "PMID 33301246", false},
        {IMP_REFERENCE_PMCID, "PMC7745181", true},
        {IMP_REFERENCE_PMCID, "7745181", false},
        {IMP_REFERENCE_ISSN, "0028-4793", true},
        {IMP_REFERENCE_ISSN, "2434-561X", true},
        {IMP_REFERENCE_ISSN, "0028-4794", false},
        {IMP_REFERENCE_ISSN, "00284793", false},
        {IMP_REFERENCE_ISBN, "978-3-16-148410-0", true},
        {IMP_REFERENCE_ISBN, "0-306-40615-2", true},
        {IMP_REFERENCE_ISBN, "080442957X", true},
        {IMP_REFERENCE_ISBN, "978-3-16-148410-1", false},
        {IMP_REFERENCE_ISBN, "0-306-40615-3", false},
        {IMP_REFERENCE_ISBN, "12345", false},
        /* As Zotero exports several. */
        {IMP_REFERENCE_ISSN, "0028-4793, 1533-4406", true},
        {IMP_REFERENCE_ISSN, "0028-4793 1533-4406", true},
        {IMP_REFERENCE_ISSN, "0028-4793, 1533-4407", false},
        {IMP_REFERENCE_ISSN, ",", false},
        {IMP_REFERENCE_ISBN, "978-3-16-148410-0 0-306-40615-2", true},
        {IMP_REFERENCE_ISBN, "978 3 16 148410 0, 0 306 40615 2", true},
        {IMP_REFERENCE_ISBN, "978-3-16-148410-0 0-306-40615-3", false},
        {IMP_REFERENCE_ISBN, "978 3 16 148410 0", true},
        {IMP_REFERENCE_URL, "https://example.org/a?b#c", true},
        {IMP_REFERENCE_URL, "http://example.org", true},
        {IMP_REFERENCE_URL, "example.org", false},
        {IMP_REFERENCE_URL, "javascript:alert(1)", false},
        {IMP_REFERENCE_URL, "https://", false},
        {IMP_REFERENCE_TITLE, "anything", true},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpstr(imp_reference_fault(rows[i].key, rows[i].text) ? rows[i].text : "", ==,
                        rows[i].good ? "" : rows[i].text);
}

/* "E7: text" for each finding about the article. */
static char *findings_of(const char *article)
{
    g_autoptr(ImpDocument) document = imp_document_parse(article, strlen(article));
    g_assert_cmpstr(document->detail, ==, NULL);
    g_autoptr(GPtrArray) citations = imp_citations_find(
        article + document->body, strlen(article) - document->body, document->body_line);
    g_autoptr(GPtrArray) findings = imp_references_check(
        document->references, citations, imp_document_key_line(document, "bibliography") > 0, 2026);
    GString *joined = g_string_new(NULL);
    for (guint i = 0; i < findings->len; i++) {
        const ImpTextFinding *finding = findings->pdata[i];
        g_string_append_printf(joined, "%c%u: %s\n", finding->is_error ? 'E' : 'W', finding->line,
                               finding->text);
    }
    return g_string_free(joined, FALSE);
}

#define GOOD_REFERENCE(id) "- {id: " id ", type: article-journal, title: T, issued: 2020}\n"

static void test_good_references(void)
{
    static const char *const articles[] = {
        "# No references\n\nAsk @somebody, [@a; @b].\n",
        "---\nbibliography: x.bib\nreferences:\n" GOOD_REFERENCE("a") "---\nText [@a], [@b].\n",
        "---\nreferences:\n" GOOD_REFERENCE(
            "a") "---\nText [@a], [@fig:x], @tbl-y, [@doi:10.1/x], "
                 "[@me](x) and [@you].\n\n[@you]: https://x.example\n",
        "---\nreferences:\n---\nText\n",
        "---\nreferences:\n" GOOD_REFERENCE("a") "---\nText [@a].\n",
        "---\nreferences:\n- id: a\n  type: book\n  title: T\n  PMID: 33301246\n  issued:\n    "
        "date-parts:\n    - "
        "[2020, 5]\n"
        "---\n@a\n",
        ("---\nreferences:\n- id: a\n  type: webpage\n  genre: Clinical Guideline\n  title: T\n  "
         "issued: {month: 5, year: 2020}\n---\n@a\n"),
        ("---\nreferences:\n- {id: a, type: report, title: T, issued: [{year: 2020}], author: "
         "[{family: B}]}\n---\n@a\n"),
    };
    for (gsize i = 0; i < G_N_ELEMENTS(articles); i++) {
        g_autofree char *findings = findings_of(articles[i]);
        g_assert_cmpstr(findings, ==, "");
    }
}

static void test_findings(void)
{
    static const struct {
        const char *article, *findings;
    } rows[] = {
        {"---\nreferences:\n" GOOD_REFERENCE("c") "---\nText [@a; @b] [@a] [@c].\n",
         "E5: @a is cited, but the front matter has no reference with that id\n"
         "E5: @b is cited, but the front matter has no reference with that id\n"},
        {"---\nreferences:\n" GOOD_REFERENCE("a") GOOD_REFERENCE("b") "---\n\n[@a] and @c\n",
         "W4: b is cited nowhere in the text\n"
         "W7: @c is cited, but the front matter has no reference with that id; if it is not "
         "a citation write \"\\@\"\n"},
        {"---\nreferences:\n" GOOD_REFERENCE("a") GOOD_REFERENCE("a") "---\n[@a]\n",
         "E4: id \"a\" is also that of the reference in line 3; give one another\n"},
        {"---\nreferences: [a, b]\n---\n",
         "E2: this is not a reference; write references as a list, each with id, type, title and "
         "issued\n"
         "E2: this is not a reference; write references as a list, each with id, type, title and "
         "issued\n"
         "W2: no reference is research or a guideline (article-journal, report, standard ..., or "
         "one with a PMID)\n"},
        {"---\nreferences: a\n---\n",
         "E2: this is not a reference; write references as a list, each with id, type, title and "
         "issued\n"
         "W2: no reference is research or a guideline (article-journal, report, standard ..., or "
         "one with a PMID)\n"},
        {"---\nreferences:\n- id: a\n  type: guideline\n  doi: 10.1000/1\n  DOI: doi:10.1000/1\n  "
         "PMID: x\n  issued: "
         "soon\n"
         "---\n@a\n",
         "W3: a: doi is written in other letters in CSL-JSON, and not read\n"
         "W3: a has no title\n"
         "W4: a has the type \"guideline\", which CSL does not have; write article-journal, report "
         "(also for a "
         "guideline), book, webpage or another\n"
         "E6: a: DOI \"doi:10.1000/1\" is more than a DOI; write it alone, from \"10.\" on\n"
         "E7: a: PMID \"x\" is not a PubMed number, which is one to eight digits\n"
         "W8: a names no year; write \"issued: 2024\", or with month and day\n"},
        {"---\nreferences:\n- {type: report, title: T, issued: 2031, DOI: 10.1000/1.}\n---\n",
         "E3: the reference has no id, by which the text could cite it\n"
         "W3: the reference: DOI \"10.1000/1.\" ends with a mark that mostly belongs to the "
         "sentence it was copied "
         "from\n"
         "W3: the reference is of the year 2031, which is in the future\n"},
        {"---\nreferences:\n- {id: a, type: report, title: T, issued: 2020, DOI: 10.1000/A}\n"
         "- {id: b, type: report, title: T, issued: 2020, DOI: 10.1000/a}\n---\n[@a; @b]\n",
         "W4: DOI \"10.1000/a\" is also that of the reference in line 3; is it the same source?\n"},
        {"---\nreferences:\n- {id: a, type: webpage, title: T, issued: 2020, URL: "
         "example.org}\n---\n[@a]\n",
         "W3: a: URL \"example.org\" is not an address on the web, which begins with https:// or "
         "http://\n"
         "W3: no reference is research or a guideline (article-journal, report, standard ..., or "
         "one with a PMID)\n"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *findings = findings_of(rows[i].article);
        g_assert_cmpstr(findings, ==, rows[i].findings);
    }
}

static void test_many_findings(void)
{
    g_autoptr(GString) article =
        g_string_new("---\nreferences:\n" GOOD_REFERENCE("a") "---\n[@a]\n");
    for (guint i = 0; i < 1000; i++)
        g_string_append_printf(article, "[@id%u]\n", i);
    g_autofree char *findings = findings_of(article->str);
    g_assert_true(g_str_has_suffix(
        findings, "E105: @id99 is cited, but the front matter has no reference with that id\n"
                  "E0: 900 more things are wrong with citations and references\n"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/references/citations", test_citations);
    g_test_add_func("/references/hostile-texts", test_hostile_texts);
    g_test_add_func("/references/identifiers", test_identifiers);
    g_test_add_func("/references/good", test_good_references);
    g_test_add_func("/references/findings", test_findings);
    g_test_add_func("/references/many-findings", test_many_findings);
    return g_test_run();
}
