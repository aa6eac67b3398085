#pragma once

#include "articles/commit.h"
#include "workflow/decision.h"
#include "workflow/entry.h"
#include "workflow/policy.h"

/* Attempts at decisions, from commit objects (imprimatur-record(7), DECISIONS). */

/* What a commit with a `Review:` line says, before its signature is looked at. `keeps_tree`: it has
 * one parent and that parent's tree. */
ImpAttempt *imp_attempt_new(const char *id, const ImpCommit *commit, GBytes *object,
                            bool keeps_tree);

/* Whether the commit behind it is an attempt at all: it keeps its parent's tree, or carries a
 * signature by a key that the policy lists. */
bool imp_attempt_is_one(const ImpAttempt *attempt, const ImpPolicy *policy);

/* Looks at the signature at the moment of first sight; what is malformed outside what was signed is
 * nobody's, and so unsigned. With `signatures` false, the person is
 * whoever the author's address belongs to. A GError only where nothing can be found out: see
 * imp_ssh_verify, imp_openpgp_verify. */
bool imp_attempt_verify(ImpAttempt *attempt, const ImpPolicy *policy, bool signatures,
                        gint64 now_us, GError **error);

/* The same for each of the attempts (of ImpAttempt*, all of them different), on all processors.
 * What comes out is what would come out one after another: of several errors, that of the first in
 * the array. */
bool imp_attempts_verify(const GPtrArray *attempts, const ImpPolicy *policy, bool signatures,
                         gint64 now_us, GError **error);

/* Reads again what the ledger's copy of a decision says, as it was when it was judged: good
 * signature, `person`. */
ImpAttempt *imp_attempt_from_entry(const ImpEntry *entry);

/* Fills decision_date_us, decision_key and decision_payload from decision_object. */
void imp_attempt_describe(ImpEntry *entry);
