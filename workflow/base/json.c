#include "workflow/base/json.h"

#include <string.h>

/* Jansson forgets where a value stood. But it keeps the keys of an object in the order of the text,
 * and a file with a key twice is refused, so the values and the text can be walked side by side:
 * the value that is asked for is found by identity, and the scanner has counted the lines up to it.
 * That costs one walk over the file, paid only when there is a mistake to report. */

struct ImpJsonFile {
    char *name;
    char *text; /* with a final NUL */
    json_t *root;
    GQuark domain;
    int code;
};

void imp_json_file_free(ImpJsonFile *file)
{
    if (!file)
        return;
    g_free(file->name);
    g_free(file->text);
    json_decref(file->root);
    g_free(file);
}

json_t *imp_json_root(const ImpJsonFile *file)
{
    return file->root;
}

/* Jansson's messages quote up to 20 bytes of the text. */
static void set_syntax_error(const ImpJsonFile *file, const json_error_t *fault, GError **error)
{
    g_autofree char *what = g_utf8_make_valid(fault->text, -1);
    for (char *c = what; *c; c++) {
        if (g_ascii_iscntrl(*c))
            *c = ' ';
    }
    g_set_error(error, file->domain, file->code, "%s:%d: not valid JSON; correct it: %s",
                file->name, MAX(fault->line, 1),
                json_error_code(fault) == json_error_null_character ? "NUL (\\u0000)" : what);
}

ImpJsonFile *imp_json_load(const char *name, const char *text, gsize length, gsize max_bytes,
                           GQuark domain, int code, GError **error)
{
    g_autoptr(ImpJsonFile) file = g_new0(ImpJsonFile, 1);
    file->name = g_strdup(name);
    file->domain = domain;
    file->code = code;
    if (length > max_bytes) {
        g_set_error(error, domain, code, "%s:1: larger than %" G_GSIZE_FORMAT " bytes; shorten it",
                    name, max_bytes);
        return NULL;
    }
    file->text = g_strndup(text, length);
    gsize before_nul = strlen(file->text);
    if (before_nul < length) {
        guint line = 1;
        for (gsize i = 0; i < before_nul; i++)
            line += file->text[i] == '\n';
        g_set_error(error, domain, code, "%s:%u: not valid JSON; correct it: NUL", name, line);
        return NULL;
    }
    json_error_t fault;
    file->root = json_loadb(file->text, length, JSON_REJECT_DUPLICATES, &fault);
    if (!file->root) {
        set_syntax_error(file, &fault, error);
        return NULL;
    }
    if (!json_is_object(file->root)) {
        g_set_error(error, domain, code, "%s:1: is a list; write an object: {...}", name);
        return NULL;
    }
    return g_steal_pointer(&file);
}

gsize imp_json_object_length(const char *text, gsize length)
{
    json_error_t end;
    g_autoptr(json_t) object =
        length > 0 && *text == '{' ? json_loadb(text, length, JSON_DISABLE_EOF_CHECK, &end) : NULL;
    return object ? (gsize)end.position : 0;
}

/* The code unit of an escape "\uXXXX" at `at`; 0: there is none. */
static guint unit_at(const char *at, const char *end)
{
    guint unit = 0;
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return 0;
    for (int i = 2; i < 6; i++) {
        if (!g_ascii_isxdigit(at[i]))
            return 0;
        unit = unit * 16 + (guint)g_ascii_xdigit_value(at[i]);
    }
    return unit;
}

GString *imp_json_without_surrogates(const char *text, gsize length)
{
    GString *plain = g_string_sized_new(length);
    const char *end = text + length;
    for (const char *at = text; at < end;) {
        guint high = unit_at(at, end), low = high ? unit_at(at + 6, end) : 0;
        if (high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
            g_string_append_unichar(plain, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            at += 12;
            continue;
        }
        gsize taken = *at == '\\' && at + 1 < end ? 2 : 1; /* what follows "\" is not an escape */
        g_string_append_len(plain, at, (gssize)taken);
        at += taken;
    }
    return plain;
}

/* A walk over text that Jansson has accepted. */
typedef struct {
    const char *at;
    guint line;
    /* What is looked for. */
    const json_t *object;
    const char *key;
    gssize item;
} Walk;

static void skip_blanks(Walk *walk)
{
    for (; *walk->at && strchr(" \t\r\n", *walk->at); walk->at++)
        walk->line += *walk->at == '\n';
}

/* Skips blanks and then one "{", "[", ":", "," or so. */
static void skip_mark(Walk *walk)
{
    skip_blanks(walk);
    walk->at++;
}

static void skip_string(Walk *walk)
{
    for (walk->at++; *walk->at != '"'; walk->at++) {
        if (*walk->at == '\\')
            walk->at++;
    }
    walk->at++;
}

static bool walk_to(Walk *walk, json_t *value);

static bool walk_object(Walk *walk, json_t *object)
{
    skip_mark(walk);
    for (void *pair = json_object_iter(object); pair; pair = json_object_iter_next(object, pair)) {
        skip_blanks(walk);
        json_t *value = json_object_iter_value(pair);
        bool here = object == walk->object && walk->key &&
                    strcmp(json_object_iter_key(pair), walk->key) == 0;
        if (here && (walk->item < 0 || (gsize)walk->item >= json_array_size(value)))
            return true;
        if (here) {
            /* From now on the item is looked for, which is the list's. */
            walk->object = value;
            walk->key = NULL;
        }
        skip_string(walk);
        skip_mark(walk);
        if (walk_to(walk, value))
            return true;
        skip_mark(walk);
    }
    if (json_object_size(object) == 0)
        skip_mark(walk);
    return false;
}

static bool walk_array(Walk *walk, json_t *array)
{
    skip_mark(walk);
    for (gsize i = 0; i < json_array_size(array); i++) {
        skip_blanks(walk);
        if (array == walk->object && i == (gsize)walk->item)
            return true;
        if (walk_to(walk, json_array_get(array, i)))
            return true;
        skip_mark(walk);
    }
    if (json_array_size(array) == 0)
        skip_mark(walk);
    return false;
}

/* Walks over one value; true if what is looked for was met, the walk then standing there. */
static bool walk_to(Walk *walk, json_t *value)
{
    skip_blanks(walk);
    if (value == walk->object && !walk->key && json_is_object(value))
        return true;
    if (json_is_object(value))
        return walk_object(walk, value);
    if (json_is_array(value))
        return walk_array(walk, value);
    if (json_is_string(value))
        skip_string(walk);
    else
        walk->at += strcspn(walk->at, " \t\r\n,]}");
    return false;
}

guint imp_json_line(const ImpJsonFile *file, const json_t *object, const char *key, gssize item)
{
    bool has_key = key && json_object_get(object, key);
    Walk walk = {
        .at = file->text, .line = 1, .object = object, .key = has_key ? key : NULL, .item = item};
    return walk_to(&walk, file->root) ? walk.line : 1;
}

bool imp_json_refuse(const ImpJsonFile *file, const json_t *object, const char *key, gssize item,
                     GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *quoted = imp_json_name_is_valid(key) ? NULL : imp_json_quote(key);
    g_set_error(error, file->domain, file->code, "%s:%u: %s: %s", file->name,
                imp_json_line(file, object, key, item), quoted ? quoted : key, message);
    return false;
}

bool imp_json_refuse_fault(const ImpJsonFile *file, const json_t *object, const char *key,
                           const char *before, GError **error)
{
    g_autofree char *said = error && *error ? g_strdup((*error)->message) : NULL;
    g_clear_error(error);
    return imp_json_refuse(file, object, key, -1, error, "%s: %s", before, said ? said : "");
}

/* GLib counts the separators of lines and paragraphs, U+2028 and U+2029, as printable. */
static bool is_harmless(gunichar character)
{
    return g_unichar_isprint(character) && character != 0x2028 && character != 0x2029;
}

char *imp_json_quote(const char *text)
{
    enum { LONGEST = 100 };
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    bool harmless = true;
    for (const char *c = valid; *c; c = g_utf8_next_char(c))
        harmless = harmless && is_harmless(g_utf8_get_char(c));
    g_autofree char *cut = NULL;
    if (strlen(valid) > LONGEST) {
        const char *end = g_utf8_find_prev_char(valid, valid + LONGEST);
        cut = g_strdup_printf("%.*s...", (int)(end - valid), valid);
    }
    g_autoptr(json_t) string = json_string(cut ? cut : valid);
    return json_dumps(string, JSON_ENCODE_ANY | (harmless ? 0 : JSON_ENSURE_ASCII));
}

json_t *imp_json_string_or_null(const char *text)
{
    if (!text)
        return json_null();
    if (g_utf8_validate(text, -1, NULL))
        return json_string_nocheck(text);
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return json_string_nocheck(valid);
}
