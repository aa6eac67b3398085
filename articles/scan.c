#include "articles/scan.h"
#include "articles/attempt.h"
#include "articles/brought.h"
#include "articles/raw_tree.h"
#include "articles/trailers.h"
#include "workflow/base/limits.h"
#include "workflow/policy.h"

#include <string.h>

/* A breadth-first walk that stops at known commits. What is met gets an index and waits, as an id
 * alone; when its turn comes it is read and parsed, its parents are met, and some hundred bytes of
 * it are kept, however long it is. Trees are compared afterwards, when those of all parents are
 * known. */

struct ImpScan {
    ImpRepository *repository;
    bool (*is_known)(const char *id, gpointer data);
    gpointer data;
    GArray *commits;   /* of ImpScannedCommit */
    GArray *parents;   /* of guint: indexes of commits, one commit's after another's */
    GHashTable *met;   /* id -> index + 1; the keys are in `ids` */
    GPtrArray *blocks; /* of memory, for ids: they must not move */
    guint block_used;  /* ids in the last block */
    guint next;        /* the first that waits */
    GStringChunk *addresses;
    gint *compared; /* or NULL */
};

#define IDS_IN_A_BLOCK 1024

ImpScan *imp_scan_new(ImpRepository *repository, bool (*is_known)(const char *id, gpointer data),
                      gpointer data)
{
    ImpScan *scan = g_new0(ImpScan, 1);
    *scan = (ImpScan){.repository = repository,
                      .is_known = is_known,
                      .data = data,
                      .commits = g_array_new(FALSE, FALSE, sizeof(ImpScannedCommit)),
                      .parents = g_array_new(FALSE, FALSE, sizeof(guint)),
                      .met = g_hash_table_new(imp_git_id_hash, imp_git_id_equal),
                      .blocks = g_ptr_array_new_with_free_func(g_free),
                      .addresses = g_string_chunk_new(65536)};
    return scan;
}

void imp_scan_free(ImpScan *scan)
{
    if (!scan)
        return;
    for (guint i = 0; i < scan->commits->len; i++)
        imp_attempt_free(g_array_index(scan->commits, ImpScannedCommit, i).attempt);
    g_array_unref(scan->commits);
    g_array_unref(scan->parents);
    g_hash_table_unref(scan->met);
    g_ptr_array_unref(scan->blocks);
    g_string_chunk_free(scan->addresses);
    g_free(scan);
}

void imp_scan_count_into(ImpScan *scan, gint *compared)
{
    scan->compared = compared;
}

guint imp_scan_count(const ImpScan *scan)
{
    return scan->commits->len;
}

ImpScannedCommit *imp_scan_commit(ImpScan *scan, guint index)
{
    return &g_array_index(scan->commits, ImpScannedCommit, index);
}

guint imp_scan_parent(const ImpScan *scan, const ImpScannedCommit *commit, guint which)
{
    return g_array_index(scan->parents, guint, commit->parents + which);
}

bool imp_scan_find(const ImpScan *scan, const char *id, guint *index)
{
    git_oid oid;
    guint found = git_oid_fromstr(&oid, id) == 0
                      ? GPOINTER_TO_UINT(g_hash_table_lookup(scan->met, oid.id))
                      : 0;
    *index = found - 1;
    return found > 0;
}

char *imp_scan_id(const ImpScannedCommit *commit)
{
    char *hex = g_malloc(GIT_OID_HEXSZ + 1);
    git_oid oid;
    git_oid_fromraw(&oid, commit->id);
    return git_oid_tostr(hex, GIT_OID_HEXSZ + 1, &oid);
}

static gpointer keep_id(ImpScan *scan, const git_oid *id)
{
    if (scan->blocks->len == 0 || scan->block_used == IDS_IN_A_BLOCK) {
        g_ptr_array_add(scan->blocks, g_malloc(IDS_IN_A_BLOCK * IMP_ID_BYTES));
        scan->block_used = 0;
    }
    guint8 *kept =
        (guint8 *)scan->blocks->pdata[scan->blocks->len - 1] + scan->block_used++ * IMP_ID_BYTES;
    memcpy(kept, id->id, IMP_ID_BYTES);
    return kept;
}

/* An address that is longer than any that mail can be sent to is nobody's (RFC 5321, section
 * 4.5.3.1.3). */
static void add_address(GHashTable *told, GString *lines, const char *address)
{
    bool later = *address == IMP_LATER_CO_AUTHOR;
    g_autofree char *plain = imp_address_fold(later ? address + 1 : address);
    if (later && g_hash_table_contains(told, plain))
        return;
    char *folded =
        later ? g_strdup_printf("%c%s", IMP_LATER_CO_AUTHOR, plain) : g_steal_pointer(&plain);
    if (!*folded || strlen(folded) > IMP_ADDRESS_MAX_BYTES || strchr(folded, '\n') ||
        g_hash_table_size(told) >= IMP_ADDRESSES_MAX || g_hash_table_contains(told, folded)) {
        g_free(folded);
        return;
    }
    g_string_append_printf(lines, "%s%s", lines->len ? "\n" : "", folded);
    g_hash_table_add(told, folded);
}

static const char *addresses_of(ImpScan *scan, const ImpCommit *commit)
{
    g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GString) lines = g_string_new(NULL);
    add_address(told, lines, commit->author_email);
    g_auto(GStrv) others = imp_trailers_co_authors(commit->message, commit->message_length);
    for (char **other = others; *other && g_hash_table_size(told) < IMP_ADDRESSES_MAX; other++)
        add_address(told, lines, *other);
    return g_string_chunk_insert_const(scan->addresses, lines->str);
}

/* The index of a commit, which waits if it is new. */
static guint meet(ImpScan *scan, const git_oid *id)
{
    guint before = GPOINTER_TO_UINT(g_hash_table_lookup(scan->met, id->id));
    if (before)
        return before - 1;
    ImpScannedCommit met = {.is_cut = true, .addresses = ""};
    memcpy(met.id, id->id, IMP_ID_BYTES);
    g_array_append_val(scan->commits, met);
    g_hash_table_insert(scan->met, keep_id(scan, id), GUINT_TO_POINTER(scan->commits->len));
    return scan->commits->len - 1;
}

/* Of a merge of very many all are walked, but it is compared with, and waits for, the first. */
static void meet_parents(ImpScan *scan, guint index, char *const *parents)
{
    guint first = scan->parents->len;
    for (guint i = 0; parents[i]; i++) {
        git_oid id;
        git_oid_fromstr(&id, parents[i]);
        guint parent = meet(scan, &id);
        if (i < IMP_PARENTS_MAX)
            g_array_append_val(scan->parents, parent);
    }
    ImpScannedCommit *commit = imp_scan_commit(scan, index);
    commit->parents = first;
    commit->parent_count = scan->parents->len - first;
    commit->is_cut = false;
}

static bool visit(ImpScan *scan, guint index, GError **error)
{
    ImpScannedCommit *met = imp_scan_commit(scan, index);
    g_autofree char *hex = imp_scan_id(met);
    g_autoptr(GBytes) object = NULL;
    git_object_t type = GIT_OBJECT_ANY;
    git_oid id, tree;
    git_oid_fromraw(&id, met->id);
    met->is_known = scan->is_known(hex, scan->data);
    if (!imp_git_read(scan->repository, &id, &type, &object, error))
        return false;
    g_autoptr(ImpCommit) commit =
        object && type == GIT_OBJECT_COMMIT ? imp_commit_parse(object, NULL) : NULL;
    met->is_cut = false;
    if (!commit) {
        imp_git_skip(scan->repository, "commit", &id);
        return true;
    }
    met->is_readable = true;
    git_oid_fromstr(&tree, commit->tree);
    memcpy(met->tree, tree.id, IMP_ID_BYTES);
    if (met->is_known)
        return true;
    met->date_us = commit->committer_date_us;
    met->addresses = addresses_of(scan, commit);
    if (imp_trailers_has_review_line(commit->message, commit->message_length))
        met->attempt = imp_attempt_glance(hex, commit);
    meet_parents(scan, index, commit->parents);
    return true;
}

/* Now that the trees of the parents are known. */
static void complete(ImpScan *scan, guint from)
{
    for (guint i = from; i < scan->next; i++) {
        ImpScannedCommit *commit = imp_scan_commit(scan, i);
        const ImpScannedCommit *parent =
            commit->parent_count == 1 ? imp_scan_commit(scan, imp_scan_parent(scan, commit, 0))
                                      : NULL;
        if (commit->attempt)
            commit->attempt->keeps_tree = parent && parent->is_readable &&
                                          memcmp(parent->tree, commit->tree, IMP_ID_BYTES) == 0;
    }
}

bool imp_scan_add(ImpScan *scan, const char *tip, guint most, bool *whole, GError **error)
{
    git_oid id;
    if (git_oid_fromstr(&id, tip) < 0)
        return imp_git_fail(error, "%s: not a commit", tip);
    meet(scan, &id);
    guint from = scan->next, added = 0;
    *whole = true;
    while (scan->next < scan->commits->len && *whole) {
        if (!visit(scan, scan->next, error))
            return false;
        added += !imp_scan_commit(scan, scan->next++)->is_known;
        *whole = !most || added <= most;
    }
    complete(scan, from);
    scan->next = scan->commits->len;
    return true;
}

static guint parent_trees(ImpScan *scan, const ImpScannedCommit *commit, git_oid *trees)
{
    guint count = 0;
    for (guint i = 0; i < commit->parent_count; i++) {
        const ImpScannedCommit *parent = imp_scan_commit(scan, imp_scan_parent(scan, commit, i));
        if (parent->is_readable)
            git_oid_fromraw(&trees[count++], parent->tree);
    }
    return count;
}

typedef struct {
    GArray *brought;
    guint commit;
} Bringing;

static void add_brought(guint64 path, const unsigned char *id, gpointer data)
{
    const Bringing *bringing = data;
    ImpBrought brought = {imp_text_key_of_bytes(id), path, bringing->commit};
    g_array_append_val(bringing->brought, brought);
}

typedef struct {
    GArray *beyond;
    guint commit;
} Touching;

static void add_touched(guint64 folder, gpointer data)
{
    const Touching *touching = data;
    ImpBeyond beyond = {folder, touching->commit};
    g_array_append_val(touching->beyond, beyond);
}

static bool add_beyond(ImpScan *scan, guint index, GArray *beyond, GError **error)
{
    git_oid parents[IMP_PARENTS_MAX];
    const ImpScannedCommit *commit = imp_scan_commit(scan, index);
    ImpTreeBeside trees = {.parents = parents, .parent_count = parent_trees(scan, commit, parents)};
    Touching touching = {beyond, index};
    git_oid_fromraw(&trees.tree, commit->tree);
    return imp_tree_touched(scan->repository, &trees, add_touched, &touching, error);
}

/* Of those that brought more than a few since `from`, what they touched takes the place of what
 * they brought. */
static bool thin_out(ImpScan *scan, GArray *brought, guint from, GArray *beyond, GError **error)
{
    guint kept = from;
    for (guint i = from, end; i < brought->len; i = end) {
        guint commit = g_array_index(brought, ImpBrought, i).commit;
        for (end = i; end < brought->len; end++)
            if (g_array_index(brought, ImpBrought, end).commit != commit)
                break;
        if (end - i > IMP_COMMIT_FILES_FEW) {
            if (!add_beyond(scan, commit, beyond, error))
                return false;
            continue;
        }
        memmove(&g_array_index(brought, ImpBrought, kept), &g_array_index(brought, ImpBrought, i),
                (end - i) * sizeof(ImpBrought));
        kept += end - i;
    }
    g_array_set_size(brought, kept);
    return true;
}

/* The commits in an order in which a commit's first parent comes next: most of their trees are the
 * same, and so are read once. The caller frees. */
static guint *line_after_line(ImpScan *scan)
{
    guint count = scan->commits->len, placed = 0;
    guint *order = g_new(guint, count);
    g_autofree guint8 *is_placed = g_new0(guint8, count);
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < count; i++) {
        g_array_append_val(open, i);
        while (open->len > 0) {
            guint index = g_array_index(open, guint, open->len - 1);
            g_array_set_size(open, open->len - 1);
            if (is_placed[index])
                continue;
            is_placed[index] = 1;
            order[placed++] = index;
            const ImpScannedCommit *commit = imp_scan_commit(scan, index);
            for (guint which = commit->parent_count; which-- > 0;) {
                guint parent = imp_scan_parent(scan, commit, which);
                g_array_append_val(open, parent);
            }
        }
    }
    return order;
}

/* What it brought cannot be told: a text that its parent had would be its own. */
static bool has_cut_parent(ImpScan *scan, const ImpScannedCommit *commit)
{
    for (guint i = 0; i < commit->parent_count; i++)
        if (imp_scan_commit(scan, imp_scan_parent(scan, commit, i))->is_cut)
            return true;
    return false;
}

bool imp_scan_brought(ImpScan *scan, guint64 most, GArray *brought, GArray *beyond, GError **error)
{
    guint from = brought->len;
    bool thin = false;
    g_autofree guint *order = line_after_line(scan);
    for (guint at = 0; at < scan->commits->len; at++) {
        guint i = order[at];
        const ImpScannedCommit *commit = imp_scan_commit(scan, i);
        if (scan->compared)
            g_atomic_int_inc(scan->compared);
        if (commit->is_known || !commit->is_readable || commit->is_cut ||
            has_cut_parent(scan, commit))
            continue;
        git_oid parents[IMP_PARENTS_MAX];
        ImpTreeBeside trees = {.parents = parents,
                               .parent_count = parent_trees(scan, commit, parents)};
        guint before = brought->len;
        bool whole;
        Bringing bringing = {brought, i};
        git_oid_fromraw(&trees.tree, commit->tree);
        if (!imp_tree_brought(scan->repository, &trees,
                              thin ? IMP_COMMIT_FILES_FEW : IMP_COMMIT_FILES_MAX, add_brought,
                              &bringing, &whole, error))
            return false;
        if (!whole) {
            g_array_set_size(brought, before);
            if (!add_beyond(scan, i, beyond, error))
                return false;
        }
        if (!thin && brought->len - from > most) {
            thin = true;
            if (!thin_out(scan, brought, from, beyond, error))
                return false;
        }
    }
    return true;
}
