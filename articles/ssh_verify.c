#include "articles/ssh_verify.h"
#include "workflow/keys/ssh_key.h"

#include <gio/gio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

/* What is signed is never the payload itself, but (OpenSSH's PROTOCOL.sshsig)
 *
 *     "SSHSIG", string namespace, string reserved (empty), string hash's name, string hash of the
 * payload
 *
 * and with the key of a security token (PROTOCOL.u2f) not this either, but
 *
 *     SHA-256 of the application's name, byte flags, uint32 counter, SHA-256 of the above.
 *
 * The key's type alone says which algorithm is meant and with which hash; only RSA has two, which
 * the signature's type tells apart. Everything is read to its last byte and has one way to be
 * written, so that libcrypto gets nothing but a key of a known kind, 64 bytes (ed25519), two
 * positive numbers of at most the curve's size (ECDSA), or as many bytes as the modulus has (RSA).
 * What libcrypto itself insists on: the point lies on the curve, r and s are below the order, S of
 * ed25519 is below the order (OpenSSH takes larger ones), the padding of RSA is PKCS #1 v1.5 with
 * exactly this hash and no byte left.
 *
 * The algorithms are those of libcrypto's default provider, which a host's openssl.cnf(5) can take
 * away: then nothing is found out, which is a fault and no refusal. A verdict does not depend on
 * settings. */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ECDSA_SIG, ECDSA_SIG_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PARAM, OSSL_PARAM_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)

/* What a key of this family and curve is called in libcrypto, and by what it hashes. */
typedef struct {
    const char *key, *group, *digest; /* digest NULL: its own business, or the signature tells */
} Algorithm;

/* What the key made, taken apart. */
typedef struct {
    const char *digest;  /* of the algorithm; NULL for ed25519 */
    const guint8 *bytes; /* as libcrypto takes it */
    gsize length;
    guint8 *der;  /* ECDSA: owns the bytes */
    guint8 flags; /* with a token */
    guint32 counter;
} Claim;

static void claim_clear(Claim *claim)
{
    OPENSSL_free(claim->der);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Claim, claim_clear)

/* Whether something else than the signature is to blame for what went wrong since libcrypto's
 * errors were cleared: an algorithm that is not there, or no memory. Clears them. */
static bool take_fault(GError **error)
{
    bool found = false;
    for (unsigned long code; (code = ERR_get_error()) != 0;) {
        int reason = ERR_GET_REASON(code);
        if (found || (reason != ERR_R_MALLOC_FAILURE && reason != ERR_R_UNSUPPORTED &&
                      reason != ERR_R_FETCH_FAILED))
            continue;
        bool memory = reason == ERR_R_MALLOC_FAILURE;
        g_set_error(error, G_IO_ERROR, memory ? G_IO_ERROR_FAILED : G_IO_ERROR_NOT_SUPPORTED,
                    "cannot verify a signature: %s",
                    memory ? "out of memory"
                           : "OpenSSL does not have the algorithm; see openssl.cnf(5)");
        found = true;
    }
    return found;
}

static Algorithm algorithm_of(const ImpSshKeyType *type)
{
    static const struct {
        const char *curve;
        Algorithm algorithm;
    } curves[] = {
        {"nistp256", {"EC", "prime256v1", "SHA256"}}, /* RFC 5656 section 6.2.1 */
        {"nistp384", {"EC", "secp384r1", "SHA384"}},
        {"nistp521", {"EC", "secp521r1", "SHA512"}},
    };
    if (type->family == IMP_SSH_ED25519)
        return (Algorithm){"ED25519", NULL, NULL};
    for (gsize i = 0; i < G_N_ELEMENTS(curves); i++)
        if (g_strcmp0(curves[i].curve, type->curve) == 0)
            return curves[i].algorithm;
    return (Algorithm){"RSA", NULL, NULL};
}

/* As OpenSSH looks at a point: each coordinate has more than half of the order's bits and is below
 * the order less one.
 */
static bool is_sound_point(EVP_PKEY *key, const ImpSshWire *point)
{
    BIGNUM *found = NULL;
    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_ORDER, &found);
    g_autoptr(BIGNUM) order = found;
    if (!order || !BN_sub_word(order, 1))
        return false;
    gsize half = (point->left - 1) / 2;
    for (gsize i = 0; i < 2; i++) {
        g_autoptr(BIGNUM) coordinate = BN_bin2bn(point->at + 1 + i * half, (int)half, NULL);
        if (!coordinate || BN_num_bits(coordinate) <= BN_num_bits(order) / 2 ||
            BN_cmp(coordinate, order) >= 0)
            return false;
    }
    return true;
}

static EVP_PKEY *key_from(const char *name, OSSL_PARAM_BLD *parts)
{
    EVP_PKEY *key = NULL;
    g_autoptr(OSSL_PARAM) parameters = OSSL_PARAM_BLD_to_param(parts);
    g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
    if (parameters && context && EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
    return key;
}

/* NULL if there is no such key: a point beside its curve. */
static EVP_PKEY *load_key(const ImpSshKey *key, const Algorithm *algorithm)
{
    if (key->type->family == IMP_SSH_ED25519)
        return EVP_PKEY_new_raw_public_key_ex(NULL, algorithm->key, NULL, key->point.at,
                                              key->point.left);
    g_autoptr(OSSL_PARAM_BLD) parts = OSSL_PARAM_BLD_new();
    if (key->type->family == IMP_SSH_RSA) {
        g_autoptr(BIGNUM) modulus = BN_bin2bn(key->modulus.at, (int)key->modulus.left, NULL);
        g_autoptr(BIGNUM) exponent = BN_bin2bn(key->exponent.at, (int)key->exponent.left, NULL);
        bool whole = parts && modulus && exponent &&
                     OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_N, modulus) &&
                     OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_E, exponent);
        return whole ? key_from(algorithm->key, parts) : NULL;
    }
    bool whole =
        parts &&
        OSSL_PARAM_BLD_push_utf8_string(parts, OSSL_PKEY_PARAM_GROUP_NAME, algorithm->group, 0) &&
        OSSL_PARAM_BLD_push_octet_string(parts, OSSL_PKEY_PARAM_PUB_KEY, key->point.at,
                                         key->point.left);
    g_autoptr(EVP_PKEY) loaded = whole ? key_from(algorithm->key, parts) : NULL;
    return loaded && is_sound_point(loaded, &key->point) ? g_steal_pointer(&loaded) : NULL;
}

/* RFC 5656 section 3.1.2: two integers; libcrypto wants them in DER. */
static bool take_ecdsa(ImpSshWire *wire, gsize coordinate_bytes, Claim *claim)
{
    ImpSshWire both, r, s;
    if (!imp_ssh_take_string(wire, &both) || !imp_ssh_take_positive(&both, &r) ||
        !imp_ssh_take_positive(&both, &s) || both.left != 0 || r.left > coordinate_bytes ||
        s.left > coordinate_bytes)
        return false;
    g_autoptr(ECDSA_SIG) pair = ECDSA_SIG_new();
    g_autoptr(BIGNUM) r_number = BN_bin2bn(r.at, (int)r.left, NULL);
    g_autoptr(BIGNUM) s_number = BN_bin2bn(s.at, (int)s.left, NULL);
    if (!pair || !r_number || !s_number ||
        !ECDSA_SIG_set0(pair, g_steal_pointer(&r_number), g_steal_pointer(&s_number)))
        return false;
    int length = i2d_ECDSA_SIG(pair, &claim->der);
    claim->bytes = claim->der;
    claim->length = length > 0 ? (gsize)length : 0;
    return length > 0;
}

/* RFC 8709 section 6, RFC 8332 section 3. Shorter ones, whose zeros somebody left out, are another
 * spelling. */
static bool take_bytes(ImpSshWire *wire, gsize length, Claim *claim)
{
    ImpSshWire bytes;
    if (!imp_ssh_take_string(wire, &bytes) || bytes.left != length)
        return false;
    claim->bytes = bytes.at;
    claim->length = bytes.left;
    return true;
}

/* The two ways in which an RSA key may sign; never by SHA-1 ("ssh-rsa"). */
static const char *take_rsa_digest(ImpSshWire *wire)
{
    return imp_ssh_take_text(wire, "rsa-sha2-512")   ? "SHA512"
           : imp_ssh_take_text(wire, "rsa-sha2-256") ? "SHA256"
                                                     : NULL;
}

static bool read_claim(const ImpSshKey *key, const Algorithm *algorithm, ImpSshWire wire,
                       Claim *claim)
{
    const ImpSshKeyType *type = key->type;
    bool is_rsa = type->family == IMP_SSH_RSA;
    claim->digest = is_rsa ? take_rsa_digest(&wire) : algorithm->digest;
    if (is_rsa ? !claim->digest : !imp_ssh_take_text(&wire, type->name))
        return false;
    bool taken = type->family == IMP_SSH_ECDSA
                     ? take_ecdsa(&wire, (type->point_bytes - 1) / 2, claim)
                     : take_bytes(&wire, is_rsa ? key->modulus.left : 64, claim);
    if (taken && type->on_token)
        taken =
            imp_ssh_take_byte(&wire, &claim->flags) && imp_ssh_take_number(&wire, &claim->counter);
    return taken && wire.left == 0;
}

static void append_number(GByteArray *array, gsize number)
{
    guint32 big_endian = GUINT32_TO_BE((guint32)number);
    g_byte_array_append(array, (const guint8 *)&big_endian, sizeof big_endian);
}

static void append_string(GByteArray *array, const void *bytes, gsize length)
{
    append_number(array, length);
    g_byte_array_append(array, bytes, (guint)length);
}

static bool append_digest(GByteArray *array, const char *algorithm, const void *bytes, gsize length,
                          bool as_string)
{
    guint8 digest[EVP_MAX_MD_SIZE];
    gsize size;
    if (EVP_Q_digest(NULL, algorithm, NULL, bytes, length, digest, &size) != 1)
        return false;
    if (as_string)
        append_number(array, size);
    g_byte_array_append(array, digest, (guint)size);
    return true;
}

/* What the key has signed if all is well; NULL for a hash that has no place here. */
static GByteArray *signed_bytes(const ImpSshSignature *signature, const ImpSshKey *key,
                                const Claim *claim, const guint8 *payload, gsize length)
{
    const char *hash = strcmp(signature->hash, "sha512") == 0   ? "SHA512"
                       : strcmp(signature->hash, "sha256") == 0 ? "SHA256"
                                                                : NULL;
    if (!hash)
        return NULL;
    g_autoptr(GByteArray) message = g_byte_array_new();
    g_byte_array_append(message, (const guint8 *)"SSHSIG", 6);
    append_string(message, signature->name_space, strlen(signature->name_space));
    append_string(message, "", 0);
    append_string(message, signature->hash, strlen(signature->hash));
    if (!append_digest(message, hash, payload, length, true))
        return NULL;
    if (!key->type->on_token)
        return g_steal_pointer(&message);
    g_autoptr(GByteArray) asserted = g_byte_array_new();
    if (!append_digest(asserted, "SHA256", key->application.at, key->application.left, false))
        return NULL;
    g_byte_array_append(asserted, &claim->flags, 1);
    append_number(asserted, claim->counter);
    return append_digest(asserted, "SHA256", message->data, message->len, false)
               ? g_steal_pointer(&asserted)
               : NULL;
}

static bool fits(const ImpSshSignature *signature, const guint8 *payload, gsize length)
{
    ImpSshKey key;
    if (!imp_ssh_key_read(signature->key_blob.at, signature->key_blob.left, &key))
        return false;
    if (key.type->family == IMP_SSH_RSA &&
        (key.bits < IMP_SSH_RSA_MIN_BITS || key.bits > IMP_SSH_RSA_MAX_BITS))
        return false;
    const Algorithm algorithm = algorithm_of(key.type);
    g_auto(Claim) claim = {0};
    if (!read_claim(&key, &algorithm, signature->signature, &claim))
        return false;
    g_autoptr(GByteArray) message = signed_bytes(signature, &key, &claim, payload, length);
    g_autoptr(EVP_PKEY) loaded = message ? load_key(&key, &algorithm) : NULL;
    g_autoptr(EVP_MD_CTX) context = loaded ? EVP_MD_CTX_new() : NULL;
    return context &&
           EVP_DigestVerifyInit_ex(context, NULL, claim.digest, NULL, NULL, loaded, NULL) == 1 &&
           EVP_DigestVerify(context, claim.bytes, claim.length, message->data, message->len) == 1;
}

bool imp_ssh_verify(const ImpSshSignature *signature, const guint8 *payload, gsize length,
                    bool *good, GError **error)
{
    ERR_clear_error();
    bool verdict = fits(signature, payload, length);
    if (!verdict && take_fault(error))
        return false;
    ERR_clear_error();
    *good = verdict;
    return true;
}
