#include "notify/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static char *sign(GBytes *secret, const char *prefix, GBytes *body)
{
    gsize key_length, body_length;
    const guchar *key = g_bytes_get_data(secret, &key_length);
    const guchar *text = g_bytes_get_data(body, &body_length);
    g_autoptr(GByteArray) signed_text = g_byte_array_sized_new((guint)(strlen(prefix) + body_length));
    g_byte_array_append(signed_text, (const guint8 *)prefix, (guint)strlen(prefix));
    if (body_length > 0)
        g_byte_array_append(signed_text, text, (guint)body_length);

    guint8 digest[EVP_MAX_MD_SIZE];
    unsigned int digest_length = 0;
    if (!HMAC(EVP_sha256(), key, (int)key_length, signed_text->data, signed_text->len, digest, &digest_length))
        g_error("libcrypto has no HMAC-SHA256");
    g_autofree char *encoded = g_base64_encode(digest, digest_length);
    return g_strconcat("v1,", encoded, NULL);
}

char *imp_signature_header(const GPtrArray *secrets, const char *id, gint64 timestamp_s, GBytes *body)
{
    if (secrets->len == 0)
        return NULL;
    g_autofree char *prefix = g_strdup_printf("%s.%" G_GINT64_FORMAT ".", id, timestamp_s);
    g_autoptr(GStrvBuilder) signatures = g_strv_builder_new();
    for (guint i = 0; i < secrets->len; i++) {
        g_autofree char *signature = sign(g_ptr_array_index(secrets, i), prefix, body);
        g_strv_builder_add(signatures, signature);
    }
    g_auto(GStrv) all = g_strv_builder_end(signatures);
    return g_strjoinv(" ", all);
}
