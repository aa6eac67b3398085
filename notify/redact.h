#pragma once

#include "notify/endpoint.h"

/* What a receiver repeats of what it was sent may hold secrets: error pages name the path that was
 * asked for, and the path of a chat's webhook is its key. Such parts are cut out before anything
 * of an answer is kept or shown. Pure. */

/* A part that is shorter is not a secret, and may be a word. */
#define IMP_REDACT_WHOLE_BYTES 4
/* So much in a row is cut out wherever it stands, also of a part that is itself cut or that is
 * written in pieces. */
#define IMP_REDACT_RUN_BYTES 8
#define IMP_REDACT_MARK      "[...]"

/* The parts of an endpoint's address and keys that nobody is to see: of the URL all but scheme and
 * host, and the access token, each as written and percent-decoded; the keys that messages are
 * signed with, in base64; `credential`, a forge's token, or NULL. NULL-terminated; the caller
 * frees. */
char **imp_redact_secrets(const ImpEndpoint *endpoint, const char *credential);

/* The text with IMP_REDACT_MARK in place of what it repeats of the secrets, in whatever case of
 * ASCII: each run of IMP_REDACT_RUN_BYTES or more, and each word of IMP_REDACT_WHOLE_BYTES or more
 * that is a whole word of one. The caller frees. */
char *imp_redact(const char *text, const char *const *secrets);
