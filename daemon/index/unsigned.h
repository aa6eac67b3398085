#pragma once

#include "articles/repository.h"
#include "daemon/index/index_values.h"
#include "workflow/decision.h"
#include "workflow/policy.h"

/* What is said of an attempt that nobody in the policy has signed. It has no entry, so the sentence
 * is all that anybody learns of it. */

/* The sentence of the refusal, beginning with which commit it is, on which branch, who made it by
 * its own words (which anybody can write there: a person of the policy by id and name, and never an
 * address) and about what; for a key of a forge's (see imp_forge_of_key for `forge_keys`), that the
 * forge signed. One clean line. The caller frees. */
char *imp_unsigned_sentence(const ImpAttempt *attempt, ImpRefusal refusal, const char *sentence,
                            const ImpPolicy *policy, char *const *forge_keys);

/* Whether a commit of the watched branch that is not an attempt is one that a forge has made and
 * signed, a squash or a merge, with the words of a decision: then *told is what there is to say of
 * it, as above, and the attempt is read. NULL also where the articles are approved in just that
 * text: then the decision that the words come from has counted. The caller frees. False with an
 * error alone. */
bool imp_unsigned_tell_squash(ImpAttempt *attempt, ImpRepository *repository, ImpDatabase *database,
                              const ImpPolicy *policy, char *const *forge_keys, char **told,
                              GError **error);
