#include "articles/git.h"

#include <string.h>

/* "NAME" of "remote.NAME.url" or "remote.NAME.pushurl", as git-config(1) has them; else NULL. */
static char *remote_of(const char *key)
{
    static const char *const ends[] = {".url", ".pushurl"};
    const gsize before = strlen("remote.");
    for (gsize i = 0; g_str_has_prefix(key, "remote.") && i < G_N_ELEMENTS(ends); i++)
        if (g_str_has_suffix(key, ends[i]) && strlen(key) > before + strlen(ends[i]))
            return g_strndup(key + before, strlen(key) - before - strlen(ends[i]));
    return NULL;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Not git_remote_list(): libgit2 1.5 keeps 20 kB of each of its regular expression's matches, and
 * a page of each article asks for this. */
char **imp_repository_remotes(ImpRepository *repository)
{
    g_autoptr(git_config) config = NULL;
    git_config_iterator *all = NULL;
    git_config_entry *entry;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    if (git_repository_config_snapshot(&config, repository->git) == 0 &&
        git_config_iterator_new(&all, config) == 0)
        while (git_config_next(&entry, all) == 0) {
            char *name = remote_of(entry->name);
            if (name && !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
                g_ptr_array_add(names, name);
            else
                g_free(name);
        }
    git_config_iterator_free(all);
    g_ptr_array_sort(names, by_name);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}
