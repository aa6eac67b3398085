#include "articles/document_check.h"
#include "articles/front_matter.h"
#include "tests/fuzz/fuzz.h"
#include "workflow/base/limits.h"

/* Articles: front matter by itself, and the whole text. There is a reading or a sentence, never
 * both, and all that is read is text that can be shown. */

static void assert_text(const char *text)
{
    g_assert_true(!text || g_utf8_validate(text, -1, NULL));
}

static void look_at_front_matter(const char *yaml, size_t size)
{
    g_autofree char *detail = NULL;
    g_autoptr(ImpFrontMatter) front_matter = imp_front_matter_parse(yaml, size, 2, &detail);
    g_assert_true((front_matter == NULL) == (detail != NULL));
    if (!front_matter) {
        fuzz_assert_sentence(detail);
        g_assert_true(g_str_has_prefix(detail, "Front matter, line "));
        g_assert_cmpuint(g_ascii_strtoull(detail + strlen("Front matter, line "), NULL, 10), >=, 2);
        return;
    }
    assert_text(front_matter->title);
    assert_text(front_matter->specialty);
    for (char **reviewer = front_matter->reviewers; *reviewer; reviewer++)
        assert_text(*reviewer);
    const char *told[] = {front_matter->audience, front_matter->lang, front_matter->variant_of,
                          front_matter->description};
    for (gsize i = 0; i < G_N_ELEMENTS(told); i++)
        assert_text(told[i]);
    for (guint i = 0; i < front_matter->keys->len; i++)
        assert_text(((ImpFrontMatterKey *)front_matter->keys->pdata[i])->name);
}

static void look_at_document(const char *text, size_t size)
{
    g_autoptr(ImpDocument) document = imp_document_parse(text, size);
    g_assert_true((document->problem == IMP_PROBLEM_NONE) == (document->detail == NULL));
    g_assert_true(size <= IMP_ARTICLE_MAX_BYTES || document->problem == IMP_PROBLEM_TOO_LARGE);
    if (document->problem == IMP_PROBLEM_NONE)
        g_assert_true(g_utf8_validate_len(text, size, NULL));
    else
        fuzz_assert_sentence(document->detail);
    if (document->title) {
        g_assert_true(g_utf8_validate(document->title, -1, NULL) && !strchr(document->title, '\n'));
        g_assert_cmpint(g_utf8_strlen(document->title, -1), <=, 256);
    }
    g_autoptr(GPtrArray) findings = imp_document_check(document, text, size);
    for (guint i = 0; i < findings->len; i++)
        assert_text(((ImpTextFinding *)findings->pdata[i])->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size);
    look_at_front_matter(text, size);
    look_at_document(text, size);
    return 0;
}
