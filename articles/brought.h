#pragma once

/* For articles/ alone: what a tree brought against those of a commit's parents. */

#include "articles/git.h"

/* A commit's tree beside those of its parents. */
typedef struct {
    git_oid tree;
    const git_oid *parents;
    guint parent_count;
} ImpTreeBeside;

typedef void (*ImpBroughtFunc)(guint64 path, const unsigned char *id, gpointer data);
typedef void (*ImpTouchedFunc)(guint64 folder, gpointer data);

/* Calls `brought` for each file, link and whatever else is not a folder that no parent has at its
 * path: its path's key (imp_path_key) and raw id; order unspecified. Not *whole: there are more
 * than `most`, or some lie too deep; the rest is passed over. */
bool imp_tree_brought(ImpRepository *repository, const ImpTreeBeside *trees, guint most,
                      ImpBroughtFunc brought, gpointer data, bool *whole, GError **error);

/* Calls `touched` for the keys of folders, and of files that lie in none, that hold all that the
 * tree has and no parent has: of each thing that differs at the top the deepest folder that holds
 * all of its differences. Of very many the key of the top itself, which holds everything. */
bool imp_tree_touched(ImpRepository *repository, const ImpTreeBeside *trees, ImpTouchedFunc touched,
                      gpointer data, GError **error);
