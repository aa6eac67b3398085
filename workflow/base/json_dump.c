#include "workflow/base/json.h"

#include <string.h>

/* Values as lines, written by ourselves: a list has a line for each of a hundred thousand articles,
 * and Jansson goes to each character, number and member by several calls. What comes out is what it
 * writes. */

/* Most lines are not longer. */
#define LINE_BYTES 1024

/* Digits of a 64-bit number, and its sign. */
#define NUMBER_BYTES 20

static void dump(GString *line, const json_t *value);

/* A byte of text can become six. */
#define ESCAPE_BYTES 6

static bool stays_as_it_is(char c)
{
    return (guint8)c >= ' ' && c != '"' && c != '\\';
}

static char *put_escape(char *to, char c)
{
    static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    static const char digits[] = "0123456789ABCDEF";
    const char *found = memchr(named, c, sizeof named - 1);
    *to++ = '\\';
    if (found) {
        *to++ = names[found - named];
        return to;
    }
    memcpy(to, "u00", 3);
    to[3] = digits[(guint8)c >> 4];
    to[4] = digits[c & 0xf];
    return to + 5;
}

/* How many bytes from here on stay as they are, found eight at a time; there may be more. */
static gsize kept_bytes(const char *text, gsize length)
{
    const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101), tops = ones << 7;
    gsize kept = 0;
    for (; kept + sizeof(guint64) <= length; kept += sizeof(guint64)) {
        guint64 bytes;
        memcpy(&bytes, text + kept, sizeof bytes);
        guint64 quotes = bytes ^ (ones * '"'), slashes = bytes ^ (ones * '\\');
        guint64 controls = (bytes - ones * ' ') & ~bytes;
        if ((controls | ((quotes - ones) & ~quotes) | ((slashes - ones) & ~slashes)) & tops)
            break;
    }
    return kept;
}

static void dump_text(GString *line, const char *text, gsize length)
{
    const char *const end = text + length;
    gsize before = line->len;
    g_string_set_size(line, before + ESCAPE_BYTES * length + 2);
    char *to = line->str + before;
    *to++ = '"';
    gsize kept = kept_bytes(text, length);
    memcpy(to, text, kept);
    to += kept;
    text += kept;
    while (text < end) {
        if (stays_as_it_is(*text))
            *to++ = *text++;
        else
            to = put_escape(to, *text++);
    }
    *to++ = '"';
    g_string_truncate(line, (gsize)(to - line->str));
}

static void dump_integer(GString *line, gint64 number)
{
    char digits[NUMBER_BYTES];
    gsize at = sizeof digits;
    guint64 rest = number < 0 ? -(guint64)number : (guint64)number;
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        digits[--at] = '-';
    g_string_append_len(line, digits + at, (gssize)(sizeof digits - at));
}

static void dump_object(GString *line, json_t *object)
{
    bool first = true;
    g_string_append_c(line, '{');
    for (void *member = json_object_iter(object); member;
         member = json_object_iter_next(object, member)) {
        const char *key = json_object_iter_key(member);
        if (!first)
            g_string_append_c(line, ',');
        dump_text(line, key, strlen(key));
        g_string_append_c(line, ':');
        dump(line, json_object_iter_value(member));
        first = false;
    }
    g_string_append_c(line, '}');
}

static void dump_array(GString *line, const json_t *array)
{
    const gsize count = json_array_size(array);
    g_string_append_c(line, '[');
    for (gsize i = 0; i < count; i++) {
        if (i > 0)
            g_string_append_c(line, ',');
        dump(line, json_array_get(array, i));
    }
    g_string_append_c(line, ']');
}

static void dump_real(GString *line, const json_t *real)
{
    char digits[64];
    size_t length = json_dumpb(real, digits, sizeof digits, JSON_ENCODE_ANY);
    g_string_append_len(line, digits, (gssize)MIN(length, sizeof digits));
}

static void dump(GString *line, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        dump_object(line, (json_t *)value);
        break;
    case JSON_ARRAY:
        dump_array(line, value);
        break;
    case JSON_STRING:
        dump_text(line, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        dump_integer(line, json_integer_value(value));
        break;
    case JSON_REAL:
        dump_real(line, value);
        break;
    case JSON_TRUE:
        g_string_append(line, "true");
        break;
    case JSON_FALSE:
        g_string_append(line, "false");
        break;
    case JSON_NULL:
        g_string_append(line, "null");
        break;
    }
}

char *imp_json_dump_line(const json_t *value)
{
    GString *line = g_string_sized_new(LINE_BYTES);
    dump(line, value);
    return g_string_free(line, FALSE);
}
