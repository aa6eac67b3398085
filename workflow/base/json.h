#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* JSON, in and out: the only header by which Jansson is used.
 *
 * In: a file written by a person is loaded strictly and read object by object through tables of the
 * keys that may occur, so that every mistake is an error that begins with "NAME:LINE: ". Out:
 * json_t values, made with Jansson's own functions, become one line of text. */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* A loaded file: the values, and the text to find their lines in. */
typedef struct ImpJsonFile ImpJsonFile;

/* Parses RFC 8259 JSON, an object as a whole. Refused: more than `max_bytes`, anything behind the
 * value, a key twice in an object, NUL (also as \u0000), invalid UTF-8. `name` is what messages
 * call the file. All errors, here and in the functions below, have the given domain and code. */
ImpJsonFile *imp_json_load(const char *name, const char *text, gsize length, gsize max_bytes,
                           GQuark domain, int code, GError **error);
void imp_json_file_free(ImpJsonFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpJsonFile, imp_json_file_free)

/* The object that the file is; the file owns it and all values in it. */
json_t *imp_json_root(const ImpJsonFile *file);

/* Where something stands: `key` of `object`, or the object itself if it has no such key; with
 * `item` >= 0 that item of the list at the key. Counted from 1; takes time in proportion to the
 * file. */
guint imp_json_line(const ImpJsonFile *file, const json_t *object, const char *key, gssize item);

/* Sets *error to "NAME:LINE: KEY: MESSAGE", the place given as above, and returns false. */
bool imp_json_refuse(const ImpJsonFile *file, const json_t *object, const char *key, gssize item,
                     GError **error, const char *format, ...) G_GNUC_PRINTF(6, 7);
/* The same with the message of the error that a call has left in *error, behind `before`. */
bool imp_json_refuse_fault(const ImpJsonFile *file, const json_t *object, const char *key,
                           const char *before, GError **error);

/* What a key's value must be, and the type of the member it is stored in. */
typedef enum {
    IMP_JSON_STRING,         /* char*: not empty */
    IMP_JSON_STRING_OR_NULL, /* char*: not empty, or null, stored as NULL */
    IMP_JSON_NAME,           /* char*: see imp_json_name_is_valid() */
    IMP_JSON_STRINGS,        /* char**: a list of strings, none empty */
    IMP_JSON_GLOBS,          /* char**: a list of valid patterns (workflow/base/glob.h) */
    IMP_JSON_COUNT,          /* guint: a whole number from min to max */
    IMP_JSON_NUMBER,         /* double: a number from min to max */
    IMP_JSON_BOOLEAN,        /* bool: true or false */
    IMP_JSON_DAY,            /* guint32: "2026-12-31", stored as in workflow/base/moment.h */
    IMP_JSON_ARRAY,          /* json_t*: borrowed */
    IMP_JSON_OBJECT,         /* json_t*: borrowed */
    IMP_JSON_OBJECTS,        /* json_t*: borrowed; an object, or a list (of whatever) */
} ImpJsonType;

typedef struct {
    const char *key;
    ImpJsonType type;
    void *
        member; /* keeps its value where the key is absent; strings in it are freed when replaced */
    bool required;
    guint min, max; /* numbers: the bounds; lists: the fewest and the most items (max 0: as many as
                       there are) */
} ImpJsonField;

/* Reads an object: every key in it must be in `fields`, and every required one there. What the
 * members were given before an error remains theirs. */
bool imp_json_read(const ImpJsonFile *file, json_t *object, const ImpJsonField *fields,
                   gsize n_fields, GError **error);

/* Whether `text` can be a name or id: letters and digits of ASCII, ".", "_" and "-", the first not
 * "." or "-", at most 64 of them. */
bool imp_json_name_is_valid(const char *text);

/* Text from anywhere, quoted for a message: one line, control characters escaped, invalid UTF-8
 * replaced, cut after about 100 bytes. The caller frees. */
char *imp_json_quote(const char *text);

/* One line of compact JSON without a newline, keys in the order of insertion, UTF-8 as it is. The
 * caller frees. */
char *imp_json_dump_line(const json_t *value);

/* How many bytes at the beginning of a text are a JSON object, whatever follows it; 0: none are. */
gsize imp_json_object_length(const char *text, gsize length);

/* A JSON text with pairs of surrogates ("\ud83d\ude00") as the characters that they are, which is
 * all that keeps JSON from being YAML (YAML 1.2.2, section 5.7). The caller frees. */
GString *imp_json_without_surrogates(const char *text, gsize length);

/* A new string, invalid UTF-8 in it replaced by U+FFFD; a new null for NULL. */
json_t *imp_json_string_or_null(const char *text);
