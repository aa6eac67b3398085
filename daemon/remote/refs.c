#include "daemon/remote/refs.h"
#include "articles/repository_refs.h"

#include <string.h>

char *imp_remote_mirrored(const char *ref)
{
    return g_strconcat("refs/imprimatur-remote/", ref + strlen("refs/"), NULL);
}

char *imp_remote_approved_ref(const ImpConfig *config)
{
    return config->approved_branch ? g_strconcat("refs/heads/", config->approved_branch, NULL)
                                   : NULL;
}

static void add(GPtrArray *refspecs, const char *ref)
{
    g_autofree char *mirrored = imp_remote_mirrored(ref);
    char *refspec = g_strdup_printf("+%s:%s", ref, mirrored);
    if (g_ptr_array_find_with_equal_func(refspecs, refspec, g_str_equal, NULL))
        g_free(refspec);
    else
        g_ptr_array_add(refspecs, refspec);
}

/* A refspec knows one star, which matches any text (git-fetch(1)); what it brings too much is
 * passed over when the refs are read. */
static void add_pattern(GPtrArray *refspecs, const char *folder, const char *pattern)
{
    gsize literal = strcspn(pattern, "*?[");
    const char *tail = pattern + literal;
    g_autofree char *covering = NULL;
    if (!*tail)
        covering = g_strconcat(folder, pattern, "*", NULL);
    else if (*tail == '*' && !strpbrk(tail + 1, "*?["))
        covering = g_strconcat(folder, pattern, NULL);
    else
        covering = g_strdup_printf("%s%.*s*", folder, (int)literal, pattern);
    add(refspecs, covering);
}

char **imp_remote_refspecs(const ImpConfig *config, GHashTable *absent)
{
    g_autoptr(GPtrArray) refspecs = g_ptr_array_new();
    g_autofree char *branch = g_strconcat("refs/heads/", config->branch, NULL);
    g_autofree char *approved = imp_remote_approved_ref(config);
    const char *const exact[] = {branch, config->remote->ledger_ref, approved};
    for (guint i = 0; i < G_N_ELEMENTS(exact); i++)
        if (exact[i] && !g_hash_table_contains(absent, exact[i]))
            add(refspecs, exact[i]);
    for (char **pattern = config->review_branches; *pattern; pattern++)
        add_pattern(refspecs, "refs/heads/", *pattern);
    for (char **pattern = config->remote->heads; pattern && *pattern; pattern++)
        add_pattern(refspecs, "", *pattern);
    g_ptr_array_add(refspecs, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&refspecs), FALSE);
}

bool imp_remote_set_mirrored(ImpRepository *mirror, const char *ref, const char *commit,
                             GError **error)
{
    g_autofree char *mirrored = imp_remote_mirrored(ref);
    g_autofree char *now = NULL;
    if (!imp_repository_find_tip(mirror, mirrored, &now, error))
        return false;
    if (!commit)
        return !now || imp_repository_delete_ref(mirror, mirrored, error);
    return g_strcmp0(now, commit) == 0 ||
           imp_repository_move_ref(mirror, mirrored, now, commit, "imprimatur: pushed", error);
}
