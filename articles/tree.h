#pragma once

#include "articles/repository.h"

/* Trees of commits: what lies where, and what changed between them. Only what differs is read.
 * Entries with names that git itself would never check out ("..", ".git", a slash) are passed over,
 * and so is what lies deeper than a path of IMP_PATH_MAX_BYTES. Where a commit is asked for, a tree
 * serves as well. */

#define IMP_PATH_MAX_BYTES 4096

typedef enum {
    IMP_TREE_ENTRY_NONE,
    IMP_TREE_ENTRY_FILE,  /* executable or not */
    IMP_TREE_ENTRY_LINK,  /* a symbolic link, a submodule, and whatever else is of another mode than
                             files and folders have */
    IMP_TREE_ENTRY_TWICE, /* its name, or a folder's above it, appears twice where it is, so
                             that programs read different things there */
} ImpTreeEntryKind;

typedef struct {
    char *path;
    ImpTreeEntryKind kind; /* NONE: it is gone */
    char *id;              /* hex; NULL if gone */
} ImpTreeChange;

ImpTreeChange *imp_tree_change_new(const char *path, ImpTreeEntryKind kind, const char *id);
void imp_tree_change_free(gpointer change);

/* Whether a path is of interest. */
typedef bool (*ImpTreeWantedFunc)(const char *path, gpointer data);

/* What is different in `commit` against `base` (NULL: everything) at the paths that are `wanted`
 * (NULL: all), ordered by path bytewise: ImpTreeChange*s, freed with the array. A change of the
 * executable bit alone is not one. Of a tree with more than IMP_TREE_ENTRIES_MAX files and folders,
 * those that unfold into too much are passed over, and noted (imp_repository_skipped). */
GPtrArray *imp_tree_changes(ImpRepository *repository, const char *base, const char *commit,
                            ImpTreeWantedFunc wanted, gpointer data, GError **error);

/* Compares two ImpTreeChange** by path, bytewise: for g_ptr_array_sort. */
int imp_tree_change_compare(gconstpointer a, gconstpointer b);

/* What lies at `path` in `commit`, and its id in hex, which the caller frees; `id` may be NULL.
 * Where nothing does the kind is NONE and *id NULL, as after a fault. */
bool imp_tree_lookup(ImpRepository *repository, const char *commit, const char *path,
                     ImpTreeEntryKind *kind, char **id, GError **error);

/* The other files of `commit` that are equal to `path` but for letter case or Unicode normalization
 * (imp_path_fold()): of texts, freed with the array. Reads the folders along the path alone. */
GPtrArray *imp_tree_colliding(ImpRepository *repository, const char *commit, const char *path,
                              GError **error);
