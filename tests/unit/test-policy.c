#include "workflow/policy.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

/* The keys are real ones, made by ssh-keygen once for the whole program; those of security tokens, which need the
 * token, are put together from an ordinary key's parts. */
typedef struct {
    const char *name, *type, *bits;
} KeyKind;

static const KeyKind kinds[] = {
    {"one", "ed25519", NULL}, {"two", "ed25519", NULL}, {"authority", "ed25519", NULL}, {"p256", "ecdsa", "256"},
    {"p384", "ecdsa", "384"}, {"p521", "ecdsa", "521"}, {"rsa3072", "rsa", "3072"},     {"rsa2048", "rsa", "2048"},
};

typedef struct {
    char *folder;
    GHashTable *keys; /* name -> "TYPE BASE64" */
} Fixture;

static int run(const char *const *arguments, const char *input)
{
    g_autoptr(GSubprocess) process = g_subprocess_newv(
        arguments,
        G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL);
    g_assert_nonnull(process);
    g_assert_true(g_subprocess_communicate_utf8(process, input, NULL, NULL, NULL, NULL));
    return g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : -1;
}

static char *in_folder(const Fixture *fixture, const char *name)
{
    return g_build_filename(fixture->folder, name, NULL);
}

static void make_key(Fixture *fixture, const KeyKind *kind)
{
    g_autofree char *path = in_folder(fixture, kind->name), *public_path = g_strconcat(path, ".pub", NULL);
    const char *arguments[] = {"ssh-keygen", "-q", "-N", "", "-t", kind->type, "-f", path, kind->bits ? "-b" : NULL,
                               kind->bits,   NULL};
    g_assert_cmpint(run(arguments, ""), ==, 0);
    g_autofree char *line = NULL;
    g_assert_true(g_file_get_contents(public_path, &line, NULL, NULL));
    g_auto(GStrv) parts = g_strsplit(line, " ", 3);
    g_hash_table_insert(fixture->keys, g_strdup(kind->name), g_strdup_printf("%s %s", parts[0], parts[1]));
}

static void append_string(GByteArray *blob, const void *bytes, gsize length)
{
    guint32 size = GUINT32_TO_BE((guint32)length);
    g_byte_array_append(blob, (const guint8 *)&size, sizeof size);
    g_byte_array_append(blob, bytes, (guint)length);
}

static void add_blob(Fixture *fixture, const char *name, const char *type, GByteArray *blob)
{
    g_autofree char *base64 = g_base64_encode(blob->data, blob->len);
    g_hash_table_insert(fixture->keys, g_strdup(name), g_strdup_printf("%s %s", type, base64));
}

/* The same key on a token: another type in front, the application's name behind. */
static void make_token_key(Fixture *fixture, const char *name, const char *type, const char *ordinary)
{
    const char *line = g_hash_table_lookup(fixture->keys, ordinary);
    gsize length, type_length = (gsize)(strchr(line, ' ') - line);
    g_autofree guchar *bytes = g_base64_decode(line + type_length + 1, &length);
    g_autoptr(GByteArray) blob = g_byte_array_new();
    append_string(blob, type, strlen(type));
    g_byte_array_append(blob, bytes + 4 + type_length, (guint)(length - 4 - type_length));
    append_string(blob, "ssh:", 4);
    add_blob(fixture, name, type, blob);
}

/* An RSA key whose exponent and modulus are these bytes. */
static void make_rsa_key(Fixture *fixture, const char *name, const char *exponent, gsize exponent_length,
                         const guint8 *modulus, gsize modulus_length)
{
    g_autoptr(GByteArray) blob = g_byte_array_new();
    append_string(blob, "ssh-rsa", 7);
    append_string(blob, exponent, exponent_length);
    append_string(blob, modulus, modulus_length);
    add_blob(fixture, name, "ssh-rsa", blob);
}

static void make_damaged_keys(Fixture *fixture)
{
    guint8 modulus[2 + 384];
    memset(modulus, 0xff, sizeof modulus);
    modulus[0] = modulus[1] = 0;
    make_rsa_key(fixture, "rsa-good", "\x01\x00\x01", 3, modulus + 1, 385);
    make_rsa_key(fixture, "rsa-padded", "\x01\x00\x01", 3, modulus, 386);
    make_rsa_key(fixture, "rsa-negative", "\x01\x00\x01", 3, modulus + 2, 384);
    make_rsa_key(fixture, "rsa-padded-exponent", "\x00\x01\x00\x01", 4, modulus + 1, 385);
    make_rsa_key(fixture, "rsa-exponent-one", "\x01", 1, modulus + 1, 385);
    make_rsa_key(fixture, "rsa-no-exponent", "", 0, modulus + 1, 385);
    modulus[385] = 0xfe;
    make_rsa_key(fixture, "rsa-even", "\x01\x00\x01", 3, modulus + 1, 385);
    g_autofree guint8 *huge = g_malloc(2049);
    memset(huge, 0x7f, 2049);
    make_rsa_key(fixture, "rsa-huge", "\x01\x00\x01", 3, huge, 2049);

    g_autoptr(GByteArray) longer = g_byte_array_new(), compressed = g_byte_array_new(), cut = g_byte_array_new();
    append_string(longer, "ssh-ed25519", 11);
    append_string(longer, modulus, 32);
    append_string(longer, "", 0);
    add_blob(fixture, "tail", "ssh-ed25519", longer);
    append_string(compressed, "ecdsa-sha2-nistp256", 19);
    append_string(compressed, "nistp256", 8);
    memset(modulus, 2, 65);
    append_string(compressed, modulus, 65);
    add_blob(fixture, "uncompressed-wanted", "ecdsa-sha2-nistp256", compressed);
    append_string(cut, "ssh-ed25519", 11);
    g_byte_array_append(cut, (const guint8 *)"\xff\xff\xff\xff", 4);
    add_blob(fixture, "cut", "ssh-ed25519", cut);
}

static void fixture_set_up(Fixture *fixture)
{
    fixture->folder = g_dir_make_tmp("test-policy-XXXXXX", NULL);
    fixture->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        make_key(fixture, &kinds[i]);
    make_token_key(fixture, "sk-ed25519", "sk-ssh-ed25519@openssh.com", "two");
    make_token_key(fixture, "sk-ecdsa", "sk-ecdsa-sha2-nistp256@openssh.com", "p256");
    make_damaged_keys(fixture);
}

static void fixture_tear_down(Fixture *fixture)
{
    g_autoptr(GDir) folder = g_dir_open(fixture->folder, 0, NULL);
    for (const char *name = g_dir_read_name(folder); name; name = g_dir_read_name(folder)) {
        g_autofree char *path = in_folder(fixture, name);
        g_assert_cmpint(g_unlink(path), ==, 0);
    }
    g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
    g_free(fixture->folder);
    g_hash_table_unref(fixture->keys);
}

/* Replaces {NAME} by the key of that name, and {BARE:NAME} by its base64 alone. */
static char *with_keys(const Fixture *fixture, const char *text)
{
    g_autoptr(GString) filled = g_string_new(text);
    GHashTableIter iterator;
    gpointer name, key;
    g_hash_table_iter_init(&iterator, fixture->keys);
    while (g_hash_table_iter_next(&iterator, &name, &key)) {
        g_autofree char *whole = g_strdup_printf("{%s}", (char *)name);
        g_autofree char *bare = g_strdup_printf("{BARE:%s}", (char *)name);
        g_string_replace(filled, whole, key, 0);
        g_string_replace(filled, bare, strchr(key, ' ') + 1, 0);
    }
    return g_string_free(g_steal_pointer(&filled), false);
}

static const char *const handbook =
    "{\n"
    "  \"name\": \"handbook\",\n"
    "  \"version\": 3,\n"
    "  \"articles\": [\"content/**/*.md\"],\n"
    "  \"exclude\": [\"**/README.md\"],\n"
    "  \"carry\": [\"content/**/*.png\", \"content/**/README.md\", \".imprimatur/POLICY.md\"],\n"
    "  \"competing_interests\": \"optional\",\n"
    "  \"ledger_key\": \"{one} ledger@host\",\n"
    "  \"people\": [\n"
    "    {\"id\": \"onc1\", \"name\": \"Oncologist One\", \"emails\": [\"one@board.example\", \"Uno@Board.example\"],\n"
    "     \"roles\": [\"reviewer\"], \"specialties\": [\"oncology\"], \"capacity\": 4,\n"
    "     \"credentials_until\": \"2027-06-30\",\n"
    "     \"away\": [[\"2026-12-20\", \"2027-01-03\"]]},\n"
    "    {\"id\": \"ed1\", \"name\": \"Editor One\", \"emails\": [\"editor@example.org\"],\n"
    "     \"roles\": [\"editor\", \"reviewer\"]}\n"
    "  ],\n"
    "  \"rules\": [\n"
    "    {\"paths\": [\"content/oncology/**\"], \"specialty\": \"oncology\", \"approvals\": 3, \"specialists\": 1,\n"
    "     \"respond_days\": 4, \"review_days\": 15, \"valid_months\": 6},\n"
    "    {\"paths\": [\"**\"]}\n"
    "  ]\n"
    "}\n";

static const char *const board = "# The board of 2026\n"
                                 "\n"
                                 "one@board.example namespaces=\"git\" {one} laptop of One\n"
                                 "  EDITOR@example.org\tnamespaces=\"git\",valid-after=\"20260101Z\",valid-before="
                                 "\"20270101120000Z\" {p256}\n"
                                 "uno@board.example namespaces=\"git\" {one}";

static ImpPolicy *parse(const Fixture *fixture, const char *json, const char *signers, GPtrArray *authority,
                        GError **error)
{
    g_autofree char *json_text = with_keys(fixture, json);
    g_autofree char *signers_text = signers ? with_keys(fixture, signers) : NULL;
    return imp_policy_parse(json_text, strlen(json_text), signers_text, signers_text ? strlen(signers_text) : 0,
                            authority, error);
}

static void assert_invalid(const ImpPolicy *policy, const GError *error, const char *expected)
{
    g_assert_null(policy);
    g_assert_error(error, IMP_POLICY_ERROR, IMP_POLICY_ERROR_INVALID);
    g_assert_cmpstr(error->message, ==, expected);
}

static gint64 moment(const char *text)
{
    gint64 moment_us;
    g_assert_true(imp_moment_parse(text, &moment_us));
    return moment_us;
}

static void test_whole_policy(gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpPolicy) policy = parse(data, handbook, board, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(policy->name, ==, "handbook");
    g_assert_cmpuint(policy->version, ==, 3);
    g_assert_false(policy->competing_interests_required);
    g_assert_cmpstr(policy->ledger_key, ==, g_hash_table_lookup(((const Fixture *)data)->keys, "one"));

    g_assert_cmpuint(policy->people->len, ==, 2);
    const ImpPerson *editor = g_ptr_array_index(policy->people, 0), *oncologist = g_ptr_array_index(policy->people, 1);
    g_assert_cmpstr(editor->id, ==, "ed1"); /* ordered by id */
    g_assert_cmpint(editor->roles, ==, IMP_ROLE_EDITOR | IMP_ROLE_REVIEWER);
    g_assert_cmpuint(editor->capacity, ==, 10);
    g_assert_cmpuint(g_strv_length(editor->specialties), ==, 0);
    g_assert_cmpint(oncologist->roles, ==, IMP_ROLE_REVIEWER);
    g_assert_cmpuint(oncologist->capacity, ==, 4);
    g_assert_cmpstr(oncologist->emails[1], ==, "Uno@Board.example");
    g_assert_true(imp_policy_person(policy, "onc1") == oncologist);
    g_assert_null(imp_policy_person(policy, "ONC1"));
    g_assert_true(imp_policy_person_by_email(policy, "ONE@BOARD.EXAMPLE") == oncologist);
    g_assert_true(imp_policy_person_by_email(policy, "uno@board.example") == oncologist);
    g_assert_null(imp_policy_person_by_email(policy, "one@board.example\xff"));

    g_autoptr(ImpPolicy) shared = imp_policy_ref(policy);
    g_assert_true(shared == policy);
}

static void test_rules_and_defaults(gconstpointer data)
{
    g_autoptr(ImpPolicy) policy = parse(data, handbook, NULL, NULL, NULL);
    const ImpRule *oncology = imp_policy_rule(policy, "content/oncology/a.md");
    g_assert_cmpstr(oncology->specialty, ==, "oncology");
    g_assert_cmpuint(oncology->approvals, ==, 3);
    g_assert_cmpuint(oncology->specialists, ==, 1);
    g_assert_cmpuint(oncology->respond_days, ==, 4);
    g_assert_cmpuint(oncology->review_days, ==, 15);
    g_assert_cmpuint(oncology->valid_months, ==, 6);
    const ImpRule *rest = imp_policy_rule(policy, "content/a.md");
    g_assert_null(rest->specialty);
    g_assert_cmpuint(rest->approvals, ==, 2);
    g_assert_cmpuint(rest->specialists, ==, 0);
    g_assert_cmpuint(rest->respond_days, ==, 3);
    g_assert_cmpuint(rest->review_days, ==, 14);
    g_assert_cmpuint(rest->valid_months, ==, 12);
    g_assert_cmpuint(policy->signers->len, ==, 0);

    g_autoptr(ImpPolicy) least =
        parse(data,
              "{\"name\": \"n\", \"version\": 1, \"articles\": [\"**\"], \"people\": [{\"id\": "
              "\"a\", \"name\": \"A\", \"emails\": [\"a@x\"], \"roles\": [\"editor\"]}], "
              "\"rules\": [{\"paths\": [\"**\"]}]}",
              "", NULL, NULL);
    g_assert_true(least->competing_interests_required);
    g_assert_null(least->ledger_key);
    g_assert_true(imp_policy_is_article(least, "a"));
    g_assert_false(imp_policy_is_article(least, ".imprimatur/POLICY.md"));
    g_assert_true(imp_policy_is_article(least, "x/.imprimatur/POLICY.md"));
}

static void test_articles_and_what_is_carried(gconstpointer data)
{
    static const struct {
        const char *path;
        bool article, matches, carried;
    } rows[] = {
        {"content/a.md", true, true, false},
        {"content/x/README.md", false, true, false}, /* excluded, but never published unreviewed */
        {"content/x/a.png", false, false, true},
        {"README.md", false, false, false},
        {".imprimatur/POLICY.md", false, false, true},
    };
    g_autoptr(ImpPolicy) policy = parse(data, handbook, board, NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].path);
        g_assert_cmpint(imp_policy_is_article(policy, rows[i].path), ==, rows[i].article);
        g_assert_cmpint(imp_policy_matches_articles(policy, rows[i].path), ==, rows[i].matches);
        g_assert_cmpint(imp_policy_is_carried(policy, rows[i].path), ==, rows[i].carried);
    }
}

static void test_people_in_time(gconstpointer data)
{
    g_autoptr(ImpPolicy) policy = parse(data, handbook, board, NULL, NULL);
    const ImpPerson *oncologist = imp_policy_person(policy, "onc1"), *editor = imp_policy_person(policy, "ed1");
    g_assert_false(imp_person_is_away(oncologist, moment("2026-12-19T23:59:59Z")));
    g_assert_true(imp_person_is_away(oncologist, moment("2026-12-20T00:00:00Z")));
    g_assert_true(imp_person_is_away(oncologist, moment("2027-01-03T23:59:59Z")));
    g_assert_false(imp_person_is_away(oncologist, moment("2027-01-04T00:00:00Z")));
    g_assert_true(imp_person_has_credentials(oncologist, moment("2027-06-30T23:59:59Z")));
    g_assert_false(imp_person_has_credentials(oncologist, moment("2027-07-01T00:00:00Z")));
    g_assert_true(imp_person_has_credentials(editor, moment("9999-01-01T00:00:00Z")));
    g_assert_true(imp_person_is_specialist(oncologist, "oncology"));
    g_assert_false(imp_person_is_specialist(oncologist, "Oncology"));
    g_assert_false(imp_person_is_specialist(oncologist, NULL));
    g_assert_false(imp_person_is_specialist(editor, "oncology"));
}

static void test_signers(gconstpointer data)
{
    const Fixture *fixture = data;
    g_autoptr(ImpPolicy) policy = parse(fixture, handbook, board, NULL, NULL);
    g_assert_cmpuint(policy->signers->len, ==, 3);
    const ImpSigner *one = g_ptr_array_index(policy->signers, 0), *editor = g_ptr_array_index(policy->signers, 1);
    g_assert_cmpstr(one->principal, ==, "one@board.example");
    g_assert_cmpstr(one->key_type, ==, "ssh-ed25519");
    g_assert_cmpstr(one->person->id, ==, "onc1");
    g_assert_true(g_str_has_suffix(one->line, " laptop of One"));
    g_assert_cmpstr(editor->person->id, ==, "ed1");
    g_assert_cmpstr(editor->principal, ==, "EDITOR@example.org");
    /* One key under two addresses of one person: the first line is the key's. */
    g_assert_true(imp_policy_signer(policy, one->key) == one);
    g_assert_null(imp_policy_signer(policy, "AAAA"));

    g_assert_true(imp_signer_is_valid_at(one, 0));
    g_assert_false(imp_signer_is_valid_at(editor, moment("2025-12-31T23:59:59Z")));
    g_assert_true(imp_signer_is_valid_at(editor, moment("2026-01-01T00:00:00Z")));
    g_assert_true(imp_signer_is_valid_at(editor, moment("2027-01-01T11:59:59Z")));
    g_assert_false(imp_signer_is_valid_at(editor, moment("2027-01-01T12:00:00Z")));
}

/* Replaces the only occurrence of `from`; a row that no longer fits the text is a mistake of the test. */
static char *changed(const char *text, const char *from, const char *to)
{
    g_autoptr(GString) result = g_string_new(text);
    g_assert_cmpuint(g_string_replace(result, from, to, 0), ==, 1);
    return g_string_free(g_steal_pointer(&result), false);
}

static void test_invalid_policies(gconstpointer data)
{
    static const struct {
        const char *from, *to, *error;
    } rows[] = {
        {"\"version\": 3", "\"version\" 3", "policy.json:3: not valid JSON, correct it: ':' expected near '3'"},
        {"\"carry\"", "\"carries\"", "policy.json:6: carries: unknown key, correct its spelling or remove it"},
        {"\"capacity\"", "\"capasity\"", "policy.json:11: capasity: unknown key, correct its spelling or remove it"},
        {"\"approvals\"", "\"aprovals\"", "policy.json:18: aprovals: unknown key, correct its spelling or remove it"},
        {"  \"name\": \"handbook\",\n", "",
         "policy.json:1: name: is missing, add it: a name of letters, digits, \".\", \"_\" and \"-\""},
        {"\"handbook\"", "\"hand book\"",
         "policy.json:2: name: is \"hand book\", write a name of letters, digits, \".\", \"_\" and \"-\""},
        {"  \"version\": 3,\n", "", "policy.json:1: version: is missing, add it: a whole number from 1 to 2147483647"},
        {"\"version\": 3", "\"version\": 0", "policy.json:3: version: is 0, write a whole number from 1 to 2147483647"},
        {"\"version\": 3", "\"version\": \"3\"",
         "policy.json:3: version: is a string, write a whole number from 1 to 2147483647"},
        {"  \"articles\": [\"content/**/*.md\"],\n", "",
         "policy.json:1: articles: is missing, add it: a list of patterns"},
        {"[\"content/**/*.md\"]", "[]", "policy.json:4: articles: has 0 items, write at least 1"},
        {"\"content/**/*.md\"", "\"/content\"",
         "policy.json:4: articles: \"/content\" is no pattern: patterns begin at the root by themselves, remove the "
         "leading \"/\""},
        {"\"**/README.md\"", "\"!README.md\"",
         "policy.json:5: exclude: \"!README.md\" is no pattern: a leading \"!\" is not supported, list what is meant"},
        {"\"optional\"", "\"Required\"",
         "policy.json:7: competing_interests: is \"Required\", write \"required\" or \"optional\""},
        {"{one} ledger@host", "{BARE:one}",
         "policy.json:8: ledger_key: is no public key, copy the line of the .pub file"},
        {"{one} ledger@host", "{rsa2048}",
         "policy.json:8: ledger_key: it has 2048 bits, use an rsa key of 3072 to 16384 bits, or ed25519"},
        {"\"people\": [", "\"people\": [7,", "policy.json:9: people: item 1 is no object, write {...}"},
        {"\"id\": \"onc1\", ", "",
         "policy.json:10: id: is missing, add it: a name of letters, digits, \".\", \"_\" and \"-\""},
        {"\"onc1\"", "\"onc 1\"",
         "policy.json:10: id: is \"onc 1\", write a name of letters, digits, \".\", \"_\" and \"-\""},
        {"\"onc1\"", "\"\"", "policy.json:10: id: is empty, write a name of letters, digits, \".\", \"_\" and \"-\""},
        {"\"ed1\"", "\"onc1\"", "policy.json:14: id: \"onc1\" is already another person's, choose another one"},
        {"\"name\": \"Oncologist One\", ", "", "policy.json:10: name: is missing, add it: a string"},
        {"Oncologist One", "One <one@x>",
         "policy.json:10: name: \"One <one@x>\" is no name, write one without control characters, \"<\", \">\" and "
         "outer blanks"},
        {"Oncologist One", "One\\nTwo",
         "policy.json:10: name: \"One\\nTwo\" is no name, write one without control characters, \"<\", \">\" and outer "
         "blanks"},
        {"Oncologist One", "One\\u2028Two",
         "policy.json:10: name: \"One\\u2028Two\" is no name, write one without control characters, \"<\", \">\" and "
         "outer blanks"},
        {"Oncologist One", " One",
         "policy.json:10: name: \" One\" is no name, write one without control characters, \"<\", \">\" and outer "
         "blanks"},
        {", \"emails\": [\"editor@example.org\"]", "", "policy.json:14: emails: is missing, add it: a list of strings"},
        {"[\"editor@example.org\"]", "[]", "policy.json:14: emails: has 0 items, write at least 1"},
        {"editor@example.org", "editor @example.org",
         "policy.json:14: emails: \"editor @example.org\" is no address, write one as in \"one@board.example\""},
        {"editor@example.org", "<editor@example.org>",
         "policy.json:14: emails: \"<editor@example.org>\" is no address, write one as in \"one@board.example\""},
        {"editor@example.org", "editor",
         "policy.json:14: emails: \"editor\" is no address, write one as in \"one@board.example\""},
        {"editor@example.org", "UNO@board.example",
         "policy.json:14: emails: \"UNO@board.example\" is already an address of onc1, remove one of them"},
        {"Uno@Board.example", "ONE@board.example",
         "policy.json:10: emails: \"ONE@board.example\" is already an address of onc1, remove one of them"},
        {"     \"roles\": [\"editor\", \"reviewer\"]", "\"capacity\": 1",
         "policy.json:14: roles: is missing, add it: a list of strings"},
        {"[\"editor\", \"reviewer\"]", "[]", "policy.json:15: roles: has 0 items, write at least 1"},
        {"[\"editor\", \"reviewer\"]", "[\"editor\",\n\"Reviewer\"]",
         "policy.json:16: roles: \"Reviewer\" is no role, write \"reviewer\" or \"editor\""},
        {"\"capacity\": 4", "\"capacity\": 1001",
         "policy.json:11: capacity: is 1001, write a whole number from 0 to 1000"},
        {"2027-06-30", "2027-06-31",
         "policy.json:12: credentials_until: is \"2027-06-31\", write a day as in \"2026-12-31\""},
        {"[[\"2026-12-20\", \"2027-01-03\"]]", "[[\"2027-01-03\", \"2026-12-20\"]]",
         "policy.json:13: away: item 1 ends before it begins, exchange the days"},
        {", \"2027-01-03\"]]", "]]",
         "policy.json:13: away: item 1 is no pair of days, write it as in [\"2026-12-20\", \"2027-01-03\"]"},
        {"\"2027-01-03\"]]", "\"2027-01-03\"],\n\"2027-02-01\"]",
         "policy.json:14: away: item 2 is no pair of days, write it as in [\"2026-12-20\", \"2027-01-03\"]"},
        {"2027-01-03", "2027-1-3",
         "policy.json:13: away: item 1 is no pair of days, write it as in [\"2026-12-20\", \"2027-01-03\"]"},
        {"\"specialists\": 1", "\"specialists\": 4",
         "policy.json:18: specialists: is 4 of 3 approvals, lower it or raise \"approvals\""},
        {"\"specialty\": \"oncology\", ", "",
         "policy.json:18: specialists: needs to know the specialty, add \"specialty\" to this rule"},
        {"\"approvals\": 3", "\"approvals\": 0", "policy.json:18: approvals: is 0, write a whole number from 1 to 100"},
        {"\"respond_days\": 4", "\"respond_days\": 0",
         "policy.json:19: respond_days: is 0, write a whole number from 1 to 3650"},
        {"\"review_days\": 15", "\"review_days\": 1e3",
         "policy.json:19: review_days: has a fraction, write a whole number from 1 to 3650"},
        {"\"valid_months\": 6", "\"valid_months\": 1201",
         "policy.json:19: valid_months: is 1201, write a whole number from 1 to 1200"},
        {"{\"paths\": [\"**\"]}", "{}", "policy.json:20: paths: is missing, add it: a list of patterns"},
        {"[\"**\"]", "[\"content/**\"]",
         "policy.json:20: paths: of the last rule is not [\"**\"], add a rule for everything else at the end"},
        {"[\"**\"]", "[\"**\", \"x\"]",
         "policy.json:20: paths: of the last rule is not [\"**\"], add a rule for everything else at the end"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *json = changed(handbook, rows[i].from, rows[i].to);
        g_autoptr(GError) error = NULL;
        g_test_message("%s -> %s", rows[i].from, rows[i].to);
        ImpPolicy *policy = parse(data, json, board, NULL, &error);
        assert_invalid(policy, error, rows[i].error);
    }
}

static void test_invalid_signers(gconstpointer data)
{
#define CONTROL "allowed_signers:4: has a control character"
#define DAMAGED "allowed_signers:4: key of editor@example.org: it is damaged, copy the line of the .pub file again"
#define NO_MOMENT(name, value)                                                                                         \
    "allowed_signers:4: " name ": \"" value "\" is no moment, write it as in \"20261231Z\" or \"20261231235959Z\""
#define UNKNOWN(option)                                                                                                \
    "allowed_signers:4: option " option                                                                                \
    ": is unknown, write only namespaces=\"git\", valid-after=\"...\" and valid-before=\"...\""
    static const struct {
        const char *line, *error;
    } rows[] = {
        {"editor@example.org {two}",
         "allowed_signers:4: namespaces: is missing, write namespaces=\"git\" behind the principal"},
        {"editor@example.org",
         "allowed_signers:4: namespaces: is missing, write namespaces=\"git\" behind the principal"},
        {"editor@example.org namespaces=\"file\" {two}",
         "allowed_signers:4: namespaces: is not exactly this one, write namespaces=\"git\""},
        {"editor@example.org namespaces=\"git,file\" {two}", UNKNOWN("\"namespaces=\\\"git\"")},
        {"editor@example.org namespaces=\"*\" {two}",
         "allowed_signers:4: namespaces: is not exactly this one, write namespaces=\"git\""},
        {"editor@example.org namespaces=\"git\",namespaces=\"git\" {two}",
         "allowed_signers:4: namespaces: is not exactly this one, write namespaces=\"git\""},
        {"editor@example.org namespaces=git {two}", UNKNOWN("\"namespaces=git\"")},
        {"editor@example.org Namespaces=\"git\" {two}", UNKNOWN("\"Namespaces=\\\"git\\\"\"")},
        {"editor@example.org valid-after=\"20260101Z\" {two}",
         "allowed_signers:4: namespaces: is missing, write namespaces=\"git\" behind the principal"},
        {"editor@example.org cert-authority,namespaces=\"git\" {two}",
         "allowed_signers:4: cert-authority: is not allowed, list each key by itself"},
        {"editor@example.org namespaces=\"git\",Cert-Authority {two}",
         "allowed_signers:4: cert-authority: is not allowed, list each key by itself"},
        {"editor@example.org namespaces=\"git\",no-touch {two}", UNKNOWN("\"no-touch\"")},
        {"editor@example.org namespaces=\"git\",valid-after=\"20260101\" {two}", NO_MOMENT("valid-after", "20260101")},
        {"editor@example.org namespaces=\"git\",valid-after=\"20260101000000\" {two}",
         NO_MOMENT("valid-after", "20260101000000")},
        {"editor@example.org namespaces=\"git\",valid-before=\"20260230Z\" {two}",
         NO_MOMENT("valid-before", "20260230Z")},
        {"editor@example.org namespaces=\"git\",valid-before=\"2026010112Z\" {two}",
         NO_MOMENT("valid-before", "2026010112Z")},
        {"editor@example.org namespaces=\"git\",valid-before=\"20260101z\" {two}",
         NO_MOMENT("valid-before", "20260101z")},
        {"editor@example.org namespaces=\"git\",valid-before=\"19700101Z\" {two}",
         NO_MOMENT("valid-before", "19700101Z")},
        {"editor@example.org namespaces=\"git\",valid-before=\"\" {two}", NO_MOMENT("valid-before", "")},
        {"editor@example.org namespaces=\"git\",valid-after=\"20260101Z\",valid-after=\"20270101Z\" {two}",
         "allowed_signers:4: valid-after: stands there twice, remove one"},
        {"editor@example.org namespaces=\"git\",valid-after=\"20260101Z\",valid-before=\"202601010000Z\" {two}",
         "allowed_signers:4: valid-before: is not after valid-after, exchange them"},
        {"* namespaces=\"git\" {two}", "allowed_signers:4: principal \"*\": is a pattern, write one whole address"},
        {"*@example.org namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"*@example.org\": is a pattern, write one whole address"},
        {"edito?@example.org namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"edito?@example.org\": is a pattern, write one whole address"},
        {"!editor@example.org namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"!editor@example.org\": is a pattern, write one whole address"},
        {"\"editor@example.org\" namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"\\\"editor@example.org\\\"\": is a pattern, write one whole address"},
        {"editor@example.org,one@board.example namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"editor@example.org,one@board.example\": is a list, write a line for each "
         "address"},
        {"stranger@example.org namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"stranger@example.org\": is the address of nobody in policy.json, add it to a "
         "person there"},
        {"ed1 namespaces=\"git\" {two}",
         "allowed_signers:4: principal \"ed1\": is the address of nobody in policy.json, add it to a person there"},
        {"editor@example.org namespaces=\"git\"",
         "allowed_signers:4: key of editor@example.org: is missing, copy the line of the .pub file behind the options"},
        {"editor@example.org namespaces=\"git\" ssh-ed25519",
         "allowed_signers:4: key of editor@example.org: is missing, copy the line of the .pub file behind the options"},
        {"editor@example.org namespaces=\"git\" ssh-dss {BARE:two}",
         "allowed_signers:4: key of editor@example.org: its type cannot sign here, use an ed25519, ecdsa, rsa, "
         "sk-ssh-ed25519 or sk-ecdsa key"},
        {"editor@example.org namespaces=\"git\" ssh-ed25519-cert-v01@openssh.com {BARE:two}",
         "allowed_signers:4: key of editor@example.org: its type cannot sign here, use an ed25519, ecdsa, rsa, "
         "sk-ssh-ed25519 or sk-ecdsa key"},
        {"editor@example.org namespaces=\"git\" ssh-rsa {BARE:two}",
         "allowed_signers:4: key of editor@example.org: its type is not the one in the key, copy the line of the .pub "
         "file again"},
        {"editor@example.org namespaces=\"git\" ecdsa-sha2-nistp384 {BARE:p256}",
         "allowed_signers:4: key of editor@example.org: its type is not the one in the key, copy the line of the .pub "
         "file again"},
        {"editor@example.org namespaces=\"git\" ssh-ed25519 {BARE:two}=",
         "allowed_signers:4: key of editor@example.org: it is not base64, copy the line of the .pub file again"},
        {"editor@example.org namespaces=\"git\" ssh-ed25519 !{BARE:two}",
         "allowed_signers:4: key of editor@example.org: it is not base64, copy the line of the .pub file again"},
        {"editor@example.org namespaces=\"git\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa2048}",
         "allowed_signers:4: key of editor@example.org: it has 2048 bits, use an rsa key of 3072 to 16384 bits, or "
         "ed25519"},
        {"editor@example.org namespaces=\"git\" {rsa-huge}",
         "allowed_signers:4: key of editor@example.org: it has 16391 bits, use an rsa key of 3072 to 16384 bits, or "
         "ed25519"},
        {"editor@example.org namespaces=\"git\" {rsa-padded}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa-negative}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa-padded-exponent}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa-exponent-one}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa-no-exponent}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {rsa-even}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {tail}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {cut}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {uncompressed-wanted}", DAMAGED},
        {"editor@example.org namespaces=\"git\" {one}", "allowed_signers:4: key of editor@example.org: is also the key "
                                                        "of one@board.example, give each person a key of "
                                                        "their own"},
        {"ONE@board.example namespaces=\"git\" {one}",
         "allowed_signers:4: key of ONE@board.example: stands there twice, remove one line"},
        {"editor@example.org namespaces=\"git\" {authority}",
         "allowed_signers:4: key of editor@example.org: is a key of the authority, use another one"},
        {"editor@example.org namespaces=\"git\" {two}\r", CONTROL " (lines end in CR LF), remove it"},
        {"editor@example.org namespaces=\"git\" {two} \x1b[0m", CONTROL ", remove it"},
        {"editor@example.org namespaces=\"git\" {two} \xff",
         "allowed_signers:4: is not valid UTF-8, write the line anew"},
        {"editor@example.org words {two}", UNKNOWN("\"words\"")},
    };
    g_autofree char *authority_text = with_keys(data, "office namespaces=\"imprimatur-policy\" {authority}\n");
    g_autoptr(GPtrArray) authority = imp_signers_parse_authority("a", authority_text, strlen(authority_text), NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *signers =
            g_strconcat("# comment\n\none@board.example namespaces=\"git\" {one}\n", rows[i].line, "\n", NULL);
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].line);
        ImpPolicy *policy = parse(data, handbook, signers, authority, &error);
        assert_invalid(policy, error, rows[i].error);
    }
}

static void test_nul_in_signers(gconstpointer data)
{
    static const char text[] = "# a\n# b\0 c\n";
    g_autofree char *json = with_keys(data, handbook);
    g_autoptr(GError) error = NULL;
    ImpPolicy *policy = imp_policy_parse(json, strlen(json), text, sizeof text - 1, NULL, &error);
    assert_invalid(policy, error, "allowed_signers:2: is not valid UTF-8, write the line anew");
}

/* Every kind of key that is allowed, in a line that ssh-keygen understands as we do: it verifies a signature. */
static void test_every_kind_of_key(gconstpointer data)
{
    static const struct {
        const char *name;
        bool signs;
    } rows[] = {{"one", true},     {"p256", true},      {"p384", true},        {"p521", true},
                {"rsa3072", true}, {"rsa-good", false}, {"sk-ed25519", false}, {"sk-ecdsa", false}};
    const Fixture *fixture = data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *line = g_strdup_printf("editor@example.org namespaces=\"git\",valid-after=\"20200101Z\","
                                                "valid-before=\"20990101120000Z\" {%s} comment\n",
                                                rows[i].name);
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].name);
        g_autoptr(ImpPolicy) policy = parse(fixture, handbook, line, NULL, &error);
        g_assert_no_error(error);
        if (!rows[i].signs)
            continue;
        const ImpSigner *signer = g_ptr_array_index(policy->signers, 0);
        g_autofree char *key = in_folder(fixture, rows[i].name), *text = in_folder(fixture, "text");
        g_autofree char *signature = in_folder(fixture, "text.sig"), *signers = in_folder(fixture, "signers");
        g_assert_true(g_file_set_contents(text, "words", -1, NULL));
        g_assert_true(g_file_set_contents(signers, signer->line, -1, NULL));
        g_unlink(signature);
        const char *sign[] = {"ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", key, text, NULL};
        const char *verify[] = {"ssh-keygen",      "-Y", "verify", "-n", "git",     "-I",
                                signer->principal, "-f", signers,  "-s", signature, NULL};
        g_assert_cmpint(run(sign, ""), ==, 0);
        g_assert_cmpint(run(verify, "words"), ==, 0);
        g_assert_cmpint(run(verify, "other words"), !=, 0);
    }
}

static void test_authority(gconstpointer data)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "site.authority:1: has no key, add the authority's: ADDRESS namespaces=\"imprimatur-policy\" TYPE KEY"},
        {"# nothing\n",
         "site.authority:1: has no key, add the authority's: ADDRESS namespaces=\"imprimatur-policy\" TYPE KEY"},
        {"office namespaces=\"git\" {authority}",
         "site.authority:1: namespaces: is not exactly this one, write namespaces=\"imprimatur-policy\""},
        {"office {authority}",
         "site.authority:1: namespaces: is missing, write namespaces=\"imprimatur-policy\" behind "
         "the principal"},
        {"\n* namespaces=\"imprimatur-policy\" {authority}",
         "site.authority:2: principal \"*\": is a pattern, write one whole address"},
        {"office namespaces=\"imprimatur-policy\" {rsa2048}",
         "site.authority:1: key of office: it has 2048 bits, use an rsa key of 3072 to 16384 bits, or ed25519"},
        {"office namespaces=\"imprimatur-policy\" {two}\noffice namespaces=\"imprimatur-policy\" {two}",
         "site.authority:2: key of office: stands there twice, remove one line"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = with_keys(data, rows[i].text);
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rows[i].text);
        g_assert_null(imp_signers_parse_authority("site.authority", text, strlen(text), &error));
        g_assert_error(error, IMP_POLICY_ERROR, IMP_POLICY_ERROR_INVALID);
        g_assert_cmpstr(error->message, ==, rows[i].error);
    }
    g_autofree char *text = with_keys(data, "# ours\noffice namespaces=\"imprimatur-policy\" {authority}\n"
                                            "deputy@x namespaces=\"imprimatur-policy\" {two}\n");
    g_autoptr(GPtrArray) signers = imp_signers_parse_authority("site.authority", text, strlen(text), NULL);
    g_assert_cmpuint(signers->len, ==, 2);
    const ImpSigner *deputy = g_ptr_array_index(signers, 1);
    g_assert_cmpstr(deputy->principal, ==, "deputy@x");
    g_assert_null(deputy->person);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        GTestDataFunc test;
    } tests[] = {
        {"/policy/whole", test_whole_policy},
        {"/policy/rules", test_rules_and_defaults},
        {"/policy/articles", test_articles_and_what_is_carried},
        {"/policy/people", test_people_in_time},
        {"/policy/signers", test_signers},
        {"/policy/invalid", test_invalid_policies},
        {"/policy/signers/invalid", test_invalid_signers},
        {"/policy/signers/nul", test_nul_in_signers},
        {"/policy/signers/keys", test_every_kind_of_key},
        {"/policy/authority", test_authority},
    };
    g_test_init(&argc, &argv, NULL);
    Fixture fixture;
    fixture_set_up(&fixture);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_data_func(tests[i].path, &fixture, tests[i].test);
    int status = g_test_run();
    fixture_tear_down(&fixture);
    return status;
}
