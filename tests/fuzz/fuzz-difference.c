#include "articles/difference.h"
#include "tests/fuzz/fuzz.h"

#include <git2.h>

/* Two texts of an article, divided at the first NUL. Whatever they are: equal ones have no
 * difference, and what is shown of others is clean text that stands in them. */

static void assert_line(const char *text)
{
    g_assert_true(g_utf8_validate(text, -1, NULL) && !strchr(text, '\n'));
}

static void assert_passage(const ImpDifferencePassage *passage)
{
    bool changed = false;
    for (guint i = 0; i < passage->pieces->len; i++) {
        const ImpDifferencePiece *piece = passage->pieces->pdata[i];
        assert_line(piece->text);
        g_assert_true((*piece->text == '\0') == (piece->mark == IMP_PIECE_LEFT_OUT));
        changed = changed || piece->mark == IMP_PIECE_REMOVED || piece->mark == IMP_PIECE_ADDED;
    }
    g_assert_true(changed);
    if (passage->where)
        assert_line(passage->where);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *const words[] = {"methotrexate", "a b", NULL};
    static gsize started; /* or each comparison starts the library again */
    if (g_once_init_enter(&started)) {
        git_libgit2_init();
        g_once_init_leave(&started, 1);
    }
    g_autofree char *text = fuzz_text(data, size);
    gsize length = strlen(text), other_length = length < size ? size - length - 1 : 0;
    const char *other = text + size - other_length;
    g_autoptr(ImpTerms) terms = imp_terms_new(words);
    g_autoptr(ImpDifference) none = imp_difference_new(text, length, text, length, terms);
    g_assert_cmpuint(none->passages->len + none->changes->list->len, ==, 0);
    g_autoptr(ImpDifference) difference =
        imp_difference_new(text, length, other, other_length, terms);
    for (guint i = 0; i < difference->passages->len; i++)
        assert_passage(difference->passages->pdata[i]);
    g_assert_cmpuint(difference->changes->list->len, <=, IMP_DIFFERENCE_CHANGES_MAX);
    for (guint i = 0; i < difference->changes->list->len; i++) {
        const ImpChange *change = difference->changes->list->pdata[i];
        g_autofree char *sentence = imp_change_sentence(change);
        fuzz_assert_sentence(sentence);
        g_assert_true((change->before || change->after) && change->factor >= 0);
        json_decref(imp_change_json(change));
    }
    return 0;
}
