#pragma once

#include <glib.h>

/* Signs messages as Standard Webhooks 1.0 says: base64 of HMAC-SHA256 over "id.timestamp.body", one
 * "v1,..." for each key, separated by a space, so that a receiver finds one of its own while keys
 * rotate. */

/* The algorithm, looked up once for many messages. */
typedef struct ImpHmac ImpHmac;

ImpHmac *imp_hmac_new(void);
void imp_hmac_free(ImpHmac *hmac);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpHmac, imp_hmac_free)

/* Signs `text` as RS256 does (RFC 7518, section 3.3), with an RSA key in PEM. NULL where that is
 * not one. */
GBytes *imp_signature_rs256(const char *pem, const char *text);

/* `secrets` holds GBytes*, the keys as decoded from "whsec_...". `timestamp_s` is of this try,
 * in seconds. Returns the value of the header webhook-signature, which the caller frees; NULL where
 * there is no key. Source: imprimatur.json(5), ENDPOINTS. */
char *imp_signature_header(ImpHmac *hmac, const GPtrArray *secrets, const char *id,
                           gint64 timestamp_s, GBytes *body);
