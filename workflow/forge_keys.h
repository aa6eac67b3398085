#pragma once

#include "workflow/policy.h"

/* Keys with which a forge signs what is made in its web interface or through its API: for whoever
 * calls it, under any author's name. They say that the forge was asked, and not by whom
 * (imprimatur-record(7), DECISIONS). */

/* A key as somebody writes it, "TYPE BASE64 [COMMENT]" or an OpenPGP fingerprint of 40 hex digits,
 * as imp_policy_key_owner() takes it; NULL if it is neither. The caller frees. */
char *imp_forge_key_read(const char *text);

/* Whose key it is: "GitHub", "GitLab.com", or "a forge" if it is one of `more` (NULL-terminated, as
 * imp_forge_key_read() gives them; may be NULL); NULL if it is not known as a forge's. */
const char *imp_forge_of_key(const char *key, char *const *more);

/* The first key of the policy's people that is a forge's: a sentence that names file, person and
 * forge, and says what to do. NULL where there is none. The caller frees. */
char *imp_forge_key_in_policy(const ImpPolicy *policy, char *const *more);
