#pragma once

/* The public keys that the user's SSH agent holds, each "ssh-ed25519 AAAA..."; empty where there is
 * no agent. The caller frees. */
char **imp_agent_keys(void);

/* The public key, "ssh-ed25519 AAAA...", that the user's SSH agent holds (ssh-add(1)) with the
 * comment `comment`; without one, the key whose comment is the address `email`, else the only one.
 * The caller frees. NULL with a sentence in `wrong`, which the caller frees, where there is none or
 * it could be several. */
char *imp_agent_key_for(const char *email, const char *comment, char **wrong);
