#include "daemon/verbs/check/check_removals.h"
#include "daemon/verbs/check/check_files.h"

#include <string.h>

/* A path is what an article is known by: whoever moves or removes a file that readers have takes
 * their page away, and may think of it as tidying up. */

static void warn(ImpChecking *checking, GHashTable *brought, const char *path)
{
    ImpTreeEntryKind kind;
    g_autofree char *id = NULL;
    if (checking->base)
        imp_tree_lookup(checking->repository, checking->base, path, &kind, &id, NULL);
    const char *to = id ? g_hash_table_lookup(brought, id) : NULL;
    g_autofree char *message =
        to ? g_strdup_printf("this moves a published article to %s, which is another article: it "
                             "has to be approved there, and nothing is published here any more",
                             to)
           : g_strdup("this removes a published article: its page goes, with its approvals");
    imp_check_report(&checking->check, IMP_SEVERITY_WARNING, path, 0, message);
}

void imp_check_removals(ImpChecking *checking, GPtrArray *changes)
{
    g_autoptr(GHashTable) brought = g_hash_table_new(g_str_hash, g_str_equal); /* id -> path */
    for (guint i = 0; i < changes->len; i++) {
        const ImpTreeChange *change = changes->pdata[i];
        if (change->kind == IMP_TREE_ENTRY_FILE && change->id)
            g_hash_table_insert(brought, change->id, change->path);
    }
    for (guint i = 0; i < changes->len; i++) {
        const ImpTreeChange *change = changes->pdata[i];
        if (change->kind == IMP_TREE_ENTRY_NONE &&
            g_hash_table_contains(checking->published, change->path))
            warn(checking, brought, change->path);
    }
}
