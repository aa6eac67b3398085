#include "articles/git.h"
#include "articles/repository.h"
#include "workflow/base/glob.h"

#include <string.h>

/* Which refs there are. */

static void ref_free(gpointer data)
{
    ImpRef *ref = data;
    if (!ref)
        return;
    g_free(ref->name);
    g_free(ref->commit);
    g_free(ref);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ImpRef *const *)a)->name, (*(const ImpRef *const *)b)->name);
}

/* A look-up by name would ask the disk about each of many thousands, once more. */
static bool find_id(ImpRepository *repository, const git_reference *ref, git_oid *id)
{
    const git_oid *target = git_reference_target(ref);
    if (target)
        git_oid_cpy(id, target);
    return target || git_reference_name_to_id(id, repository->git, git_reference_name(ref)) == 0;
}

/* The refs below `prefix` whose rest matches, without the first part of it where that is the name
 * of a remote; under `named` and the rest, or (NULL) under their own names. */
static GPtrArray *list_refs(ImpRepository *repository, const char *prefix, bool of_remotes,
                            const char *named, char *const *patterns, GError **error)
{
    g_autoptr(GPtrArray) refs = g_ptr_array_new_with_free_func(ref_free);
    g_autoptr(git_reference_iterator) iterator = NULL;
    g_autofree char *all = g_strconcat(prefix, "*", NULL);
    if (git_reference_iterator_glob_new(&iterator, repository->git, all) < 0) {
        imp_git_fail(error, "cannot list the branches");
        return NULL;
    }
    git_reference *next;
    int result;
    while ((result = git_reference_next(&next, iterator)) == 0) {
        g_autoptr(git_reference) found = next;
        const char *name = git_reference_name(found);
        const char *slash = of_remotes ? strchr(name + strlen(prefix), '/') : NULL;
        const char *rest = slash ? slash + 1 : name + strlen(prefix);
        git_oid id;
        /* A ref that has vanished since, or is broken, does not count for now. */
        if ((of_remotes && !slash) || !imp_glob_matches_any(patterns, rest) ||
            !find_id(repository, found, &id))
            continue;
        ImpRef *ref = g_new0(ImpRef, 1);
        ref->name = named ? g_strconcat(named, rest, NULL) : g_strdup(name);
        ref->commit = g_strdup(git_oid_tostr_s(&id));
        g_ptr_array_add(refs, ref);
    }
    if (result != GIT_ITEROVER) {
        imp_git_fail(error, "cannot list the branches");
        return NULL;
    }
    g_ptr_array_sort(refs, by_name);
    return g_steal_pointer(&refs);
}

GPtrArray *imp_repository_branches(ImpRepository *repository, bool fetched, char *const *patterns,
                                   GError **error)
{
    return list_refs(repository, fetched ? "refs/remotes/" : "refs/heads/", fetched, NULL, patterns,
                     error);
}

GPtrArray *imp_repository_refs_below(ImpRepository *repository, const char *prefix,
                                     const char *named, char *const *patterns, GError **error)
{
    return list_refs(repository, prefix, false, named, patterns, error);
}
