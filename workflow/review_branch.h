#pragma once

#include "workflow/words.h"

/* The short name of the branch for a decision: "review/onc1/approve-stage-4"; `number` greater than
 * 1 makes it another one. The caller frees. */
char *imp_review_branch(const char *person, ImpDecisionKind verdict, const char *path,
                        guint number);
