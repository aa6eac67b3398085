#include "notify/signature.h"

#include <string.h>

#define SHA256_BYTES 32

static char *sign(GBytes *secret, const char *prefix, GBytes *body)
{
    gsize key_length, body_length;
    const guchar *key = g_bytes_get_data(secret, &key_length);
    const guchar *text = g_bytes_get_data(body, &body_length);
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, key, key_length);
    g_hmac_update(hmac, (const guchar *)prefix, (gssize)strlen(prefix));
    /* An empty body has no address, and GLib insists on one. */
    if (body_length > 0)
        g_hmac_update(hmac, text, (gssize)body_length);

    guint8 digest[SHA256_BYTES];
    gsize digest_length = sizeof(digest);
    g_hmac_get_digest(hmac, digest, &digest_length);
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
