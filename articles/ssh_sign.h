#pragma once

#include <glib.h>

/* Signs by `ssh-keygen -Y sign` (ssh-keygen(1)), as git itself does with gpg.format=ssh.
 *
 * `key` is the text of a private key in OpenSSH's own format, without a passphrase; no file is
 * written. Both fail where ssh-keygen is missing, or with what it said where it refused the key. */

/* The armored signature of the payload, ending in a newline; `name_space` is "git" for a commit.
 * The caller frees. */
char *imp_ssh_sign(const char *key, const char *name_space, GBytes *payload, GError **error);

/* The public half, "ssh-ed25519 AAAA...". The caller frees. */
char *imp_ssh_public_key(const char *key, GError **error);
