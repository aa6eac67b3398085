#pragma once

#include "articles/repository.h"

/* Reachability is what the parents say, whatever dates commits claim; what cannot be read has no
 * parents. Each costs a look at every commit below, once. */

/* Whether `ancestor` is reachable from `commit` (or is it). False too if either is not there. */
bool imp_repository_is_reachable(ImpRepository *repository, const char *ancestor,
                                 const char *commit);

/* The set (of hex ids) of commits reachable from `tip` and from none of `hidden` (NULL-terminated;
 * what is gone from the repository hides nothing). */
GHashTable *imp_repository_commits_between(ImpRepository *repository, const char *tip,
                                           const char *const *hidden, GError **error);

/* The same set, but for what `is_end` says and what only that reaches. */
GHashTable *imp_repository_commits_until(ImpRepository *repository, const char *tip,
                                         bool (*is_end)(const char *commit, gpointer data),
                                         gpointer data, GError **error);
/* Adds the same to a set that has those of other tips: what they reach is not walked again. */
bool imp_repository_add_commits_until(ImpRepository *repository, const char *tip,
                                      bool (*is_end)(const char *commit, gpointer data),
                                      gpointer data, GHashTable *commits, GError **error);

/* The best common ancestor of two commits, for the caller to free; NULL if there is none here. */
char *imp_repository_merge_base(ImpRepository *repository, const char *one, const char *other);
