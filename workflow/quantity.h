#pragma once

#include <glib.h>
#include <stdbool.h>

/* The words of a text whose change matters to whoever acts upon it: quantities, comparisons,
 * negations, and the terms of the policy (imprimatur(1), DIFFERENCES). */

typedef enum {
    IMP_TEXT_TOKEN_NUMBER,     /* with its comparison and unit where they stand beside it: "< 60-100
                                * mg/m²"
                                */
    IMP_TEXT_TOKEN_UNIT,       /* without a number: "Dose (mg)" */
    IMP_TEXT_TOKEN_COMPARISON, /* without a number: "<", "at least" */
    IMP_TEXT_TOKEN_NEGATION,   /* not, n't, no, never, without, avoid, contraindicated ... */
    IMP_TEXT_TOKEN_TERM,       /* of the policy */
} ImpTextTokenKind;

/* Ways of writing a dose that are misread (ISMP's list of error-prone abbreviations and dose
 * designations). */
typedef enum {
    IMP_WRITTEN_TRAILING_ZERO = 1 << 0, /* "1.0 mg", read as 10 mg */
    IMP_WRITTEN_NAKED_POINT = 1 << 1,   /* ".5 mg", read as 5 mg */
} ImpWritten;

typedef struct {
    ImpTextTokenKind kind;
    gsize at, length; /* in the text: all of it, in bytes */
    double low, high; /* a number's; the same unless it is a range; NaN: no value, as in "T4" */
    char *unit;       /* in one spelling: "mcg" for µg; NULL without one */
    char *comparison; /* in one spelling: "<", ">=", "~"; NULL without one */
    guint written;    /* of ImpWritten */
} ImpTextToken;

void imp_text_token_free(gpointer token);

/* The terms of a policy, ready to be looked for. Whole words, in any case. */
typedef struct ImpTerms ImpTerms;
/* `words` may be NULL. */
ImpTerms *imp_terms_new(char *const *words);
void imp_terms_free(ImpTerms *terms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpTerms, imp_terms_free)

/* The tokens of `length` bytes of valid UTF-8, as ImpTextToken*s in their order, freed with the
 * array. Takes time in proportion to the text. `terms` may be NULL. */
GPtrArray *imp_text_tokens_find(const char *text, gsize length, const ImpTerms *terms);

/* Whether two tokens say the same, however they are spelt. `one_text` and `other_text` are what
 * they were found in. */
bool imp_text_token_equals(const ImpTextToken *one, const char *one_text, const ImpTextToken *other,
                           const char *other_text);

/* How many times `before` the number `after` is, by value and unit: 0.001 from "5 mg" to "5 mcg".
 * Of ranges, the end that moved further. 0 where that cannot be said: other dimensions, no value,
 * zero. */
double imp_text_token_factor(const ImpTextToken *before, const ImpTextToken *after);
