#include "articles/markup.h"
#include "workflow/base/text.h"

static const char *escape(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void append(GString *out, const char *text, gsize length, const char *start, const char *end)
{
    gunichar before = 0;
    const char *plain = text, *stop = text + length;
    for (const char *at = text; at < stop;) {
        const char *escaped = escape(*at), *next = g_utf8_next_char(at);
        gunichar c = g_utf8_get_char(at);
        if (escaped || imp_is_hidden(c, before)) {
            g_string_append_len(out, plain, at - plain);
            plain = next;
            if (escaped)
                g_string_append(out, escaped);
            else
                g_string_append_printf(out, "%sU+%04X%s", start, c, end);
        }
        before = c;
        at = next;
    }
    g_string_append_len(out, plain, stop - plain);
}

void imp_markup_text(GString *out, const char *text, gsize length)
{
    append(out, text, length, "<span class=\"hidden-character\">", "</span>");
}

void imp_markup_value(GString *out, const char *text, gsize length)
{
    gsize from = out->len;
    append(out, text, length, "[", "]");
    for (char *at = out->str + from; *at; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
}
