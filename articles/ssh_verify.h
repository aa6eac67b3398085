#pragma once

#include <glib.h>
#include <stdbool.h>

/* Verifies an SSH signature by `ssh-keygen -Y verify` (ssh-keygen(1)), as git itself does.
 *
 * `signer_line` is one line of a signers file and `principal` its principal; `name_space` is "git" for commits,
 * "imprimatur-policy" for a policy's manifest; `armored` is the signature as text; `moment_us` is the moment at
 * which the key must be valid. Sets `good`. Takes 6 to 7 ms, writes no file, and waits at most 10 s.
 *
 * Fails, with `good` untouched, where nothing was found out: no ssh-keygen in PATH (G_IO_ERROR_NOT_FOUND), it
 * took too long (G_IO_ERROR_TIMED_OUT), it could not run, or ended otherwise than with a verdict. */
bool imp_ssh_verify(const char *signer_line, const char *principal, const char *name_space, const char *armored,
                    const guint8 *payload, gsize length, gint64 moment_us, bool *good, GError **error);
