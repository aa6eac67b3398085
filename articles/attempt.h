#pragma once

#include "articles/commit.h"
#include "articles/repository.h"
#include "workflow/decision.h"
#include "workflow/entry.h"
#include "workflow/policy.h"

/* Attempts at decisions, from commit objects (imprimatur-record(7), DECISIONS). */

/* What a commit with a `Review:` line says, before its signature is looked at. `keeps_tree`: it has
 * one parent and that parent's tree. */
ImpAttempt *imp_attempt_new(const char *id, const ImpCommit *commit, GBytes *object,
                            bool keeps_tree);

/* The same of what a walk meets, without its words: nobody in the policy may have signed it, and of
 * those there can be any number. keeps_tree is left to the walk. */
ImpAttempt *imp_attempt_glance(const char *id, const ImpCommit *commit);
/* Reads the words of one that is known at a glance; does nothing with others. *there is false if
 * the commit is gone. */
bool imp_attempt_read(ImpAttempt *attempt, ImpRepository *repository, bool *there, GError **error);
/* Forgets what imp_attempt_read() read, but not what the signature turned out to be. */
void imp_attempt_forget(ImpAttempt *attempt);

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
 * Those that are known at a glance are read for it, some at a time, and what was read is forgotten
 * again. What comes out is what would come out one after another: of several errors, that of the
 * first in the array. */
bool imp_attempts_verify(const GPtrArray *attempts, ImpRepository *repository,
                         const ImpPolicy *policy, bool signatures, gint64 now_us, GError **error);

/* Reads again what the ledger's copy of a decision says, as it was when it was judged: good
 * signature, `person`. */
ImpAttempt *imp_attempt_from_entry(const ImpEntry *entry);

/* Fills decision_date_us, decision_key and decision_payload from decision_object. */
void imp_attempt_describe(ImpEntry *entry);
