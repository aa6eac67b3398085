#pragma once

#include <glib.h>
#include <stdbool.h>

/* What OpenPGP keys and signatures say they are (RFC 4880), without verifying anything: gpgv(1)
 * does that. */

#define IMP_OPENPGP_PREFIX "openpgp:"

#define IMP_OPENPGP_ERROR (imp_openpgp_error_quark())
GQuark imp_openpgp_error_quark(void);
typedef enum {
    IMP_OPENPGP_ERROR_INVALID,
} ImpOpenpgpError;

/* Reads armored public keys, one block or several (RFC 4880 section 6.2), as `gpg --armor --export`
 * writes them. Returns their packets, which gpgv takes as a keyring. `primaries` becomes a table,
 * for the caller to unref: the fingerprint of each key and subkey (40 hex digits, capitals) -> that
 * of the primary key to which it belongs. IMP_OPENPGP_ERROR_INVALID for anything else: garbage, a
 * wrong checksum, secret keys, keys of another version than 4, a subkey of two keys. */
GBytes *imp_openpgp_keyring_parse(const char *armored, gsize length, GHashTable **primaries,
                                  GError **error);

/* The key that an armored signature says it is by: "openpgp:" and the fingerprint in its signed
 * part (RFC 4880bis section 5.2.3.28, as GnuPG writes it since 2.1.16). NULL where it does not say,
 * or is not exactly one signature of version 4. The caller frees. */
char *imp_openpgp_signature_key(const char *armored);
