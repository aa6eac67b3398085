#pragma once

#include "articles/commit.h"
#include "articles/ssh_verify.h"
#include "workflow/decision.h"
#include "workflow/policy.h"

/* Whose signature it is, and whether it counts (imprimatur-record(7), DECISIONS). */

typedef struct {
    char *key;         /* base64 of the public key's blob, as in the key column of a signers file */
    char *fingerprint; /* "SHA256:...", as ssh-keygen -l prints it */
    char *name_space;  /* "git" for a commit */
    char *hash;        /* "sha512" or "sha256" */
} ImpSshSignature;

void imp_ssh_signature_free(ImpSshSignature *signature);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpSshSignature, imp_ssh_signature_free)

/* Reads an armored SSH signature (OpenSSH's PROTOCOL.sshsig, "Armored format" and "Blob format") without
 * verifying it. NULL if it is none; then `detail` is a sentence, which the caller frees, and `verdict`
 * IMP_SIGNATURE_UNKNOWN_KEY for a signature of another kind (OpenPGP, X.509) and IMP_SIGNATURE_BAD for garbage.
 * Both are untouched on success, and may be NULL. */
ImpSshSignature *imp_ssh_signature_parse(const char *armored, ImpSignatureVerdict *verdict, char **detail);

/* Judges `armored` as a signature of the payload by one of `signers` (of ImpSigner*, may be NULL) at
 * `moment_us`: good; bad (unreadable, another namespace, does not verify); of an unknown key (in no line, or in
 * none that is valid at the moment; ssh-keygen is then not run). If good, `signer` is the line, owned by the
 * array, else `detail` is a sentence, which the caller frees; the other is NULL. For commits the namespace is
 * "git"; for a policy's manifest, with the authority's lines, "imprimatur-policy". Fails as imp_ssh_verify does. */
bool imp_ssh_verify_detached(const GPtrArray *signers, const char *name_space, const char *armored,
                             const guint8 *payload, gsize length, gint64 moment_us, ImpSignatureVerdict *verdict,
                             const ImpSigner **signer, char **detail, GError **error);

/* The key that an armored signature says it is by, as imp_policy_key_owner() takes it, without verifying anything;
 * NULL if it does not say. The caller frees. */
char *imp_signature_claimed_key(const char *armored);

/* Judges a commit's signature at the moment of first sight, `now_us`: sets `signature`, and `person` and `key`
 * if good, else `signature_detail`, of an attempt in which they are empty. A commit larger than a decision may
 * be counts as unsigned. Fails as imp_ssh_verify does. */
bool imp_signature_judge(const ImpCommit *commit, const ImpPolicy *policy, gint64 now_us, ImpAttempt *attempt,
                         GError **error);
