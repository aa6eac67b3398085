#include "workflow/base/glob.h"
#include "workflow/base/json.h"
#include "workflow/base/moment.h"

#include <string.h>

/* Reading an object by a table of its keys. A mistake says what is there and what is expected;
 * a value itself is quoted only where it is not a secret, so never for a plain string. */

#define NAME_MAX_BYTES 64

bool imp_json_name_is_valid(const char *text)
{
    gsize length = strlen(text);
    return length > 0 && length <= NAME_MAX_BYTES && !strchr(".-", text[0]) &&
           strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-") == length;
}

static const char *kind_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        break;
    }
    return "null";
}

static char *expectation(const ImpJsonField *field)
{
    switch (field->type) {
    case IMP_JSON_STRING:
        return g_strdup("a string");
    case IMP_JSON_STRING_OR_NULL:
        return g_strdup("a string or null");
    case IMP_JSON_NAME:
        return g_strdup("a name of letters, digits, \".\", \"_\" and \"-\"");
    case IMP_JSON_STRINGS:
        return g_strdup("a list of strings");
    case IMP_JSON_GLOBS:
        return g_strdup("a list of patterns");
    case IMP_JSON_COUNT:
        return g_strdup_printf("a whole number from %u to %u", field->min, field->max);
    case IMP_JSON_NUMBER:
        return g_strdup_printf("a number from %u to %u", field->min, field->max);
    case IMP_JSON_BOOLEAN:
        return g_strdup("true or false");
    case IMP_JSON_DAY:
        return g_strdup("a day as in \"2026-12-31\"");
    case IMP_JSON_ARRAY:
        return g_strdup("a list");
    case IMP_JSON_OBJECTS:
        return g_strdup("an object or a list of objects");
    case IMP_JSON_OBJECT:
        break;
    }
    return g_strdup("an object");
}

/* One key being read. */
typedef struct {
    const ImpJsonFile *file;
    json_t *object;
    const ImpJsonField *field;
    json_t *value;
} Reading;

static bool refuse_kind(const Reading *reading, GError **error)
{
    g_autofree char *expected = expectation(reading->field);
    return imp_json_refuse(reading->file, reading->object, reading->field->key, -1, error,
                           "is %s; write %s", kind_of(reading->value), expected);
}

static bool refuse_quoted(const Reading *reading, GError **error)
{
    g_autofree char *expected = expectation(reading->field);
    g_autofree char *quoted = imp_json_quote(json_string_value(reading->value));
    return imp_json_refuse(reading->file, reading->object, reading->field->key, -1, error,
                           "is %s; write %s", quoted, expected);
}

static bool read_string(const Reading *reading, GError **error)
{
    const char *text = json_string_value(reading->value);
    bool null_allowed = reading->field->type == IMP_JSON_STRING_OR_NULL;
    if (!text && !(null_allowed && json_is_null(reading->value)))
        return refuse_kind(reading, error);
    if (text && !*text) {
        g_autofree char *expected = expectation(reading->field);
        return imp_json_refuse(reading->file, reading->object, reading->field->key, -1, error,
                               "is empty; write %s", expected);
    }
    if (reading->field->type == IMP_JSON_NAME && !imp_json_name_is_valid(text))
        return refuse_quoted(reading, error);
    char **member = reading->field->member;
    g_free(*member);
    *member = g_strdup(text);
    return true;
}

static bool read_day(const Reading *reading, GError **error)
{
    const char *text = json_string_value(reading->value);
    if (!text)
        return refuse_kind(reading, error);
    guint32 day;
    if (!imp_day_parse(text, &day))
        return refuse_quoted(reading, error);
    *(guint32 *)reading->field->member = day;
    return true;
}

static bool read_number(const Reading *reading, GError **error)
{
    const ImpJsonField *field = reading->field;
    bool whole = field->type == IMP_JSON_COUNT;
    if (!json_is_number(reading->value))
        return refuse_kind(reading, error);
    g_autofree char *expected = expectation(field);
    if (whole && json_is_real(reading->value))
        return imp_json_refuse(reading->file, reading->object, field->key, -1, error,
                               "has a fraction; write %s", expected);
    double number = json_number_value(reading->value);
    if (number < field->min || number > field->max)
        return imp_json_refuse(reading->file, reading->object, field->key, -1, error,
                               "is %.15g; write %s", number, expected);
    if (whole)
        *(guint *)field->member = (guint)json_integer_value(reading->value);
    else
        *(double *)field->member = number;
    return true;
}

/* Whether the value is a list of a length that the field allows. */
static bool check_list(const Reading *reading, GError **error)
{
    const ImpJsonField *field = reading->field;
    if (!json_is_array(reading->value))
        return refuse_kind(reading, error);
    gsize size = json_array_size(reading->value);
    if (size < field->min)
        return imp_json_refuse(reading->file, reading->object, field->key, -1, error,
                               "has %" G_GSIZE_FORMAT " items; write at least %u", size,
                               field->min);
    if (field->max && size > field->max)
        return imp_json_refuse(reading->file, reading->object, field->key, -1, error,
                               "has %" G_GSIZE_FORMAT " items; write at most %u", size, field->max);
    return true;
}

static bool read_strings(const Reading *reading, GError **error)
{
    const ImpJsonField *field = reading->field;
    if (!check_list(reading, error))
        return false;
    g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < json_array_size(reading->value); i++) {
        const json_t *item = json_array_get(reading->value, i);
        const char *text = json_string_value(item);
        if (!text)
            return imp_json_refuse(reading->file, reading->object, field->key, (gssize)i, error,
                                   "item %" G_GSIZE_FORMAT " is %s; write a string", i + 1,
                                   kind_of(item));
        if (!*text)
            return imp_json_refuse(reading->file, reading->object, field->key, (gssize)i, error,
                                   "item %" G_GSIZE_FORMAT " is empty; write a string or remove it",
                                   i + 1);
        g_autofree char *why = NULL;
        if (field->type == IMP_JSON_GLOBS && !imp_glob_is_valid(text, &why)) {
            g_autofree char *quoted = imp_json_quote(text);
            return imp_json_refuse(reading->file, reading->object, field->key, (gssize)i, error,
                                   "%s is not a pattern: %s", quoted, why);
        }
        g_ptr_array_add(strings, g_strdup(text));
    }
    g_ptr_array_add(strings, NULL);
    char ***member = field->member;
    g_strfreev(*member);
    *member = (char **)g_ptr_array_free(g_steal_pointer(&strings), false);
    return true;
}

static bool read_value(const Reading *reading, GError **error)
{
    switch (reading->field->type) {
    case IMP_JSON_STRING:
    case IMP_JSON_STRING_OR_NULL:
    case IMP_JSON_NAME:
        return read_string(reading, error);
    case IMP_JSON_STRINGS:
    case IMP_JSON_GLOBS:
        return read_strings(reading, error);
    case IMP_JSON_COUNT:
    case IMP_JSON_NUMBER:
        return read_number(reading, error);
    case IMP_JSON_BOOLEAN:
        if (!json_is_boolean(reading->value))
            return refuse_kind(reading, error);
        *(bool *)reading->field->member = json_is_true(reading->value);
        return true;
    case IMP_JSON_DAY:
        return read_day(reading, error);
    case IMP_JSON_ARRAY:
        if (!check_list(reading, error))
            return false;
        break;
    case IMP_JSON_OBJECT:
        if (!json_is_object(reading->value))
            return refuse_kind(reading, error);
        break;
    case IMP_JSON_OBJECTS:
        if (!json_is_object(reading->value) && !json_is_array(reading->value))
            return refuse_kind(reading, error);
        break;
    }
    *(json_t **)reading->field->member = reading->value;
    return true;
}

static const ImpJsonField *find_field(const ImpJsonField *fields, gsize n_fields, const char *key)
{
    for (gsize i = 0; i < n_fields; i++) {
        if (strcmp(fields[i].key, key) == 0)
            return &fields[i];
    }
    return NULL;
}

bool imp_json_read(const ImpJsonFile *file, json_t *object, const ImpJsonField *fields,
                   gsize n_fields, GError **error)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        Reading reading = {file, object, find_field(fields, n_fields, key), value};
        if (!reading.field)
            return imp_json_refuse(file, object, key, -1, error,
                                   "unknown key; correct its spelling or remove it");
        if (!read_value(&reading, error))
            return false;
    }
    for (gsize i = 0; i < n_fields; i++) {
        if (fields[i].required && !json_object_get(object, fields[i].key)) {
            g_autofree char *expected = expectation(&fields[i]);
            return imp_json_refuse(file, object, fields[i].key, -1, error, "is missing; add it: %s",
                                   expected);
        }
    }
    return true;
}
