#include "articles/ssh_signature.h"
#include "workflow/keys/ssh_key.h"

#include <string.h>

#define ARMOR_BEGIN "-----BEGIN SSH SIGNATURE-----"
#define ARMOR_END   "-----END SSH SIGNATURE-----"
#define MAGIC       "SSHSIG"
#define VERSION     1

void imp_ssh_signature_free(ImpSshSignature *signature)
{
    if (!signature)
        return;
    g_free(signature->key);
    g_free(signature->fingerprint);
    g_free(signature->name_space);
    g_free(signature->hash);
    g_clear_pointer(&signature->blob, g_bytes_unref);
    g_free(signature);
}

/* The bytes within the armor, or NULL. g_base64_decode() skips what is not base64; encoding again
 * shows it. */
static GBytes *dearmor(const char *armored)
{
    if (!g_str_has_prefix(armored, ARMOR_BEGIN "\n"))
        return NULL;
    const char *begin = armored + strlen(ARMOR_BEGIN);
    const char *end = strstr(begin, "\n" ARMOR_END);
    if (!end)
        return NULL;
    GString *base64 = g_string_new_len(begin, end - begin);
    g_string_replace(base64, "\n", "", 0);
    g_autofree char *text = g_string_free(base64, FALSE);
    gsize length;
    guchar *bytes = g_base64_decode(text, &length);
    g_autoptr(GBytes) blob = g_bytes_new_take(bytes, length);
    g_autofree char *again = g_base64_encode(bytes, length);
    return strcmp(text, again) == 0 ? g_steal_pointer(&blob) : NULL;
}

static char *fingerprint_of(const guint8 *key, gsize length)
{
    guint8 digest[32];
    gsize size = sizeof digest;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, key, (gssize)length);
    g_checksum_get_digest(checksum, digest, &size);
    g_autofree char *base64 = g_base64_encode(digest, size);
    base64[strcspn(base64, "=")] = '\0';
    return g_strconcat("SHA256:", base64, NULL);
}

static char *text_of(const ImpSshWire *name)
{
    return g_strndup((const char *)name->at, name->left);
}

static ImpSshSignature *read_blob(GBytes *blob)
{
    ImpSshWire wire, key, name_space, hash, signature;
    wire.at = g_bytes_get_data(blob, &wire.left);
    if (wire.left < strlen(MAGIC) || memcmp(wire.at, MAGIC, strlen(MAGIC)) != 0)
        return NULL;
    wire = (ImpSshWire){wire.at + strlen(MAGIC), wire.left - strlen(MAGIC)};
    guint32 version;
    if (!imp_ssh_take_number(&wire, &version) || version != VERSION ||
        !imp_ssh_take_string(&wire, &key) || !imp_ssh_take_name(&wire, &name_space) ||
        !imp_ssh_take_text(&wire, "") || !imp_ssh_take_name(&wire, &hash) ||
        !imp_ssh_take_string(&wire, &signature) || wire.left != 0 || key.left == 0)
        return NULL;
    g_autoptr(GBytes) certified = imp_ssh_certificate_key(key.at, key.left);
    gsize length = key.left;
    const guint8 *plain = certified ? g_bytes_get_data(certified, &length) : key.at;
    ImpSshSignature *result = g_new0(ImpSshSignature, 1);
    *result = (ImpSshSignature){.key = g_base64_encode(key.at, key.left),
                                .fingerprint = fingerprint_of(plain, length),
                                .is_certificate = certified != NULL,
                                .name_space = text_of(&name_space),
                                .hash = text_of(&hash),
                                .blob = g_bytes_ref(blob),
                                .key_blob = key,
                                .signature = signature};
    return result;
}

ImpSshSignature *imp_ssh_signature_parse(const char *armored, ImpSignatureVerdict *verdict,
                                         char **detail)
{
    static const struct {
        const char *begin;
        const char *kind;
    } others[] = {
        {"-----BEGIN PGP ", "an OpenPGP signature"},
        {"-----BEGIN SIGNED MESSAGE-----", "an X.509 signature"},
    };
    ImpSignatureVerdict unasked;
    g_autofree char *unheard = NULL;
    verdict = verdict ? verdict : &unasked;
    detail = detail ? detail : &unheard;
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        if (g_str_has_prefix(armored, others[i].begin)) {
            *verdict = IMP_SIGNATURE_UNKNOWN_KEY;
            *detail = g_strdup_printf(
                "This is %s, and only SSH signatures are taken here; set \"git config gpg.format "
                "ssh\" and user.signingKey, and sign again.",
                others[i].kind);
            return NULL;
        }
    }
    g_autoptr(GBytes) blob = dearmor(armored);
    ImpSshSignature *signature = blob ? read_blob(blob) : NULL;
    if (!signature) {
        *verdict = IMP_SIGNATURE_BAD;
        *detail = g_strdup("The signature cannot be read as an SSH signature; sign again.");
    }
    return signature;
}
