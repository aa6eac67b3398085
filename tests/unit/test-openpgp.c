#include "tests/unit/scratch.h"
#include "workflow/keys/openpgp.h"
#include "workflow/policy.h"

/* Keys and signatures are GnuPG's own. What it says of them is compared with what is read here;
 * then they are cut and changed in every place, and whatever comes of that, nothing breaks. */

typedef struct {
    Scratch scratch;
    char *keyring;
    char *signature;
    char *primary;
    char *subkey;
} Ring;

#define GPG                                                                                        \
    "gpg", "--homedir", ".", "--batch", "--quiet", "--no-auto-check-trustdb", "--passphrase", "",  \
        "--pinentry-mode", "loopback"

/* The fingerprints in gpg's listing, in its order. */
static char **list_fingerprints(const Ring *ring)
{
    g_autofree char *listing =
        scratch_run(&ring->scratch, GPG, "--with-colons", "--list-keys", NULL);
    g_auto(GStrv) lines = g_strsplit(listing, "\n", -1);
    g_autoptr(GStrvBuilder) found = g_strv_builder_new();
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) fields = g_strsplit(*line, ":", -1);
        if (g_strv_length(fields) > 9 && strcmp(fields[0], "fpr") == 0)
            g_strv_builder_add(found, fields[9]);
    }
    return g_strv_builder_end(found);
}

static Ring make_ring(void)
{
    Ring ring = {.scratch = scratch_make()};
    scratch_do(&ring.scratch, "chmod", "700", ".", NULL);
    scratch_do(&ring.scratch, GPG, "--quick-gen-key", "One <one@board.example>", "ed25519", "cert",
               NULL);
    g_auto(GStrv) made = list_fingerprints(&ring);
    scratch_do(&ring.scratch, GPG, "--quick-add-key", made[0], "ed25519", "sign", NULL);
    g_auto(GStrv) both = list_fingerprints(&ring);
    g_assert_cmpuint(g_strv_length(both), ==, 2);
    ring.primary = g_strdup(both[0]);
    ring.subkey = g_strdup(both[1]);
    scratch_write(&ring.scratch, "text", "text", 4);
    scratch_do(&ring.scratch, GPG, "--armor", "--output", "text.asc", "--detach-sign", "text",
               NULL);
    ring.keyring = scratch_run(&ring.scratch, GPG, "--armor", "--export", NULL);
    ring.signature = scratch_run(&ring.scratch, "cat", "text.asc", NULL);
    return ring;
}

static void leave(Ring *ring)
{
    scratch_do(&ring->scratch, "gpgconf", "--homedir", ".", "--kill", "all", NULL);
    scratch_remove(&ring->scratch);
    g_free(ring->keyring);
    g_free(ring->signature);
    g_free(ring->primary);
    g_free(ring->subkey);
}

static GBytes *parse(const char *armored, GHashTable **primaries, GError **error)
{
    return imp_openpgp_keyring_parse(armored, strlen(armored), primaries, error);
}

static void test_reads_what_gpg_says(void)
{
    Ring ring = make_ring();
    g_autoptr(GHashTable) primaries = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) packets = parse(ring.keyring, &primaries, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(g_hash_table_size(primaries), ==, 2);
    g_assert_cmpstr(g_hash_table_lookup(primaries, ring.primary), ==, ring.primary);
    g_assert_cmpstr(g_hash_table_lookup(primaries, ring.subkey), ==, ring.primary);
    const char *const export[] = {GPG, "--export", NULL};
    g_autoptr(GBytes) dearmored = scratch_run_bytes(&ring.scratch, NULL, export);
    g_assert_true(g_bytes_equal(packets, dearmored));
    g_autofree char *key = imp_openpgp_signature_key(ring.signature);
    g_autofree char *expected = g_strconcat(IMP_OPENPGP_PREFIX, ring.subkey, NULL);
    g_assert_cmpstr(key, ==, expected);
    leave(&ring);
}

static void test_reads_several_blocks(void)
{
    Ring ring = make_ring();
    g_autofree char *twice = g_strconcat("\n", ring.keyring, "\n\n", ring.keyring, NULL);
    g_autoptr(GHashTable) primaries = NULL;
    g_autoptr(GBytes) packets = parse(twice, &primaries, NULL);
    g_assert_nonnull(packets);
    g_assert_cmpuint(g_hash_table_size(primaries), ==, 2);
    leave(&ring);
}

/* The checksum sees every change of a bit, and so nothing that was changed is taken for a keyring.
 */
static void test_refuses_what_was_cut_or_changed(void)
{
    Ring ring = make_ring();
    gsize length = strlen(ring.keyring);
    for (gsize i = 0; i < length - 1; i++) {
        g_autoptr(GHashTable) primaries = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) packets = imp_openpgp_keyring_parse(ring.keyring, i, &primaries, &error);
        g_assert_null(packets);
        g_assert_null(primaries);
        g_assert_error(error, IMP_OPENPGP_ERROR, IMP_OPENPGP_ERROR_INVALID);
    }
    for (gsize i = 0; i < length; i++) {
        g_autofree char *changed = g_strdup(ring.keyring);
        if (!g_ascii_isalnum(changed[i]))
            continue;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        g_autoptr(GHashTable) primaries = NULL;
        g_autoptr(GBytes) packets = parse(changed, &primaries, NULL);
        g_assert_null(packets);
    }
    leave(&ring);
}

/* Of a signature any bytes may come, with a checksum or without. */
static void test_reads_any_signature(void)
{
    Ring ring = make_ring();
    gsize length = strlen(ring.signature);
    for (gsize i = 0; i < length; i++) {
        g_autofree char *cut = g_strndup(ring.signature, i);
        g_autofree char *key = imp_openpgp_signature_key(cut);
        g_assert_true(key == NULL || i >= length - 1);
    }
    char *sum = strstr(ring.signature, "\n=");
    g_autofree char *plain = g_strdup_printf("%.*s\n-----END PGP SIGNATURE-----\n",
                                             (int)(sum - ring.signature), ring.signature);
    g_autofree char *key = imp_openpgp_signature_key(plain);
    g_assert_nonnull(key);
    for (gsize i = strlen("-----BEGIN PGP SIGNATURE-----\n\n"); i < (gsize)(sum - ring.signature);
         i++) {
        for (const char *with = "A/b9"; *with; with++) {
            g_autofree char *changed = g_strdup(plain);
            changed[i] = *with;
            g_autofree char *other = imp_openpgp_signature_key(changed);
            g_assert_true(!other || strlen(other) == strlen(IMP_OPENPGP_PREFIX) + 40);
        }
    }
    leave(&ring);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/openpgp/reads-what-gpg-says", test_reads_what_gpg_says);
    g_test_add_func("/openpgp/reads-several-blocks", test_reads_several_blocks);
    g_test_add_func("/openpgp/refuses-what-was-cut-or-changed",
                    test_refuses_what_was_cut_or_changed);
    g_test_add_func("/openpgp/reads-any-signature", test_reads_any_signature);
    return g_test_run();
}
