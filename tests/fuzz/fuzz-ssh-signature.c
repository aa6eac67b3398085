#include "articles/ssh_verify.h"
#include "tests/fuzz/fuzz.h"

/* SSH signatures, in their armor or as the bytes that it holds (those begin with "SSHSIG"). The
 * text that the corpus signs is one line. Whatever comes: there is a verdict, one armor is as good
 * as another, and what is good for a text is good for no other text and in no other namespace. */

#define SIGNED "imprimatur\n"

static char *armored(const void *bytes, gsize size)
{
    g_autofree char *base64 = g_base64_encode(bytes, size);
    return g_strdup_printf("-----BEGIN SSH SIGNATURE-----\n%s\n-----END SSH SIGNATURE-----\n",
                           base64);
}

static bool verdict(const ImpSshSignature *signature, const char *text)
{
    g_autoptr(GError) error = NULL;
    bool good = false;
    g_assert_true(imp_ssh_verify(signature, (const guint8 *)text, strlen(text), &good, &error));
    g_assert_no_error(error);
    return good;
}

/* The same bytes in another armor, and with a change to each field that is text. */
static void look_around(ImpSshSignature *signature, bool good)
{
    gsize size;
    const void *bytes = g_bytes_get_data(signature->blob, &size);
    g_autofree char *text = armored(bytes, size);
    g_autoptr(ImpSshSignature) again = imp_ssh_signature_parse(text, NULL, NULL);
    g_assert_nonnull(again);
    g_assert_cmpstr(again->fingerprint, ==, signature->fingerprint);
    g_assert_true(verdict(again, SIGNED) == good);
    if (!good)
        return;
    g_assert_false(verdict(signature, "Imprimatur\n"));
    g_assert_true(strcmp(signature->hash, "sha512") == 0 || strcmp(signature->hash, "sha256") == 0);
    char *name_space = g_steal_pointer(&signature->name_space);
    signature->name_space = g_strconcat(name_space, "x", NULL);
    g_free(name_space);
    g_assert_false(verdict(signature, SIGNED));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text =
        size >= 6 && memcmp(data, "SSHSIG", 6) == 0 ? armored(data, size) : fuzz_text(data, size);
    ImpSignatureVerdict what = IMP_SIGNATURE_GOOD;
    g_autofree char *detail = NULL;
    g_autoptr(ImpSshSignature) signature = imp_ssh_signature_parse(text, &what, &detail);
    g_assert_true((signature == NULL) == (detail != NULL));
    g_assert_true((signature == NULL) == (what != IMP_SIGNATURE_GOOD));
    if (!signature) {
        fuzz_assert_sentence(detail);
        return 0;
    }
    g_assert_true(g_str_has_prefix(signature->fingerprint, "SHA256:"));
    look_around(signature, verdict(signature, SIGNED));
    return 0;
}
