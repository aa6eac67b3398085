#pragma once

#include "workflow/words.h"

/* What a path alone says (imprimatur-record(7), ARTICLES). `path` is bytes as in git. */

/* IMP_PROBLEM_PATH for a path with control characters, invalid UTF-8, or an end of '@' and hex
 * digits (which in a decision would be read as a version); else IMP_PROBLEM_NONE. */
ImpProblem imp_path_problem(const char *path, gsize length);

/* Whether a path is named as Markdown: .md, .qmd (Quarto), .Rmd (R Markdown), .mdx. Borrowed is the
 * ending with its dot; NULL: it is not. */
const char *imp_path_markdown_ending(const char *path);

/* The path with letter case and Unicode normalization taken out: two paths collide when theirs are
 * equal. (Case folding of the canonical decomposition, recomposed; Unicode Standard section 3.13,
 * D145.) Of invalid UTF-8 only the ASCII letters are folded. The caller frees. */
char *imp_path_fold(const char *path);
