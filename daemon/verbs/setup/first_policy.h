#pragma once

#include "workflow/base/json.h"
#include "workflow/words.h"

/* A first policy, put together from what somebody says about people and articles (imprimatur(1),
 * init). */

typedef struct {
    char *id;
    char *name;
    char *email;
    ImpRoles roles;
    char **specialties; /* never NULL */
    char *key;          /* "ssh-ed25519 AAAA...", or NULL: none yet */
    char *credentials;  /* as readers see them behind the name, or NULL */
} ImpFirstPerson;

typedef struct {
    char *name; /* the repository's */
    char **articles;
    char *ledger_key;  /* of the daemon, as a person's key; or NULL */
    char *disclaimer;  /* for every page, or NULL */
    char *contact;     /* where readers ask, or NULL */
    guint approvals;   /* 0: two, or as many as there are reviewers */
    GPtrArray *people; /* of ImpFirstPerson* */
} ImpFirstPolicy;

/* Begins an empty one, of the repository `name`. */
void imp_first_policy_init(ImpFirstPolicy *policy, const char *name);
void imp_first_policy_clear(ImpFirstPolicy *policy);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpFirstPolicy, imp_first_policy_clear)

/* Type and base64 of a public key, without its comment, from its file ("~/" is the home directory)
 * or from the key itself. NULL and a sentence in `wrong` where it is neither. The caller frees
 * both. */
char *imp_first_policy_read_key(const char *text, char **wrong);

/* The words of a list with commas between, without blanks at their ends. The caller frees. */
char **imp_first_policy_words(const char *text);

/* A person from "NAME <ADDRESS> WORD...", whose words are "reviewer" (which is the default),
 * "editor", "id=ID", "specialty=WORD", and the file of a public key, or "agent" or "agent=COMMENT"
 * for one that the SSH agent holds. The id is otherwise made from the address, as one that `taken`
 * (a set of ids) does not have. On failure NULL, and a sentence in `wrong`, which the caller
 * frees. */
ImpFirstPerson *imp_first_person_read(const char *text, GHashTable *taken, char **wrong);
void imp_first_person_free(ImpFirstPerson *person);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpFirstPerson, imp_first_person_free)
/* The member of a policy's "people"; the caller owns it. */
json_t *imp_first_person_json(const ImpFirstPerson *person);
/* The line of allowed_signers for a key of somebody with that address. The caller frees. */
char *imp_first_policy_signer(const char *email, const char *key);

/* Adds a person (imp_first_person_read()). */
bool imp_first_policy_add(ImpFirstPolicy *policy, const char *text, char **wrong);

guint imp_first_policy_count(const ImpFirstPolicy *policy, ImpRoles role);

/* The text of a policy.json: a line for each key, person and rule. The caller frees. */
char *imp_first_policy_format(const json_t *policy);

/* The files; the caller frees. */
char *imp_first_policy_json(const ImpFirstPolicy *policy);
char *imp_first_policy_signers(const ImpFirstPolicy *policy);
char *imp_first_policy_text(const ImpFirstPolicy *policy);

/* The pattern for Markdown files where most of `paths` (a NULL-terminated array) lie. The caller
 * frees. */
char *imp_first_policy_pattern(char *const *paths);
