#pragma once

/* For articles/ alone: objects out of the packs of a repository, faster than libgit2 unpacks them.
 * What this cannot read, libgit2 is asked for, and has the last word. */

#include <git2.h>
#include <glib.h>
#include <stdbool.h>

typedef struct ImpPacks ImpPacks;

/* The packs in the folder "objects/pack" of a git directory, as they are at this moment. */
ImpPacks *imp_packs_open(const char *git_directory);
void imp_packs_free(ImpPacks *packs);

/* The object, a NUL behind it, for the caller to free. NULL: it is not in one of these packs, has
 * more than `most` bytes, or is damaged. Not for several threads at a time. */
GBytes *imp_packs_read(ImpPacks *packs, const git_oid *id, gsize most, git_object_t *type);

/* Unpacks the first `length` bytes of an object into `out`, without a look at the others. False:
 * it is not in one of these packs as a whole, is not of that type, or has fewer. */
bool imp_packs_read_beginning(ImpPacks *packs, const git_oid *id, git_object_t type, guint8 *out,
                              gsize length);

/* Where the object lies: what lies side by side in a pack has numbers that follow one another, and
 * is read fastest in their order. 0: it is not in one of these packs. */
guint64 imp_packs_place(ImpPacks *packs, const git_oid *id);
