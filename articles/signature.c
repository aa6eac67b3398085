#include "articles/signature.h"

#include "articles/openpgp_verify.h"
#include "articles/text.h"
#include "workflow/limits.h"
#include "workflow/openpgp.h"

#include <string.h>

#define ARMOR_BEGIN "-----BEGIN SSH SIGNATURE-----"
#define ARMOR_END   "-----END SSH SIGNATURE-----"
#define MAGIC       "SSHSIG"

void imp_ssh_signature_free(ImpSshSignature *signature)
{
    if (!signature)
        return;
    g_free(signature->key);
    g_free(signature->fingerprint);
    g_free(signature->name_space);
    g_free(signature->hash);
    g_free(signature);
}

/* The bytes within the armor, or NULL. g_base64_decode() skips what is no base64; encoding again shows it. */
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

typedef struct {
    const guchar *at;
    gsize left;
} Cursor;

static bool take_number(Cursor *cursor, guint32 *number)
{
    if (cursor->left < 4)
        return false;
    const guchar *at = cursor->at;
    *number = (guint32)at[0] << 24 | (guint32)at[1] << 16 | (guint32)at[2] << 8 | at[3];
    cursor->at += 4;
    cursor->left -= 4;
    return true;
}

/* RFC 4251 section 5: a length, and that many bytes. */
static bool take_string(Cursor *cursor, Cursor *string)
{
    guint32 length;
    if (!take_number(cursor, &length) || length > cursor->left)
        return false;
    *string = (Cursor){cursor->at, length};
    cursor->at += length;
    cursor->left -= length;
    return true;
}

static char *fingerprint_of(const Cursor *key)
{
    guint8 digest[32];
    gsize size = sizeof digest;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, key->at, (gssize)key->left);
    g_checksum_get_digest(checksum, digest, &size);
    g_autofree char *base64 = g_base64_encode(digest, size);
    base64[strcspn(base64, "=")] = '\0';
    return g_strconcat("SHA256:", base64, NULL);
}

static ImpSshSignature *read_blob(GBytes *blob)
{
    Cursor cursor, key, name_space, reserved, hash, signature;
    cursor.at = g_bytes_get_data(blob, &cursor.left);
    if (cursor.left < strlen(MAGIC) || memcmp(cursor.at, MAGIC, strlen(MAGIC)) != 0)
        return NULL;
    cursor.at += strlen(MAGIC);
    cursor.left -= strlen(MAGIC);
    guint32 version;
    if (!take_number(&cursor, &version) || version != 1 || !take_string(&cursor, &key) ||
        !take_string(&cursor, &name_space) || !take_string(&cursor, &reserved) || !take_string(&cursor, &hash) ||
        !take_string(&cursor, &signature) || cursor.left != 0)
        return NULL;
    if (key.left == 0 || memchr(name_space.at, '\0', name_space.left))
        return NULL;
    ImpSshSignature *result = g_new0(ImpSshSignature, 1);
    result->key = g_base64_encode(key.at, key.left);
    result->fingerprint = fingerprint_of(&key);
    result->name_space = g_strndup((const char *)name_space.at, name_space.left);
    result->hash = g_strndup((const char *)hash.at, hash.left);
    return result;
}

ImpSshSignature *imp_ssh_signature_parse(const char *armored, ImpSignatureVerdict *verdict, char **detail)
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
            *detail = g_strdup_printf("This is %s, and only SSH signatures are taken here; set \"git config gpg.format "
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

/* The line to verify with: one of this key that is valid at the moment, else any of this key, else NULL. */
static const ImpSigner *find_signer(const GPtrArray *signers, const char *key, gint64 moment_us)
{
    const ImpSigner *found = NULL;
    for (guint i = 0; signers && i < signers->len; i++) {
        const ImpSigner *signer = g_ptr_array_index(signers, i);
        if (strcmp(signer->key, key) != 0)
            continue;
        if (imp_signer_is_valid_at(signer, moment_us))
            return signer;
        found = signer;
    }
    return found;
}

static char *wrong_namespace(const ImpSshSignature *signature, const char *wanted)
{
    g_autofree char *excerpt = imp_excerpt(signature->name_space, strlen(signature->name_space));
    return g_strdup_printf(
        "The signature was made for %s, not for \"%s\"; sign this anew instead of taking a signature "
        "from elsewhere.",
        excerpt, wanted);
}

static char *invalid_now(const ImpSigner *signer, const ImpSshSignature *signature, gint64 moment_us)
{
    bool early = signer->valid_after_us != 0 && moment_us < signer->valid_after_us;
    g_autofree char *bound = imp_moment_format(early ? signer->valid_after_us : signer->valid_before_us);
    return g_strdup_printf("The key %s %s %s; sign with a key that is valid now.", signature->fingerprint,
                           early ? "is not valid before" : "was valid only before", bound);
}

bool imp_ssh_verify_detached(const GPtrArray *signers, const char *name_space, const char *armored,
                             const guint8 *payload, gsize length, gint64 moment_us, ImpSignatureVerdict *verdict,
                             const ImpSigner **signer, char **detail, GError **error)
{
    char *why = NULL;
    const ImpSigner *line = NULL;
    ImpSignatureVerdict found = IMP_SIGNATURE_BAD;
    g_autoptr(ImpSshSignature) signature = imp_ssh_signature_parse(armored, &found, &why);
    if (signature && strcmp(signature->name_space, name_space) != 0) {
        why = wrong_namespace(signature, name_space);
    } else if (signature && !(line = find_signer(signers, signature->key, moment_us))) {
        found = IMP_SIGNATURE_UNKNOWN_KEY;
        why =
            g_strdup_printf("The signature is by the key %s, which is in no line of the signers file; sign with a key "
                            "that is, or have this one added.",
                            signature->fingerprint);
    } else if (signature && !imp_signer_is_valid_at(line, moment_us)) {
        found = IMP_SIGNATURE_UNKNOWN_KEY;
        why = invalid_now(line, signature, moment_us);
    } else if (signature) {
        bool good;
        if (!imp_ssh_verify(line->line, line->principal, name_space, armored, payload, length, moment_us, &good, error))
            return false;
        found = good ? IMP_SIGNATURE_GOOD : IMP_SIGNATURE_BAD;
        if (!good)
            why = g_strdup_printf(
                "The signature by the key %s does not fit what it stands under, which was changed after "
                "signing; sign again.",
                signature->fingerprint);
    }
    *verdict = found;
    *signer = found == IMP_SIGNATURE_GOOD ? line : NULL;
    *detail = why;
    return true;
}

char *imp_signature_claimed_key(const char *armored)
{
    if (g_str_has_prefix(armored, "-----BEGIN PGP SIGNATURE-----"))
        return imp_openpgp_signature_key(armored);
    g_autoptr(GBytes) blob = dearmor(armored);
    g_autoptr(ImpSshSignature) signature = blob ? read_blob(blob) : NULL;
    return signature ? g_steal_pointer(&signature->key) : NULL;
}

static bool judge_openpgp(const char *armored, const ImpPolicy *policy, const guint8 *payload, gsize length,
                          gint64 now_us, ImpAttempt *attempt, GError **error)
{
    g_autofree char *key = imp_openpgp_signature_key(armored);
    if (!key) {
        attempt->signature = IMP_SIGNATURE_BAD;
        attempt->signature_detail =
            g_strdup("The OpenPGP signature does not say which key made it, or is more than one signature; sign again "
                     "with GnuPG 2.1.16 or later.");
        return true;
    }
    const char *primary = imp_policy_openpgp_primary(policy, key);
    if (!primary) {
        attempt->signature = IMP_SIGNATURE_UNKNOWN_KEY;
        attempt->signature_detail = g_strdup_printf(
            "The signature is by the OpenPGP key %s, which is nobody's in the policy; sign with a key that is, or have "
            "this one added.",
            key + strlen(IMP_OPENPGP_PREFIX));
        return true;
    }
    if (!imp_openpgp_verify(policy->openpgp_packets, key, primary, armored, payload, length, now_us,
                            &attempt->signature, &attempt->signature_detail, error))
        return false;
    if (attempt->signature == IMP_SIGNATURE_GOOD) {
        attempt->person = g_strdup(imp_policy_key_owner(policy, key)->id);
        attempt->key = g_steal_pointer(&key);
    }
    return true;
}

bool imp_signature_judge(const ImpCommit *commit, const ImpPolicy *policy, gint64 now_us, ImpAttempt *attempt,
                         GError **error)
{
    if (imp_commit_size(commit) > IMP_DECISION_MAX_BYTES) {
        attempt->signature_detail = g_strdup("The commit is too large to look at its signature.");
        return true;
    }
    if (!commit->signature) {
        attempt->signature_detail = g_strdup(
            "The commit carries no signature in its header, or more than one; sign it with \"git commit -S\".");
        return true;
    }
    g_autoptr(GBytes) payload = imp_commit_payload(commit);
    gsize length;
    const guint8 *bytes = g_bytes_get_data(payload, &length);
    if (g_str_has_prefix(commit->signature, "-----BEGIN PGP ") && policy->openpgp_packets)
        return judge_openpgp(commit->signature, policy, bytes, length, now_us, attempt, error);
    const ImpSigner *signer;
    if (!imp_ssh_verify_detached(policy->signers, "git", commit->signature, bytes, length, now_us, &attempt->signature,
                                 &signer, &attempt->signature_detail, error))
        return false;
    if (signer) {
        attempt->person = g_strdup(signer->person->id);
        attempt->key = g_strdup(signer->key);
    }
    return true;
}
