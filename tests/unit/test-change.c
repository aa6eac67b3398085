#include "workflow/change.h"

#include <string.h>

/* What must not be missed between two sentences. */

static ImpTerms *terms(void)
{
    static char *const words[] = {"Methotrexate", "co-trimoxazole", "renal function", NULL};
    return imp_terms_new(words);
}

/* "kind:words" of each token. */
static char *tokens_in(const char *text)
{
    static const char kinds[] = "nucNT";
    g_autoptr(ImpTerms) known = terms();
    g_autoptr(GPtrArray) tokens = imp_text_tokens_find(text, strlen(text), known);
    GString *joined = g_string_new(NULL);
    for (guint i = 0; i < tokens->len; i++) {
        const ImpTextToken *token = tokens->pdata[i];
        g_string_append_printf(joined, "%s%c:%.*s", i ? "|" : "", kinds[token->kind],
                               (int)token->length, text + token->at);
        if (token->unit)
            g_string_append_printf(joined, "{%s}", token->unit);
    }
    return g_string_free(joined, FALSE);
}

static void test_tokens(void)
{
    static const struct {
        const char *text, *tokens;
    } rows[] = {
        {"Give 60-100 mg/m\u00b2 daily.", "n:60-100 mg/m\u00b2{mg/m2}|u:daily{daily}"},
        {"5 \u00b5g/kg/day, 5 mcg per kg per day",
         "n:5 \u00b5g/kg/day{mcg/kg/day}|n:5 mcg per kg per day{mcg/kg/day}"},
        {"60 mg to 100 mg, 60mg \u2013 100mg", "n:60 mg to 100 mg{mg}|n:60mg \u2013 100mg{mg}"},
        {"1,000 mg and 10\u00a0000 IU and 1,5 g", "n:1,000 mg{mg}|n:10\u00a0000 IU{IU}|n:1,5 g{g}"},
        {"if < 5 % or \u2265 3 days", "n:< 5 %{%}|n:\u2265 3 days{day}"},
        {"less than 3.5 \u00d7 10\u2079/L", "n:less than 3.5|n:10\u2079"},
        {"at least two tablets, twice", "n:at least two tablets{tablet}|n:twice"},
        {"Do not use; don't, can\u2019t. No, NEVER without",
         "N:not|N:don't|N:can\u2019t|N:No|N:NEVER|N:without"},
        {"METHOTREXATE, co-trimoxazole, Renal  function, methotrexates",
         "T:METHOTREXATE|T:co-trimoxazole|T:Renal  function"},
        {"stage T4, B12, 5HT", "n:T4|n:B12|n:5HT"},
        {"Dose (mg), in g, \u00b0C, %", "u:mg{mg}|u:\u00b0C{\u00b0C}|u:%{%}"},
        {"3.2.1 and .5 mg and v.5", "n:3.2|n:1|n:.5 mg{mg}|n:5"},
        {"120/80 mmHg", "n:120|n:80 mmHg{mmHg}"},
        {"no more than 5", "n:no more than 5"},
        {"", ""},
        {"...<", "c:<"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *tokens = tokens_in(rows[i].text);
        g_assert_cmpstr(tokens, ==, rows[i].tokens);
    }
}

static char *changes_between(const char *before, const char *after)
{
    g_autoptr(ImpTerms) known = terms();
    g_autoptr(ImpChanges) changes = imp_changes_new();
    imp_changes_compare(before, after, known, NULL, changes);
    GString *joined = g_string_new(NULL);
    for (guint i = 0; i < changes->list->len; i++) {
        g_autofree char *sentence = imp_change_sentence(changes->list->pdata[i]);
        g_autoptr(json_t) json = imp_change_json(changes->list->pdata[i]);
        json_t *flags = json_object_get(json, "flags");
        g_string_append_printf(joined, "%s%s: %s", i ? " | " : "",
                               json_string_value(json_object_get(json, "what")), sentence);
        for (gsize f = 0; f < json_array_size(flags); f++)
            g_string_append_printf(joined, " !%s", json_string_value(json_array_get(flags, f)));
    }
    return g_string_free(joined, FALSE);
}

static void test_changes(void)
{
    static const struct {
        const char *before, *after, *changes;
    } rows[] = {
        {"Give 60 mg daily.", "Give 600 mg daily.", "number: 60 mg -> 600 mg, tenfold !tenfold"},
        {"Give 60-100 mg/m\u00b2.", "Give 60-75 mg/m\u00b2.",
         "number: 60-100 mg/m\u00b2 -> 60-75 mg/m\u00b2, 0.75 times"},
        {"Give 5 mg.", "Give 5 mcg.",
         "unit: 5 mg -> 5 mcg, a thousandth, mg and mcg !tenfold !mg-mcg"},
        {"Give 5 mg.", "Give 5000 \u00b5g.",
         "unit: 5 mg -> 5000 \u00b5g, the same amount, mg and mcg !mg-mcg"},
        {"If the value is < 5.", "If the value is > 5.", "comparison: < 5 -> > 5"},
        {"At least 3 days.", "At most 3 days.", "comparison: At least 3 days -> At most 3 days"},
        {"Do not give it.", "Do give it.",
         "negation: \"not\" is gone in \"Do give it.\" !negation-dropped"},
        {"Give it.", "Never give it.", "negation: \"Never\" is new in \"Never give it.\""},
        {"Give 1 mg.", "Give 1.0 mg.",
         "number: 1 mg -> 1.0 mg, a zero behind the point !trailing-zero"},
        {"Give 0.5 mg.", "Give .5 mg.",
         "number: 0.5 mg -> .5 mg, no zero before the point !naked-point"},
        {"Methotrexate is given.", "Metformin is given.",
         "term: \"Methotrexate\" is gone in \"Metformin is given.\""},
        {"A 5 mg and B 6 mg", "A 6 mg and B 5 mg",
         "number: \"5 mg\" is gone in \"A 6 mg and B 5 mg\" | number: \"5 mg\" is new in "
         "\"A 6 mg and B 5 mg\""},
        {"Stage T3", "Stage T4", "number: T3 -> T4"},
        {"Take 5 \u00b5g of it", "5 mcg are to be taken", ""},
        {"methotrexate", "METHOTREXATE", ""},
        {NULL, "Give 5 mg.", "number: \"5 mg\" is new in \"Give 5 mg.\""},
        {"Give 5 mg.", NULL, "number: \"5 mg\" is gone in \"Give 5 mg.\""},
        {"Give 5 mg.", "Give 5 mg for 3 days.",
         "number: \"3 days\" is new in \"Give 5 mg for 3 days.\""},
        {"Dose (mg)", "Dose (mcg)", "unit: mg -> mcg, mg and mcg !mg-mcg"},
        {"0 mg", "5 mg", "number: 0 mg -> 5 mg"},
        {"2 weeks", "14 days", "unit: 2 weeks -> 14 days, the same amount"},
        {"5 mg/kg", "5 mg", "unit: 5 mg/kg -> 5 mg"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *changes = changes_between(rows[i].before, rows[i].after);
        g_assert_cmpstr(changes, ==, rows[i].changes);
    }
}

static void test_flagged_first(void)
{
    g_autoptr(ImpChanges) changes = imp_changes_new();
    imp_changes_compare("Give 5 mg for 3 days.", "Give 6 mg for 30 days.", NULL, "Dosing", changes);
    imp_changes_settle(changes, 1);
    g_assert_cmpuint(changes->more, ==, 1);
    const ImpChange *first = changes->list->pdata[0];
    g_assert_cmpstr(first->after, ==, "30 days");
    g_assert_cmpstr(first->where, ==, "Dosing");
    g_assert_cmpfloat(first->factor, ==, 10);
}

/* Long runs of each kind of token on both sides, alike and unlike. */
static void test_hostile_texts(void)
{
    static const char *const units[] = {
        "1",      "1 ",   "1-",    "1,000", "< ", "mg/",    "no ", "m per ", "methotrexate ",
        "renal ", "10^9", "5 mg ", "T4 ",   "a'", "\u2079", "."};
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        g_autoptr(GString) before = g_string_new("2 "), after = g_string_new("3 ");
        while (before->len < 128 * 1024) {
            g_string_append(before, units[i]);
            g_string_append(after, units[(i + 1) % G_N_ELEMENTS(units)]);
        }
        gint64 start = g_get_monotonic_time();
        g_free(tokens_in(before->str));
        g_autoptr(ImpTerms) known = terms();
        g_autoptr(ImpChanges) changes = imp_changes_new();
        imp_changes_compare(before->str, after->str, known, NULL, changes);
        g_test_message("%s: %.0f ms", units[i], (g_get_monotonic_time() - start) / 1000.0);
        g_assert_cmpint(g_get_monotonic_time() - start, <, 8 * G_USEC_PER_SEC);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/change/tokens", test_tokens);
    g_test_add_func("/change/changes", test_changes);
    g_test_add_func("/change/flagged-first", test_flagged_first);
    g_test_add_func("/change/hostile-texts", test_hostile_texts);
    return g_test_run();
}
