#pragma once

#include <glib.h>
#include <stdbool.h>

/* Public keys in OpenSSH's one-line form: "TYPE BASE64 [COMMENT]". */

/* Whether TYPE and BASE64 are a key that may sign (imprimatur-record(7), POLICY): ed25519, ECDSA over nistp256,
 * nistp384 or nistp521, RSA of at least 3072 bits, and the ed25519 and ECDSA keys of security tokens; the blob
 * well-formed (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4, OpenSSH's PROTOCOL.u2f) and written in
 * the one canonical way, so that equal keys are equal texts. If not, *why is what is wrong and what to do, which the
 * caller frees. */
bool imp_ssh_key_check(const char *type, const char *base64, char **why);

/* Whether `type` is a type of key that imp_ssh_key_check() knows. */
bool imp_ssh_key_type_is_known(const char *type);
