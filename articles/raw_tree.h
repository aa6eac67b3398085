#pragma once

/* For articles/ alone: trees of others, read by a parser of our own. libgit2 refuses whole trees
 * for a name or a mode that git itself reads, and so must not be asked.
 *
 * A tree is read as git reads it (git-ls-tree(1)); only what git cannot read either is empty here.
 * What git reads in more than one way is put in order: entries stand in git's order, each name
 * once, the first of several being the one that git shows. */

#include "articles/git.h"
#include "articles/tree.h"

typedef struct {
    const char *name; /* NUL-terminated */
    gsize length;
    const unsigned char *id; /* GIT_OID_RAWSZ bytes */
    bool is_folder;
    /* Of a folder: FILE, or what all below it counts as. */
    ImpTreeEntryKind kind;
} ImpRawEntry;

typedef struct {
    const guint8 *at, *end;
    ImpRawEntry entry;
    bool valid; /* there is an entry */
} ImpTreeCursor;

/* At the first entry of a tree that imp_git_read_tree() gave, which must outlive the cursor; NULL:
 * of none. */
ImpTreeCursor imp_tree_cursor(GBytes *tree);
void imp_tree_cursor_next(ImpTreeCursor *cursor);
/* How many bytes of whole entries follow in both that are the same: `at` may be moved over them, so
 * that imp_tree_cursor_next() gives what comes behind. */
gsize imp_tree_cursor_alike(const ImpTreeCursor *one, const ImpTreeCursor *other);

/* In git's order, in which a folder's name ends in a slash. */
int imp_raw_entry_compare(const ImpRawEntry *a, const ImpRawEntry *b);

/* The tree, from a bounded cache, to be freed with g_bytes_unref. One that is not there, or that
 * git could not read, is empty and noted (imp_repository_skipped). NULL only with an error: the
 * disk, or a history that was cut off and may be fetched yet. */
GBytes *imp_git_read_tree(ImpRepository *repository, const git_oid *id, GError **error);

/* The id of the commit's tree, or of the tree that `commit` itself is. */
bool imp_git_tree_id(ImpRepository *repository, const char *commit, git_oid *tree, GError **error);

typedef struct ImpTreeCache ImpTreeCache;
void imp_tree_cache_free(ImpTreeCache *cache);
