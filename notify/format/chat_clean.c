#include "notify/format/chat_clean.h"

#include <string.h>

#define ELLIPSIS         "…"
#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"
#define NON_JOINER       0x200c
#define JOINER           0x200d
/* No script piles up more; what does is meant to cover the lines above. */
#define MARKS_MAX 4
/* The one host whose name has no dot, and is known as such. */
#define LOCAL_HOST "localhost"

static bool is_blank(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);
    return g_unichar_isspace(c) || type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR ||
           type == G_UNICODE_PARAGRAPH_SEPARATOR;
}

static bool is_hidden(gunichar c)
{
    return g_unichar_type(c) == G_UNICODE_FORMAT && c != JOINER && c != NON_JOINER;
}

static bool is_dot(gunichar c)
{
    /* Domain names take the ideographic ones, too (UTS 46, section 2.3). */
    return c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61;
}

/* The end of what was written, without blanks: where clients look for names. */
typedef struct {
    gunichar before, last;
    guint dots;  /* in the word */
    guint local; /* so many letters of LOCAL_HOST stand at its end */
} Word;

/* Whether `c`, behind that, would go on with the name of a host or a file, an address, a scheme or
 * the shortcode of an emoji. The dot within a number does not count. */
static bool goes_on(const Word *word, gunichar c)
{
    if (is_dot(word->last) && g_unichar_isalnum(word->before))
        return g_unichar_isalpha(c) || (word->dots > 1 && g_unichar_isalnum(c));
    if (word->local == strlen(LOCAL_HOST) - 1 && g_unichar_tolower(c) == 't')
        return true;
    return word->last == ':' || word->last == '@' || (word->last != 0 && c == '@') ||
           (word->last == '/' && c == '/');
}

static void take(Word *word, gunichar c)
{
    if (g_unichar_tolower(c) == (gunichar)LOCAL_HOST[word->local] &&
        (word->local > 0 || !g_unichar_isalnum(word->last)))
        word->local++;
    else
        word->local = 0;
    word->before = word->last;
    word->last = c;
    word->dots += is_dot(c);
}

char *imp_chat_clean(const char *text, guint max_chars)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    g_autoptr(GString) clean = g_string_new(NULL);
    Word word = {0};
    guint marks = 0;
    bool blank = false;
    /* One character more than fits is enough to see that it has to be cut. */
    glong room = (glong)max_chars + 1;
    for (const char *at = valid; *at && room > 0; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (is_blank(c)) {
            blank = true;
            continue;
        }
        marks = g_unichar_ismark(c) ? marks + 1 : 0;
        if (is_hidden(c) || marks > MARKS_MAX)
            continue;
        if (blank && clean->len > 0) {
            g_string_append_c(clean, ' ');
            word = (Word){0};
            room--;
        }
        if (goes_on(&word, c))
            g_string_append(clean, ZERO_WIDTH_SPACE);
        take(&word, c);
        blank = false;
        g_string_append_unichar(clean, c);
        room--;
    }
    return imp_chat_cut(clean->str, max_chars);
}

char *imp_chat_cut(const char *clean, guint max_chars)
{
    guint chars = 0;
    const char *end = clean;
    for (const char *at = clean; *at; at = g_utf8_next_char(at)) {
        if (g_str_has_prefix(at, ZERO_WIDTH_SPACE))
            continue;
        chars++;
        if (chars == max_chars)
            end = at;
        if (chars > max_chars) {
            g_autofree char *kept = g_strndup(clean, (gsize)(end - clean));
            return g_strconcat(g_strchomp(kept), ELLIPSIS, NULL);
        }
    }
    return g_strdup(clean);
}

bool imp_chat_can_be_code(const char *command, gsize max_bytes)
{
    if (!command || strlen(command) > max_bytes || !g_utf8_validate(command, -1, NULL) ||
        strchr(command, '`'))
        return false;
    for (const char *at = command; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (c != ' ' && (is_blank(c) || is_hidden(c) || !g_unichar_isgraph(c)))
            return false;
    }
    return true;
}
