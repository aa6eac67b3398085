#pragma once

#include "workflow/decision.h"

#include <glib.h>
#include <stdbool.h>

/* Judges an armored OpenPGP signature by gpgv(1), which knows no keys but those of
 * `keyring` (packets, as imp_openpgp_keyring_parse() returns them; NULL: none) and no network and
 * no trust database. `key` is what imp_openpgp_signature_key() says of it, `primary` the
 * fingerprint of the primary key it belongs to; the signature has to be by exactly these.
 *
 * Finds it good; bad (does not verify, or is expired itself); of an unknown key (in no keyring,
 * revoked, or expired at `moment_us`; or gpgv is not installed). Fails as imp_child_run does, but
 * for a missing gpgv. */
bool imp_openpgp_verify(GBytes *keyring, const char *key, const char *primary,
                        const ImpSignedText *text, gint64 moment_us, ImpSignatureFinding *finding,
                        GError **error);
