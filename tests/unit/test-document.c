#include "articles/document_check.h"
#include "tests/unit/scratch.h"
#include "workflow/base/limits.h"
#include "workflow/base/moment.h"

/* Articles as authors write them, and as nobody should. */

static ImpDocument *parse(const char *text)
{
    return imp_document_parse(text, strlen(text));
}

static ImpDocument *parse_good(const char *text)
{
    ImpDocument *document = parse(text);
    g_assert_cmpstr(document->detail, ==, NULL);
    g_assert_cmpint(document->problem, ==, IMP_PROBLEM_NONE);
    return document;
}

static void assert_list(char **list, const char *joined)
{
    g_autofree char *ours = g_strjoinv(" ", list);
    g_assert_cmpstr(ours, ==, joined);
}

static void assert_keys(const ImpDocument *document, ImpKeyKind kind, const char *joined)
{
    g_autoptr(GStrvBuilder) found = g_strv_builder_new();
    for (guint i = 0; i < document->keys->len; i++) {
        const ImpFrontMatterKey *key = document->keys->pdata[i];
        g_autofree char *one = g_strdup_printf("%s:%u", key->name, key->line);
        if (key->kind == kind)
            g_strv_builder_add(found, one);
    }
    g_auto(GStrv) list = g_strv_builder_end(found);
    assert_list(list, joined);
}

static void test_what_is_read(void)
{
    g_autoptr(ImpDocument) document =
        parse_good("---\n"
                   "title: \"Stage 4: what  now?\"\n"
                   "specialty: oncology\n"
                   "reviewers: [onc1, onc2]\n"
                   "review_in: 6 weeks\n"
                   "status: approved\n"
                   "lastReviewed: {by: me}\n"
                   "reviewedBy:\n  - me\n"
                   "references:\n- id: a\n  author:\n  - family: B\n- id: c\n"
                   "other: {a: [b, {c: d}]}\n"
                   "---\n"
                   "# Another heading\n");
    g_assert_cmpstr(document->title, ==, "Stage 4: what  now?");
    g_assert_cmpstr(document->specialty, ==, "oncology");
    assert_list(document->reviewers, "onc1 onc2");
    g_assert_cmpuint(document->review_in.count, ==, 6);
    g_assert_cmpint(document->review_in.unit, ==, IMP_REVIEW_UNIT_WEEKS);
    assert_keys(document, IMP_KEY_IGNORED, "status:6 lastReviewed:7 reviewedBy:8");
    assert_keys(document, IMP_KEY_OTHER, "other:15");
    g_assert_cmpuint(imp_document_key_line(document, "references"), ==, 10);
    g_assert_cmpuint(imp_document_key_line(document, "family"), ==, 0);
}

/* Other programs' keys may have the same names and any value: that was never a problem. */
static void test_what_readers_are_told(void)
{
    g_autoptr(ImpDocument) document =
        parse_good("---\naudience: patient\nlang: pt-BR\n"
                   "variant_of: \" content/a b.md \"\ndescription: >\n  two\n  lines\n---\n");
    g_assert_cmpstr(document->audience, ==, "patient");
    g_assert_cmpstr(document->lang, ==, "pt-BR");
    g_assert_cmpstr(document->variant_of, ==, "content/a b.md");
    g_assert_cmpstr(document->description, ==, "two lines");
    g_autoptr(ImpDocument) odd =
        parse_good("---\naudience: [patient, other]\nlang: {a: b}\nvariant_of: ~\n"
                   "description: \"  \"\ntitle: T\n---\n");
    g_assert_null(odd->audience);
    g_assert_null(odd->lang);
    g_assert_null(odd->variant_of);
    g_assert_null(odd->description);
    g_assert_cmpstr(odd->title, ==, "T");
    assert_keys(odd, IMP_KEY_ODD, "audience:2 lang:3");
    assert_keys(odd, IMP_KEY_READ, "variant_of:4 description:5 title:6");
}

static void test_forms_of_front_matter(void)
{
    static const struct {
        const char *text, *title;
    } cases[] = {
        {"---\ntitle: T\n---\n", "T"},
        {"---\ntitle: T\n...\nx", "T"},
        {"---\ntitle: T\n---", "T"},
        {"\xef\xbb\xbf---\ntitle: T\n---\n", "T"},
        {"---\r\ntitle: T\r\n---\r\n# H\r\n", "T"},
        {"--- \t\ntitle: T\n--- \n", "T"},
        {"---\n---\n# H\n", "H"},
        {"---\n# comment\n\n---\n", NULL},
        {"---\nnull\n---\n", NULL},
        {"---\ntitle:\n---\n# H\n", "H"},
        {"---\ntitle: ~\nspecialty:\nreviewers: null\nreview_in:\n---\n# H\n", "H"},
        {"---\ntitle: \"\"\n---\n# H\n", "H"},
        {"---\ntitle: 2024\n---\n", "2024"},
        {"---\ntitle: >\n  two\n  lines\n---\n", "two lines"},
        {"---\ntitle: \"a\\nb\\ec\"\n---\n", "a b c"},
        {"---\ntitle: T\n ---\n---\n", "T ---"},
        {"\n---\ntitle: T\n---\n", NULL},
        {" ---\ntitle: T\n---\n", NULL},
        {"----\ntitle: T\n---\n", NULL},
        {"", NULL},
        {"text", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(ImpDocument) document = parse_good(cases[i].text);
        g_assert_cmpstr(document->title, ==, cases[i].title);
        assert_list(document->reviewers, "");
    }
}

static void test_front_matter_in_json(void)
{
    g_autoptr(ImpDocument) document = parse_good(
        "{\n  \"title\": \"A \\u00e9 \\ud83d\\ude00 \\/ x\",\n  \"review_in\": \"6 weeks\",\n"
        "  \"reviewers\": [\"gp1\"], \"draft\": false, \"n\": null,\n"
        "  \"references\": [\n    {\"id\": \"a\", \"issued\": {\"date-parts\": [[2020]]}}]\n}\n"
        "Text\n");
    g_assert_cmpstr(document->title, ==, "A \u00e9 \U0001f600 / x");
    g_assert_cmpuint(document->review_in.count, ==, 6);
    assert_list(document->reviewers, "gp1");
    g_assert_cmpuint(imp_document_key_line(document, "draft"), ==, 4);
    g_assert_cmpuint(((ImpReference *)document->references->pdata[0])->line, ==, 6);
    g_assert_cmpuint(document->body_line, ==, 8);
    g_autoptr(ImpDocument) marked = parse_good("---json\n{\"title\": \"T\"}\n---\nText\n");
    g_assert_cmpstr(marked->title, ==, "T");
    g_autoptr(ImpDocument) yaml = parse_good("---yaml\ntitle: T\n---\nText\n");
    g_assert_cmpstr(yaml->title, ==, "T");
    g_autoptr(ImpDocument) wrong = parse("{\"title\": \"T\",\n\"reviewers\": 1}\n");
    g_assert_true(g_str_has_prefix(wrong->detail, "Front matter, line 2: reviewers is not a list"));
    /* Whatever else begins so is text, as it always was. */
    static const char *const texts[] = {"{\n",
                                        "{}",
                                        "{\"a\": 1} text\n",
                                        "{\"a\": }\n# H\n",
                                        "{% include x %}\n",
                                        "{: .note}\n# H\n",
                                        "{{< figure >}}\n",
                                        "{\n\"a\": 1\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(ImpDocument) text = parse_good(texts[i]);
        g_assert_cmpuint(text->keys->len, ==, 0);
    }
}

static void test_titles_from_headings(void)
{
    static const struct {
        const char *text, *title;
    } cases[] = {
        {"text\n# One\n# Two\n", "One"},
        {"#No\n## No\n#\n# \n#  Yes  \n", "Yes"},
        {"   # Three\n", "Three"},
        {"    # Code\n# H\n", "H"},
        {"# Closed ##  \n", "Closed"},
        {"# C#\n", "C#"},
        {"# ##\n# H", "H"},
        {"#\tTab\n", "Tab"},
        {"```\n# Code\n```\n# H\n", "H"},
        {"~~~~ sh\n# Code\n~~~\n```\n~~~~~\n# H\n", "H"},
        {"```\n# Code\n``` x\n# Code\n", NULL},
        {"``` a`b\n# H\n", "H"},
        {"``\n# H\n", "H"},
        {"   ```\n# Code\n", NULL},
        {"# H\r\nx", "H"},
        /* Pandoc's and Markdown Extra's attributes are not a part of it. */
        {"# Asthma {#asthma}\n", "Asthma"},
        {"# Asthma {.unnumbered #x lang=en} ##\n", "Asthma"},
        {"# Set {a, b}\n", "Set {a, b}"},
        {"# {#x}\n# H\n", "H"},
        /* Underlined (CommonMark 0.30, section 4.3). */
        {"Asthma\n======\n", "Asthma"},
        {"Asthma\nin children\n=\n", "Asthma in children"},
        {"Text\n\n  Asthma {#a}  \r\n===  \r\n", "Asthma"},
        {"\n===\n# H\n", "H"},
        {"Text\n\n===\n# H\n", "H"},
        {"Asthma\n---\n# H\n", "H"},
        {"Asthma\n= =\n# H\n", "H"},
        {"- item\n===\n# H\n", "H"},
        {"> quoted\n===\n# H\n", "H"},
        {"    code\n===\n# H\n", "H"},
        {"## Two\n===\n# H\n", "H"},
        {"```\nAsthma\n===\n```\n# H\n", "H"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(ImpDocument) document = parse_good(cases[i].text);
        g_assert_cmpstr(document->title, ==, cases[i].title);
    }
    g_autofree char *many = g_strnfill(100000, 'x');
    g_autofree char *text = g_strconcat("# ", many, NULL);
    g_autoptr(ImpDocument) document = parse_good(text);
    g_assert_cmpint(g_utf8_strlen(document->title, -1), ==, 256);
    g_assert_true(g_str_has_suffix(document->title, "x\u2026"));
}

static void test_problems_of_front_matter(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"---\ntitle: T\n", "Front matter, line 1: it begins with \"---\" and never ends"},
        {"---", "never ends"},
        {"---\n\ttitle: T\n---\n", "Front matter, line 2: a tab begins the line"},
        {"---\na: b\n\tc: d\n---\n", "line 3: a tab begins the line, and YAML takes blanks alone"},
        {"---\na: b\nx: [T\n---\n", "this is not YAML ("},
        {"---\na: \"\x01\"\n---\n", "this is not YAML (control characters are not allowed)"},
        {"---\ntitle:\u00a0T\n---\n",
         "line 2: a no-break space (U+00A0) stands here; write an ordinary blank instead"},
        {"---\na: b\u2028c\nd: e\n---\n",
         "line 2: a line separator (U+2028) stands here; write an ordinary line end instead"},
        {"---\na: \"b\u2028c\"\nd: [\"\xc2\x85\u2029\"]\ntitle: [T]\n---\n",
         "line 4: title is a list"},
        {"---\ntitle: Asthma: what now\n---\n", "line 2: this is not YAML (mapping values are not "
                                                "allowed in this context); a value with a "
                                                "sign of YAML in it goes into quotes: \"...\"."},
        {"---\ntitle: @home or in hospital\n---\n", "goes into quotes"},
        {"---\ntitle: [Draft] Asthma\n---\n", "write a text, in quotes if it begins so"},
        {"---\ntitle: *Asthma*\n---\n", "goes into quotes"},
        {"---\na: &x 1\n---\n", "Front matter, line 2: anchors (\"&name\") are not allowed"},
        {"---\na: &x [1]\n---\n", "anchors"},
        {"---\na: &x {b: 1}\n---\n", "anchors"},
        {"---\na: 1\nb: *x\n---\n", "Front matter, line 3: aliases (\"*name\") are not allowed"},
        {"---\na: !!str 1\n---\n", "tags (\"!name\") are not allowed"},
        {"---\na: ! 1\n---\n", "tags"},
        {"---\na: !x [1]\n---\n", "tags"},
        {"---\n!x\na: 1\n---\n", "tags"},
        {"---\na: 1\nb: 2\na: 3\n---\n",
         "Front matter, line 4: the key \"a\" appears a second time"},
        {"---\na: 1\n\"a\": 3\n---\n", "the key \"a\" appears a second time"},
        {"---\nx:\n  a: 1\n  a: 3\n---\n",
         "Front matter, line 4: the key \"a\" appears a second time"},
        {"---\n- a\n---\n", "these are not \"key: value\" lines"},
        {"---\ntext\n---\n", "these are not \"key: value\" lines"},
        {"---\n\"\"\n---\n", "these are not \"key: value\" lines"},
        {"---\na: 1\n--- \tb\n---\n", "second YAML document"},
        {"---\n? [a]\n: b\n---\n", "a key is a list or a mapping"},
        {"---\na: \"\\0\"\n---\n", "holds a NUL character"},
        {"---\ntitle: [T]\n---\n",
         "Front matter, line 2: title is a list or a mapping; write a text"},
        {"---\nspecialty: {a: b}\n---\n", "specialty is a list or a mapping"},
        {"---\nspecialty: \" \"\n---\n", "specialty is empty"},
        {"---\nreviewers: onc1\n---\n",
         "reviewers is not a list of texts; write \"reviewers: [ID, ID]\""},
        {"---\nreviewers:\n- onc1\n- [onc2]\n---\n",
         "Front matter, line 4: reviewers is not a list"},
        {"---\nreview_in: [6 weeks]\n---\n", "review_in is a list or a mapping"},
        {"---\nreview_in: soon\n---\n",
         "review_in is \"soon\"; write a number from 1 to 9999 and a unit"},
        {"---\nreview_in: 12\n---\n", "review_in is \"12\""},
        {"---\nreview_in: 0 days\n---\n", "review_in is \"0 days\""},
        {"---\nreview_in: \"\"\n---\n", "review_in is \"\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(ImpDocument) document = parse(cases[i].text);
        if (document->problem != IMP_PROBLEM_FRONT_MATTER ||
            !strstr(document->detail, cases[i].says))
            g_error("%s\n-> %s, not \"%s\"", cases[i].text, document->detail, cases[i].says);
        g_assert_true(g_str_has_prefix(document->detail, "Front matter, line "));
        g_assert_null(document->specialty);
        assert_list(document->reviewers, "");
    }
    g_autoptr(ImpDocument) with_heading = parse("---\nreview_in: soon\nspecialty: x\n---\n# H\n");
    g_assert_cmpstr(with_heading->title, ==, "H");
    g_assert_null(with_heading->specialty);
}

static char *repeat(const char *before, const char *text, guint count, const char *after)
{
    GString *whole = g_string_new(before);
    for (guint i = 0; i < count; i++)
        g_string_append(whole, text);
    g_string_append(whole, after);
    return g_string_free(whole, FALSE);
}

static void test_depth_and_length(void)
{
    g_autofree char *closing = repeat("", "]", 15, "\n---\n");
    g_autofree char *deep = repeat("---\na: ", "[", 15, closing);
    imp_document_free(parse_good(deep));
    g_autofree char *closing_more = repeat("", "]", 16, "\n---\n");
    g_autofree char *deeper = repeat("---\na: ", "[", 16, closing_more);
    g_autoptr(ImpDocument) too_deep = parse(deeper);
    g_assert_nonnull(strstr(too_deep->detail, "more than 16 levels deep"));

    g_autofree char *long_yaml = repeat("---\n#", "x", IMP_FRONT_MATTER_MAX_BYTES - 2, "\n---\n");
    imp_document_free(parse_good(long_yaml));
    g_autofree char *longer_yaml = repeat("---\n#", "x", IMP_FRONT_MATTER_MAX_BYTES - 1, "\n---\n");
    g_autoptr(ImpDocument) too_long = parse(longer_yaml);
    g_assert_nonnull(strstr(too_long->detail, "65537 bytes long"));
}

/* What made other parsers slow ends soon here. Bounds are generous: memory checkers are slow too.
 */
static void test_hostile_front_matter_costs_little(void)
{
    static const char *const texts[] = {"[",      "{",  "- ",  "? ",  "a: ", "[[{",   "{a: ", "\"",
                                        "'",      "!",  "&a ", "*a ", "[a,", "a\n",   "|",    "%",
                                        "- - ? ", "\\", "#",   ",",   ": ",  "a: 1\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text =
            repeat("---\n", texts[i], (guint)((IMP_FRONT_MATTER_MAX_BYTES - 8) / strlen(texts[i])),
                   "\n---\n");
        gint64 start_us = g_get_monotonic_time();
        imp_document_free(parse(text));
        g_assert_cmpint(g_get_monotonic_time() - start_us, <, 500000);
    }
    g_autoptr(ImpDocument) laughs = parse("---\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n");
    g_assert_cmpint(laughs->problem, ==, IMP_PROBLEM_FRONT_MATTER);
}

static void test_encoding_and_size(void)
{
    g_autoptr(ImpDocument) latin = parse("# T\n\nCaf\xe9\n");
    g_assert_cmpint(latin->problem, ==, IMP_PROBLEM_ENCODING);
    g_assert_cmpstr(
        latin->detail, ==,
        "Line 3: it holds a byte that is not UTF-8; save the file in the encoding UTF-8.");
    g_autoptr(ImpDocument) nul = imp_document_parse("# T\nx\0", 6);
    g_assert_cmpint(nul->problem, ==, IMP_PROBLEM_ENCODING);
    g_assert_cmpstr(nul->detail, ==, "Line 2: it holds a NUL byte; take it out.");
    g_assert_null(nul->title);

    g_autoptr(ImpDocument) wide = imp_document_parse("\xff\xfe#\0 \0T\0", 8);
    g_assert_cmpstr(wide->detail, ==,
                    "Line 1: the file is in UTF-16; save it in the encoding UTF-8.");
    g_autoptr(ImpDocument) bare = imp_document_parse("#\0 \0T\0", 6);
    g_assert_cmpstr(bare->detail, ==, wide->detail);
    g_autoptr(ImpDocument) word = imp_document_parse("PK\x03\x04\x14\0", 6);
    g_assert_nonnull(strstr(word->detail, "an archive, such as word processors write"));

    g_autofree char *text = g_strnfill(IMP_ARTICLE_MAX_BYTES + 1, 'x');
    g_autoptr(ImpDocument) large = imp_document_parse(text, IMP_ARTICLE_MAX_BYTES + 1);
    g_assert_cmpint(large->problem, ==, IMP_PROBLEM_TOO_LARGE);
    g_autoptr(ImpDocument) just = imp_document_parse(text, IMP_ARTICLE_MAX_BYTES);
    g_assert_cmpint(just->problem, ==, IMP_PROBLEM_NONE);
}

/* "W2: text" for each finding. */
static char *found_in(const char *text)
{
    g_autoptr(ImpDocument) document = parse(text);
    g_autoptr(GPtrArray) findings = imp_document_check(document, text, strlen(text));
    GString *joined = g_string_new(NULL);
    for (guint i = 0; i < findings->len; i++) {
        const ImpTextFinding *finding = findings->pdata[i];
        g_string_append_printf(joined, "%c%u: %s\n", finding->is_error ? 'E' : 'W', finding->line,
                               finding->text);
    }
    return g_string_free(joined, FALSE);
}

static void test_invisible_characters_are_warned_about(void)
{
    g_autofree char *found =
        found_in("\xef\xbb\xbf---\ntitle: a\u200bb\n---\n\ndose \u202e10 \u2066mg\n"
                 "caf\u00e9 \u20ac \u65e5\n\u061c\n\ufeff\n");
    g_assert_cmpstr(
        found, ==,
        "W2: the line holds a zero-width character (U+200B), which readers cannot see\n"
        "W5: the line holds a bidirectional control (U+202E), which readers cannot see\n"
        "W7: the line holds a bidirectional control (U+061C), which readers cannot see\n"
        "W8: the line holds a zero-width character (U+FEFF), which readers cannot see\n");
    g_autofree char *many = repeat("", "\u200b\n", 30, "");
    g_autofree char *more = found_in(many);
    g_assert_true(g_str_has_prefix(
        more, "W0: 10 more lines hold characters that readers cannot see\nW1: the line"));
    g_assert_null(strstr(more, "W21:"));
}

#define CONFLICT                                                                                   \
    "a merge conflict was not resolved here; keep one of the two texts, and remove the "           \
    "markers\n"
#define IN_YAML "write it in YAML between two lines \"---\", the first at the top\n"

static void test_what_is_odd(void)
{
    static const struct {
        const char *text, *found;
    } rows[] = {
        {"# T\n\nText\n=======\n", ""},
        {"# T\n\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> topic\n", "E3: " CONFLICT "E7: " CONFLICT},
        {"---\n<<<<<<< HEAD\ntitle: a\n=======\ntitle: b\n>>>>>>> x\n---\nText\n",
         "E2: " CONFLICT "E6: " CONFLICT},
        {"a\n=======\nb\n>>>>>>> topic\n", "E4: " CONFLICT},
        {">>>>>>> seven times quoted\n<<<<<<<< eight\n<<<<<<<x\n", ""},
        {"Type:\n\n```\n<<<<<<< HEAD\n=======\n>>>>>>> topic\n```\n", ""},
        {"", "W0: there is no text in it that could be approved\n"},
        {"---\ntitle: T\n---\n \n\t\n", "W0: there is no text in it that could be approved\n"},
        {"+++\ntitle = 'T'\n+++\nText\n", "W1: front matter in TOML is not read; " IN_YAML},
        {"---toml\ntitle = 'T'\n---\nText\n",
         "W1: front matter in toml is not read behind \"---toml\"; " IN_YAML},
        {"+++\n\nText\n", ""},
        {"----\ntitle: T\n----\nText\n", "W1: front matter begins with a line of exactly \"---\", "
                                         "and is not read behind this one\n"},
        {" ---\ntitle: T\n ---\nText\n", "W1: front matter begins with a line of exactly \"---\", "
                                         "and is not read behind this one\n"},
        {"\u2014\u2014\ntitle: T\n---\nText\n", "W1: front matter begins with a line of exactly "
                                                "\"---\", and is not read behind this one\n"},
        {"-----\n\nText\n\n-----\n", ""},
        {"# T\rText\r", "W0: the lines end in CR alone, as on old Macintoshes, which makes all of "
                        "it one line here, "
                        "and front matter unread; save it with line ends of Unix\n"},
        {"---dashes\n\nText\n", ""},
        {"\n\n---\nspecialty: x\n---\nText\n",
         "W3: this front matter is not read, because there are lines before it; take them out\n"},
        {"\n---\n\nText\n\n---\n\nMore: text\n", ""},
        {"\n---\nother: x\n---\nText\n", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *found = found_in(rows[i].text);
        if (strcmp(found, rows[i].found) != 0)
            g_error("%s\n-> %s\nnot %s", rows[i].text, found, rows[i].found);
    }
    g_autofree char *windows = found_in("# T\r\n\r\nText\r\n");
    g_assert_true(g_str_has_prefix(windows, "W0: the lines end as on Windows (CR LF), and git"));
}

static void test_review_in(void)
{
    static const char *const malformed[] = {
        "",         "days",    "1",          "1days",    "1  days", "-1 days",
        "0 months", "1 years", "10000 days", "1 Days",   "1 day s", "1 mont",
        " 1 days",  "1 days ", "1 ",         "1.5 days", "+1 days"};
    for (gsize i = 0; i < G_N_ELEMENTS(malformed); i++) {
        ImpReviewIn review_in = {77, IMP_REVIEW_UNIT_WEEKS};
        g_assert_false(imp_review_in_parse(malformed[i], &review_in));
        g_assert_cmpuint(review_in.count, ==, 77);
    }
    static const struct {
        const char *text, *ends;
    } good[] = {
        {"30 days", "2026-03-02T12:00:00Z"}, {"2 weeks", "2026-02-14T12:00:00Z"},
        {"1 month", "2026-02-28T12:00:00Z"}, {"13 months", "2027-02-28T12:00:00Z"},
        {"1 day", "2026-02-01T12:00:00Z"},   {"9999 weeks", "2217-09-20T12:00:00Z"},
    };
    gint64 start_us;
    g_assert_true(imp_moment_parse("2026-01-31T12:00:00Z", &start_us));
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        ImpReviewIn review_in;
        g_assert_true(imp_review_in_parse(good[i].text, &review_in));
        g_autofree char *ends = imp_moment_format(imp_review_in_add(review_in, start_us));
        g_assert_cmpstr(ends, ==, good[i].ends);
    }
    g_assert_cmpint(imp_review_in_add((ImpReviewIn){0}, start_us), ==, start_us);
}

/* Whatever the bytes, reading ends and leaves a document. */
static void test_damaged_documents(void)
{
    static const char whole[] =
        "---\ntitle: \"a\"\nreviewers: [a, b]\nx: {a: [1, 2]}\nreview_in: 1 day\n---\n# H\n```\n";
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    guint problems = 0;
    for (guint i = 0; i < 20000; i++) {
        char text[sizeof whole];
        memcpy(text, whole, sizeof whole);
        for (gint32 damage = g_rand_int_range(random, 1, 4); damage > 0; damage--)
            text[g_rand_int_range(random, 0, sizeof whole - 1)] =
                "\n \0-[]{}:#&*!\"'`~\xff\t"[g_rand_int_range(random, 0, 19)];
        g_autoptr(ImpDocument) document =
            imp_document_parse(text, (gsize)g_rand_int_range(random, 0, sizeof whole));
        g_assert_true((document->problem == IMP_PROBLEM_NONE) == (document->detail == NULL));
        problems += document->problem != IMP_PROBLEM_NONE;
    }
    g_assert_cmpuint(problems, >, 5000);
    g_assert_cmpuint(problems, <, 19000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/document/read", test_what_is_read);
    g_test_add_func("/document/told", test_what_readers_are_told);
    g_test_add_func("/document/forms", test_forms_of_front_matter);
    g_test_add_func("/document/json", test_front_matter_in_json);
    g_test_add_func("/document/headings", test_titles_from_headings);
    g_test_add_func("/document/front-matter-problems", test_problems_of_front_matter);
    g_test_add_func("/document/depth-and-length", test_depth_and_length);
    g_test_add_func("/document/hostile", test_hostile_front_matter_costs_little);
    g_test_add_func("/document/encoding-and-size", test_encoding_and_size);
    g_test_add_func("/document/invisible", test_invisible_characters_are_warned_about);
    g_test_add_func("/document/odd", test_what_is_odd);
    g_test_add_func("/document/review-in", test_review_in);
    g_test_add_func("/document/damaged", test_damaged_documents);
    return g_test_run();
}
