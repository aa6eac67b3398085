#pragma once

#include "articles/ssh_signature.h"

/* Verifies an SSH signature with OpenSSL's libcrypto, in this process and any thread, in 0.05 to
 * 0.7 ms.
 *
 * Sets `good`: the payload was signed by the key that the signature names, for the namespace that
 * it names. Whose key that is, whether it is valid now, and what was signed for, is the caller's
 * question.
 *
 * What is good here is good for `ssh-keygen -Y verify` (ssh-keygen(1)); the other way round there
 * are exceptions, in which more than one spelling of a signature would count (SECURITY.md lists
 * them).
 *
 * Fails, with `good` untouched, where nothing was found out: libcrypto has not what it takes
 * (G_IO_ERROR_NOT_SUPPORTED), or no memory (G_IO_ERROR_FAILED). */
bool imp_ssh_verify(const ImpSshSignature *signature, const guint8 *payload, gsize length,
                    bool *good, GError **error);
