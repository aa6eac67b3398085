#include "workflow/base/quote.h"

#include <stdbool.h>
#include <string.h>

/* Each letter stands for the byte at the same place. */
static const char escape_letters[] = "abtnvfr\"\\";
static const char escape_bytes[] = "\a\b\t\n\v\f\r\"\\";

static bool is_plain(guchar byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static bool needs_quotes(const char *path)
{
    gsize length = strlen(path);
    if (length == 0 || path[0] == ' ' || path[length - 1] == ' ')
        return true;
    for (gsize i = 0; i < length; i++)
        if (!is_plain((guchar)path[i]))
            return true;
    return false;
}

char *imp_path_quote(const char *path)
{
    if (!needs_quotes(path))
        return g_strdup(path);
    GString *quoted = g_string_new("\"");
    for (const char *at = path; *at; at++) {
        guchar byte = (guchar)*at;
        const char *letter = strchr(escape_bytes, *at);
        if (is_plain(byte))
            g_string_append_c(quoted, *at);
        else if (letter)
            g_string_append_printf(quoted, "\\%c", escape_letters[letter - escape_bytes]);
        else
            g_string_append_printf(quoted, "\\%03o", byte);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}

static bool is_octal(char c, char greatest)
{
    return c >= '0' && c <= greatest;
}

/* Reads what follows a backslash at `at`; returns how many characters it took, 0 if it is not an
 * escape. */
static guint read_escape(const char *at, char *byte)
{
    const char *letter = *at ? strchr(escape_letters, *at) : NULL;
    if (letter) {
        *byte = escape_bytes[letter - escape_letters];
        return 1;
    }
    if (!is_octal(at[0], '3') || !is_octal(at[1], '7') || !is_octal(at[2], '7'))
        return 0;
    *byte = (char)((at[0] - '0') * 64 + (at[1] - '0') * 8 + (at[2] - '0'));
    return *byte ? 3 : 0;
}

char *imp_path_unquote(const char *quoted, const char **end)
{
    if (*quoted != '"')
        return NULL;
    g_autoptr(GString) path = g_string_new(NULL);
    const char *at = quoted + 1;
    while (*at != '"') {
        if ((guchar)*at < 0x20) /* the end of the text, too */
            return NULL;
        char byte = *at++;
        if (byte == '\\') {
            guint taken = read_escape(at, &byte);
            if (taken == 0)
                return NULL;
            at += taken;
        }
        g_string_append_c(path, byte);
    }
    *end = at + 1;
    return g_string_free(g_steal_pointer(&path), FALSE);
}
