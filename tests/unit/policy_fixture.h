#pragma once

/* A policy and real keys, for the tests of workflow/policy.h. */

#include "workflow/policy.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

/* The keys are real ones, made by ssh-keygen once for the whole program; those of security tokens,
 * which need the token, are put together from an ordinary key's parts. */
typedef struct {
    const char *name, *type, *bits;
} KeyKind;

static const KeyKind kinds[] = {
    {"one", "ed25519", NULL},   {"two", "ed25519", NULL},   {"authority", "ed25519", NULL},
    {"p256", "ecdsa", "256"},   {"p384", "ecdsa", "384"},   {"p521", "ecdsa", "521"},
    {"rsa3072", "rsa", "3072"}, {"rsa2048", "rsa", "2048"},
};

typedef struct {
    char *folder;
    GHashTable *keys; /* name -> "TYPE BASE64" */
} Fixture;

static inline int run(const char *const *arguments, const char *input)
{
    g_autoptr(GSubprocess) process =
        g_subprocess_newv(arguments,
                          G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
                              G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                          NULL);
    g_assert_nonnull(process);
    g_assert_true(g_subprocess_communicate_utf8(process, input, NULL, NULL, NULL, NULL));
    return g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : -1;
}

static inline char *in_folder(const Fixture *fixture, const char *name)
{
    return g_build_filename(fixture->folder, name, NULL);
}

static inline void make_key(Fixture *fixture, const KeyKind *kind)
{
    g_autofree char *path = in_folder(fixture, kind->name),
                    *public_path = g_strconcat(path, ".pub", NULL);
    const char *arguments[] = {
        "ssh-keygen", "-q", "-N", "", "-t", kind->type, "-f", path, kind->bits ? "-b" : NULL,
        kind->bits,   NULL};
    g_assert_cmpint(run(arguments, ""), ==, 0);
    g_autofree char *line = NULL;
    g_assert_true(g_file_get_contents(public_path, &line, NULL, NULL));
    g_auto(GStrv) parts = g_strsplit(line, " ", 3);
    g_hash_table_insert(fixture->keys, g_strdup(kind->name),
                        g_strdup_printf("%s %s", parts[0], parts[1]));
}

static inline void append_string(GByteArray *blob, const void *bytes, gsize length)
{
    guint32 size = GUINT32_TO_BE((guint32)length);
    g_byte_array_append(blob, (const guint8 *)&size, sizeof size);
    g_byte_array_append(blob, bytes, (guint)length);
}

static inline void add_blob(Fixture *fixture, const char *name, const char *type, GByteArray *blob)
{
    g_autofree char *base64 = g_base64_encode(blob->data, blob->len);
    g_hash_table_insert(fixture->keys, g_strdup(name), g_strdup_printf("%s %s", type, base64));
}

/* The same key on a token: another type in front, the application's name behind. */
static inline void make_token_key(Fixture *fixture, const char *name, const char *type,
                                  const char *ordinary)
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
static inline void make_rsa_key(Fixture *fixture, const char *name, const char *exponent,
                                gsize exponent_length, const guint8 *modulus, gsize modulus_length)
{
    g_autoptr(GByteArray) blob = g_byte_array_new();
    append_string(blob, "ssh-rsa", 7);
    append_string(blob, exponent, exponent_length);
    append_string(blob, modulus, modulus_length);
    add_blob(fixture, name, "ssh-rsa", blob);
}

/* An ed25519 key that is this point; of a token where there is an application. */
static inline void make_point(Fixture *fixture, const char *name, const guint8 *point,
                              const char *application, gsize application_length)
{
    const char *type = application ? "sk-ssh-ed25519@openssh.com" : "ssh-ed25519";
    g_autoptr(GByteArray) blob = g_byte_array_new();
    append_string(blob, type, strlen(type));
    append_string(blob, point, 32);
    if (application)
        append_string(blob, application, application_length);
    add_blob(fixture, name, type, blob);
}

/* Points that make signatures fit without a secret, a second name of a point, and one of an
 * application. */
static inline void make_weak_points(Fixture *fixture)
{
    guint8 point[32] = {1};
    make_point(fixture, "neutral", point, NULL, 0);
    point[31] = 0x80;
    make_point(fixture, "neutral-other-sign", point, NULL, 0);
    point[0] = 0;
    make_point(fixture, "order-4-on-token", point, "ssh:", 4);
    memset(point, 0xff, sizeof point);
    point[0] = 0xf0;
    make_point(fixture, "beyond-field", point, NULL, 0);
    memset(point, 0x0a, sizeof point);
    make_point(fixture, "application-with-nul", point, "ssh:", 5);
}

static inline void make_damaged_keys(Fixture *fixture)
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
    make_rsa_key(fixture, "rsa-long-exponent", "\x01\x00\x00\x00\x00\x00\x00\x00\x01", 9,
                 modulus + 1, 385);
    modulus[385] = 0xfe;
    make_rsa_key(fixture, "rsa-even", "\x01\x00\x01", 3, modulus + 1, 385);
    g_autofree guint8 *huge = g_malloc(2049);
    memset(huge, 0x7f, 2049);
    make_rsa_key(fixture, "rsa-huge", "\x01\x00\x01", 3, huge, 2049);

    g_autoptr(GByteArray) longer = g_byte_array_new(), compressed = g_byte_array_new(),
                          cut = g_byte_array_new();
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

static inline void fixture_set_up(Fixture *fixture)
{
    fixture->folder = g_dir_make_tmp("test-policy-XXXXXX", NULL);
    fixture->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        make_key(fixture, &kinds[i]);
    make_token_key(fixture, "sk-ed25519", "sk-ssh-ed25519@openssh.com", "two");
    make_token_key(fixture, "sk-ecdsa", "sk-ecdsa-sha2-nistp256@openssh.com", "p256");
    make_damaged_keys(fixture);
    make_weak_points(fixture);
}

static inline void fixture_tear_down(Fixture *fixture)
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
static inline char *with_keys(const Fixture *fixture, const char *text)
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
    "    {\"id\": \"onc1\", \"name\": \"Oncologist One\", \"emails\": [\"one@board.example\", "
    "\"Uno@Board.example\"],\n"
    "     \"roles\": [\"reviewer\"], \"specialties\": [\"oncology\"], \"capacity\": 4,\n"
    "     \"credentials_until\": \"2027-06-30\",\n"
    "     \"away\": [[\"2026-12-20\", \"2027-01-03\"]]},\n"
    "    {\"id\": \"ed1\", \"name\": \"Editor One\", \"emails\": [\"editor@example.org\"],\n"
    "     \"roles\": [\"editor\", \"reviewer\"]}\n"
    "  ],\n"
    "  \"rules\": [\n"
    "    {\"paths\": [\"content/oncology/**\"], \"specialty\": \"oncology\", \"approvals\": 3, "
    "\"specialists\": 1,\n"
    "     \"respond_days\": 4, \"review_days\": 15, \"valid_months\": 6},\n"
    "    {\"paths\": [\"**\"]}\n"
    "  ]\n"
    "}\n";

static const char *const board =
    "# The board of 2026\n"
    "\n"
    "one@board.example namespaces=\"git\" {one} laptop of One\n"
    "  EDITOR@example.org\tnamespaces=\"git\",valid-after=\"20260101Z\",valid-before="
    "\"20270101120000Z\" {p256}\n"
    "uno@board.example namespaces=\"git\" {one}";

static inline ImpPolicy *parse(const Fixture *fixture, const char *json, const char *signers,
                               GPtrArray *authority, GError **error)
{
    g_autofree char *json_text = with_keys(fixture, json);
    g_autofree char *signers_text = signers ? with_keys(fixture, signers) : NULL;
    return imp_policy_parse(json_text, strlen(json_text), signers_text,
                            signers_text ? strlen(signers_text) : 0, authority, error);
}

static inline void assert_invalid(const ImpPolicy *policy, const GError *error,
                                  const char *expected)
{
    g_assert_null(policy);
    g_assert_error(error, IMP_POLICY_ERROR, IMP_POLICY_ERROR_INVALID);
    g_assert_cmpstr(error->message, ==, expected);
}

static inline gint64 moment(const char *text)
{
    gint64 moment_us;
    g_assert_true(imp_moment_parse(text, &moment_us));
    return moment_us;
}

typedef struct {
    const char *path;
    GTestDataFunc test; /* its data is the Fixture */
} PolicyTest;

static inline int run_policy_tests(const PolicyTest *tests, gsize n_tests)
{
    Fixture fixture;
    fixture_set_up(&fixture);
    for (gsize i = 0; i < n_tests; i++)
        g_test_add_data_func(tests[i].path, &fixture, tests[i].test);
    int status = g_test_run();
    fixture_tear_down(&fixture);
    return status;
}
