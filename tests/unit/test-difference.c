#include "articles/align.h"
#include "articles/difference.h"

#include <git2.h>
#include <string.h>

/* What an article's reviewer is shown of another text of it. */

static ImpDifference *compare(const char *before, const char *after)
{
    static char *const words[] = {"methotrexate", NULL};
    g_autoptr(ImpTerms) terms = imp_terms_new(words);
    return imp_difference_new(before, strlen(before), after, strlen(after), terms);
}

/* "kind@where: words", with [-removed-] and {+added+}; one passage a line. */
static char *shown(const ImpDifference *difference)
{
    static const char kinds[] = "THCKF";
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < difference->passages->len; i++) {
        const ImpDifferencePassage *passage = difference->passages->pdata[i];
        g_string_append_printf(text, "%s%c", i ? "\n" : "", kinds[passage->kind]);
        if (passage->cell || passage->where)
            g_string_append_printf(text, "@%s", passage->cell ? passage->cell : passage->where);
        g_string_append(text, ": ");
        for (guint p = 0; p < passage->pieces->len; p++) {
            const ImpDifferencePiece *piece = passage->pieces->pdata[p];
            static const char *const marks[][2] = {
                {"", ""}, {"[-", "-]"}, {"{+", "+}"}, {"...", ""}};
            g_string_append_printf(text, "%s%s%s%s", piece->blank ? " " : "", marks[piece->mark][0],
                                   piece->text, marks[piece->mark][1]);
        }
    }
    return g_string_free(text, FALSE);
}

static char *must_see(const ImpDifference *difference)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < difference->changes->list->len; i++) {
        const ImpChange *change = difference->changes->list->pdata[i];
        g_autofree char *sentence = imp_change_sentence(change);
        g_string_append_printf(text, "%s%s%s%s", i ? "\n" : "", change->where ? change->where : "",
                               change->where ? ": " : "", sentence);
    }
    return g_string_free(text, FALSE);
}

static void test_difference(void)
{
    static const struct {
        const char *before, *after, *shown, *must_see;
    } rows[] = {
        /* A reflowed paragraph, other marks for emphasis or lists: nothing. */
        {"One two\nthree four.\nFive.", "One\ntwo three\nfour. Five.\n", "", ""},
        {"* a\n* b\n", "- a\n- *b*\n", "", ""},
        {"Give 60 mg daily.", "Give 600 mg daily.", "T: Give [-60-] {+600+} mg daily.",
         "60 mg -> 600 mg, tenfold"},
        {"Give 5 mg/kg.", "Give 5 mcg/kg.", "T: Give 5 [-mg/kg-] {+mcg/kg+}.",
         "5 mg/kg -> 5 mcg/kg, a thousandth, mg and mcg"},
        {"If it is <5 stop.", "If it is >5 stop.", "T: If it is [-<-] {+>+}5 stop.", "<5 -> >5"},
        {"Do not give it to children.", "Do give it to children.",
         "T: Do [-not-] give it to children.", "\"not\" is gone in \"Do give it to children.\""},
        {"# Dosing\n\n| Drug | Dose |\n|---|---|\n| A | 5 mg |\n| B | 6 mg |\n| C | 7 mg |\n",
         "# Dosing\n\n| Drug | Dose |\n|---|---|\n| A | 5 mg |\n| B | 60 mg |\n| C | 7 mg |\n",
         "C@Table 1, B, Dose: [-6-] {+60+} mg", "Dosing, Table 1, B, Dose: 6 mg -> 60 mg, tenfold"},
        {"|Drug|Dose|\n|---|---|\n|A|5|\n|B|6|\n", "|Drug|Dose|\n|---|---|\n|A|7|\n|B|8|\n",
         "C@Table 1, A, Dose: [-5-] {+7+}\nC@Table 1, B, Dose: [-6-] {+8+}",
         "Table 1, A, Dose: 5 -> 7, 1.4 times\nTable 1, B, Dose: 6 -> 8, 1.33 times"},
        {"Keep this. Change that word here. Keep.", "Keep this. Change that thing here. Keep.",
         "T: Keep this. Change that [-word-] {+thing+} here. Keep.", ""},
        /* More than 60 % of it: no marks for words. */
        {"Alpha beta gamma delta.", "Alpha one two three four five.",
         "T: [-Alpha beta gamma delta.-] {+Alpha one two three four five.+}",
         "\"one\" is new in \"Alpha one two three four five.\"\n"
         "\"two\" is new in \"Alpha one two three four five.\"\n"
         "\"three\" is new in \"Alpha one two three four five.\"\n"
         "\"four\" is new in \"Alpha one two three four five.\"\n"
         "\"five\" is new in \"Alpha one two three four five.\""},
        {"A.\n\nB has 5 mg.\n\nC.", "A.\n\nC.", "T: [-B has 5 mg.-]",
         "\"5 mg\" is gone in \"B has 5 mg.\""},
        {"A.\n\nC.", "A.\n\n## New part\n\nWith methotrexate.\n\nC.",
         "H: {+New part+}\nT@New part: {+With methotrexate.+}",
         "New part: \"methotrexate\" is new in \"With methotrexate.\""},
        /* Moved: shown, but nothing in it has changed. */
        {"Give 5 mg of it.\n\nOne.\n\nTwo.", "One.\n\nTwo.\n\nGive 5 mg of it.",
         "T: [-Give 5 mg of it.-]\nT: {+Give 5 mg of it.+}", ""},
        {"See [it](https://a.example).", "See [it](https://b.example).",
         "T: See it <[-https://a.example-]{+https://b.example+}>.", ""},
        {"---\ntitle: A 5\ndate: 2024\n---\nX", "---\ntitle: A 6\ndate: 2025\n---\nX",
         "F: title: A [-5-] {+6+}\nF: date: [-2024-] {+2025+}", "5 -> 6, 1.2 times"},
        {"5\u202e0 mg", "50 mg", "T: [-5[U+202E]0-] {+50+} mg",
         "5 -> 50 mg\n\"202E\" is gone in \"50 mg\"\n\"0 mg\" is gone in \"50 mg\""},
        {"", "Give 5 mg.", "T: {+Give 5 mg.+}", "\"5 mg\" is new in \"Give 5 mg.\""},
        {"A1. B. C. D. E. F. G. H1.", "A2. B. C. D. E. F. G. H2.",
         "T: [-A1-] {+A2+}. B. ... F. G. [-H1-] {+H2+}.", "A1 -> A2\nH1 -> H2"},
        {"\xff", "\xff", "", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ImpDifference) difference = compare(rows[i].before, rows[i].after);
        g_autofree char *text = shown(difference), *list = must_see(difference);
        g_assert_cmpstr(text, ==, rows[i].shown);
        g_assert_cmpstr(list, ==, rows[i].must_see);
    }
}

static void test_align(void)
{
    guint before[] = {1, 2, 3, 4, 5, 6}, after[] = {1, 3, 9, 4, 7, 6}, partner[6];
    imp_align(before, 6, after, 6, partner);
    static const guint expected[] = {0, IMP_ALIGN_NONE, 1, 3, IMP_ALIGN_NONE, 5};
    g_assert_cmpmem(partner, sizeof partner, expected, sizeof expected);
    imp_align(before, 0, after, 6, partner);
    imp_align(before, 2, after, 0, partner);
    g_assert_cmpuint(partner[0], ==, IMP_ALIGN_NONE);
}

static void fill(GString *text, const char *unit, guint *random)
{
    for (const char *at = unit; *at; at++)
        if (*at == '#')
            g_string_append_printf(text, "%u", (*random = *random * 1103515245u + 12345u) >> 28);
        else
            g_string_append_c(text, *at);
}

/* Two large texts that have everything, little or nothing in common: the time is in proportion. */
static void test_hostile_texts(gconstpointer megabytes)
{
    static const char *const units[] = {"a# ",      "# ",          "a. A#. ",   "a#\n\n",
                                        "|#|#|\n",  "Give # mg. ", "- #\n",     "# \n# a\n",
                                        "<a#> ",    "x#y#z. B ",   "[a#](b#) ", "`#` ",
                                        "not # < ", ". ",          "|a\n|---\n"};
    gsize size = GPOINTER_TO_SIZE(megabytes) * 1024;
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        g_autoptr(GString) before = g_string_new("|a|b|\n|---|---|\n"),
                           after = g_string_new("|a|b|\n|---|---|\n");
        guint random = 1;
        while (before->len < size)
            fill(before, units[i], &random);
        while (after->len < size)
            fill(after, units[i], &random);
        gint64 start = g_get_monotonic_time();
        g_autoptr(ImpDifference) difference = compare(before->str, after->str);
        gint64 took = g_get_monotonic_time() - start;
        g_test_message("%s: %.0f ms, %u passages", units[i], took / 1000.0,
                       difference->passages->len);
        g_assert_cmpuint(difference->changes->list->len, <=, IMP_DIFFERENCE_CHANGES_MAX);
        g_assert_cmpint(took, <, 20 * G_USEC_PER_SEC);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    git_libgit2_init();
    g_test_add_func("/difference/shown", test_difference);
    g_test_add_func("/difference/align", test_align);
    g_test_add_data_func("/difference/hostile-texts", GSIZE_TO_POINTER(64), test_hostile_texts);
    if (g_test_slow())
        g_test_add_data_func("/difference/large-hostile-texts", GSIZE_TO_POINTER(4080),
                             test_hostile_texts);
    return g_test_run();
}
