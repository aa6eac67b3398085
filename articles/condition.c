#include "articles/condition.h"
#include "articles/git.h"

#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BRANCHES_NAMED 3

/* A path as a shell takes it. */
static char *shell_word(const char *path)
{
    bool plain = *path && strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789/._-+:@%,") == strlen(path);
    return plain ? g_strdup(path) : g_shell_quote(path);
}

/* The remote that what is left out can be fetched from, for the caller to free; NULL: nothing is.
 */
static char *promisor_of(git_repository *git)
{
    g_autoptr(git_config) config = NULL;
    git_config_iterator *entries = NULL;
    git_config_entry *entry;
    char *remote = NULL;
    if (git_repository_config_snapshot(&config, git) < 0 ||
        git_config_iterator_glob_new(&entries, config, "^remote\\..*\\.promisor$") < 0)
        return NULL;
    while (!remote && git_config_next(&entry, entries) == 0) {
        int promises = 0;
        git_config_parse_bool(&promises, entry->value);
        const char *name = entry->name + strlen("remote.");
        if (promises)
            remote = g_strndup(name, strlen(name) - strlen(".promisor"));
    }
    git_config_iterator_free(entries);
    return remote;
}

/* Fetches all, and leaves nothing out from then on. Where a bare repository has its branches,
 * others work: they are not moved. */
static char *refetch_command(const ImpRepository *repository, const char *directory,
                             const char *remote)
{
    g_autofree char *branches = g_strdup_printf("+refs/heads/*:refs/remotes/%s/*", remote);
    bool bare = git_repository_is_bare(repository->git);
    return g_strdup_printf(
        "git -C %s fetch --refetch --no-filter %s '%s'%s && git -C %s config --unset "
        "remote.%s.promisor && git -C %s config --unset remote.%s.partialCloneFilter",
        directory, remote, bare ? "refs/heads/*:refs/heads/*" : branches,
        bare ? "" : " '+refs/imprimatur/*:refs/imprimatur/*'", directory, remote, directory,
        remote);
}

/* The work tree, or the repository where there is none; the caller frees. */
static char *place_of(const ImpRepository *repository)
{
    const char *work_tree = imp_repository_work_tree(repository);
    return g_canonicalize_filename(work_tree ? work_tree : imp_repository_git_directory(repository),
                                   NULL);
}

/* What the repository leaves out, and how to have it; NULL: nothing. */
static char *what_is_left_out(const ImpRepository *repository)
{
    g_autofree char *remote = promisor_of(repository->git);
    g_autofree char *place = place_of(repository);
    g_autofree char *directory = shell_word(place);
    bool shallow = git_repository_is_shallow(repository->git) == 1;
    g_autofree char *refetch = remote ? refetch_command(repository, directory, remote) : NULL;
    if (shallow)
        return g_strdup_printf("%s: it was cloned with --depth and holds only the newest commits; "
                               "fetch the others: git -C %s fetch --unshallow%s%s",
                               place, directory, refetch ? " && " : "", refetch ? refetch : "");
    return refetch ? g_strdup_printf("%s: it was cloned with --filter and does not hold all files; "
                                     "fetch them: %s",
                                     place, refetch)
                   : NULL;
}

bool imp_repository_check_whole(const ImpRepository *repository, GError **error)
{
    g_autofree char *left_out = what_is_left_out(repository);
    if (left_out)
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_PARTIAL, "%s", left_out);
    return left_out == NULL;
}

bool imp_repository_lacks(ImpRepository *repository, const char *id)
{
    return !imp_repository_has_object(repository, id) &&
           !imp_repository_check_whole(repository, NULL);
}

/* Puts the branch that HEAD is on first: it is the one that people work on, mostly. */
static void put_head_first(ImpRepository *repository, GPtrArray *branches)
{
    g_autofree char *head = imp_repository_head(repository);
    for (guint i = 1; i < branches->len; i++)
        if (g_strcmp0(((ImpRef *)branches->pdata[i])->name, head) == 0)
            g_ptr_array_insert(branches, 0, g_ptr_array_steal_index(branches, i));
}

char *imp_repository_missing_branch(ImpRepository *repository, const char *branch)
{
    char *const all[] = {(char *)"**", NULL};
    g_autoptr(GPtrArray) branches = imp_repository_branches(repository, false, all, NULL);
    g_autoptr(GString) there = g_string_new(NULL);
    if (!branches || branches->len == 0)
        return g_strdup_printf("there is no branch \"%s\" yet; push it", branch);
    put_head_first(repository, branches);
    for (guint i = 0; i < MIN(branches->len, BRANCHES_NAMED); i++) {
        const ImpRef *ref = branches->pdata[i];
        g_string_append_printf(there, "%s\"%s\"", i ? ", " : "", ref->name + strlen("refs/heads/"));
    }
    if (branches->len > BRANCHES_NAMED)
        g_string_append_printf(there, " and %u more", branches->len - BRANCHES_NAMED);
    return g_strdup_printf(
        "there is no branch \"%s\", but %s; push it, or name the one to watch as "
        "\"branch\" in the configuration",
        branch, there->str);
}
