#pragma once

#include "workflow/words.h"

/* The branches on which decisions are pushed: what git takes as a name everywhere, and no two
 * decisions alike. */

/* What the short names of a person's branches begin with: "review/onc1/". The caller frees. */
char *imp_review_branches_of(const char *person);

/* The short name of the branch for a decision about `path`: whose it is, which, of what, and the
 * first digits of `id`, an object id in hex: "review/onc1/approve-oncology-stage-4-3f2a9c1b". The
 * id is the decision's where there is one; where it is only proposed, that of the text, and
 * `number` greater than 1 makes it another name. The caller frees. */
char *imp_review_branch(const char *person, ImpDecisionKind verdict, const char *path,
                        const char *id, guint number);
