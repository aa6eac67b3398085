#include "workflow/quantity.h"
#include "workflow/unit.h"

#include <math.h>
#include <string.h>

/* One walk over the text, a lexeme at a time: a word, a number, a sign, or any other
 * character. What a lexeme begins is then read as far as it goes: a quantity takes the comparison
 * before it, the end of a range and the unit behind it. Nothing is read twice but a bounded look
 * ahead. */

#define TERM_WORDS_MAX 8  /* a name has fewer */
#define DIGITS_MAX     40 /* a longer number has no value here */
#define EXPONENT_MAX   30u
#define AHEAD_BYTES    64 /* a comparison's words, or a unit, are shorter */

struct ImpTerms {
    GHashTable *phrases; /* folded words joined by single blanks */
    guint words_max;     /* of the longest phrase */
};

typedef struct {
    const char *text, *at, *end;
    const ImpTerms *terms;
    GPtrArray *tokens;
} Walk;

void imp_text_token_free(gpointer data)
{
    ImpTextToken *token = data;
    g_free(token->unit);
    g_free(token->comparison);
    g_free(token);
}

static ImpTextToken *add(Walk *walk, ImpTextTokenKind kind, const char *from, const char *to)
{
    ImpTextToken *token = g_new0(ImpTextToken, 1);
    token->kind = kind;
    token->at = (gsize)(from - walk->text);
    token->length = (gsize)(to - from);
    token->low = token->high = NAN;
    g_ptr_array_add(walk->tokens, token);
    return token;
}

/* Words */

static bool is_word_at(const char *at, const char *end)
{
    if (at >= end)
        return false;
    gunichar c = g_utf8_get_char(at);
    return g_unichar_isalnum(c) || g_unichar_ismark(c);
}

static const char *after_word(const char *at, const char *end)
{
    while (is_word_at(at, end))
        at = g_utf8_next_char(at);
    return at;
}

static const char *after_blanks(const char *at, const char *end)
{
    while (at < end && g_unichar_isspace(g_utf8_get_char(at)))
        at = g_utf8_next_char(at);
    return at;
}

static char *folded(const char *from, const char *to)
{
    return g_utf8_casefold(from, to - from);
}

/* The next word behind `at`, of the same phrase: with a blank or one mark between. */
static const char *next_word(const char *at, const char *end)
{
    const char *word = after_blanks(at, end);
    if (word == at && at < end && strchr("-'/", *at))
        word = at + 1;
    return word > at && is_word_at(word, end) ? word : NULL;
}

ImpTerms *imp_terms_new(char *const *words)
{
    ImpTerms *terms = g_new0(ImpTerms, 1);
    terms->phrases = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (; words && *words; words++) {
        g_autoptr(GString) phrase = g_string_new(NULL);
        const char *end = *words + strlen(*words), *at = *words;
        guint count = 0;
        while (at < end) {
            const char *after = after_word(at, end);
            if (after > at) {
                g_autofree char *word = folded(at, after);
                g_string_append_printf(phrase, "%s%s", count++ ? " " : "", word);
            }
            at = after > at ? after : g_utf8_next_char(at);
        }
        if (count == 0 || count > TERM_WORDS_MAX)
            continue;
        g_hash_table_add(terms->phrases, g_string_free(g_steal_pointer(&phrase), FALSE));
        terms->words_max = MAX(terms->words_max, count);
    }
    return terms;
}

void imp_terms_free(ImpTerms *terms)
{
    if (!terms)
        return;
    g_hash_table_unref(terms->phrases);
    g_free(terms);
}

/* The end of the longest term that begins with the word at `at`; NULL: none does. */
static const char *after_term(const Walk *walk, const char *at)
{
    const char *found = NULL;
    g_autoptr(GString) phrase = g_string_new(NULL);
    guint words_max = walk->terms ? walk->terms->words_max : 0;
    for (guint count = 0; at && count < words_max && phrase->len < 1024; count++) {
        const char *after = after_word(at, walk->end);
        g_autofree char *word = folded(at, after);
        g_string_append_printf(phrase, "%s%s", count ? " " : "", word);
        if (g_hash_table_contains(walk->terms->phrases, phrase->str))
            found = after;
        at = next_word(after, walk->end);
    }
    return found;
}

static bool is_negation(const char *word)
{
    static const char *const words[] = {"not",
                                        "no",
                                        "never",
                                        "without",
                                        "cannot",
                                        "none",
                                        "nor",
                                        "neither",
                                        "avoid",
                                        "avoids",
                                        "avoided",
                                        "avoiding",
                                        "contraindicated",
                                        "contraindication",
                                        NULL};
    return g_strv_contains(words, word);
}

/* "n't" and "n’t" of the word that ends at `at`. */
static const char *after_contraction(const char *at, const char *end)
{
    static const char *const marks[] = {"'t", "\u2019t"};
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
        gsize length = strlen(marks[i]);
        if ((gsize)(end - at) >= length && memcmp(at, marks[i], length) == 0 &&
            !is_word_at(at + length, end))
            return at + length;
    }
    return NULL;
}

/* Comparisons */

typedef struct {
    const char *written, *meaning;
} Comparison;

/* The longer ones first. */
static const Comparison signs[] = {
    {"<=", "<="},    {">=", ">="},     {"=<", "<="},     {"=>", ">="},
    {"+/-", "+-"},   {"\u00b1", "+-"}, {"\u2264", "<="}, {"\u2265", ">="},
    {"\u2248", "~"}, {"<", "<"},       {">", ">"},       {"~", "~"},
};
static const Comparison phrases[] = {
    {"no more than", "<="},  {"not more than", "<="}, {"no less than", ">="},
    {"not less than", ">="}, {"no fewer than", ">="}, {"less than", "<"},
    {"lower than", "<"},     {"fewer than", "<"},     {"more than", ">"},
    {"greater than", ">"},   {"higher than", ">"},    {"at least", ">="},
    {"at most", "<="},       {"up to", "<="},         {"below", "<"},
    {"under", "<"},          {"above", ">"},          {"over", ">"},
    {"exceeding", ">"},      {"exceeds", ">"},        {"approximately", "~"},
};

static const char *sign_at(const char *at, const char *end, const char **after)
{
    for (gsize i = 0; i < G_N_ELEMENTS(signs); i++) {
        gsize length = strlen(signs[i].written);
        if ((gsize)(end - at) < length || memcmp(at, signs[i].written, length) != 0)
            continue;
        *after = at + length;
        return signs[i].meaning;
    }
    return NULL;
}

/* The words of a phrase, in any case, with any blanks between. */
static const char *after_phrase(const char *phrase, const char *at, const char *end)
{
    for (; *phrase; phrase++) {
        if (*phrase == ' ') {
            const char *word = after_blanks(at, end);
            if (word == at)
                return NULL;
            at = word;
        } else if (at == end || g_ascii_tolower(*at++) != *phrase) {
            return NULL;
        }
    }
    return is_word_at(at, end) ? NULL : at;
}

static const char *phrase_at(const char *at, const char *end, const char **after)
{
    for (gsize i = 0; i < G_N_ELEMENTS(phrases); i++) {
        const char *behind = after_phrase(phrases[i].written, at, MIN(end, at + AHEAD_BYTES));
        if (!behind)
            continue;
        *after = behind;
        return phrases[i].meaning;
    }
    return NULL;
}

/* Numbers */

typedef struct {
    double value;
    guint written;
    bool point; /* it begins with a point */
} Number;

static const char *after_digits(const char *at, const char *end)
{
    while (at < end && g_ascii_isdigit(*at))
        at++;
    return at;
}

/* A group of three digits behind a comma, or a narrow or no-break blank. */
static const char *after_group(const char *at, const char *end)
{
    static const char *const separators[] = {",", "\u00a0", "\u202f", "\u2009"};
    for (gsize i = 0; i < G_N_ELEMENTS(separators); i++) {
        gsize length = strlen(separators[i]);
        if ((gsize)(end - at) >= length && memcmp(at, separators[i], length) == 0 &&
            after_digits(at + length, end) == at + length + 3)
            return at + length + 3;
    }
    return NULL;
}

/* An exponent: "^9", or superscript digits. */
static const char *read_exponent(const char *at, const char *end, guint *exponent)
{
    static const char *const digits[] = {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                         "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
    *exponent = 0;
    if (at < end && *at == '^' && after_digits(at + 1, end) > at + 1) {
        *exponent = (guint)MIN(g_ascii_strtoull(at + 1, NULL, 10), EXPONENT_MAX);
        return after_digits(at + 1, end);
    }
    for (bool more = true; more;) {
        more = false;
        for (guint i = 0; i < G_N_ELEMENTS(digits) && !more; i++) {
            gsize length = strlen(digits[i]);
            more = (gsize)(end - at) >= length && memcmp(at, digits[i], length) == 0;
            if (more) {
                *exponent = MIN(*exponent * 10 + i, EXPONENT_MAX);
                at += length;
            }
        }
    }
    return at;
}

/* As far as anybody writes it. */
static double power(double base, guint exponent)
{
    double value = 1;
    for (guint i = 0; i < MIN(exponent, EXPONENT_MAX); i++)
        value *= base;
    return value;
}

/* Digits with groups, a fraction, an exponent; NULL where no number begins. */
static const char *read_number(const char *at, const char *end, Number *number)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    const char *from = at, *after = after_digits(at, end), *group;
    g_string_append_len(digits, from, MIN(after - from, DIGITS_MAX + 1));
    while (after > from && after - from <= DIGITS_MAX && (group = after_group(after, end))) {
        g_string_append_len(digits, group - 3, 3);
        after = group;
    }
    bool whole = after > from;
    if (after + 1 < end && (*after == '.' || (whole && *after == ',')) &&
        g_ascii_isdigit(after[1])) {
        const char *fraction = after + 1;
        after = after_digits(fraction, end);
        g_string_append_printf(digits, ".%.*s", (int)MIN(after - fraction, DIGITS_MAX + 1),
                               fraction);
        bool zeros = strspn(fraction, "0") >= (gsize)(after - fraction);
        number->written |= whole ? zeros ? IMP_WRITTEN_TRAILING_ZERO : 0 : IMP_WRITTEN_NAKED_POINT;
    } else if (!whole) {
        return NULL;
    }
    number->value = digits->len <= DIGITS_MAX ? g_ascii_strtod(digits->str, NULL) : NAN;
    guint exponent;
    const char *behind = read_exponent(after, end, &exponent);
    if (behind > after)
        number->value = power(number->value, exponent);
    return behind;
}

static bool number_word(const char *word, double *value)
{
    static const struct {
        const char *word;
        double value;
    } words[] = {{"one", 1},         {"two", 2},      {"three", 3},   {"four", 4},
                 {"five", 5},        {"six", 6},      {"seven", 7},   {"eight", 8},
                 {"nine", 9},        {"ten", 10},     {"eleven", 11}, {"twelve", 12},
                 {"once", 1},        {"twice", 2},    {"half", 0.5},  {"twenty", 20},
                 {"thirty", 30},     {"forty", 40},   {"fifty", 50},  {"hundred", 100},
                 {"thousand", 1000}, {"million", 1e6}};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(words[i].word, word) != 0)
            continue;
        *value = words[i].value;
        return true;
    }
    return false;
}

/* The end of a range: "-", a dash or "to", and another number. */
static const char *read_range(const char *at, const char *end, Number *high)
{
    static const char *const dashes[] = {"-", "\u2013", "\u2014", "to "};
    const char *dash = after_blanks(at, MIN(end, at + 4));
    for (gsize i = 0; i < G_N_ELEMENTS(dashes); i++) {
        gsize length = strlen(dashes[i]);
        if ((gsize)(end - dash) <= length || memcmp(dash, dashes[i], length) != 0)
            continue;
        return read_number(after_blanks(dash + length, MIN(end, dash + length + 4)), end, high);
    }
    return NULL;
}

/* Behind a number: the unit, with at most one blank or a hyphen between. */
static const char *read_unit_behind(const char *at, const char *end, char **unit)
{
    const char *behind = imp_unit_read(at, end, unit);
    if (behind || at == end)
        return behind;
    gunichar c = g_utf8_get_char(at);
    return c == '-' || g_unichar_isspace(c) ? imp_unit_read(g_utf8_next_char(at), end, unit) : NULL;
}

/* A comparison that ends just before this place belongs to the number there. */
static ImpTextToken *begin_number(Walk *walk, const char *from)
{
    guint count = walk->tokens->len;
    ImpTextToken *last = count ? walk->tokens->pdata[count - 1] : NULL;
    if (last && last->kind == IMP_TEXT_TOKEN_COMPARISON &&
        after_blanks(walk->text + last->at + last->length, from) == from) {
        last->kind = IMP_TEXT_TOKEN_NUMBER;
        return last;
    }
    return add(walk, IMP_TEXT_TOKEN_NUMBER, from, from);
}

static const char *take_number(Walk *walk, const char *from, Number low, const char *after)
{
    Number high = low;
    char *unit = NULL;
    /* "60 mg - 100 mg" has a unit twice; the first is as good as the second. */
    const char *behind = read_unit_behind(after, walk->end, &unit);
    const char *range = read_range(behind ? behind : after, walk->end, &high);
    if (range) {
        after = range;
        char *second = NULL;
        behind = read_unit_behind(after, walk->end, &second);
        if (second) {
            g_free(unit);
            unit = second;
        }
    } else {
        high = low;
    }
    after = behind ? behind : after;
    ImpTextToken *token = begin_number(walk, from);
    token->length = (gsize)(after - walk->text) - token->at;
    token->low = low.value;
    token->high = high.value;
    token->unit = unit;
    token->written = unit ? low.written | high.written : 0;
    return after;
}

/* A word with digits in it ("T4", "B12") is a number without a value; else look what it is. */
static const char *take_word(Walk *walk)
{
    const char *from = walk->at, *after = after_word(from, walk->end), *behind;
    const char *meaning = phrase_at(from, walk->end, &behind);
    if (meaning) {
        add(walk, IMP_TEXT_TOKEN_COMPARISON, from, behind)->comparison = g_strdup(meaning);
        return behind;
    }
    const char *term = after_term(walk, from);
    if (term) {
        add(walk, IMP_TEXT_TOKEN_TERM, from, term);
        return term;
    }
    if (after - from > AHEAD_BYTES)
        return after;
    g_autofree char *word = folded(from, after);
    const char *contraction =
        g_str_has_suffix(word, "n") ? after_contraction(after, walk->end) : NULL;
    Number number = {0};
    char *unit = NULL;
    if (contraction || is_negation(word)) {
        add(walk, IMP_TEXT_TOKEN_NEGATION, from, contraction ? contraction : after);
        return contraction ? contraction : after;
    }
    if (number_word(word, &number.value))
        return take_number(walk, from, number, after);
    if (strpbrk(word, "0123456789"))
        add(walk, IMP_TEXT_TOKEN_NUMBER, from, after);
    else if ((behind = imp_unit_read_alone(from, walk->end, &unit))) {
        add(walk, IMP_TEXT_TOKEN_UNIT, from, behind)->unit = unit;
        return behind;
    }
    return after;
}

/* A number that a word goes on from has no value of its own, unless what follows is its unit. */
static const char *take_digits(Walk *walk)
{
    Number number = {0};
    const char *from = walk->at, *after = read_number(from, walk->end, &number);
    if (!after)
        return NULL;
    g_autofree char *unit = NULL;
    if (is_word_at(after, walk->end) && !imp_unit_read(after, walk->end, &unit)) {
        after = after_word(after, walk->end);
        add(walk, IMP_TEXT_TOKEN_NUMBER, from, after);
        return after;
    }
    return take_number(walk, from, number, after);
}

static const char *take(Walk *walk)
{
    const char *at = walk->at, *after, *meaning;
    bool within_word = at > walk->text && g_ascii_isalnum(at[-1]);
    if (g_ascii_isdigit(*at) || (*at == '.' && !within_word)) {
        after = take_digits(walk);
        if (after)
            return after;
    }
    if ((meaning = sign_at(at, walk->end, &after))) {
        add(walk, IMP_TEXT_TOKEN_COMPARISON, at, after)->comparison = g_strdup(meaning);
        return after;
    }
    char *unit = NULL;
    if (is_word_at(at, walk->end))
        return take_word(walk);
    after = imp_unit_read_alone(at, walk->end, &unit);
    if (after) {
        add(walk, IMP_TEXT_TOKEN_UNIT, at, after)->unit = unit;
        return after;
    }
    return g_utf8_next_char(at);
}

GPtrArray *imp_text_tokens_find(const char *text, gsize length, const ImpTerms *terms)
{
    Walk walk = {.text = text, .at = text, .end = text + length, .terms = terms};
    walk.tokens = g_ptr_array_new_with_free_func(imp_text_token_free);
    while (walk.at < walk.end)
        walk.at = take(&walk);
    return walk.tokens;
}

/* Comparing */

static bool same_number(double one, double other)
{
    return (isnan(one) && isnan(other)) || one == other;
}

bool imp_text_token_equals(const ImpTextToken *one, const char *one_text, const ImpTextToken *other,
                           const char *other_text)
{
    if (one->kind != other->kind || g_strcmp0(one->unit, other->unit) != 0 ||
        g_strcmp0(one->comparison, other->comparison) != 0 || !same_number(one->low, other->low) ||
        !same_number(one->high, other->high) || one->written != other->written)
        return false;
    bool by_words =
        one->kind == IMP_TEXT_TOKEN_TERM || (one->kind == IMP_TEXT_TOKEN_NUMBER && isnan(one->low));
    if (!by_words)
        return true;
    g_autofree char *a = g_utf8_casefold(one_text + one->at, (gssize)one->length);
    g_autofree char *b = g_utf8_casefold(other_text + other->at, (gssize)other->length);
    return strcmp(a, b) == 0;
}

double imp_text_token_factor(const ImpTextToken *before, const ImpTextToken *after)
{
    double scale = imp_unit_ratio(before->unit, after->unit);
    if (!(before->low > 0 && before->high > 0 && after->low > 0 && after->high > 0) || scale == 0)
        return 0;
    double low = after->low / before->low * scale, high = after->high / before->high * scale;
    return MAX(low, 1 / low) > MAX(high, 1 / high) ? low : high;
}
