#pragma once

#include "articles/repository.h"

/* A work tree: its files as they are on disk, committed or not, and what is staged. */

/* Every file below the work tree that git tracks or would add (git-add(1)): ImpTreeChange*s
 * (articles/tree.h) without ids, ordered by path bytewise, freed with the array. Symbolic links and
 * repositories within are links; neither is gone into. The repository must have a work tree. */
GPtrArray *imp_work_tree_files(ImpRepository *repository, GError **error);

/* Reads the file at `path` below the work tree, as git would store it (gitattributes(5): eol, text,
 * working-tree-encoding, ident, with core.autocrlf): that, and not what lies on disk, is what is
 * signed and approved. A file of more than `max_bytes` is not read: *bytes is NULL then, and *size
 * says how many it has. A filter that is a program of the user's is not run, which is
 * IMP_WORK_TREE_ERROR_FILTERED. */
bool imp_work_tree_read(ImpRepository *repository, const char *path, gsize max_bytes,
                        GBytes **bytes, gsize *size, GError **error);

#define IMP_WORK_TREE_ERROR (imp_work_tree_error_quark())
GQuark imp_work_tree_error_quark(void);
typedef enum {
    IMP_WORK_TREE_ERROR_FILTERED, /* what git stores is made by a program */
    IMP_WORK_TREE_ERROR_ENCODING, /* it is not in the encoding that .gitattributes names */
} ImpWorkTreeError;

/* The tree that git would commit now: what is staged in `index_file` (NULL: the repository's own
 * index), written like git-write-tree(1). Returns its id, which the caller frees. */
char *imp_work_tree_staged(ImpRepository *repository, const char *index_file, GError **error);
