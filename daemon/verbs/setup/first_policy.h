#pragma once

#include "workflow/words.h"

/* A first policy, put together from what somebody says about people and articles (imprimatur(1),
 * init). */

typedef struct {
    char *id;
    char *name;
    char *email;
    ImpRoles roles;
    char *key; /* "ssh-ed25519 AAAA...", or NULL: none yet */
} ImpFirstPerson;

typedef struct {
    char *name; /* the repository's */
    char **articles;
    guint approvals;   /* 0: two, or as many as there are reviewers */
    GPtrArray *people; /* of ImpFirstPerson* */
} ImpFirstPolicy;

/* Begins an empty one, of the repository `name`. */
void imp_first_policy_init(ImpFirstPolicy *policy, const char *name);
void imp_first_policy_clear(ImpFirstPolicy *policy);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpFirstPolicy, imp_first_policy_clear)

/* Adds a person from "NAME <ADDRESS> WORD...", whose words are "reviewer" (which is the default),
 * "editor", "id=ID", and the file of a public key, or "agent" or "agent=COMMENT" for one that the
 * SSH agent holds. The id is otherwise made from the address. On failure a sentence in `wrong`,
 * which the caller frees. */
bool imp_first_policy_add(ImpFirstPolicy *policy, const char *text, char **wrong);

guint imp_first_policy_count(const ImpFirstPolicy *policy, ImpRoles role);

/* The files; the caller frees. */
char *imp_first_policy_json(const ImpFirstPolicy *policy);
char *imp_first_policy_signers(const ImpFirstPolicy *policy);
char *imp_first_policy_text(const ImpFirstPolicy *policy);

/* The pattern for Markdown files where most of `paths` (a NULL-terminated array) lie. The caller
 * frees. */
char *imp_first_policy_pattern(char *const *paths);
