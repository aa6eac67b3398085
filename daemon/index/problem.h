#pragma once

#include "workflow/words.h"

/* What to do about a problem of the article at `path` that is not in the text (a link, a path), as
 * a sentence without a full stop; NULL for the others, whose sentence is the document's own
 * (articles/document.h). Static. */
const char *imp_problem_advice(ImpProblem problem, const char *path);
