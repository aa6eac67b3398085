#pragma once

/* For articles/ alone: which folders of a tree are too much to look at. A tree of some kilobytes
 * can unfold into more paths than any machine can count. */

#include "articles/git.h"

/* The paths (a set, freed with it) of the folders that are passed over so that no more than `most`
 * files and folders are left: those that do not fit beside all that is smaller than they are. A
 * function of the tree alone. Each is noted (imp_repository_skipped). */
GHashTable *imp_tree_over_quota(ImpRepository *repository, const git_oid *tree, guint64 most,
                                GError **error);
