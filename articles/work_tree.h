#pragma once

#include "articles/repository.h"

/* A work tree: its files as they are on disk, committed or not, and what is staged. */

/* Every file below the work tree that git tracks or would add (git-add(1)): ImpTreeChange*s
 * (articles/tree.h) without ids, ordered by path bytewise, freed with the array. Symbolic links and
 * repositories within are links; neither is gone into. The repository must have a work tree. */
GPtrArray *imp_work_tree_files(ImpRepository *repository, GError **error);

/* The tree that git would commit now: what is staged in `index_file` (NULL: the repository's own
 * index), written like git-write-tree(1). Returns its id, which the caller frees. */
char *imp_work_tree_staged(ImpRepository *repository, const char *index_file, GError **error);
