#include "articles/attempt.h"
#include "articles/repository_graph.h"
#include "daemon/index/index_heads.h"
#include "daemon/index/index_waiting.h"
#include "daemon/pass/step_decisions.h"

#include <string.h>

/* A review branch with more commits than this beyond the watched branch is not a review of
 * anything.
 */
#define BRANCH_COMMITS_MAX 10000

static bool is_merged(const char *id, gpointer data)
{
    const Decisions *decisions = data;
    return imp_history_has(decisions->pass->database, id);
}

/* What the tip of adoption reaches is never judged, also if the watched branch was forced back
 * below it; as long as it was not, all of that is merged. */
bool imp_decisions_find_before(Decisions *decisions, GError **error)
{
    const ImpPass *pass = decisions->pass;
    g_autofree char *adoption = imp_index_get(pass->database, IMP_INDEX_ADOPTION_TIP);
    if (!adoption || imp_history_has(pass->database, adoption) ||
        !imp_repository_has_object(pass->repository, adoption))
        return true;
    decisions->before =
        imp_repository_commits_until(pass->repository, adoption, is_merged, decisions, error);
    return decisions->before != NULL;
}

static bool means_to_decide(const Decisions *decisions, const Node *node)
{
    return node->commit->attempt &&
           imp_attempt_is_one(node->commit->attempt, imp_fold_policy(decisions->pass->fold));
}

static void wait_for(Node *node, const char *id)
{
    for (guint i = 0; i < node->waits_for_count; i++)
        if (strcmp(node->waits_for[i], id) == 0)
            return;
    if (node->waits_for_count < WAITS_FOR_MAX)
        node->waits_for[node->waits_for_count++] = id;
}

/* Settles whether everything below the commit is merged or an attempt, or what it waits for, once
 * that is known of its parents. What waits goes on waiting as long as the lowest commit that is
 * neither. */
static void settle(const Decisions *decisions, Node *node)
{
    node->settled = node->clean = true;
    for (char **parent = node->commit->parents; *parent; parent++) {
        const Node *below = g_hash_table_lookup(decisions->nodes, *parent);
        if (imp_history_has(decisions->pass->database, *parent) ||
            (below && below->clean && means_to_decide(decisions, below)))
            continue;
        node->clean = false;
        if (!below || below->waits_for_count == 0)
            wait_for(node, *parent);
        for (guint i = 0; below && i < below->waits_for_count; i++)
            wait_for(node, below->waits_for[i]);
    }
}

/* Puts a parent that is not settled yet on the stack; false: there is none. */
static bool push_unsettled(const Decisions *decisions, const Node *node, GPtrArray *stack)
{
    for (char **parent = node->commit->parents; *parent; parent++) {
        Node *below = g_hash_table_lookup(decisions->nodes, *parent);
        if (below && !below->settled) {
            g_ptr_array_add(stack, below);
            return true;
        }
    }
    return false;
}

/* Parents first: each commit once, however many branches it is on. */
static void settle_all(const Decisions *decisions, const GPtrArray *commits)
{
    g_autoptr(GPtrArray) stack = g_ptr_array_new();
    for (guint i = 0; i < commits->len; i++) {
        const ImpNewCommit *commit = commits->pdata[i];
        g_ptr_array_add(stack, g_hash_table_lookup(decisions->nodes, commit->id));
        while (stack->len > 0) {
            Node *node = stack->pdata[stack->len - 1];
            if (!node->settled && push_unsettled(decisions, node, stack))
                continue;
            if (!node->settled)
                settle(decisions, node);
            g_ptr_array_set_size(stack, (gint)stack->len - 1);
        }
    }
}

/* The set of names of the heads that have decisions about an article whose text has changed; all
 * tips that such a head had are looked at again. */
static GHashTable *find_woken(const ImpPass *pass, GError **error)
{
    g_autoptr(GHashTable) tips = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter iter;
    gpointer path;
    g_hash_table_iter_init(&iter, pass->changed);
    while (g_hash_table_iter_next(&iter, &path, NULL))
        if (!imp_index_add_waiting_tips(pass->database, path, tips, error))
            return NULL;
    for (guint i = 0; g_hash_table_size(tips) > 0 && i < pass->branches->len; i++) {
        const ImpRef *ref = pass->branches->pdata[i];
        if (g_hash_table_contains(tips, ref->commit))
            g_hash_table_add(names, ref->name);
    }
    return g_steal_pointer(&names);
}

/* Walks the branches that may have something new: all of them in one walk. *looked_at: of ImpRef*.
 */
static bool scan_branches(Decisions *decisions, ImpScan *scan, GPtrArray *looked_at, GError **error)
{
    ImpPass *pass = decisions->pass;
    g_autoptr(GHashTable) woken = find_woken(pass, error);
    for (guint i = 0; woken && i < pass->branches->len; i++) {
        ImpRef *ref = pass->branches->pdata[i];
        bool whole;
        if (imp_index_is_seen(pass->database, IMP_SEEN_TIP, ref->commit) ||
            imp_history_has(pass->database, ref->commit) ||
            (imp_index_is_waiting(pass->database, ref->commit) &&
             !g_hash_table_contains(woken, ref->name)))
            continue;
        if (!imp_scan_add(scan, ref->commit, BRANCH_COMMITS_MAX, &whole, error))
            return false;
        if (whole) {
            g_ptr_array_add(looked_at, ref);
            continue;
        }
        g_warning("%s: not looked at: %.12s has more than %d commits that the watched branch does "
                  "not have",
                  ref->name, ref->commit, BRANCH_COMMITS_MAX);
        if (!imp_index_mark_seen(pass->database, IMP_SEEN_TIP, ref->commit, error))
            return false;
    }
    return woken != NULL;
}

/* The articles about which decisions below a tip wait: more than so many commits below it are not
 * looked at. */
#define WAITING_COMMITS_MAX 1000

static bool note_waiting_texts(const Decisions *decisions, const char *tip, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    g_autoptr(GPtrArray) open = g_ptr_array_new();
    g_autoptr(GHashTable) met = g_hash_table_new(NULL, NULL);
    g_ptr_array_add(open, g_hash_table_lookup(decisions->nodes, tip));
    while (open->len > 0 && g_hash_table_size(met) < WAITING_COMMITS_MAX) {
        Node *node = g_ptr_array_steal_index_fast(open, open->len - 1);
        if (!node || !g_hash_table_add(met, node))
            continue;
        for (guint i = 0; node->paths && i < node->paths->len; i++)
            g_ptr_array_add(paths, node->paths->pdata[i]);
        for (char **parent = node->commit->parents; *parent; parent++)
            g_ptr_array_add(open, g_hash_table_lookup(decisions->nodes, *parent));
    }
    return imp_index_set_waiting_texts(decisions->pass->database, tip, paths, error);
}

/* Remembers that there is nothing left to look at, or what it waits for. */
static bool note_branch(Decisions *decisions, const ImpRef *ref, GError **error)
{
    ImpDatabase *database = decisions->pass->database;
    const Node *tip = g_hash_table_lookup(decisions->nodes, ref->commit);
    if (!tip)
        return true;
    if (tip->clean && means_to_decide(decisions, tip))
        return imp_index_mark_seen(database, IMP_SEEN_TIP, ref->commit, error);
    return note_waiting_texts(decisions, ref->commit, error) &&
           imp_index_set_waiting(database, ref->commit,
                                 tip->clean ? (const char *const *)&ref->commit : tip->waits_for,
                                 tip->clean ? 1 : tip->waits_for_count, error);
}

/* Says of the attempts at a branch's end where they were found. */
static void name_branch(Decisions *decisions, const ImpRef *ref)
{
    Node *node = g_hash_table_lookup(decisions->nodes, ref->commit);
    while (node && node->commit->attempt && !node->commit->attempt->branch) {
        node->commit->attempt->branch = g_strdup(ref->name);
        const char *parent = node->commit->parents[0];
        node = parent ? g_hash_table_lookup(decisions->nodes, parent) : NULL;
    }
}

bool imp_decisions_add_branches(Decisions *decisions, GError **error)
{
    ImpPass *pass = decisions->pass;
    GPtrArray *looked_at = decisions->looked_at = g_ptr_array_new();
    ImpScan *scan = decisions->scan = imp_scan_new(pass->repository, is_merged, decisions);
    if ((pass->policy_changed && !imp_index_clear_waiting(pass->database, error)) ||
        !scan_branches(decisions, scan, looked_at, error))
        return false;
    pass->commits_read += imp_scan_count(scan);
    imp_new_commits_take(decisions->owned, scan, NULL);
    for (guint i = 0; i < decisions->owned->len; i++)
        imp_decisions_add(decisions, decisions->owned->pdata[i]);
    settle_all(decisions, decisions->owned);
    for (guint i = 0; i < decisions->owned->len; i++) {
        const ImpNewCommit *commit = decisions->owned->pdata[i];
        Node *node = g_hash_table_lookup(decisions->nodes, commit->id);
        bool qualifies =
            imp_decisions_qualifies(pass, commit) && !imp_decisions_is_from_before(decisions, node);
        node->is_attempt = node->clean && qualifies;
        if (!node->clean && qualifies && !imp_decisions_look_alone(decisions, node, error))
            return false;
    }
    for (guint i = 0; i < looked_at->len; i++)
        name_branch(decisions, looked_at->pdata[i]);
    for (guint i = 0; i < looked_at->len; i++)
        if (!note_branch(decisions, looked_at->pdata[i], error))
            return false;
    return true;
}

bool imp_decisions_is_from_before(const Decisions *decisions, const Node *node)
{
    return decisions->before && g_hash_table_contains(decisions->before, node->commit->id);
}
