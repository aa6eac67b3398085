#include "tests/unit/scratch.h"
#include "workflow/hidden.h"

/* What many scripts are spelt with, and what only hides. */

static const char *find(const char *line, gunichar *character)
{
    ImpScripts scripts = imp_hidden_survey(line, strlen(line));
    *character = 0;
    return imp_hidden_is_suspect(line, strlen(line))
               ? imp_hidden_find(line, strlen(line), &scripts, character)
               : NULL;
}

static void test_what_belongs_where_it_stands(void)
{
    static const char *const lines[] = {
        "",
        "plain text, caf\u00e9, na\u00efve \u2014 \u20ac",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",                 /* Persian */
        "\u0627\u0632 API\u200c\u0647\u0627\u06cc",                         /* and a Latin word */
        "\u062c\u0647\u062a \u200c\u0645\u062a\u0646",                      /* behind a blank */
        "\u0915\u094d\u200d\u0937 \u0915\u094d\u200c\u0937",                /* Hindi */
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",                                   /* Sinhala */
        "\u09b8\u09ab\u099f\u0993\u09df\u09cd\u200d\u09af\u09be\u09b0",     /* Bengali */
        "\u1796\u17b6\u1780\u17d2\u1799\u200b\u1793\u17c1\u17c7 \u200b ok", /* Khmer */
        "links\u200b \u200b\u17a2\u17b6",                                   /* and a Latin word */
        "\u0e01\u200b\u0e02, \u0e81\u200b\u0e82, \u4e00\u200b\u4e01 \u2060\u30ab", /* Thai, Lao ...
                                                                                    */
        "\u05e9\u05dc\u05d5\u05dd) \u200f(MIT), \u200eC++\u200e",                  /* Hebrew */
        "\u0633\u0644\u0627\u0645\u061c 12",                                       /* Arabic */
        "\u0633 \u2066PDF 1.2\u2069 \u0644 \u202bx\u202c",
        "\U0001f469\u200d\U0001f4bb \U0001f469\U0001f3fc\u200d\U0001f680", /* pictures */
        "\u2764\ufe0f\u200d\U0001f525 \U0001f642\u200d\u2194\ufe0f 1\ufe0f\u20e3",
        "(\U0001f6e0\ufe0f)",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", /* Scotland */
        "\u845b\U000e0100\u98fe",
        "\u1820\u180e\u1821, \u1100\u1160\u1161, \ud55c \u3164 \uae00",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        gunichar character;
        const char *kind = find(lines[i], &character);
        if (kind)
            g_error("line %zu: %s (U+%04X)", i, kind, character);
    }
}

static void test_what_hides(void)
{
    static const struct {
        const char *line;
        gunichar character;
        const char *kind;
    } cases[] = {
        {"10\u200bmg", 0x200b, "a zero-width character"},
        {"a\u200db", 0x200d, "a zero-width character"},
        {"\u03b1\u200c.", 0x200c, "a zero-width character"},
        {"\u0430\u2060\u0431", 0x2060, "a zero-width character"},
        {"\u200b", 0x200b, "a zero-width character"},
        {"a\ufeffb", 0xfeff, "a zero-width character"},
        {"\u4e00\ufeff\u4e01", 0xfeff, "a zero-width character"},
        {"a\u180eb", 0x180e, "a zero-width character"},
        {"a\u034fb", 0x034f, "a zero-width character"},
        /* The letters nearest to it are Latin, whatever else the line holds. */
        {"\u1796\u17b6 do\u200bse \u1796", 0x200b, "a zero-width character"},
        {"`\u200d`", 0x200d, "a zero-width character"},
        {"dose \u202e10 \u2066mg", 0x202e, "a bidirectional control"},
        {"dose \u206610 mg\u2069", 0x2066, "a bidirectional control"},
        {"a\u200fb", 0x200f, "a bidirectional control"},
        {"\u05d0 \u202e10\u202c", 0x202e, "a bidirectional control"},
        {"\u05d0 \u2066b", 0x2066, "a bidirectional control"},
        {"\u05d0 b\u2069 \u2066", 0x2069, "a bidirectional control"},
        {"a\u206ab", 0x206a, "a bidirectional control"},
        {"not\U000e0061\U000e0062 safe", 0xe0061, "a tag character"},
        {"\U0001f3f4\U000e0061 \U000e0062", 0xe0062, "a tag character"},
        {"\U0001f3f4\U000e0061\U000e0061\U000e0061\U000e0061\U000e0061\U000e0061\U000e0061"
         "\U000e0061\U000e0062",
         0xe0062, "a tag character"},
        {"10\ufe01 mg", 0xfe01, "a variation selector"},
        {"safe\ufe01", 0xfe01, "a variation selector"},
        {"\U0001f600\ufe0f\ufe01", 0xfe01, "a variation selector"},
        {"a\U000e0101", 0xe0101, "a variation selector"},
        {"\ufe0f", 0xfe0f, "a variation selector"},
        {"a\u3164b", 0x3164, "a filler"},
        {"a\u2062b", 0x2062, "an invisible operator"},
        {"a\ufff9b", 0xfff9, "an annotation mark"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gunichar character;
        const char *kind = find(cases[i].line, &character);
        if (g_strcmp0(kind, cases[i].kind) != 0 || character != cases[i].character)
            g_error("case %zu: %s (U+%04X)", i, kind, character);
    }
}

/* A line with no letter of its own script is of the text that it stands in. */
static void test_lines_of_a_text(void)
{
    gunichar character;
    const ImpScripts none = {0}, hebrew = {.from_right = true, .joined = true},
                     khmer = {.joined = true};
    const char path[] = "- **macOS**: \u200f`/users`", link[] = "[a](b)\u200b, [c](d)";
    g_assert_nonnull(imp_hidden_find(path, strlen(path), &none, &character));
    g_assert_null(imp_hidden_find(path, strlen(path), &hebrew, &character));
    g_assert_nonnull(imp_hidden_find(link, strlen(link), &none, &character));
    g_assert_null(imp_hidden_find(link, strlen(link), &khmer, &character));
    g_assert_nonnull(imp_hidden_find("a\u200fb", 5, &hebrew, &character));
    g_assert_nonnull(imp_hidden_find("10\u200bmg", 7, &khmer, &character));
}

/* The line ends where the caller says, and a long one costs what it is long. */
static void test_long_lines(void)
{
    gunichar character;
    ImpScripts scripts = {0};
    g_assert_null(imp_hidden_find("ab\u200b", 2, &scripts, &character));
    static const char *const texts[] = {"\u1796\u200b", "\u05d0\u2066", "\u200b \u1796",
                                        "\u05d0\u2066\u2069", "\U0001f469\u200d"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GString) line = g_string_new(NULL);
        while (line->len < 4 * 1024 * 1024)
            g_string_append(line, texts[i]);
        g_string_append(line, "\u1796");
        gint64 start_us = g_get_monotonic_time();
        find(line->str, &character);
        g_assert_cmpint(g_get_monotonic_time() - start_us, <, 5000000);
    }
    g_autofree char *spaces = g_strnfill(2 * 1024 * 1024, ' ');
    g_autofree char *far = g_strconcat("\u1796\u200b", spaces, "\u200b\u200b", spaces, "x", NULL);
    g_assert_null(find(far, &character));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hidden/belongs", test_what_belongs_where_it_stands);
    g_test_add_func("/hidden/hides", test_what_hides);
    g_test_add_func("/hidden/text", test_lines_of_a_text);
    g_test_add_func("/hidden/long-lines", test_long_lines);
    return g_test_run();
}
