#include "daemon/index/history.h"
#include "articles/repository_graph.h"
#include "articles/trailers.h"
#include "articles/work.h"
#include "daemon/index/index.h"
#include "workflow/base/limits.h"

#include <string.h>

/* Rows of a commit carry the number of the tip under which they were found. As long as the branch
 * only grows, what is reachable from an earlier tip is what has its number or a lower one; so "not
 * reachable from the Source of the last approval" is a comparison. For a Source that is not one of
 * the table's tips (the table has been built again since) git is asked.
 *
 * A row of a file has keys of its path and its text alone (articles/text_key.h), so that it is as
 * small for a path of 4,000 bytes. Of commits that brought too much there are rows of folders
 * instead, which stand for every file and every text in there.
 *
 * Reading git and writing the table are apart: a walk collects, and ends in rows. So the long walk
 * of an adoption can go on in a thread, which touches nothing but its own repository handle and its
 * own walk. */

#define TELL_EVERY_US (G_USEC_PER_SEC / 10)

struct ImpHistoryWalk {
    ImpDatabase *database; /* NULL: nothing is known, everything is walked */
    ImpRepository *repository;
    char *tip, *adoption_tip;
    char *previous; /* the table's tip, NULL: it is empty, or is to begin again */
    bool met_previous;
    gint64 sequence;
    GThread *thread;
    GAsyncQueue *scanned; /* the walk itself, once the thread has nothing more to do with it */
    ImpScan *scan;        /* NULL: nothing is new */
    GArray *brought;      /* of ImpBrought */
    GArray *beyond;       /* of ImpBeyond */
    GPtrArray *skipped;   /* of texts: what the thread could not read */
    gint read, compared;  /* commits so far, atomic: the thread counts, others may look */
    GError *fault;
};

gint64 imp_history_adoption_date(ImpDatabase *database, ImpRepository *repository, const char *tip)
{
    gint64 date_us = imp_repository_commit_date(repository, tip);
    gint64 at_us = imp_index_get_moment(database, IMP_INDEX_ADOPTION_AT);
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
    imp_scan_free(walk->scan);
    g_array_unref(walk->brought);
    g_array_unref(walk->beyond);
    g_clear_pointer(&walk->skipped, g_ptr_array_unref);
    g_clear_error(&walk->fault);
    g_free(walk);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpHistoryWalk, imp_history_walk_free)

static void walk_clear(ImpHistoryWalk *walk)
{
    g_clear_pointer(&walk->scan, imp_scan_free);
    walk->read = walk->compared = 0;
    g_array_set_size(walk->brought, 0);
    g_array_set_size(walk->beyond, 0);
    walk->database = NULL;
    g_clear_pointer(&walk->previous, g_free);
}

bool imp_history_has(ImpDatabase *database, const char *commit)
{
    return imp_database_number(database, 0, "SELECT 1 FROM history_commit WHERE id = ?", "x",
                               commit) != 0;
}

static bool is_known(const char *id, gpointer data)
{
    ImpHistoryWalk *walk = data;
    g_atomic_int_inc(&walk->read);
    walk->met_previous = walk->met_previous || g_strcmp0(id, walk->previous) == 0;
    return walk->database && imp_history_has(walk->database, id);
}

/* A whole history is what somebody adopts; what comes after is what anybody pushes. */
static bool scan_texts(ImpHistoryWalk *walk)
{
    guint64 count = imp_scan_count(walk->scan);
    guint64 most = walk->previous ? IMP_PASS_FILES_MAX + IMP_PASS_FILES_PER_COMMIT * count
                                  : IMP_HISTORY_FILES_MAX + IMP_HISTORY_FILES_PER_COMMIT * count;
    return imp_scan_brought(walk->scan, most, walk->brought, walk->beyond, &walk->fault);
}

static bool scan_commits(ImpHistoryWalk *walk, ImpRepository *repository)
{
    bool whole;
    walk->scan = imp_scan_new(repository, is_known, walk);
    imp_scan_count_into(walk->scan, &walk->compared);
    return imp_scan_add(walk->scan, walk->tip, 0, &whole, &walk->fault);
}

static void scan_alone(ImpHistoryWalk *walk)
{
    g_autoptr(ImpRepository) own =
        imp_repository_open(imp_repository_git_directory(walk->repository), &walk->fault);
    if (own)
        imp_repository_share_work(own, walk->repository);
    if (own && scan_commits(walk, own) && scan_texts(walk))
        walk->skipped = imp_repository_skipped(own);
}

static gpointer scan_all(gpointer data)
{
    ImpHistoryWalk *walk = data;
    scan_alone(walk);
    g_async_queue_push(walk->scanned, walk);
    return NULL;
}

static char *last_tip(ImpDatabase *database, gint64 *sequence)
{
    *sequence = 0;
    ImpRows *rows = imp_database_query(
        database, "SELECT sequence, id FROM history_tip ORDER BY sequence DESC LIMIT 1", "");
    char *id = NULL;
    if (imp_rows_next(rows)) {
        *sequence = imp_rows_number(rows, 0);
        id = imp_rows_hex(rows, 1);
    }
    imp_rows_end(rows, NULL);
    return id;
}

static ImpHistoryWalk *walk_new(ImpDatabase *database, ImpRepository *repository, const char *tip,
                                const char *adoption_tip)
{
    ImpHistoryWalk *walk = g_new0(ImpHistoryWalk, 1);
    walk->database = database;
    walk->repository = repository;
    walk->tip = g_strdup(tip);
    walk->adoption_tip = g_strdup(adoption_tip);
    walk->scanned = g_async_queue_new();
    walk->brought = g_array_new(FALSE, FALSE, sizeof(ImpBrought));
    walk->beyond = g_array_new(FALSE, FALSE, sizeof(ImpBeyond));
    walk->previous = last_tip(database, &walk->sequence);
    return walk;
}

ImpHistoryWalk *imp_history_begin_beside(ImpDatabase *database, ImpRepository *repository,
                                         const char *tip, const char *adoption_tip, GError **error)
{
    g_autoptr(ImpHistoryWalk) walk = walk_new(database, repository, tip, adoption_tip);
    if (scan_commits(walk, repository) && scan_texts(walk))
        return g_steal_pointer(&walk);
    g_propagate_error(error, g_steal_pointer(&walk->fault));
    return NULL;
}

ImpHistoryWalk *imp_history_begin(ImpDatabase *database, ImpRepository *repository, const char *tip,
                                  const char *adoption_tip, GError **error)
{
    g_autoptr(ImpHistoryWalk) walk = walk_new(database, repository, tip, adoption_tip);
    if (g_strcmp0(walk->previous, tip) == 0)
        return g_steal_pointer(&walk);
    /* A tip that is known but is not the last one was forced back. */
    if (walk->previous && !imp_history_has(database, tip)) {
        if (!scan_commits(walk, repository) || (walk->met_previous && !scan_texts(walk))) {
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

typedef struct {
    ImpHistoryWalk *walk;
    guint8 *reached;
    GArray *open; /* of guint */
} Marking;

static bool is_scanned(const char *id, gpointer data)
{
    Marking *marking = data;
    guint index;
    if (!imp_scan_find(marking->walk->scan, id, &index))
        return is_known(id, marking->walk);
    g_array_append_val(marking->open, index);
    return true;
}

/* Marks all of the scan that the commit reaches; on the way there it may go through others. */
static bool mark_reached(ImpHistoryWalk *walk, const char *tip, guint8 *reached, GError **error)
{
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint));
    Marking marking = {walk, reached, open};
    if (!tip || !imp_repository_has_object(walk->repository, tip))
        return true;
    g_autoptr(GHashTable) elsewhere =
        imp_repository_commits_until(walk->repository, tip, is_scanned, &marking, error);
    while (elsewhere && open->len > 0) {
        guint index = g_array_index(open, guint, open->len - 1);
        g_array_set_size(open, open->len - 1);
        if (reached[index])
            continue;
        reached[index] = 1;
        const ImpScannedCommit *commit = imp_scan_commit(walk->scan, index);
        for (guint i = 0; i < commit->parent_count; i++) {
            guint parent = imp_scan_parent(walk->scan, commit, i);
            g_array_append_val(open, parent);
        }
    }
    return elsewhere != NULL;
}

static int by_id(gconstpointer a, gconstpointer b, gpointer data)
{
    ImpScan *scan = data;
    return memcmp(imp_scan_commit(scan, *(const guint *)a)->id,
                  imp_scan_commit(scan, *(const guint *)b)->id, IMP_ID_BYTES);
}

/* The number of an author's or authors' addresses; of one that was given a number before, that. */
static bool number_of(ImpDatabase *database, GHashTable *known, const char *addresses,
                      gint64 *number, GError **error)
{
    gpointer value;
    if (g_hash_table_lookup_extended(known, addresses, NULL, &value)) {
        *number = *(gint64 *)value;
        return true;
    }
    if (!imp_database_run(database, error, "INSERT OR IGNORE INTO history_people(emails) VALUES(?)",
                          "t", addresses))
        return false;
    ImpRows *rows = imp_database_query(
        database, "SELECT number FROM history_people WHERE emails = ?", "t", addresses);
    bool found = imp_rows_next(rows);
    if (found)
        *number = imp_rows_number(rows, 0);
    if (!imp_rows_end(rows, error) || !found)
        return false;
    g_hash_table_insert(known, g_strdup(addresses), g_memdup2(number, sizeof *number));
    return true;
}

/* Whether the commits name so many people that the authors alone are written down. */
static bool has_too_many_people(ImpScan *scan)
{
    guint64 bytes = 0, most = IMP_PASS_ADDRESSES_BYTES;
    for (guint i = 0; i < imp_scan_count(scan); i++) {
        bytes += strlen(imp_scan_commit(scan, i)->addresses);
        most += IMP_PASS_ADDRESSES_PER_COMMIT;
    }
    return bytes > most;
}

/* Rows go in ordered by their keys, which fills pages one after another. */
static bool write_commits(ImpHistoryWalk *walk, ImpDatabase *database, const guint8 *adopted,
                          gint64 *numbers, GError **error)
{
    guint count = imp_scan_count(walk->scan);
    bool authors_alone = has_too_many_people(walk->scan);
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree guint *order = g_new(guint, count);
    for (guint i = 0; i < count; i++)
        order[i] = i;
    g_qsort_with_data(order, (gint)count, sizeof *order, by_id, walk->scan);
    for (guint at = 0; at < count; at++) {
        const ImpScannedCommit *commit = imp_scan_commit(walk->scan, order[at]);
        if (!imp_repository_goes_on(walk->repository, error))
            return false;
        if (commit->is_known)
            continue;
        imp_repository_tell(walk->repository, "writing commits", at + 1, count);
        const char *addresses = commit->addresses;
        g_autofree char *id = imp_scan_id(commit);
        g_autofree char *author =
            authors_alone ? g_strndup(addresses, strcspn(addresses, "\n")) : NULL;
        gint64 people;
        if (!number_of(database, known, author ? author : addresses, &people, error) ||
            !imp_database_run(
                database, error,
                "INSERT INTO history_commit(id, sequence, adopted, date, people) VALUES(?,?,?,?,?)",
                "xiiii", id, walk->sequence + 1, (gint64)adopted[order[at]], commit->date_us,
                people))
            return false;
        numbers[order[at]] = imp_database_last_row(database);
    }
    return true;
}

static int by_text(gconstpointer a, gconstpointer b)
{
    const ImpBrought *one = a, *other = b;
    if (one->text != other->text)
        return (gint64)one->text < (gint64)other->text ? -1 : 1;
    if (one->path != other->path)
        return (gint64)one->path < (gint64)other->path ? -1 : 1;
    return 0;
}

static bool write_brought(const ImpHistoryWalk *walk, ImpDatabase *database, const gint64 *numbers,
                          GError **error)
{
    g_array_sort(walk->brought, by_text);
    for (guint i = 0; i < walk->brought->len; i++) {
        const ImpBrought *brought = &g_array_index(walk->brought, ImpBrought, i);
        if (!imp_repository_goes_on(walk->repository, error))
            return false;
        imp_repository_tell(walk->repository, "writing changes", i + 1, walk->brought->len);
        if (!imp_database_run(database, error, "INSERT OR IGNORE INTO history_file VALUES(?,?,?)",
                              "iii", (gint64)brought->text, (gint64)brought->path,
                              numbers[brought->commit]))
            return false;
    }
    for (guint i = 0; i < walk->beyond->len; i++) {
        const ImpBeyond *beyond = &g_array_index(walk->beyond, ImpBeyond, i);
        if (!imp_database_run(database, error, "INSERT OR IGNORE INTO history_beyond VALUES(?,?)",
                              "ii", (gint64)beyond->folder, numbers[beyond->commit]))
            return false;
    }
    return true;
}

#define EMPTY_TABLES                                                                               \
    "DELETE FROM history_commit; DELETE FROM history_file; DELETE FROM history_beyond;"            \
    "DELETE FROM history_tip; DELETE FROM history_people;"                                         \
    "DROP INDEX IF EXISTS history_file_path;"

static bool write_tables(ImpHistoryWalk *walk, ImpDatabase *database, const guint8 *adopted,
                         GError **error)
{
    g_autofree gint64 *numbers = g_new0(gint64, imp_scan_count(walk->scan));
    return (walk->previous || imp_database_script(database, EMPTY_TABLES, error)) &&
           write_commits(walk, database, adopted, numbers, error) &&
           write_brought(walk, database, numbers, error) &&
           imp_database_run(database, error, "INSERT INTO history_tip VALUES(?,?)", "ix",
                            walk->sequence + 1, walk->tip) &&
           (walk->previous || imp_database_script(database, IMP_INDEX_HISTORY_INDEXES, error));
}

static ImpNewCommit *new_commit(ImpScan *scan, ImpScannedCommit *scanned)
{
    ImpNewCommit *commit = g_new0(ImpNewCommit, 1);
    commit->id = imp_scan_id(scanned);
    commit->parents = g_new0(char *, scanned->parent_count + 1);
    for (guint i = 0; i < scanned->parent_count; i++)
        commit->parents[i] = imp_scan_id(imp_scan_commit(scan, imp_scan_parent(scan, scanned, i)));
    commit->attempt = g_steal_pointer(&scanned->attempt);
    return commit;
}

void imp_new_commits_take(GPtrArray *commits, ImpScan *scan, const guint8 *but)
{
    for (guint i = 0; i < imp_scan_count(scan); i++) {
        ImpScannedCommit *scanned = imp_scan_commit(scan, i);
        if (!scanned->is_known && !scanned->is_cut && !(but && but[i]))
            g_ptr_array_add(commits, new_commit(scan, scanned));
    }
}

static bool has_attempts(ImpScan *scan, const guint8 *but)
{
    for (guint i = 0; i < imp_scan_count(scan); i++)
        if (imp_scan_commit(scan, i)->attempt && !but[i])
            return true;
    return false;
}

/* Waits for the thread, and tells meanwhile how far it is. */
static void await_thread(ImpHistoryWalk *walk)
{
    while (!g_async_queue_timeout_pop(walk->scanned, TELL_EVERY_US)) {
        guint read = (guint)g_atomic_int_get(&walk->read);
        guint compared = (guint)g_atomic_int_get(&walk->compared);
        imp_repository_tell(walk->repository, compared ? "comparing commits" : "reading commits",
                            compared ? compared : read, compared ? read : 0);
    }
}

GPtrArray *imp_history_end(ImpHistoryWalk *begun, ImpDatabase *database, guint *commits_read,
                           GError **error)
{
    g_autoptr(ImpHistoryWalk) walk = begun;
    g_autoptr(GPtrArray) unjudged =
        g_ptr_array_new_with_free_func((GDestroyNotify)imp_new_commit_free);
    if (walk->thread)
        await_thread(walk);
    if (walk->fault) {
        g_propagate_error(error, g_steal_pointer(&walk->fault));
        return NULL;
    }
    if (walk->skipped)
        imp_repository_add_skipped(walk->repository, walk->skipped);
    if (!walk->scan)
        return g_steal_pointer(&unjudged);
    *commits_read += imp_scan_count(walk->scan);
    /* What the table knew was looked at, and what is new to it was not. */
    g_autofree guint8 *judged = g_new0(guint8, imp_scan_count(walk->scan));
    g_autofree char *last = imp_index_get(database, IMP_INDEX_TIP);
    if ((!walk->previous || !imp_history_has(database, walk->adoption_tip)) &&
        !mark_reached(walk, walk->adoption_tip, judged, error))
        return NULL;
    if (!write_tables(walk, database, judged, error) ||
        (!walk->previous && !mark_reached(walk, last, judged, error)))
        return NULL;
    if (has_attempts(walk->scan, judged))
        imp_new_commits_take(unjudged, walk->scan, judged);
    return g_steal_pointer(&unjudged);
}
