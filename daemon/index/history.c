#include "daemon/index/history.h"
#include "articles/repository_graph.h"
#include "daemon/index/index.h"

#include <string.h>

/* Rows of a commit carry the number of the tip under which they were found. As long as the branch
 * only grows, what is reachable from an earlier tip is what has its number or a lower one; so "not
 * reachable from the Source of the last approval" is a comparison. For a Source that is none of the
 * table's tips (the table was built anew since) git is asked.
 *
 * Reading git and writing the table are apart: a walk collects, and ends in rows. So the long walk
 * of an adoption can go on in a thread, which touches nothing but its own repository handle and its
 * own walk. */

typedef struct {
    guint commit;     /* index into the walk's commits */
    const char *path; /* interned in the walk */
    char blob[41];
} Brought;

typedef struct {
    gint64 date_us;
    char *emails; /* lines */
} Origin;

struct ImpHistoryWalk {
    ImpStore *store; /* NULL: nothing is known, everything is walked */
    ImpRepository *repository;
    char *tip, *adoption_tip;
    char *previous; /* the table's tip, NULL: it is empty, or is to begin anew */
    bool met_previous;
    gint64 sequence;
    GThread *thread;
    GAsyncQueue *scanned; /* the walk itself, once the thread has nothing more to do with it */
    GStringChunk *paths;
    GPtrArray *commits; /* of ImpNewCommit* */
    GArray *origins;    /* of Origin, beside commits */
    GArray *brought;    /* of Brought */
    GHashTable
        *since_adoption; /* ids that the adoption's tip does not reach; NULL: it reaches all */
    guint commits_read;
    GError *fault;
};

gint64 imp_history_adoption_date(ImpStore *store, ImpRepository *repository, const char *tip)
{
    gint64 date_us = imp_repository_commit_date(repository, tip);
    gint64 at_us = imp_index_get_moment(store, IMP_INDEX_ADOPTION_AT);
    return at_us ? MIN(date_us, at_us) : date_us;
}

void imp_new_commit_free(ImpNewCommit *commit)
{
    if (!commit)
        return;
    g_free(commit->id);
    g_strfreev(commit->parents);
    imp_attempt_free(commit->attempt);
    g_free(commit);
}

static void origin_clear(gpointer data)
{
    g_free(((Origin *)data)->emails);
}

void imp_history_walk_free(ImpHistoryWalk *walk)
{
    if (!walk)
        return;
    if (walk->thread)
        g_thread_join(walk->thread);
    g_async_queue_unref(walk->scanned);
    g_free(walk->tip);
    g_free(walk->adoption_tip);
    g_free(walk->previous);
    g_string_chunk_free(walk->paths);
    g_clear_pointer(&walk->commits, g_ptr_array_unref);
    g_array_unref(walk->origins);
    g_array_unref(walk->brought);
    g_clear_pointer(&walk->since_adoption, g_hash_table_unref);
    g_clear_error(&walk->fault);
    g_free(walk);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpHistoryWalk, imp_history_walk_free)

static void walk_clear(ImpHistoryWalk *walk)
{
    g_ptr_array_set_size(walk->commits, 0);
    g_array_set_size(walk->origins, 0);
    g_array_set_size(walk->brought, 0);
    walk->store = NULL;
    g_clear_pointer(&walk->previous, g_free);
}

bool imp_history_has(ImpStore *store, const char *commit)
{
    sqlite3_stmt *query =
        imp_store_query(store, NULL, "SELECT 1 FROM history_commit WHERE id = ?", "x", commit);
    bool has = query && imp_store_next(store, query, NULL);
    if (query)
        imp_store_done(query);
    return has;
}

static bool is_known(const char *id, gpointer data)
{
    ImpHistoryWalk *walk = data;
    walk->met_previous = walk->met_previous || g_strcmp0(id, walk->previous) == 0;
    return walk->store && imp_history_has(walk->store, id);
}

static bool take(ImpScannedCommit *commit, gpointer data, GError **error)
{
    (void)error;
    ImpHistoryWalk *walk = data;
    ImpNewCommit *found = g_new0(ImpNewCommit, 1);
    found->id = g_strdup(commit->id);
    found->parents = g_strdupv((char **)commit->parents);
    found->attempt = g_steal_pointer(&commit->attempt);
    g_ptr_array_add(walk->commits, found);
    Origin origin = {.date_us = commit->date_us, .emails = g_strjoinv("\n", commit->emails)};
    g_array_append_val(walk->origins, origin);
    return true;
}

static void note_brought(const char *path, const char *blob, gpointer data)
{
    ImpHistoryWalk *walk = data;
    Brought brought = {.commit = walk->commits->len - 1,
                       .path = g_string_chunk_insert_const(walk->paths, path)};
    g_strlcpy(brought.blob, blob, sizeof brought.blob);
    g_array_append_val(walk->brought, brought);
}

static void scan(ImpHistoryWalk *walk, ImpRepository *repository)
{
    const ImpScanVisitor visitor = {is_known, take, note_brought, walk};
    if (imp_scan(repository, walk->tip, &visitor, 0, &walk->commits_read, &walk->fault) &&
        !walk->previous && strcmp(walk->tip, walk->adoption_tip) != 0)
        walk->since_adoption = imp_repository_commits_between(
            repository, walk->tip, (const char *const[]){walk->adoption_tip, NULL}, &walk->fault);
}

static gpointer scan_all(gpointer data)
{
    ImpHistoryWalk *walk = data;
    g_autoptr(ImpRepository) own =
        imp_repository_open(imp_repository_git_directory(walk->repository), &walk->fault);
    if (own)
        scan(walk, own);
    /* What libgit2 has gathered of a whole history takes a while to be freed: the table is written
     * meanwhile. */
    g_async_queue_push(walk->scanned, walk);
    return NULL;
}

static char *last_tip(ImpStore *store, gint64 *sequence)
{
    *sequence = 0;
    sqlite3_stmt *query = imp_store_query(
        store, NULL, "SELECT sequence, id FROM history_tip ORDER BY sequence DESC LIMIT 1", "");
    if (!query || !imp_store_next(store, query, NULL))
        return NULL;
    *sequence = sqlite3_column_int64(query, 0);
    char *id = imp_store_hex(query, 1);
    imp_store_done(query);
    return id;
}

ImpHistoryWalk *imp_history_begin(ImpStore *store, ImpRepository *repository, const char *tip,
                                  const char *adoption_tip, GError **error)
{
    g_autoptr(ImpHistoryWalk) walk = g_new0(ImpHistoryWalk, 1);
    walk->store = store;
    walk->repository = repository;
    walk->tip = g_strdup(tip);
    walk->adoption_tip = g_strdup(adoption_tip);
    walk->scanned = g_async_queue_new();
    walk->paths = g_string_chunk_new(65536);
    walk->commits = g_ptr_array_new_with_free_func((GDestroyNotify)imp_new_commit_free);
    walk->origins = g_array_new(FALSE, FALSE, sizeof(Origin));
    g_array_set_clear_func(walk->origins, origin_clear);
    walk->brought = g_array_new(FALSE, FALSE, sizeof(Brought));
    walk->previous = last_tip(store, &walk->sequence);
    if (g_strcmp0(walk->previous, tip) == 0)
        return g_steal_pointer(&walk);
    /* A tip that is known but is not the last one was forced back. */
    if (walk->previous && !imp_history_has(store, tip)) {
        scan(walk, repository);
        if (walk->fault) {
            g_propagate_error(error, g_steal_pointer(&walk->fault));
            return NULL;
        }
        if (walk->met_previous)
            return g_steal_pointer(&walk);
    }
    walk_clear(walk);
    walk->thread = g_thread_new("history", scan_all, walk);
    return g_steal_pointer(&walk);
}

/* The number of a path, which is given one if it is new. */
static bool number_of(ImpStore *store, GHashTable *known, const char *path, gint64 *number,
                      GError **error)
{
    gpointer value;
    if (g_hash_table_lookup_extended(known, path, NULL, &value)) {
        *number = *(gint64 *)value;
        return true;
    }
    sqlite3 *handle = imp_store_handle(store);
    if (!imp_store_run(store, error, "INSERT OR IGNORE INTO history_path(path) VALUES(?)", "t",
                       path))
        return false;
    if (sqlite3_changes(handle) > 0) {
        *number = sqlite3_last_insert_rowid(handle);
    } else {
        sqlite3_stmt *query = imp_store_query(
            store, error, "SELECT number FROM history_path WHERE path = ?", "t", path);
        if (!query || !imp_store_next(store, query, error))
            return false;
        *number = sqlite3_column_int64(query, 0);
        imp_store_done(query);
    }
    g_hash_table_insert(known, (gpointer)path, g_memdup2(number, sizeof *number));
    return true;
}

static int by_blob(gconstpointer a, gconstpointer b)
{
    return strcmp(((const Brought *)a)->blob, ((const Brought *)b)->blob);
}

static int by_id(gconstpointer a, gconstpointer b, gpointer data)
{
    const GPtrArray *commits = data;
    return strcmp(((const ImpNewCommit *)commits->pdata[*(const guint *)a])->id,
                  ((const ImpNewCommit *)commits->pdata[*(const guint *)b])->id);
}

/* Rows go in ordered by their keys, which fills pages one after another. */
static bool write_commits(const ImpHistoryWalk *walk, ImpStore *store, gint64 *numbers,
                          GError **error)
{
    bool adopting = strcmp(walk->tip, walk->adoption_tip) == 0;
    g_autofree guint *order = g_new(guint, walk->commits->len);
    for (guint i = 0; i < walk->commits->len; i++)
        order[i] = i;
    g_qsort_with_data(order, (gint)walk->commits->len, sizeof *order, by_id, walk->commits);
    for (guint at = 0; at < walk->commits->len; at++) {
        guint i = order[at];
        const ImpNewCommit *commit = walk->commits->pdata[i];
        const Origin *origin = &g_array_index(walk->origins, Origin, i);
        bool adopted = adopting || (walk->since_adoption &&
                                    !g_hash_table_contains(walk->since_adoption, commit->id));
        if (!imp_store_run(
                store, error,
                "INSERT INTO history_commit(id, sequence, adopted, date, emails) VALUES(?,?,?,?,?)",
                "xiiit", commit->id, walk->sequence + 1, (gint64)adopted, origin->date_us,
                origin->emails))
            return false;
        numbers[i] = sqlite3_last_insert_rowid(imp_store_handle(store));
    }
    return true;
}

static bool write_brought(const ImpHistoryWalk *walk, ImpStore *store, const gint64 *numbers,
                          GError **error)
{
    g_autoptr(GHashTable) known =
        g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    g_array_sort(walk->brought, by_blob);
    for (guint i = 0; i < walk->brought->len; i++) {
        const Brought *brought = &g_array_index(walk->brought, Brought, i);
        gint64 path;
        if (!number_of(store, known, brought->path, &path, error) ||
            !imp_store_run(store, error, "INSERT INTO history_file VALUES(?,?,?)", "iix",
                           numbers[brought->commit], path, brought->blob))
            return false;
    }
    return true;
}

#define EMPTY_TABLES                                                                               \
    "DELETE FROM history_commit; DELETE FROM history_file; DELETE FROM history_tip; DELETE FROM "  \
    "history_path;"                                                                                \
    "DROP INDEX IF EXISTS history_file_path;"

GPtrArray *imp_history_end(ImpHistoryWalk *begun, ImpStore *store, guint *commits_read,
                           GError **error)
{
    g_autoptr(ImpHistoryWalk) walk = begun;
    if (walk->thread)
        g_async_queue_pop(walk->scanned);
    *commits_read += walk->commits_read;
    if (walk->fault) {
        g_propagate_error(error, g_steal_pointer(&walk->fault));
        return NULL;
    }
    if (walk->commits->len == 0)
        return g_steal_pointer(&walk->commits);
    g_autofree gint64 *numbers = g_new(gint64, walk->commits->len);
    if ((!walk->previous && !imp_store_script(store, EMPTY_TABLES, error)) ||
        !write_commits(walk, store, numbers, error) ||
        !write_brought(walk, store, numbers, error) ||
        !imp_store_run(store, error, "INSERT INTO history_tip VALUES(?,?)", "ix",
                       walk->sequence + 1, walk->tip) ||
        (!walk->previous && !imp_store_script(store, IMP_INDEX_HISTORY_INDEXES, error)))
        return NULL;
    return g_steal_pointer(&walk->commits);
}

/* The number up to which rows are reachable from `source`; -1 where the table cannot tell. */
static gint64 sequence_of(ImpStore *store, const char *source)
{
    sqlite3_stmt *query =
        imp_store_query(store, NULL, "SELECT sequence FROM history_tip WHERE id = ?", "x", source);
    if (!query || !imp_store_next(store, query, NULL))
        return -1;
    gint64 sequence = sqlite3_column_int64(query, 0);
    imp_store_done(query);
    return sequence;
}

static void add_emails(GHashTable *contributors, sqlite3_stmt *row, int column)
{
    g_auto(GStrv) emails = g_strsplit((const char *)sqlite3_column_text(row, column), "\n", -1);
    for (char **email = emails; *email; email++)
        if (**email)
            g_hash_table_add(contributors, g_strdup(*email));
}

#define SELECT_COMMITS                                                                             \
    "SELECT c.emails, c.sequence, c.id FROM history_file f JOIN history_commit c ON c.number = "   \
    "f.number WHERE "

static bool add_changers(ImpStore *store, ImpRepository *repository, const ImpArticle *article,
                         gint64 adopted_since_us, GHashTable *contributors, GError **error)
{
    const char *settled = imp_article_settled_source(article);
    gint64 settled_sequence = settled ? sequence_of(store, settled) : 0;
    g_autoptr(GHashTable) unsettled = NULL;
    gint64 sequence;
    if (settled_sequence < 0) {
        g_autofree char *tip = last_tip(store, &sequence);
        unsettled = imp_repository_commits_between(repository, tip,
                                                   (const char *const[]){settled, NULL}, error);
        if (!unsettled)
            return false;
    }
    GError *fault = NULL;
    sqlite3_stmt *row =
        imp_store_query(store, &fault,
                        SELECT_COMMITS "f.path = (SELECT number FROM history_path WHERE path = ?) "
                                       "AND (NOT c.adopted OR c.date >= ?)",
                        "ti", article->path, adopted_since_us);
    while (row && imp_store_next(store, row, &fault)) {
        g_autofree char *id = imp_store_hex(row, 2);
        if (unsettled ? g_hash_table_contains(unsettled, id)
                      : sqlite3_column_int64(row, 1) > settled_sequence)
            add_emails(contributors, row, 0);
    }
    if (fault)
        g_propagate_error(error, fault);
    return !fault;
}

GHashTable *imp_history_contributors(ImpStore *store, ImpRepository *repository,
                                     const ImpArticle *article, gint64 adopted_since_us,
                                     GError **error)
{
    g_autoptr(GHashTable) contributors =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GError *fault = NULL;
    sqlite3_stmt *row = imp_store_query(
        store, &fault, SELECT_COMMITS "f.blob = ? AND (NOT c.adopted OR c.date >= ?)", "xi",
        article->version, adopted_since_us);
    while (row && imp_store_next(store, row, &fault))
        add_emails(contributors, row, 0);
    if (fault ||
        !add_changers(store, repository, article, adopted_since_us, contributors, &fault)) {
        g_propagate_error(error, fault);
        return NULL;
    }
    return g_steal_pointer(&contributors);
}

gint64 imp_history_brought(ImpStore *store, const char *path, const char *version)
{
    sqlite3_stmt *row = imp_store_query(
        store, NULL,
        "SELECT coalesce(max(c.date), 0) FROM history_file f JOIN history_commit c ON c.number = "
        "f.number WHERE f.path = (SELECT number FROM history_path WHERE path = ?) AND f.blob = ?",
        "tx", path, version);
    if (!row || !imp_store_next(store, row, NULL))
        return 0;
    gint64 date_us = sqlite3_column_int64(row, 0);
    imp_store_done(row);
    return date_us;
}
