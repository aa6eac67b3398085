#pragma once

#include "articles/repository.h"

/* The files of a work tree as they are on disk, committed or not. */

/* Every file below the work tree that git tracks or would add (git-add(1)): ImpTreeChange*s (articles/tree.h) without
 * ids, ordered by path bytewise, freed with the array. Symbolic links and repositories within are links; neither is
 * gone into. The repository must have a work tree. */
GPtrArray *imp_work_tree_files(ImpRepository *repository, GError **error);
