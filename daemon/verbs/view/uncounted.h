#pragma once

#include "daemon/verbs/view/reader.h"
#include "workflow/base/json.h"
#include "workflow/decision.h"

/* Commits on branches that mean to be decisions and never become one: nobody in the policy has
 * signed them, or the branch is not quite one of those on which decisions are looked for. The
 * ledger says nothing of them. */

typedef struct {
    ImpAttempt *attempt;
    ImpRefusal refusal; /* NONE: it is the branch */
    char *sentence;     /* which, where, whose, about what; why it does not count, and what to do */
} ImpUncounted;

/* Those on the repository's branches (in a clone, as last fetched), of ImpUncounted*, in the order
 * of the branches' names. Of a branch only its end is looked at, up to the first commit that is not
 * an attempt, and of many branches not all. Empty where no policy is known. */
GPtrArray *imp_uncounted_find(ImpReader *reader, gint64 now_us);

/* Those that concern the article at `path` (NULL: all), as an array for programs: each with `oid`,
 * `branch`, `person` (whom the author's address belongs to in the policy, which anybody can write
 * there; or null), `verdict`, `articles`, `refusal` and `sentence`. */
json_t *imp_uncounted_json(ImpReader *reader, const char *path, gint64 now_us);

/* Whether it is about the article at `path` (NULL: any). */
bool imp_uncounted_concerns(const ImpUncounted *uncounted, const char *path);
