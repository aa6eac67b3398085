#include "daemon/history.h"

#include <string.h>

/* Rows of a commit carry the number of the tip under which they were found. As long as the branch only grows, what is
 * reachable from an earlier tip is what has its number or a lower one; so "not reachable from the Source of the
 * last approval" is a comparison. For a Source that is none of the table's tips (the table was built anew since)
 * git is asked. */

typedef struct {
    ImpStore *store;
    gint64 sequence;
    GHashTable *since_adoption; /* ids that are not reachable from the adoption's tip; NULL: all are */
    bool adopting;
    gint64 number; /* of the commit taken last */
    GPtrArray *commits;
    bool met_previous;
    char *previous;
    GError *fault; /* of `brought`, which cannot say */
} Extension;

void imp_new_commit_free(ImpNewCommit *commit)
{
    if (!commit)
        return;
    g_free(commit->id);
    g_strfreev(commit->parents);
    imp_attempt_free(commit->attempt);
    g_free(commit);
}

bool imp_history_has(ImpStore *store, const char *commit)
{
    sqlite3_stmt *query = imp_store_query(store, NULL, "SELECT 1 FROM history_commit WHERE id = ?", "x", commit);
    bool has = query && imp_store_next(store, query, NULL);
    if (query)
        imp_store_done(query);
    return has;
}

static bool is_known(const char *id, gpointer data)
{
    Extension *extension = data;
    extension->met_previous = extension->met_previous || g_strcmp0(id, extension->previous) == 0;
    return imp_history_has(extension->store, id);
}

static bool take(ImpScannedCommit *commit, gpointer data, GError **error)
{
    Extension *extension = data;
    if (extension->fault) {
        g_propagate_error(error, g_steal_pointer(&extension->fault));
        return false;
    }
    bool adopted = extension->adopting ||
                   (extension->since_adoption && !g_hash_table_contains(extension->since_adoption, commit->id));
    g_autofree char *emails = g_strjoinv("\n", commit->emails);
    if (!imp_store_run(extension->store, error,
                       "INSERT INTO history_commit(id, sequence, adopted, date, emails) VALUES(?,?,?,?,?)", "xiiit",
                       commit->id, extension->sequence, (gint64)adopted, commit->date_us, emails))
        return false;
    extension->number = sqlite3_last_insert_rowid(imp_store_handle(extension->store));
    ImpNewCommit *found = g_new0(ImpNewCommit, 1);
    found->id = g_strdup(commit->id);
    found->parents = g_strdupv((char **)commit->parents);
    found->attempt = g_steal_pointer(&commit->attempt);
    g_ptr_array_add(extension->commits, found);
    return true;
}

static void brought(const char *path, const char *blob, gpointer data)
{
    Extension *extension = data;
    if (!extension->fault)
        imp_store_run(extension->store, &extension->fault, "INSERT INTO history_file VALUES(?,?,?)", "itx",
                      extension->number, path, blob);
}

static char *last_tip(ImpStore *store, gint64 *sequence)
{
    *sequence = 0;
    sqlite3_stmt *query =
        imp_store_query(store, NULL, "SELECT sequence, id FROM history_tip ORDER BY sequence DESC LIMIT 1", "");
    if (!query || !imp_store_next(store, query, NULL))
        return NULL;
    *sequence = sqlite3_column_int64(query, 0);
    char *id = imp_store_hex(query, 1);
    imp_store_done(query);
    return id;
}

static bool empty_tables(ImpStore *store, GError **error)
{
    return imp_store_script(store, "DELETE FROM history_commit; DELETE FROM history_file; DELETE FROM history_tip", error);
}

static GPtrArray *walk(ImpStore *store, ImpRepository *repository, const char *tip, const char *adoption_tip,
                       bool *grew, guint *commits_read, GError **error)
{
    Extension extension = {.store = store, .commits = g_ptr_array_new_with_free_func((GDestroyNotify)imp_new_commit_free)};
    g_autoptr(GPtrArray) commits = extension.commits;
    gint64 sequence;
    g_autofree char *previous = last_tip(store, &sequence);
    g_autoptr(GHashTable) since_adoption = NULL;
    extension.previous = previous;
    extension.sequence = sequence + 1;
    extension.adopting = g_strcmp0(tip, adoption_tip) == 0;
    if (!previous && !extension.adopting) {
        since_adoption = imp_repository_commits_between(repository, tip, (const char *const[]){adoption_tip, NULL}, error);
        if (!since_adoption)
            return NULL;
        extension.since_adoption = since_adoption;
    }
    const ImpScanVisitor visitor = {is_known, take, brought, &extension};
    bool fine = imp_scan(repository, tip, &visitor, 0, commits_read, error);
    if (fine && extension.fault) {
        g_propagate_error(error, g_steal_pointer(&extension.fault));
        fine = false;
    }
    g_clear_error(&extension.fault);
    *grew = !previous || extension.met_previous;
    if (!fine || !imp_store_run(store, error, "INSERT INTO history_tip VALUES(?,?)", "ix", extension.sequence, tip))
        return NULL;
    return g_steal_pointer(&commits);
}

GPtrArray *imp_history_extend(ImpStore *store, ImpRepository *repository, const char *tip, const char *adoption_tip,
                              guint *commits_read, GError **error)
{
    gint64 sequence;
    g_autofree char *previous = last_tip(store, &sequence);
    if (g_strcmp0(previous, tip) == 0)
        return g_ptr_array_new_with_free_func((GDestroyNotify)imp_new_commit_free);
    bool grew = false;
    /* A tip that is known but is not the last one was forced back. */
    if (!previous || !imp_history_has(store, tip)) {
        g_autoptr(GPtrArray) commits = walk(store, repository, tip, adoption_tip, &grew, commits_read, error);
        if (!commits || grew)
            return g_steal_pointer(&commits);
    }
    return empty_tables(store, error) ? walk(store, repository, tip, adoption_tip, &grew, commits_read, error) : NULL;
}

/* The number up to which rows are reachable from `source`; -1 where the table cannot tell. */
static gint64 sequence_of(ImpStore *store, const char *source)
{
    sqlite3_stmt *query = imp_store_query(store, NULL, "SELECT sequence FROM history_tip WHERE id = ?", "x", source);
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

#define SELECT_COMMITS                                                                                                  \
    "SELECT c.emails, c.sequence, c.id FROM history_file f JOIN history_commit c ON c.number = f.number WHERE "

static bool add_changers(ImpStore *store, ImpRepository *repository, const ImpArticle *article,
                         gint64 adopted_since_us, GHashTable *contributors, GError **error)
{
    const char *settled = imp_article_settled_source(article);
    gint64 settled_sequence = settled ? sequence_of(store, settled) : 0;
    g_autoptr(GHashTable) unsettled = NULL;
    gint64 sequence;
    if (settled_sequence < 0) {
        g_autofree char *tip = last_tip(store, &sequence);
        unsettled = imp_repository_commits_between(repository, tip, (const char *const[]){settled, NULL}, error);
        if (!unsettled)
            return false;
    }
    GError *fault = NULL;
    sqlite3_stmt *row = imp_store_query(store, &fault, SELECT_COMMITS "f.path = ? AND (NOT c.adopted OR c.date >= ?)",
                                        "ti", article->path, adopted_since_us);
    while (row && imp_store_next(store, row, &fault)) {
        g_autofree char *id = imp_store_hex(row, 2);
        if (unsettled ? g_hash_table_contains(unsettled, id) : sqlite3_column_int64(row, 1) > settled_sequence)
            add_emails(contributors, row, 0);
    }
    if (fault)
        g_propagate_error(error, fault);
    return !fault;
}

GHashTable *imp_history_contributors(ImpStore *store, ImpRepository *repository, const ImpArticle *article,
                                     gint64 adopted_since_us, GError **error)
{
    g_autoptr(GHashTable) contributors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GError *fault = NULL;
    sqlite3_stmt *row = imp_store_query(store, &fault, SELECT_COMMITS "f.blob = ? AND (NOT c.adopted OR c.date >= ?)",
                                        "xi", article->version, adopted_since_us);
    while (row && imp_store_next(store, row, &fault))
        add_emails(contributors, row, 0);
    if (fault || !add_changers(store, repository, article, adopted_since_us, contributors, &fault)) {
        g_propagate_error(error, fault);
        return NULL;
    }
    return g_steal_pointer(&contributors);
}
