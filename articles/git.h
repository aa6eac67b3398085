#pragma once

/* For articles/ alone: what its files share of libgit2. No git_* type is named in any other header.
 */

#include "articles/repository.h"

#include <git2.h>
#include <sys/types.h>

struct ImpRepository {
    git_repository *git;
    git_odb *odb;
    dev_t device; /* of the git directory when it was opened */
    ino_t inode;
};

/* Sets `error` from libgit2's last error, which is read at once because it may be stale later.
 * Returns false, so that a failing call reads `return imp_git_fail(error, ...)`. */
bool imp_git_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The commit's tree, or the tree that it is itself, to be freed with git_tree_free; NULL and an
 * error. */
git_tree *imp_git_commit_tree(ImpRepository *repository, const char *commit, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_tree, git_tree_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_tree_entry, git_tree_entry_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_commit, git_commit_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_reference, git_reference_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_reference_iterator, git_reference_iterator_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_odb_object, git_odb_object_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_odb, git_odb_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_repository, git_repository_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_revwalk, git_revwalk_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_config, git_config_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_signature, git_signature_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(git_buf, git_buf_dispose)
