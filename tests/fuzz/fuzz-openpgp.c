#include "tests/fuzz/fuzz.h"
#include "workflow/keys/openpgp.h"

/* OpenPGP keyrings and signatures, as far as they are read here. Every key is named by its
 * fingerprint, and belongs to a primary key that belongs to itself. */

static void assert_fingerprint(const char *fingerprint)
{
    g_assert_cmpuint(strlen(fingerprint), ==, 40);
    g_assert_cmpuint(strspn(fingerprint, "0123456789ABCDEF"), ==, 40);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) primaries = NULL;
    g_autoptr(GBytes) packets = imp_openpgp_keyring_parse(text, size, &primaries, &error);
    g_assert_true((packets == NULL) == (error != NULL));
    g_assert_true((packets == NULL) == (primaries == NULL));
    if (packets) {
        GHashTableIter keys;
        gpointer key, primary;
        g_assert_cmpuint(g_hash_table_size(primaries), >, 0);
        g_hash_table_iter_init(&keys, primaries);
        while (g_hash_table_iter_next(&keys, &key, &primary)) {
            assert_fingerprint(key);
            g_assert_cmpstr(g_hash_table_lookup(primaries, primary), ==, primary);
        }
    } else {
        g_assert_error(error, IMP_OPENPGP_ERROR, IMP_OPENPGP_ERROR_INVALID);
        fuzz_assert_sentence(error->message);
    }
    g_autofree char *key = imp_openpgp_signature_key(text);
    if (key) {
        g_assert_true(g_str_has_prefix(key, IMP_OPENPGP_PREFIX));
        assert_fingerprint(key + strlen(IMP_OPENPGP_PREFIX));
    }
    return 0;
}
