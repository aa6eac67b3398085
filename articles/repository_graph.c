#include "articles/repository_graph.h"
#include "articles/commit.h"
#include "articles/git.h"
#include "articles/raw_tree.h"
#include "workflow/base/moment.h"

#include <string.h>

/* Walks over commits that ask for nothing but who is whose parent. They go by no date: those are
 * whatever a committer says, and a walk that trusts them is wrong where one is years off. */

/* Below which nothing is gone. */
typedef bool (*IsEnd)(const char *hex, gpointer data);

static bool read_links(ImpRepository *repository, const char *hex, GBytes **object,
                       ImpCommitLinks *links, GError **error)
{
    git_oid id;
    git_object_t type = GIT_OBJECT_ANY;
    *links = (ImpCommitLinks){0};
    if (git_oid_fromstr(&id, hex) < 0)
        return imp_git_fail(error, "%s: not an object id", hex);
    if (!imp_git_read(repository, &id, &type, object, error))
        return false;
    gsize length = 0;
    const char *text = *object ? g_bytes_get_data(*object, &length) : NULL;
    if (!text || type != GIT_OBJECT_COMMIT || !imp_commit_links(text, length, links)) {
        *links = (ImpCommitLinks){0};
        imp_git_skip(repository, "commit", &id);
    }
    return true;
}

static void meet(char *hex, IsEnd is_end, gpointer data, GHashTable *reached, GPtrArray *open)
{
    g_autofree char *id = hex;
    if (!g_hash_table_contains(reached, id) && !(is_end && is_end(id, data))) {
        g_ptr_array_add(open, id);
        g_hash_table_add(reached, g_steal_pointer(&id));
    }
}

/* Adds what is reachable from `tip` to the set `reached`; not what is_end says, nor what is in the
 * set already, nor what only they reach. */
static bool reach(ImpRepository *repository, const char *tip, IsEnd is_end, gpointer data,
                  GHashTable *reached, GError **error)
{
    g_autoptr(GPtrArray) open = g_ptr_array_new(); /* ids that the set owns */
    meet(g_ascii_strdown(tip, -1), is_end, data, reached, open);
    while (open->len > 0) {
        const char *id = g_ptr_array_steal_index_fast(open, open->len - 1);
        g_autoptr(GBytes) object = NULL;
        ImpCommitLinks links;
        if (!read_links(repository, id, &object, &links, error))
            return false;
        for (guint i = 0; i < links.parent_count; i++)
            meet(g_ascii_strdown(imp_commit_parent(&links, i), GIT_OID_HEXSZ), is_end, data,
                 reached, open);
    }
    return true;
}

static GHashTable *set_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static bool is_in(const char *hex, gpointer data)
{
    return g_hash_table_contains(data, hex);
}

GHashTable *imp_repository_commits_between(ImpRepository *repository, const char *tip,
                                           const char *const *hidden, GError **error)
{
    g_autoptr(GHashTable) below = set_new();
    g_autoptr(GHashTable) commits = set_new();
    for (; *hidden; hidden++)
        if (imp_repository_has_object(repository, *hidden) &&
            !reach(repository, *hidden, NULL, NULL, below, error))
            return NULL;
    return reach(repository, tip, is_in, below, commits, error) ? g_steal_pointer(&commits) : NULL;
}

GHashTable *imp_repository_commits_until(ImpRepository *repository, const char *tip, IsEnd is_end,
                                         gpointer data, GError **error)
{
    g_autoptr(GHashTable) commits = set_new();
    return reach(repository, tip, is_end, data, commits, error) ? g_steal_pointer(&commits) : NULL;
}

bool imp_repository_add_commits_until(ImpRepository *repository, const char *tip, IsEnd is_end,
                                      gpointer data, GHashTable *commits, GError **error)
{
    return reach(repository, tip, is_end, data, commits, error);
}

typedef struct {
    const char *sought;
    bool found;
} Search;

static bool is_sought(const char *hex, gpointer data)
{
    Search *search = data;
    search->found = search->found || strcmp(hex, search->sought) == 0;
    return search->found; /* then nothing more is looked at */
}

bool imp_repository_is_reachable(ImpRepository *repository, const char *ancestor,
                                 const char *commit)
{
    g_autoptr(GHashTable) reached = set_new();
    Search search = {ancestor, false};
    return imp_repository_has_object(repository, ancestor) &&
           imp_repository_has_object(repository, commit) &&
           reach(repository, commit, is_sought, &search, reached, NULL) && search.found;
}

typedef struct {
    GHashTable *below; /* of the one commit */
    GPtrArray *shared; /* of the other's, those that are below the one and have no child that is */
} Common;

static bool note_shared(const char *hex, gpointer data)
{
    Common *common = data;
    bool shared = g_hash_table_contains(common->below, hex);
    if (shared && !g_ptr_array_find_with_equal_func(common->shared, hex, g_str_equal, NULL))
        g_ptr_array_add(common->shared, g_strdup(hex));
    return shared;
}

/* Of commits with a history in common the first that none of the others reaches. */
static char *best_of(ImpRepository *repository, const GPtrArray *shared)
{
    for (guint i = 0; i < shared->len; i++) {
        bool below = false;
        for (guint other = 0; other < shared->len && !below; other++)
            below = other != i &&
                    imp_repository_is_reachable(repository, shared->pdata[i], shared->pdata[other]);
        if (!below)
            return g_strdup(shared->pdata[i]);
    }
    return NULL;
}

char *imp_repository_merge_base(ImpRepository *repository, const char *one, const char *other)
{
    g_autoptr(GHashTable) below = set_new();
    g_autoptr(GHashTable) others = set_new();
    g_autoptr(GPtrArray) shared = g_ptr_array_new_with_free_func(g_free);
    Common common = {below, shared};
    if (!reach(repository, one, NULL, NULL, below, NULL) ||
        !reach(repository, other, note_shared, &common, others, NULL))
        return NULL;
    return best_of(repository, shared);
}

gint64 imp_repository_commit_date(ImpRepository *repository, const char *commit)
{
    git_oid id;
    git_object_t type = GIT_OBJECT_ANY;
    g_autoptr(GBytes) object = NULL;
    if (git_oid_fromstr(&id, commit) < 0 || !imp_git_read(repository, &id, &type, &object, NULL) ||
        !object || type != GIT_OBJECT_COMMIT)
        return 0;
    g_autoptr(ImpCommit) read = imp_commit_parse(object, NULL);
    return read ? read->committer_date_us : 0;
}

char *imp_repository_tree_of(ImpRepository *repository, const char *commit)
{
    g_autoptr(GBytes) object = NULL;
    ImpCommitLinks links = {0};
    return imp_repository_has_object(repository, commit) &&
                   read_links(repository, commit, &object, &links, NULL) && links.tree
               ? g_ascii_strdown(links.tree, GIT_OID_HEXSZ)
               : NULL;
}
