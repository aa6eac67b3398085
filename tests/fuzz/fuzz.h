#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What a fuzz target defines (libFuzzer's own name): looks at `size` bytes, and aborts where
 * something does not hold.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes in memory of their own, so that reading beyond them is noticed; and as text, ended by a
 * NUL. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = g_malloc(size + 1);
    memcpy(text, data ? data : (const uint8_t *)"", size);
    text[size] = '\0';
    return text;
}

/* A sentence for somebody: there, in valid UTF-8, in one line. */
static inline void fuzz_assert_sentence(const char *sentence)
{
    g_assert_nonnull(sentence);
    g_assert_true(*sentence && g_utf8_validate(sentence, -1, NULL) && !strchr(sentence, '\n'));
}
