#include "workflow/base/json.h"

#include <string.h>

enum { CODE = 5, CAP = 4096 };

static GQuark domain(void)
{
    return g_quark_from_static_string("test-json");
}

static ImpJsonFile *load(const char *text, GError **error)
{
    return imp_json_load("a.json", text, strlen(text), CAP, domain(), CODE, error);
}

static void assert_refused(GError *error, const char *expected)
{
    g_assert_error(error, domain(), CODE);
    g_assert_cmpstr(error->message, ==, expected);
}

static void test_load_is_strict(void)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "a.json:1: not valid JSON; correct it: '[' or '{' expected near end of file"},
        {"[]", "a.json:1: is a list; write an object: {...}"},
        {"7", "a.json:1: not valid JSON; correct it: '[' or '{' expected near '7'"},
        {"{\n \"a\": 1,\n}",
         "a.json:3: not valid JSON; correct it: string or '}' expected near '}'"},
        {"{\n \"a\": 1,\n \"a\": 2}",
         "a.json:3: not valid JSON; correct it: duplicate object key near '\"a\"'"},
        {"{\"a\": {\n\"b\": 1,\n\"\\u0062\": 2}}",
         "a.json:3: not valid JSON; correct it: duplicate object key near '\"\\u0062\"'"},
        {"{}\n{}", "a.json:2: not valid JSON; correct it: end of file expected near '{'"},
        {"{\"a\":\n\"x\\u0000y\"}", "a.json:2: not valid JSON; correct it: NUL (\\u0000)"},
        {"{\"a\": 'x'}", "a.json:1: not valid JSON; correct it: invalid token near '''"},
        {"{\"a\": 1} // why",
         "a.json:1: not valid JSON; correct it: end of file expected near '/'"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].text);
        g_assert_null(load(rows[i].text, &error));
        assert_refused(error, rows[i].error);
    }
}

static void test_load_refuses_nul_size_and_bytes(void)
{
    static const char with_nul[] = "{\n\"a\": 1}\n\0{";
    g_autoptr(GError) nul = NULL, size = NULL, bytes = NULL;
    g_assert_null(
        imp_json_load("a.json", with_nul, sizeof with_nul - 1, CAP, domain(), CODE, &nul));
    assert_refused(nul, "a.json:3: not valid JSON; correct it: NUL");
    g_assert_null(imp_json_load("a.json", "{}   ", 5, 4, domain(), CODE, &size));
    assert_refused(size, "a.json:1: larger than 4 bytes; shorten it");
    g_assert_null(load("{\n\"a\": \"\xff\"}", &bytes));
    g_assert_true(g_str_has_prefix(
        bytes->message, "a.json:2: not valid JSON; correct it: unable to decode byte 0xff"));
    g_autoptr(ImpJsonFile) fits = imp_json_load("a.json", "{}  ", 4, 4, domain(), CODE, NULL);
    g_assert_nonnull(fits);
}

static const char *const people =
    "{\n"
    "  \"name\": \"a \\\" { [ , \\\\\",\n"
    "  \"people\": [\n"
    "    {\"id\": \"one\", \"name\": \"One\"},\n"
    "    {\"id\": \"two\",\n"
    "     \"emails\": [\"a@x\",\n"
    "                \"b@x\"],\n"
    "     \"empty\": {}, \"none\": [], \"t\": true, \"n\": null, \"f\": -1.5e3\n"
    "     , \"name\": \"Two\"}\n"
    "  ],\n"
    "\n"
    "  \"na\\u006de2\": 3\n"
    "}\n";

static void test_lines_are_found_again(void)
{
    g_autoptr(ImpJsonFile) file = load(people, NULL);
    json_t *root = imp_json_root(file), *list = json_object_get(root, "people");
    json_t *one = json_array_get(list, 0), *two = json_array_get(list, 1);
    const struct {
        json_t *object;
        const char *key;
        gssize item;
        guint line;
    } rows[] = {
        {root, "name", -1, 2},  {root, "people", -1, 3}, {root, "people", 0, 4},
        {root, "people", 1, 5}, {one, "name", -1, 4},    {two, "name", -1, 9},
        {two, "emails", -1, 6}, {two, "emails", 0, 6},   {two, "emails", 1, 7},
        {two, "empty", -1, 8},  {two, "f", -1, 8},       {two, "missing", -1, 5},
        {two, NULL, -1, 5},     {root, "name2", -1, 12}, {root, "missing", -1, 1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s %d", rows[i].key, (int)rows[i].item);
        g_assert_cmpuint(imp_json_line(file, rows[i].object, rows[i].key, rows[i].item), ==,
                         rows[i].line);
    }
}

typedef struct {
    char *string, *nullable, *name;
    char **strings, **globs;
    guint count;
    double number;
    guint32 day;
    bool boolean;
    json_t *array, *object;
} Everything;

static void everything_clear(Everything *all)
{
    g_free(all->string);
    g_free(all->nullable);
    g_free(all->name);
    g_strfreev(all->strings);
    g_strfreev(all->globs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Everything, everything_clear)

static bool read_everything(const ImpJsonFile *file, Everything *all, GError **error)
{
    const ImpJsonField fields[] = {
        {"string", IMP_JSON_STRING, &all->string, .required = true},
        {"nullable", IMP_JSON_STRING_OR_NULL, .member = &all->nullable},
        {"name", IMP_JSON_NAME, .member = &all->name},
        {"strings", IMP_JSON_STRINGS, &all->strings, .min = 1, .max = 2},
        {"globs", IMP_JSON_GLOBS, .member = &all->globs},
        {"count", IMP_JSON_COUNT, &all->count, .min = 1, .max = 10},
        {"number", IMP_JSON_NUMBER, &all->number, .max = 2},
        {"boolean", IMP_JSON_BOOLEAN, .member = &all->boolean},
        {"day", IMP_JSON_DAY, .member = &all->day},
        {"array", IMP_JSON_ARRAY, .member = &all->array},
        {"object", IMP_JSON_OBJECT, .member = &all->object},
    };
    return imp_json_read(file, imp_json_root(file), fields, G_N_ELEMENTS(fields), error);
}

static void test_read_fills_members(void)
{
    g_autoptr(ImpJsonFile) file =
        load("{\"string\": \"s\", \"nullable\": null, \"name\": "
             "\"a.b-c_1\", \"strings\": [\"x\", \"y\"], \"globs\": "
             "[], \"count\": 10, \"number\": 1.5, \"boolean\": true, \"day\": "
             "\"2026-12-31\", \"array\": [1], \"object\": {}}",
             NULL);
    g_auto(Everything) all = {.nullable = g_strdup("default")};
    g_autoptr(GError) error = NULL;
    g_assert_true(read_everything(file, &all, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(all.string, ==, "s");
    g_assert_null(all.nullable);
    g_assert_cmpstr(all.name, ==, "a.b-c_1");
    g_assert_cmpuint(g_strv_length(all.strings), ==, 2);
    g_assert_cmpstr(all.strings[1], ==, "y");
    g_assert_cmpuint(g_strv_length(all.globs), ==, 0);
    g_assert_cmpuint(all.count, ==, 10);
    g_assert_cmpfloat(all.number, ==, 1.5);
    g_assert_true(all.boolean);
    g_assert_cmpuint(all.day, ==, 20261231);
    g_assert_cmpuint(json_array_size(all.array), ==, 1);
    g_assert_true(json_is_object(all.object));
}

static void test_absent_keys_keep_their_defaults(void)
{
    g_autoptr(ImpJsonFile) file = load("{\"string\": \"s\"}", NULL);
    g_auto(Everything) all = {.nullable = g_strdup("default"), .count = 7};
    g_assert_true(read_everything(file, &all, NULL));
    g_assert_cmpstr(all.nullable, ==, "default");
    g_assert_cmpuint(all.count, ==, 7);
}

static void test_read_refuses(void)
{
    static const struct {
        const char *members, *error;
    } rows[] = {
        {"\"strin\": 1", "a.json:2: strin: unknown key; correct its spelling or remove it"},
        {"\"a b\\n\": 1", "a.json:2: \"a b\\n\": unknown key; correct its spelling or remove it"},
        {"\"\": 1", "a.json:2: \"\": unknown key; correct its spelling or remove it"},
        {"\"count\": 3", "a.json:1: string: is missing; add it: a string"},
        {"\"string\": 1", "a.json:2: string: is a number; write a string"},
        {"\"string\": \"\"", "a.json:2: string: is empty; write a string"},
        {"\"string\": null", "a.json:2: string: is null; write a string"},
        {"\"nullable\": true", "a.json:2: nullable: is a boolean; write a string or null"},
        {"\"nullable\": \"\"", "a.json:2: nullable: is empty; write a string or null"},
        {"\"name\": \"a b\"",
         "a.json:2: name: is \"a b\"; write a name of letters, digits, \".\", \"_\" and \"-\""},
        {"\"strings\": \"a\"", "a.json:2: strings: is a string; write a list of strings"},
        {"\"strings\": []", "a.json:2: strings: has 0 items; write at least 1"},
        {"\"strings\": [\"a\", \"b\", \"c\"]", "a.json:2: strings: has 3 items; write at most 2"},
        {"\"strings\": [\"a\",\n {}]", "a.json:3: strings: item 2 is an object; write a string"},
        {"\"strings\": [\"a\",\n \"\"]",
         "a.json:3: strings: item 2 is empty; write a string or remove it"},
        {"\"globs\": [\"a\",\n \"b/\"]", "a.json:3: globs: \"b/\" is not a pattern: patterns match "
                                         "files; write \"/**\" for what is in a folder"},
        {"\"globs\": {}", "a.json:2: globs: is an object; write a list of patterns"},
        {"\"count\": \"3\"", "a.json:2: count: is a string; write a whole number from 1 to 10"},
        {"\"count\": 0", "a.json:2: count: is 0; write a whole number from 1 to 10"},
        {"\"count\": -3", "a.json:2: count: is -3; write a whole number from 1 to 10"},
        {"\"count\": 4294967297",
         "a.json:2: count: is 4294967297; write a whole number from 1 to 10"},
        {"\"count\": 3.0", "a.json:2: count: has a fraction; write a whole number from 1 to 10"},
        {"\"number\": 2.5", "a.json:2: number: is 2.5; write a number from 0 to 2"},
        {"\"number\": -0.5", "a.json:2: number: is -0.5; write a number from 0 to 2"},
        {"\"number\": null", "a.json:2: number: is null; write a number from 0 to 2"},
        {"\"boolean\": \"true\"", "a.json:2: boolean: is a string; write true or false"},
        {"\"day\": \"2026-02-30\"",
         "a.json:2: day: is \"2026-02-30\"; write a day as in \"2026-12-31\""},
        {"\"day\": 20261231", "a.json:2: day: is a number; write a day as in \"2026-12-31\""},
        {"\"array\": {}", "a.json:2: array: is an object; write a list"},
        {"\"object\": []", "a.json:2: object: is a list; write an object"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("{\n%s\n}", rows[i].members);
        g_autoptr(ImpJsonFile) file = load(text, NULL);
        g_auto(Everything) all = {0};
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].members);
        g_assert_nonnull(file);
        g_assert_false(read_everything(file, &all, &error));
        assert_refused(error, rows[i].error);
    }
}

static void test_names(void)
{
    g_autofree char *longest = g_strnfill(64, 'a'), *longer = g_strnfill(65, 'a');
    static const char *const refused[] = {"",    ".",   "..",       ".a", "-rf",
                                          "a b", "a/b", "\xc3\xa9", "a\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
        g_assert_false(imp_json_name_is_valid(refused[i]));
    g_assert_true(imp_json_name_is_valid("_A.9-z"));
    g_assert_true(imp_json_name_is_valid(longest));
    g_assert_false(imp_json_name_is_valid(longer));
}

static void test_quote_is_one_harmless_line(void)
{
    g_autofree char *forty = g_strnfill(40, 'x');
    g_autofree char *long_text = g_strconcat(forty, forty, "xxxxxxxxxxxxxxxxxxx\xc3\xa9xxxx", NULL);
    g_autofree char *long_quoted =
        g_strconcat("\"", forty, forty, "xxxxxxxxxxxxxxxxxxx...\"", NULL);
    const char *const rows[][2] = {
        {"Caf\xc3\xa9 \"x\"", "\"Caf\xc3\xa9 \\\"x\\\"\""},
        {"a\n\x1b[31m", "\"a\\n\\u001B[31m\""},
        {"\xe2\x80\xae", "\"\\u202E\""}, /* bidirectional override */
        {"\xff", "\"\xef\xbf\xbd\""},
        {long_text, long_quoted},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *quoted = imp_json_quote(rows[i][0]);
        g_assert_cmpstr(quoted, ==, rows[i][1]);
    }
}

static void test_written_lines(void)
{
    g_autoptr(json_t) object = json_object();
    json_object_set_new(object, "z", imp_json_string_or_null("\xc3\xa9\n\xff"));
    json_object_set_new(object, "a", imp_json_string_or_null(NULL));
    json_object_set_new(object, "list", json_pack("[i, b]", 1, 1));
    g_autofree char *line = imp_json_dump_line(object);
    g_assert_cmpstr(line, ==, "{\"z\":\"\xc3\xa9\\n\xef\xbf\xbd\",\"a\":null,\"list\":[1,true]}");
}

/* What Jansson writes: our own writer is only faster. */
static void test_written_as_by_jansson(void)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "[[],{},[{}]]",
        "[1,-1,0,9223372036854775807,-9223372036854775808]",
        "[0.1,1e300,-2.5,1.0]",
        "[true,false,null]",
        "{\"b\":1,\"a\":{\"c\":[\"\"]},\"\":2}",
        "[\"\\u0001\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\\u007f\\u00e9\\u2028\\ud83d\\ude00\"]",
        "{\"\\u0007\\\"\":\"a\\u0000b\"}"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(json_t) value = json_loads(texts[i], JSON_ALLOW_NUL, NULL);
        g_assert_nonnull(value);
        g_autofree char *ours = imp_json_dump_line(value);
        g_autofree char *theirs = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        g_assert_cmpstr(ours, ==, theirs);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/load/strict", test_load_is_strict);
    g_test_add_func("/json/load/bytes", test_load_refuses_nul_size_and_bytes);
    g_test_add_func("/json/lines", test_lines_are_found_again);
    g_test_add_func("/json/read/fills", test_read_fills_members);
    g_test_add_func("/json/read/defaults", test_absent_keys_keep_their_defaults);
    g_test_add_func("/json/read/refuses", test_read_refuses);
    g_test_add_func("/json/names", test_names);
    g_test_add_func("/json/quote", test_quote_is_one_harmless_line);
    g_test_add_func("/json/write", test_written_lines);
    g_test_add_func("/json/write/jansson", test_written_as_by_jansson);
    return g_test_run();
}
