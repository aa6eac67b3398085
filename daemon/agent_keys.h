#pragma once

#include <glib.h>

/* The public keys that the user's SSH agent holds, as ssh-add(1) lists them. */

typedef struct {
    char *key;     /* "ssh-ed25519 AAAA..." */
    char *comment; /* often an address; may be "" */
} ImpAgentKey;

/* The agent's keys, ImpAgentKey*s freed with the array; empty where there is no agent, or no key in it. */
GPtrArray *imp_agent_keys(void);

/* The key whose comment is `comment`; without one, the key whose comment is the address `email`, else the only one.
 * The caller frees. NULL with a sentence in `wrong`, which the caller frees, where there is none or several are. */
char *imp_agent_key_for(const char *email, const char *comment, char **wrong);
