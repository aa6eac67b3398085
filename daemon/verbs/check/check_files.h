#pragma once

#include "articles/policy_source.h"
#include "articles/tree.h"
#include "daemon/verbs/check/check.h"
#include "daemon/verbs/verb.h"

/* The policy and the articles, as `imprimatur check` looks at them: in a work tree as they lie on
 * disk, or in a tree that git has. */

typedef struct {
    ImpCheck check;
    const ImpCommand *command;
    ImpConfig *config; /* or NULL */
    GPtrArray *authority;
    ImpRepository *repository;
    const char *work_tree; /* the files on disk are looked at; NULL: those of `tip` */
    char *tip;             /* a commit or tree; NULL: not found yet */
    char *base; /* the commit (or NULL: nothing) that it is compared with, where only changes matter
                 */
    bool changes;          /* only what is different from `base` is looked at */
    GHashTable *changed;   /* set of paths that are, after imp_check_files() */
    ImpPolicy *policy;     /* by which articles are found; NULL: there is none */
    GHashTable *files;     /* path -> ImpTreeChange: all that are there */
    GHashTable *published; /* set of paths of articles that have an approved text */
    GHashTable *folded;    /* folded path -> path: whose it is, when two collide */
    char **paths;          /* from the root; empty: all */
    guint articles;
} ImpChecking;

void imp_checking_clear(ImpChecking *checking);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpChecking, imp_checking_clear)

/* Reads the text of a file; where it is too large *bytes is NULL, and *size says how large. */
bool imp_checking_read(const ImpChecking *checking, const ImpTreeChange *file, GBytes **bytes,
                       gsize *size, GError **error);

/* Checks the policy, then the articles. False with an error for faults. */
bool imp_check_files(ImpChecking *checking, GError **error);
