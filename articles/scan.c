#include "articles/scan.h"
#include "articles/attempt.h"
#include "articles/raw_tree.h"
#include "articles/trailers.h"
#include "workflow/base/limits.h"
#include "workflow/policy.h"

#include <string.h>

/* A breadth-first walk that stops at known commits. A commit is parsed when it is met first, be it
 * as a parent whose tree is wanted for comparing or as the next to visit; after that only its
 * tree's id is kept, so that memory grows by 40 bytes a commit. One with a message that is larger
 * than a decision's waits for its visit unread: many may wait. */

typedef struct {
    git_oid commit;
    git_oid tree;
    bool is_readable;
} Met;

typedef struct {
    char *id;
    GBytes *object; /* NULL, with the commit: to be read again */
    ImpCommit *commit;
} Pending;

typedef struct {
    ImpRepository *repository;
    const ImpScanVisitor *visitor;
    GHashTable *met; /* of Met, by commit */
    GQueue queue;    /* of Pending */
    guint *commits_read;
} Scan;

static guint oid_hash(gconstpointer key)
{
    guint hash;
    memcpy(&hash, ((const git_oid *)key)->id, sizeof hash);
    return hash;
}

static gboolean oid_equal(gconstpointer a, gconstpointer b)
{
    return git_oid_equal(a, b);
}

static void pending_free(gpointer data)
{
    Pending *pending = data;
    if (!pending)
        return;
    g_free(pending->id);
    g_clear_pointer(&pending->object, g_bytes_unref);
    imp_commit_free(pending->commit);
    g_free(pending);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pending, pending_free)

/* One that cannot be read stays without a commit. */
static bool read_commit(Scan *scan, Pending *pending, GError **error)
{
    git_oid oid;
    git_object_t type = GIT_OBJECT_ANY;
    if (git_oid_fromstr(&oid, pending->id) < 0)
        return imp_git_fail(error, "%s: not a commit", pending->id);
    if (!imp_git_read(scan->repository, &oid, &type, &pending->object, error))
        return false;
    pending->commit = pending->object && type == GIT_OBJECT_COMMIT
                          ? imp_commit_parse(pending->object, NULL)
                          : NULL;
    if (!pending->commit)
        imp_git_skip(scan->repository, "commit", &oid);
    return true;
}

/* Meets a commit: notes its tree, and puts it into the queue unless it is known. */
static const Met *meet(Scan *scan, const char *id, GError **error)
{
    git_oid oid;
    if (git_oid_fromstr(&oid, id) < 0) {
        imp_git_fail(error, "%s: not a commit", id);
        return NULL;
    }
    const Met *before = g_hash_table_lookup(scan->met, &oid);
    if (before)
        return before;
    g_autoptr(Pending) pending = g_new0(Pending, 1);
    pending->id = g_strdup(id);
    if (!read_commit(scan, pending, error))
        return NULL;
    ++*scan->commits_read;
    Met *met = g_new0(Met, 1);
    met->commit = oid;
    met->is_readable = pending->commit != NULL;
    if (met->is_readable)
        git_oid_fromstr(&met->tree, pending->commit->tree);
    g_hash_table_insert(scan->met, &met->commit, met);
    if (pending->commit && imp_commit_size(pending->commit) > IMP_DECISION_MAX_BYTES) {
        g_clear_pointer(&pending->commit, imp_commit_free);
        g_clear_pointer(&pending->object, g_bytes_unref);
    }
    if (met->is_readable && !scan->visitor->is_known(id, scan->visitor->data))
        g_queue_push_tail(&scan->queue, g_steal_pointer(&pending));
    return met;
}

static char **emails_of(const ImpCommit *commit)
{
    g_autoptr(GStrvBuilder) emails = g_strv_builder_new();
    g_autofree char *author = imp_address_fold(commit->author_email);
    g_strv_builder_add(emails, author);
    g_auto(GStrv) others = imp_trailers_co_authors(commit->message, commit->message_length);
    for (char **other = others; *other; other++) {
        g_autofree char *folded = imp_address_fold(*other);
        g_strv_builder_add(emails, folded);
    }
    return g_strv_builder_end(emails);
}

static void give_brought(const char *path, const unsigned char *id, gpointer data)
{
    const ImpScanVisitor *visitor = data;
    git_oid oid;
    git_oid_fromraw(&oid, id);
    visitor->brought(path, git_oid_tostr_s(&oid), visitor->data);
}

static bool visit(Scan *scan, Pending *pending, GError **error)
{
    const ImpScanVisitor *visitor = scan->visitor;
    if (!pending->commit && !read_commit(scan, pending, error))
        return false;
    const ImpCommit *commit = pending->commit;
    if (!commit)
        return true; /* gone since it was met */
    git_oid tree;
    git_oid_fromstr(&tree, commit->tree);
    g_autoptr(GArray) parent_trees = g_array_new(FALSE, FALSE, sizeof(git_oid));
    bool keeps_tree = false;
    for (char **parent = commit->parents; *parent; parent++) {
        const Met *met = meet(scan, *parent, error);
        if (!met)
            return false;
        keeps_tree = met->is_readable && parent == commit->parents && !parent[1] &&
                     git_oid_equal(&met->tree, &tree);
        if (met->is_readable)
            g_array_append_val(parent_trees, met->tree);
    }
    g_auto(GStrv) emails = emails_of(commit);
    g_autoptr(ImpAttempt) attempt = NULL;
    if (imp_trailers_has_review_line(commit->message, commit->message_length)) {
        attempt = imp_attempt_new(pending->id, commit, pending->object, keeps_tree);
    }
    ImpScannedCommit scanned = {.id = pending->id,
                                .tree = commit->tree,
                                .parents = commit->parents,
                                .date_us = commit->committer_date_us,
                                .emails = emails,
                                .attempt = attempt};
    bool fine = visitor->take(&scanned, visitor->data, error);
    attempt = scanned.attempt;
    return fine &&
           (!visitor->brought ||
            imp_tree_brought(scan->repository, &tree, (const git_oid *)(void *)parent_trees->data,
                             parent_trees->len, give_brought, (gpointer)visitor, error));
}

bool imp_scan(ImpRepository *repository, const char *tip, const ImpScanVisitor *visitor, guint most,
              guint *commits_read, GError **error)
{
    g_autoptr(GHashTable) met = g_hash_table_new_full(oid_hash, oid_equal, NULL, g_free);
    Scan scan = {
        .repository = repository, .visitor = visitor, .met = met, .commits_read = commits_read};
    g_queue_init(&scan.queue);
    if (visitor->is_known(tip, visitor->data))
        return true;
    bool fine = meet(&scan, tip, error) != NULL;
    guint visited = 0;
    while (fine && !g_queue_is_empty(&scan.queue)) {
        g_autoptr(Pending) pending = g_queue_pop_head(&scan.queue);
        if (most && ++visited > most) {
            g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED,
                        "%.12s has more than %u commits that the watched branch has not", tip,
                        most);
            fine = false;
        } else {
            fine = visit(&scan, pending, error);
        }
    }
    g_queue_clear_full(&scan.queue, pending_free);
    return fine;
}
