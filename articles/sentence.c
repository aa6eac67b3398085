#include "articles/sentence.h"

#include <string.h>

#define LIKE_WORD_CHARS 4 /* shorter ones ("not", "mg") do not make two sentences unlike */
#define LIKE_WORDS_MAX  24

static void sentence_free(gpointer data)
{
    ImpSentence *sentence = data;
    g_free(sentence->text);
    g_free(sentence);
}

ImpNumbers *imp_numbers_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

guint imp_numbers_of(ImpNumbers *numbers, char *text)
{
    gpointer known;
    if (g_hash_table_lookup_extended(numbers, text, NULL, &known)) {
        g_free(text);
        return GPOINTER_TO_UINT(known);
    }
    guint number = g_hash_table_size(numbers);
    g_hash_table_insert(numbers, text, GUINT_TO_POINTER(number));
    return number;
}

/* The longer words without digits: what a sentence is about. */
static char *gist(const ImpPassage *passage, const char *text)
{
    GString *gist = g_string_new(NULL);
    g_string_append_printf(gist, "?%d %s ", passage->kind, passage->cell ? passage->cell : "");
    guint words = 0;
    for (const char *at = text; *at && words < LIKE_WORDS_MAX && !passage->cell;) {
        const char *from = at;
        guint chars = 0;
        bool digits = false;
        for (; *at && *at != ' '; at = g_utf8_next_char(at), chars++)
            digits = digits || g_ascii_isdigit(*at);
        if (chars >= LIKE_WORD_CHARS && !digits) {
            g_string_append_len(gist, from, at - from);
            g_string_append_c(gist, ' ');
            words++;
        }
        at += *at == ' ';
    }
    return g_string_free(gist, FALSE);
}

static void add(GPtrArray *sentences, const ImpPassage *passage, const char *from, const char *to,
                ImpNumbers *numbers)
{
    ImpSentence *sentence = g_new0(ImpSentence, 1);
    sentence->passage = passage;
    sentence->text = g_strndup(from, (gsize)(to - from));
    sentence->id = imp_numbers_of(numbers, g_strdup_printf("%d %s", passage->kind, sentence->text));
    sentence->likes = imp_numbers_of(numbers, gist(passage, sentence->text));
    g_ptr_array_add(sentences, sentence);
}

/* Whether a sentence ends with the mark at `at`: a blank follows, and no small letter ("e.g.
 * after", "vs. placebo"). */
static bool ends_sentence(const char *at)
{
    if (!strchr(".!?", *at) || at[1] != ' ')
        return false;
    return !g_unichar_islower(g_utf8_get_char(at + 2));
}

GPtrArray *imp_sentences_find(GPtrArray *passages, ImpNumbers *numbers)
{
    GPtrArray *sentences = g_ptr_array_new_with_free_func(sentence_free);
    for (guint i = 0; i < passages->len; i++) {
        const ImpPassage *passage = passages->pdata[i];
        const char *from = passage->text;
        for (const char *at = from; *at; at++) {
            if (!ends_sentence(at))
                continue;
            add(sentences, passage, from, at + 1, numbers);
            from = at + 2;
        }
        if (*from)
            add(sentences, passage, from, from + strlen(from), numbers);
    }
    return sentences;
}

static void add_word(GArray *words, const char *from, const char *to, bool blank,
                     ImpNumbers *numbers)
{
    ImpWord word = {from, (gsize)(to - from), blank, 0};
    word.id = imp_numbers_of(numbers, g_strndup(from, word.length));
    g_array_append_val(words, word);
}

GArray *imp_words_find(const char *sentence, ImpNumbers *numbers)
{
    static const char opening[] = "([{\"<>=", closing[] = ")]}>\".,;:!?%";
    GArray *words = g_array_new(FALSE, FALSE, sizeof(ImpWord));
    for (const char *at = sentence; *at;) {
        bool blank = *at == ' ';
        at += blank;
        const char *end = at + strcspn(at, " "), *last = end;
        for (; at < end && strchr(opening, *at); at++, blank = false)
            add_word(words, at, at + 1, blank, numbers);
        while (last > at && strchr(closing, last[-1]))
            last--;
        if (last > at) {
            add_word(words, at, last, blank, numbers);
            blank = false;
        }
        for (at = last; at < end; at++, blank = false)
            add_word(words, at, at + 1, blank, numbers);
    }
    return words;
}
