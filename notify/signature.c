#include "notify/signature.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>

#define DIGEST_BYTES 32

struct ImpHmac {
    EVP_MAC *algorithm;
    EVP_MAC_CTX *context;
};

ImpHmac *imp_hmac_new(void)
{
    ImpHmac *hmac = g_new0(ImpHmac, 1);
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    hmac->algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hmac->context = hmac->algorithm ? EVP_MAC_CTX_new(hmac->algorithm) : NULL;
    if (!hmac->context || !EVP_MAC_CTX_set_params(hmac->context, parameters))
        g_error("libcrypto has no HMAC-SHA256");
    return hmac;
}

void imp_hmac_free(ImpHmac *hmac)
{
    if (!hmac)
        return;
    EVP_MAC_CTX_free(hmac->context);
    EVP_MAC_free(hmac->algorithm);
    g_free(hmac);
}

static bool update(ImpHmac *hmac, GBytes *bytes)
{
    gsize length;
    const guchar *data = g_bytes_get_data(bytes, &length);
    return length == 0 || EVP_MAC_update(hmac->context, data, length);
}

static void sign(ImpHmac *hmac, GBytes *secret, const char *prefix, GBytes *body, guint8 *digest)
{
    gsize key_length, digest_length;
    const guchar *key = g_bytes_get_data(secret, &key_length);
    /* NULL would mean the key before. */
    if (!EVP_MAC_init(hmac->context, key ? key : (const guchar *)"", key_length, NULL) ||
        !EVP_MAC_update(hmac->context, (const guchar *)prefix, strlen(prefix)) ||
        !update(hmac, body) || !EVP_MAC_final(hmac->context, digest, &digest_length, DIGEST_BYTES))
        g_error("libcrypto cannot make an HMAC-SHA256");
}

char *imp_signature_header(ImpHmac *hmac, const GPtrArray *secrets, const char *id,
                           gint64 timestamp_s, GBytes *body)
{
    if (secrets->len == 0)
        return NULL;
    g_autofree char *prefix = g_strdup_printf("%s.%" G_GINT64_FORMAT ".", id, timestamp_s);
    GString *header = g_string_new(NULL);
    for (guint i = 0; i < secrets->len; i++) {
        guint8 digest[DIGEST_BYTES];
        sign(hmac, secrets->pdata[i], prefix, body, digest);
        g_autofree char *encoded = g_base64_encode(digest, sizeof digest);
        g_string_append(header, i > 0 ? " v1," : "v1,");
        g_string_append(header, encoded);
    }
    return g_string_free(header, false);
}

GBytes *imp_signature_rs256(const char *pem, const char *text)
{
    BIO *file = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = file ? PEM_read_bio_PrivateKey(file, NULL, NULL, (void *)"") : NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t length = key ? (size_t)EVP_PKEY_get_size(key) : 0;
    g_autofree guchar *signature = g_malloc(MAX(length, 1));
    bool done =
        key && EVP_PKEY_is_a(key, "RSA") &&
        EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestSign(context, signature, &length, (const guchar *)text, strlen(text)) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    BIO_free(file);
    return done ? g_bytes_new(signature, length) : NULL;
}
