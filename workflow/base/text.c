#include "workflow/base/text.h"

#include <string.h>

#define EXCERPT_CHARACTERS 60

#define SOFT_HYPHEN   0x00ad
#define NON_JOINER    0x200c
#define JOINER        0x200d
#define LATIN_MAX     0x02ff
#define NONCHARACTERS 0xfffe /* and the next, in each plane */

ImpLines imp_lines(const char *text, gsize length)
{
    return (ImpLines){.next = text, .end = length ? text + length : text};
}

bool imp_lines_next(ImpLines *lines)
{
    if (lines->next == lines->end)
        return false;
    gsize left = (gsize)(lines->end - lines->next);
    const char *newline = memchr(lines->next, '\n', left);
    lines->text = lines->next;
    lines->length = newline ? (gsize)(newline - lines->next) : left;
    lines->next = newline ? newline + 1 : lines->end;
    lines->number++;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool imp_line_is_blank(const char *text, gsize length)
{
    imp_trim(&text, &length);
    return length == 0;
}

void imp_trim(const char **text, gsize *length)
{
    while (*length > 0 && is_blank(**text)) {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && is_blank((*text)[*length - 1]))
        (*length)--;
}

bool imp_starts_with_word(const char *text, gsize length, const char *prefix)
{
    gsize wanted = strlen(prefix);
    return length >= wanted && g_ascii_strncasecmp(text, prefix, wanted) == 0;
}

char *imp_excerpt(const char *text, gsize length)
{
    /* No character is longer than four bytes, so this much is enough of however much there is. */
    gsize enough = MIN(length, (EXCERPT_CHARACTERS + 1) * 4);
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)enough);
    GString *excerpt = g_string_new("\"");
    guint characters = 0;
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        if (characters++ == EXCERPT_CHARACTERS) {
            g_string_append(excerpt, "\u2026");
            break;
        }
        gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(excerpt, g_unichar_iscntrl(c) ? 0xFFFD : c);
    }
    g_string_append_c(excerpt, '"');
    return g_string_free(excerpt, FALSE);
}

/* Nearly everything is: then there is nothing to look at character by character. */
static bool is_printable_ascii(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    return true;
}

bool imp_is_one_line(const char *text, gsize length)
{
    return is_printable_ascii(text, length) &&
           (length == 0 || (text[0] != ' ' && text[length - 1] != ' '));
}

char *imp_one_line(const char *text, gsize length)
{
    if (is_printable_ascii(text, length))
        return g_strstrip(g_strndup(text, length));
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
    GString *line = g_string_sized_new(length);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(line, g_unichar_iscntrl(c) ? ' ' : c);
    }
    return g_strstrip(g_string_free(line, FALSE));
}

bool imp_is_hidden(gunichar c, gunichar before)
{
    if (c < 0x20)
        return c != '\t' && c != '\n';
    if (c < 0x7f || c == SOFT_HYPHEN)
        return false;
    if (c == JOINER || c == NON_JOINER)
        return before <= LATIN_MAX;
    GUnicodeType type = g_unichar_type(c);
    return type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT ||
           (c & NONCHARACTERS) == NONCHARACTERS;
}

char *imp_visible_line(const char *text, gsize length)
{
    if (is_printable_ascii(text, length))
        return g_strstrip(g_strndup(text, length));
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
    GString *line = g_string_sized_new(length);
    gunichar before = 0;
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (g_ascii_isspace(*at))
            g_string_append_c(line, ' ');
        else if (imp_is_hidden(c, before))
            g_string_append_printf(line, "[U+%04X]", c);
        else
            g_string_append_unichar(line, c);
        before = c;
    }
    return g_strstrip(g_string_free(line, FALSE));
}
