#pragma once

#include "articles/commit.h"
#include "articles/ssh_signature.h"
#include "workflow/decision.h"
#include "workflow/policy.h"

/* Whose signature it is, and whether it counts (imprimatur-record(7), DECISIONS). */

/* Judges an SSH signature by one of `signers` (of ImpSigner*, may be NULL) at `moment_us`: good;
 * bad (unreadable, another namespace, does not verify); of an unknown key (in no line, or in none
 * that is valid at the moment; it is then not verified). If good, `signer` is the line, owned by
 * the array, else NULL. For commits the namespace is "git"; for a policy's manifest, with the
 * authority's lines, "imprimatur-policy". Fails as imp_ssh_verify does. */
bool imp_ssh_verify_detached(const GPtrArray *signers, const char *name_space,
                             const ImpSignedText *text, gint64 moment_us,
                             ImpSignatureFinding *finding, const ImpSigner **signer,
                             GError **error);

/* The key that an armored signature says it is by, as imp_policy_key_owner() takes it, without
 * verifying anything; NULL if it does not say. The caller frees. */
char *imp_signature_claimed_key(const char *armored);

/* Judges a commit's signature at the moment of first sight, `now_us`, the key counting for what is
 * dated since it is on the board (imp_policy_key_since): sets `signature`, and
 * `person` and `key` if good, else `signature_detail`, of an attempt in which they are empty. A
 * commit larger than a decision may be counts as unsigned. Fails as imp_ssh_verify does. */
bool imp_signature_judge(const ImpCommit *commit, const ImpPolicy *policy, gint64 now_us,
                         ImpAttempt *attempt, GError **error);
