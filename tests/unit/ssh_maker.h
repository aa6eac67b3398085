#pragma once

#include "workflow/keys/ssh_wire.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <string.h>

/* Keys of every kind, and SSH signatures by them, put together field by field, so that any field
 * can be wrong. Tokens are made of software: to who verifies, there is no difference. */

typedef struct {
    const char *name; /* of the key's type */
    const char *algorithm, *group, *digest;
    const char *curve;
    const char *signature_type;
    bool on_token;
} MakerKind;

static const MakerKind maker_kinds[] = {
    {"ssh-ed25519", "ED25519", NULL, NULL, NULL, "ssh-ed25519", false},
    {"ecdsa-sha2-nistp256", "EC", "prime256v1", "SHA256", "nistp256", "ecdsa-sha2-nistp256", false},
    {"ecdsa-sha2-nistp384", "EC", "secp384r1", "SHA384", "nistp384", "ecdsa-sha2-nistp384", false},
    {"ecdsa-sha2-nistp521", "EC", "secp521r1", "SHA512", "nistp521", "ecdsa-sha2-nistp521", false},
    {"ssh-rsa", "RSA", NULL, "SHA512", NULL, "rsa-sha2-512", false},
    {"sk-ssh-ed25519@openssh.com", "ED25519", NULL, NULL, NULL, "sk-ssh-ed25519@openssh.com", true},
    {"sk-ecdsa-sha2-nistp256@openssh.com", "EC", "prime256v1", "SHA256", "nistp256",
     "sk-ecdsa-sha2-nistp256@openssh.com", true},
};

typedef struct {
    const MakerKind *kind;
    EVP_PKEY *pair;
    GBytes *blob; /* the public key's */
    char *base64; /* of it */
} Maker;

/* The fields of a signature, and what a token adds. All may be changed between filling and
 * armoring. */
typedef struct {
    guint32 version;
    GByteArray *key, *name_space, *reserved, *hash;
    GByteArray *type, *bytes; /* of the inner signature */
    guint8 flags;
    guint32 counter;
    bool on_token;
    GByteArray *inner_tail, *tail; /* behind the end of the inner signature, and of all */
} Parts;

static inline GByteArray *array_of(const void *bytes, gsize length)
{
    return g_byte_array_append(g_byte_array_new(), bytes, (guint)length);
}

static inline GByteArray *array_of_text(const char *text)
{
    return array_of(text, strlen(text));
}

static inline void set_bytes(GByteArray *array, const void *bytes, gsize length)
{
    g_byte_array_set_size(array, 0);
    g_byte_array_append(array, bytes, (guint)length);
}

static inline void set_text(GByteArray *array, const char *text)
{
    set_bytes(array, text, strlen(text));
}

static inline void put_number(GByteArray *array, guint32 number)
{
    number = GUINT32_TO_BE(number);
    g_byte_array_append(array, (const guint8 *)&number, sizeof number);
}

static inline void put_string(GByteArray *array, const void *bytes, gsize length)
{
    put_number(array, (guint32)length);
    g_byte_array_append(array, bytes, (guint)length);
}

static inline void put_text(GByteArray *array, const char *text)
{
    put_string(array, text, strlen(text));
}

/* `zeros` more than the shortest form has. */
static inline void put_integer(GByteArray *array, const BIGNUM *number, guint zeros)
{
    guint8 bytes[4096] = {0};
    gsize sign = BN_num_bits(number) % 8 == 0 ? 1 : 0;
    g_assert_cmpint(BN_bn2bin(number, bytes + zeros + sign), ==, BN_num_bytes(number));
    put_string(array, bytes, zeros + sign + (gsize)BN_num_bytes(number));
}

static inline GByteArray *maker_blob(const MakerKind *kind, EVP_PKEY *pair, guint zeros,
                                     const char *application, gsize application_length)
{
    GByteArray *blob = g_byte_array_new();
    guint8 point[200];
    gsize length = sizeof point;
    put_text(blob, kind->name);
    if (strcmp(kind->algorithm, "RSA") == 0) {
        BIGNUM *modulus = NULL, *exponent = NULL;
        g_assert_true(EVP_PKEY_get_bn_param(pair, "n", &modulus) &&
                      EVP_PKEY_get_bn_param(pair, "e", &exponent));
        put_integer(blob, exponent, 0);
        put_integer(blob, modulus, zeros);
        BN_free(modulus);
        BN_free(exponent);
    } else if (kind->curve) {
        put_text(blob, kind->curve);
        g_assert_true(EVP_PKEY_get_octet_string_param(pair, "pub", point, sizeof point, &length));
        put_string(blob, point, length);
    } else {
        g_assert_true(EVP_PKEY_get_raw_public_key(pair, point, &length));
        put_string(blob, point, length);
    }
    if (kind->on_token)
        put_string(blob, application, application_length);
    return blob;
}

static inline Maker maker_of(const MakerKind *kind, EVP_PKEY *pair)
{
    Maker maker = {kind, pair, NULL, NULL};
    g_assert_nonnull(pair);
    maker.blob = g_byte_array_free_to_bytes(maker_blob(kind, pair, 0, "ssh:", 4));
    maker.base64 =
        g_base64_encode(g_bytes_get_data(maker.blob, NULL), g_bytes_get_size(maker.blob));
    return maker;
}

static inline Maker maker_new(const MakerKind *kind)
{
    bool is_rsa = strcmp(kind->algorithm, "RSA") == 0;
    EVP_PKEY *pair = kind->group ? EVP_PKEY_Q_keygen(NULL, NULL, kind->algorithm, kind->group)
                     : is_rsa    ? EVP_PKEY_Q_keygen(NULL, NULL, kind->algorithm, (gsize)3072)
                                 : EVP_PKEY_Q_keygen(NULL, NULL, kind->algorithm);
    return maker_of(kind, pair);
}

static inline void maker_clear(Maker *maker)
{
    EVP_PKEY_free(maker->pair);
    g_bytes_unref(maker->blob);
    g_free(maker->base64);
}

static inline void put_digest(GByteArray *array, const char *name, const void *bytes, gsize length,
                              bool as_string)
{
    guint8 digest[EVP_MAX_MD_SIZE];
    gsize size;
    g_assert_true(EVP_Q_digest(NULL, name, NULL, bytes, length, digest, &size));
    if (as_string)
        put_string(array, digest, size);
    else
        g_byte_array_append(array, digest, (guint)size);
}

/* OpenSSH's PROTOCOL.sshsig: what is signed. */
static inline GByteArray *maker_message(const Parts *parts, const void *payload, gsize length)
{
    GByteArray *message = array_of_text("SSHSIG");
    put_string(message, parts->name_space->data, parts->name_space->len);
    put_text(message, "");
    put_string(message, parts->hash->data, parts->hash->len);
    g_autofree char *hash = g_strndup((const char *)parts->hash->data, parts->hash->len);
    put_digest(message, hash, payload, length, true);
    return message;
}

static inline GByteArray *maker_raw(const Maker *maker, const char *digest,
                                    const GByteArray *message)
{
    guint8 raw[1024];
    gsize length = sizeof raw;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    g_assert_true(EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, maker->pair, NULL) ==
                      1 &&
                  EVP_DigestSign(context, raw, &length, message->data, message->len) == 1);
    EVP_MD_CTX_free(context);
    return array_of(raw, length);
}

/* r and s of an ECDSA signature in DER, which the caller frees. */
static inline void split_ecdsa(const GByteArray *der, BIGNUM **r, BIGNUM **s)
{
    const guint8 *at = der->data;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, der->len);
    *r = BN_dup(ECDSA_SIG_get0_r(pair));
    *s = BN_dup(ECDSA_SIG_get0_s(pair));
    ECDSA_SIG_free(pair);
}

static inline void set_ecdsa(Parts *parts, const BIGNUM *r, const BIGNUM *s, guint zeros)
{
    g_byte_array_set_size(parts->bytes, 0);
    put_integer(parts->bytes, r, zeros);
    put_integer(parts->bytes, s, 0);
}

/* Signs what the parts say by the maker's algorithm with `digest`. */
static inline void maker_sign_message(const Maker *maker, Parts *parts, const char *digest,
                                      const GByteArray *message)
{
    g_autoptr(GByteArray) raw = maker_raw(maker, digest, message);
    if (!maker->kind->curve) {
        set_bytes(parts->bytes, raw->data, raw->len);
        return;
    }
    BIGNUM *r, *s;
    split_ecdsa(raw, &r, &s);
    set_ecdsa(parts, r, s, 0);
    BN_free(r);
    BN_free(s);
}

/* Signs again, as the parts stand; a token says that it was for `application`. */
static inline void maker_sign(const Maker *maker, Parts *parts, const void *payload, gsize length,
                              const char *application)
{
    g_autoptr(GByteArray) message = maker_message(parts, payload, length);
    if (maker->kind->on_token) {
        g_autoptr(GByteArray) asserted = g_byte_array_new();
        put_digest(asserted, "SHA256", application, strlen(application), false);
        g_byte_array_append(asserted, &parts->flags, 1);
        put_number(asserted, parts->counter);
        put_digest(asserted, "SHA256", message->data, message->len, false);
        maker_sign_message(maker, parts, maker->kind->digest, asserted);
    } else {
        maker_sign_message(maker, parts, maker->kind->digest, message);
    }
}

static inline Parts maker_parts(const Maker *maker, const void *payload, gsize length)
{
    Parts parts = {.version = 1,
                   .key =
                       array_of(g_bytes_get_data(maker->blob, NULL), g_bytes_get_size(maker->blob)),
                   .name_space = array_of_text("git"),
                   .reserved = array_of_text(""),
                   .hash = array_of_text("sha512"),
                   .type = array_of_text(maker->kind->signature_type),
                   .bytes = g_byte_array_new(),
                   .flags = 1,
                   .counter = 7,
                   .on_token = maker->kind->on_token,
                   .inner_tail = g_byte_array_new(),
                   .tail = g_byte_array_new()};
    maker_sign(maker, &parts, payload, length, "ssh:");
    return parts;
}

static inline void parts_clear(Parts *parts)
{
    GByteArray *arrays[] = {parts->key,  parts->name_space, parts->reserved,   parts->hash,
                            parts->type, parts->bytes,      parts->inner_tail, parts->tail};
    for (gsize i = 0; i < G_N_ELEMENTS(arrays); i++)
        g_byte_array_unref(arrays[i]);
}

static inline GByteArray *parts_blob(const Parts *parts)
{
    GByteArray *blob = array_of_text("SSHSIG");
    g_autoptr(GByteArray) inner = g_byte_array_new();
    put_number(blob, parts->version);
    put_string(blob, parts->key->data, parts->key->len);
    put_string(blob, parts->name_space->data, parts->name_space->len);
    put_string(blob, parts->reserved->data, parts->reserved->len);
    put_string(blob, parts->hash->data, parts->hash->len);
    put_string(inner, parts->type->data, parts->type->len);
    put_string(inner, parts->bytes->data, parts->bytes->len);
    if (parts->on_token) {
        g_byte_array_append(inner, &parts->flags, 1);
        put_number(inner, parts->counter);
    }
    g_byte_array_append(inner, parts->inner_tail->data, parts->inner_tail->len);
    put_string(blob, inner->data, inner->len);
    return g_byte_array_append(blob, parts->tail->data, parts->tail->len);
}

/* The armor with the base64 in lines of this width, each of which ends in `line_end`. */
static inline char *armor(const GByteArray *blob, gsize width, const char *line_end)
{
    g_autofree char *base64 = g_base64_encode(blob->data, blob->len);
    GString *text = g_string_new("-----BEGIN SSH SIGNATURE-----");
    g_string_append(text, line_end);
    for (gsize at = 0; at < strlen(base64); at += width) {
        g_string_append_len(text, base64 + at, (gssize)MIN(width, strlen(base64 + at)));
        g_string_append(text, line_end);
    }
    g_string_append_printf(text, "-----END SSH SIGNATURE-----%s", line_end);
    return g_string_free(text, FALSE);
}

static inline char *parts_armor(const Parts *parts)
{
    g_autoptr(GByteArray) blob = parts_blob(parts);
    return armor(blob, 70, "\n");
}
