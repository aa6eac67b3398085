#include "notify/format/chat_clean.h"

#include <string.h>

#define ELLIPSIS         "…"
#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"
#define NON_JOINER       0x200c
#define JOINER           0x200d
/* No script piles up more; what does is meant to cover the lines above. */
#define MARKS_MAX 4

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

char *imp_chat_clean(const char *text, guint max_chars)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    g_autoptr(GString) clean = g_string_new(NULL);
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
            room--;
        }
        blank = false;
        g_string_append_unichar(clean, c);
        room--;
        if (c == '@' || g_str_has_prefix(at, "://"))
            g_string_append(clean, ZERO_WIDTH_SPACE);
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
