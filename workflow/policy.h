#pragma once

#include "workflow/person.h"

/* The policy: who may decide what, by which rules. Parsed from .imprimatur/policy.json and
 * .imprimatur/allowed_signers (imprimatur-record(7), POLICY); immutable once parsed, shared by
 * reference. */

/* Whom a text can be written for, as its front matter names it, and as readers do. */
typedef struct {
    char *id;
    char *label;
} ImpPolicyAudience;

typedef struct {
    char **paths;
    char *specialty; /* or NULL */
    guint approvals;
    guint specialists;
    guint respond_days;
    guint review_days;
    guint valid_months;
} ImpRule;

/* One line of a signers file. */
typedef struct {
    char *principal;         /* an e-mail address */
    const ImpPerson *person; /* whose it is; NULL in an authority's file */
    char *key_type;          /* "ssh-ed25519" ... */
    char *key;               /* the key's base64, which names it everywhere */
    gint64 valid_after_us;   /* 0: no bound; the key is good when after <= moment < before */
    gint64 valid_before_us;
} ImpSigner;

typedef struct {
    char *name;
    guint version;
    char **articles; /* patterns */
    char **exclude;
    char **carry;
    bool competing_interests_required;
    char *ledger_key;     /* or NULL */
    char *disclaimer;     /* Markdown, for every page; or NULL */
    char *contact;        /* a URL with {path}, {version}, {title} in it; or NULL */
    char *language;       /* BCP 47; "en" unless the policy says another */
    GPtrArray *audiences; /* of ImpPolicyAudience*, in the order of the file */
    char **terms;         /* words whose change matters; never NULL */
    GPtrArray *people;    /* of ImpPerson*, ordered by id */
    GPtrArray *rules;     /* of ImpRule*, in the order of the file; the last matches everything */
    GPtrArray *signers;   /* of ImpSigner*, in the order of the file */
    GBytes *keyring;      /* keyring.asc as it was read, or NULL */
    GBytes *openpgp_packets; /* what gpgv takes as a keyring, or NULL */
    /* Judged by the first edition of the rules: only where a ledger that was made by it is
     * verified (imprimatur-record(7), EDITIONS). */
    bool first_edition;
    /* private */
    gatomicrefcount references;
    GHashTable *person_by_id, *person_by_email, *signer_by_key, *person_by_openpgp;
    GHashTable *key_since;         /* key -> gint64* */
    GHashTable *openpgp_primaries; /* fingerprint of a key or subkey -> its primary key's; NULL
                                      without a keyring */
} ImpPolicy;

#define IMP_POLICY_ERROR (imp_policy_error_quark())
GQuark imp_policy_error_quark(void);
typedef enum { IMP_POLICY_ERROR_INVALID } ImpPolicyError;

/* Parses a policy. `signers` may be NULL (no allowed_signers; only where signatures are off).
 * `authority` (of ImpSigner*, may be NULL) are the keys that sign policies: one of them on the
 * board makes it invalid. On anything that imprimatur-record(7) does not allow: NULL and
 * IMP_POLICY_ERROR_INVALID, the message beginning with "policy.json:LINE: " or
 * "allowed_signers:LINE: " and naming the key, what is wrong and what to do. */
ImpPolicy *imp_policy_parse(const char *policy_json, gsize policy_length, const char *signers,
                            gsize signers_length, GPtrArray *authority, GError **error);
/* Gives a policy that was just parsed, and is not shared yet, its keyring of OpenPGP keys (armored;
 * NULL: there is none). Each key that a person names has to be in it. Fails as imp_policy_parse
 * does; errors of the keyring begin with "keyring.asc: ". */
bool imp_policy_take_keyring(ImpPolicy *policy, const char *armored, gsize length, GError **error);
ImpPolicy *imp_policy_ref(ImpPolicy *policy);
void imp_policy_unref(ImpPolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpPolicy, imp_policy_unref)

/* Whether `path` is an article's by the patterns alone. Never true below .imprimatur/. */
bool imp_policy_is_article(const ImpPolicy *policy, const char *path);
/* Whether `path` matches the article patterns, excluded or not. */
bool imp_policy_matches_articles(const ImpPolicy *policy, const char *path);
/* Whether the approved branch takes `path` along: it matches carry, and no article pattern. */
bool imp_policy_is_carried(const ImpPolicy *policy, const char *path);

/* The first rule whose paths match; never NULL for a parsed policy. */
const ImpRule *imp_policy_rule(const ImpPolicy *policy, const char *path);

/* NULL where there is none. Addresses are compared without regard to case. */
const ImpPerson *imp_policy_person(const ImpPolicy *policy, const char *id);
const ImpPerson *imp_policy_person_by_email(const ImpPolicy *policy, const char *email);
/* Whose work a folded address in a commit stands for: by e-mail, or by an account. */
const ImpPerson *imp_policy_contributor(const ImpPolicy *policy, const char *folded);
const ImpSigner *imp_policy_signer(const ImpPolicy *policy, const char *key);
/* Whose the key is, by either kind of signature: the base64 of an SSH key, or "openpgp:" and the
 * fingerprint of an OpenPGP key or subkey, 40 hex digits in capitals. NULL: nobody's. Whether it is
 * valid now is another question. */
const ImpPerson *imp_policy_key_owner(const ImpPolicy *policy, const char *key);
/* The primary key's fingerprint of an OpenPGP key or subkey of the policy's people ("openpgp:..."),
 * or NULL. */
const char *imp_policy_openpgp_primary(const ImpPolicy *policy, const char *key);

/* All keys of the policy's people, as imp_policy_key_owner() takes them. The caller frees. */
char **imp_policy_keys(const ImpPolicy *policy);
/* Whether the key is one of the policy's, and valid at the moment as far as its line says. */
bool imp_policy_takes_key(const ImpPolicy *policy, const char *key, gint64 moment_us);
/* Since when policies in force have listed the key as valid, without a break; 0: not known. The
 * earliest date of a decision by it that counts. Set by whoever knows the policies before; a
 * `valid-after` of its lines that is later takes the place. */
gint64 imp_policy_key_since(const ImpPolicy *policy, const char *key);
void imp_policy_set_key_since(ImpPolicy *policy, const char *key, gint64 since_us);

bool imp_signer_is_valid_at(const ImpSigner *signer, gint64 moment_us);
