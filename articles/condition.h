#pragma once

#include "articles/repository.h"

/* What a repository is like, where that is why something in it cannot be read: git gives a clone
 * less than all (--depth, --filter), fetches the rest when it is wanted, or lets another user's
 * files alone. Here nothing is fetched on the way; who asks is told what to type. */

/* Whether the repository holds all that its history refers to. If not:
 * IMP_REPOSITORY_ERROR_PARTIAL, the message giving the command that brings the rest. */
bool imp_repository_check_whole(const ImpRepository *repository, GError **error);

/* Whether the object `id` is not here because the repository does not hold all: reading it fails
 * with that error. */
bool imp_repository_lacks(ImpRepository *repository, const char *id);

/* Why the branch `branch` cannot be watched in a repository that has no commit on it: a sentence
 * that names the branches that are there, for the caller to free. */
char *imp_repository_missing_branch(ImpRepository *repository, const char *branch);
