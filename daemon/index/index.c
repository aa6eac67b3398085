#include "daemon/index/index.h"
#include "workflow/article_state.h"
#include "workflow/assign.h"
#include "workflow/base/path.h"

#include <string.h>

/* Raised with every change of the tables: an older file is emptied and folded again. */
#define SCHEMA_VERSION 5

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS policy(version INTEGER PRIMARY KEY, manifest TEXT, json TEXT, "
    "signers TEXT, keyring "
    "TEXT, at INTEGER);"
    "CREATE TABLE IF NOT EXISTS signing_key(key TEXT PRIMARY KEY, since INTEGER) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS article(path TEXT PRIMARY KEY, fold TEXT, version BLOB, round "
    "INTEGER, state INTEGER,"
    " reason INTEGER, problem INTEGER, since INTEGER, round_began INTEGER, text_after INTEGER, "
    "valid_until INTEGER,"
    " adopted INTEGER, asked_before TEXT, last_approval INTEGER, approved_text BLOB, "
    "approved_source BLOB,"
    " other_text_source BLOB, published BLOB, title TEXT, specialty TEXT, reviewers TEXT, "
    "review_count INTEGER,"
    " review_unit INTEGER, vacant INTEGER, too_old INTEGER) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS article_too_old ON article(too_old) WHERE too_old > 0 AND state "
    "IN (1, 2);"
    "CREATE INDEX IF NOT EXISTS article_fold ON article(fold);"
    "CREATE INDEX IF NOT EXISTS article_state ON article(state);"
    "CREATE INDEX IF NOT EXISTS article_valid ON article(valid_until) WHERE valid_until > 0;"
    "CREATE INDEX IF NOT EXISTS article_vacant ON article(round_began, path) WHERE vacant;"
    "CREATE TABLE IF NOT EXISTS standing(path TEXT, position INTEGER, person TEXT, verdict "
    "INTEGER, date INTEGER,"
    " recorded INTEGER, key TEXT, round INTEGER, PRIMARY KEY(path, position)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS request(path TEXT, position INTEGER, person TEXT, status INTEGER, "
    "respond_by INTEGER,"
    " review_by INTEGER, PRIMARY KEY(path, position)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS open_requests(person TEXT PRIMARY KEY, count INTEGER) WITHOUT "
    "ROWID;"
    "CREATE TRIGGER IF NOT EXISTS request_opens AFTER INSERT ON request WHEN new.status = 0 BEGIN "
    "INSERT INTO open_requests VALUES(new.person, 1) ON CONFLICT(person) DO UPDATE SET count = "
    "count + 1; INSERT OR REPLACE INTO remind VALUES(new.path, 0); END;"
    "CREATE TRIGGER IF NOT EXISTS request_ends AFTER DELETE ON request WHEN old.status = 0 BEGIN "
    "UPDATE open_requests SET count = count - 1 WHERE person = old.person; END;"
    "CREATE TABLE IF NOT EXISTS remind(path TEXT PRIMARY KEY, at INTEGER) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS remind_at ON remind(at);"
    "CREATE TABLE IF NOT EXISTS earlier_version(path TEXT, version BLOB, PRIMARY KEY(path, "
    "version)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS last_date(path TEXT, person TEXT, date INTEGER, PRIMARY KEY(path, "
    "person)) WITHOUT "
    "ROWID;"
    "CREATE TABLE IF NOT EXISTS entry(sequence INTEGER PRIMARY KEY, path TEXT, id BLOB);"
    "CREATE INDEX IF NOT EXISTS entry_path ON entry(path);"
    "CREATE TABLE IF NOT EXISTS seen(id TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS waiting(tip BLOB, below BLOB, PRIMARY KEY(tip, below)) WITHOUT "
    "ROWID;"
    "CREATE TABLE IF NOT EXISTS unpublished(path TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS history_commit(number INTEGER PRIMARY KEY, id BLOB UNIQUE, "
    "sequence INTEGER, adopted INTEGER, date INTEGER, people INTEGER);"
    "CREATE TABLE IF NOT EXISTS history_people(number INTEGER PRIMARY KEY, emails TEXT UNIQUE);"
    "CREATE TABLE IF NOT EXISTS history_file(text INTEGER, path INTEGER, number INTEGER, "
    "PRIMARY KEY(text, path, number)) WITHOUT ROWID;" IMP_INDEX_HISTORY_INDEXES
    "CREATE TABLE IF NOT EXISTS history_beyond(folder INTEGER, number INTEGER, "
    "PRIMARY KEY(folder, number)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS history_tip(sequence INTEGER PRIMARY KEY, id BLOB UNIQUE);"
    "CREATE TABLE IF NOT EXISTS reminder(path TEXT, person TEXT, review_by INTEGER, step INTEGER, "
    "sent INTEGER,"
    " PRIMARY KEY(path, person, review_by)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS chat_reminder(path TEXT, person TEXT, review_by INTEGER, step "
    "INTEGER, sent INTEGER,"
    " PRIMARY KEY(path, person, review_by)) WITHOUT ROWID;";

/* All but `reminder` and `chat_reminder`, which the ledger cannot give back. */
static const char drop_tables[] =
    "DROP TABLE IF EXISTS meta; DROP TABLE IF EXISTS policy; DROP TABLE IF EXISTS signing_key; "
    "DROP TABLE IF EXISTS article; DROP "
    "TABLE IF EXISTS "
    "standing;"
    "DROP TABLE IF EXISTS request; DROP TABLE IF EXISTS open_requests; DROP TABLE IF EXISTS "
    "remind; DROP TABLE IF EXISTS earlier_version; DROP TABLE IF EXISTS "
    "last_date;"
    "DROP TABLE IF EXISTS entry; DROP TABLE IF EXISTS seen; DROP TABLE IF EXISTS unpublished;"
    "DROP TABLE IF EXISTS waiting;"
    "DROP TABLE IF EXISTS history_commit; DROP TABLE IF EXISTS history_file;"
    "DROP TABLE IF EXISTS history_beyond; DROP TABLE IF EXISTS history_people;"
    "DROP TABLE IF EXISTS history_path; DROP TABLE IF EXISTS history_tip;";

static int schema_version(ImpStore *store)
{
    sqlite3_stmt *query = imp_store_query(store, NULL, "PRAGMA user_version", "");
    int version = query && imp_store_next(store, query, NULL) ? sqlite3_column_int(query, 0) : 0;
    if (query)
        imp_store_done(query);
    return version;
}

bool imp_index_clear(ImpStore *store, GError **error)
{
    return imp_store_script(store, drop_tables, error) && imp_store_script(store, tables, error);
}

bool imp_index_is_current(ImpStore *store)
{
    return schema_version(store) == SCHEMA_VERSION;
}

bool imp_index_open(ImpStore *store, GError **error)
{
    g_autofree char *stamp = g_strdup_printf("PRAGMA user_version = %d", SCHEMA_VERSION);
    if (imp_index_is_current(store))
        return true;
    /* One transaction for all tables; a reader has one open already. */
    bool own = sqlite3_get_autocommit(imp_store_handle(store));
    if ((!own || imp_store_begin(store, error)) && imp_index_clear(store, error) &&
        imp_store_script(store, stamp, error) && (!own || imp_store_commit(store, error)))
        return true;
    imp_store_rollback(store);
    return false;
}

char *imp_index_get(ImpStore *store, const char *key)
{
    sqlite3_stmt *query =
        imp_store_query(store, NULL, "SELECT value FROM meta WHERE key = ?", "t", key);
    if (!query || !imp_store_next(store, query, NULL))
        return NULL;
    char *value = imp_store_text(query, 0);
    imp_store_done(query);
    return value;
}

gint64 imp_index_get_moment(ImpStore *store, const char *key)
{
    g_autofree char *value = imp_index_get(store, key);
    return value ? g_ascii_strtoll(value, NULL, 10) : 0;
}

bool imp_index_set(ImpStore *store, const char *key, const char *value, GError **error)
{
    return imp_store_run(store, error, "INSERT OR REPLACE INTO meta VALUES(?, ?)", "tt", key,
                         value);
}

bool imp_index_unset(ImpStore *store, const char *key, GError **error)
{
    return imp_store_run(store, error, "DELETE FROM meta WHERE key = ?", "t", key);
}

bool imp_index_set_moment(ImpStore *store, const char *key, gint64 moment_us, GError **error)
{
    g_autofree char *value = g_strdup_printf("%" G_GINT64_FORMAT, moment_us);
    return imp_index_set(store, key, value, error);
}

/* Lists of ids are kept as lines: no id has a newline. */
static char **split_lines(const char *text)
{
    return text && *text ? g_strsplit(text, "\n", -1) : g_new0(char *, 1);
}

#define ARTICLE_COLUMNS                                                                            \
    "version, round, state, reason, problem, since, round_began, text_after, valid_until, "        \
    "adopted, asked_before,"                                                                       \
    " last_approval, approved_text, approved_source, other_text_source, published, title, "        \
    "specialty, reviewers,"                                                                        \
    " review_count, review_unit"
#define ARTICLE_COLUMN_COUNT 21

static void load_row(sqlite3_stmt *row, ImpArticle *article)
{
    int column = 0;
    article->version = imp_store_hex(row, column++);
    article->round = (guint)sqlite3_column_int(row, column++);
    article->state = (ImpState)sqlite3_column_int(row, column++);
    article->reason = (ImpReason)sqlite3_column_int(row, column++);
    article->problem = (ImpProblem)sqlite3_column_int(row, column++);
    article->since_us = sqlite3_column_int64(row, column++);
    article->round_began_us = sqlite3_column_int64(row, column++);
    article->text_after_us = sqlite3_column_int64(row, column++);
    article->valid_until_us = sqlite3_column_int64(row, column++);
    article->adopted = sqlite3_column_int(row, column++);
    g_strfreev(article->asked_before);
    article->asked_before = split_lines((const char *)sqlite3_column_text(row, column++));
    article->last_approval_date_us = sqlite3_column_int64(row, column++);
    article->approved_text = imp_store_hex(row, column++);
    article->approved_source = imp_store_hex(row, column++);
    article->other_text_source = imp_store_hex(row, column++);
    article->published = imp_store_hex(row, column++);
    article->title = imp_store_text(row, column++);
    article->specialty = imp_store_text(row, column++);
    g_strfreev(article->reviewers);
    article->reviewers = split_lines((const char *)sqlite3_column_text(row, column++));
    article->review_in.count = (guint)sqlite3_column_int(row, column++);
    article->review_in.unit = (ImpReviewUnit)sqlite3_column_int(row, column++);
}

static void add_standing(ImpArticle *article, sqlite3_stmt *row)
{
    imp_article_add_standing(article,
                             &(ImpStanding){.person = (char *)sqlite3_column_text(row, 0),
                                            .verdict = (ImpDecisionKind)sqlite3_column_int(row, 1),
                                            .date_us = sqlite3_column_int64(row, 2),
                                            .recorded_us = sqlite3_column_int64(row, 3),
                                            .key = (char *)sqlite3_column_text(row, 4),
                                            .round = (guint)sqlite3_column_int64(row, 5)});
}

static void add_request(ImpArticle *article, sqlite3_stmt *row)
{
    imp_article_add_request(article,
                            &(ImpRequest){.person = (char *)sqlite3_column_text(row, 0),
                                          .status = (ImpRequestStatus)sqlite3_column_int(row, 1),
                                          .respond_by_us = sqlite3_column_int64(row, 2),
                                          .review_by_us = sqlite3_column_int64(row, 3)});
}

static bool load_lists(ImpStore *store, ImpArticle *article, GError **error)
{
    GError *fault = NULL;
    sqlite3_stmt *row =
        imp_store_query(store, &fault,
                        "SELECT person, verdict, date, recorded, key, round FROM standing "
                        "WHERE path = ? ORDER BY position",
                        "t", article->path);
    while (row && imp_store_next(store, row, &fault))
        add_standing(article, row);
    row = fault ? NULL
                : imp_store_query(
                      store, &fault,
                      "SELECT person, status, respond_by, review_by FROM request WHERE path = ? "
                      "ORDER BY position",
                      "t", article->path);
    while (row && imp_store_next(store, row, &fault))
        add_request(article, row);
    row = fault
              ? NULL
              : imp_store_query(store, &fault, "SELECT version FROM earlier_version WHERE path = ?",
                                "t", article->path);
    while (row && imp_store_next(store, row, &fault))
        g_hash_table_add(article->earlier_versions, imp_store_hex(row, 0));
    row = fault
              ? NULL
              : imp_store_query(store, &fault, "SELECT person, date FROM last_date WHERE path = ?",
                                "t", article->path);
    while (row && imp_store_next(store, row, &fault))
        imp_article_set_last_date(article, (const char *)sqlite3_column_text(row, 0),
                                  sqlite3_column_int64(row, 1));
    if (fault)
        g_propagate_error(error, fault);
    return !fault;
}

ImpArticle *imp_index_load(ImpStore *store, const char *path, GError **error)
{
    g_autoptr(ImpArticle) article = imp_article_new(path);
    GError *fault = NULL;
    sqlite3_stmt *row = imp_store_query(
        store, &fault, "SELECT " ARTICLE_COLUMNS " FROM article WHERE path = ?", "t", path);
    if (row && imp_store_next(store, row, &fault)) {
        load_row(row, article);
        imp_store_done(row);
        load_lists(store, article, &fault);
    }
    if (fault) {
        g_propagate_error(error, fault);
        return NULL;
    }
    return g_steal_pointer(&article);
}

/* Gives the rows of a query, ordered by path in their last column, to the articles, which are
 * ordered likewise. */
static bool add_rows(ImpStore *store, sqlite3_stmt *row, int path_column, GPtrArray *articles,
                     void (*add)(ImpArticle *article, sqlite3_stmt *row), GError **error)
{
    GError *fault = NULL;
    guint i = 0;
    while (row && imp_store_next(store, row, &fault)) {
        const char *path = (const char *)sqlite3_column_text(row, path_column);
        while (i < articles->len && strcmp(((ImpArticle *)articles->pdata[i])->path, path) < 0)
            i++;
        if (i < articles->len && strcmp(((ImpArticle *)articles->pdata[i])->path, path) == 0)
            add(articles->pdata[i], row);
    }
    if (fault)
        g_propagate_error(error, fault);
    return row && !fault;
}

GPtrArray *imp_index_load_live(ImpStore *store, GError **error)
{
    g_autoptr(GPtrArray) articles =
        g_ptr_array_new_with_free_func((GDestroyNotify)imp_article_free);
    GError *fault = NULL;
    sqlite3_stmt *row = imp_store_query(
        store, &fault,
        "SELECT " ARTICLE_COLUMNS ", path FROM article WHERE state > 0 ORDER BY path", "");
    while (row && imp_store_next(store, row, &fault)) {
        ImpArticle *article =
            imp_article_new((const char *)sqlite3_column_text(row, ARTICLE_COLUMN_COUNT));
        load_row(row, article);
        g_ptr_array_add(articles, article);
    }
    if (fault) {
        g_propagate_error(error, fault);
        return NULL;
    }
    row = imp_store_query(store, error,
                          "SELECT person, verdict, date, recorded, key, round, path FROM standing"
                          " ORDER BY path, position",
                          "");
    if (!add_rows(store, row, 6, articles, add_standing, error))
        return NULL;
    row = imp_store_query(
        store, error,
        "SELECT person, status, respond_by, review_by, path FROM request ORDER BY path, position",
        "");
    return add_rows(store, row, 4, articles, add_request, error) ? g_steal_pointer(&articles)
                                                                 : NULL;
}

static bool save_row(ImpStore *store, const ImpArticle *article, bool vacant, gint64 too_old_us,
                     GError **error)
{
    g_autofree char *fold = imp_path_fold(article->path);
    g_autofree char *asked_before = g_strjoinv("\n", article->asked_before);
    g_autofree char *reviewers = g_strjoinv("\n", article->reviewers);
    return imp_store_run(
        store, error,
        "INSERT OR REPLACE INTO article VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        "ttxiiiiiiiiitixxxxtttiiii", article->path, fold, article->version, (gint64)article->round,
        (gint64)article->state, (gint64)article->reason, (gint64)article->problem,
        article->since_us, article->round_began_us, article->text_after_us, article->valid_until_us,
        (gint64)article->adopted, asked_before, article->last_approval_date_us,
        article->approved_text, article->approved_source, article->other_text_source,
        article->published, article->title, article->specialty, reviewers,
        (gint64)article->review_in.count, (gint64)article->review_in.unit, (gint64)vacant,
        too_old_us);
}

bool imp_index_save(ImpStore *store, const ImpArticle *article, const ImpPolicy *policy,
                    gint64 now_us, GError **error)
{
    bool vacant = policy && imp_assign_vacancy(article, policy, now_us).people > 0;
    gint64 too_old_us = policy ? imp_article_next_too_old(article, policy, now_us) : 0;
    if (!save_row(store, article, vacant, too_old_us, error) ||
        !imp_store_run(store, error, "DELETE FROM standing WHERE path = ?", "t", article->path) ||
        !imp_store_run(store, error, "DELETE FROM request WHERE path = ?", "t", article->path))
        return false;
    for (guint i = 0; i < article->standing->len; i++) {
        const ImpStanding *standing = article->standing->pdata[i];
        if (!imp_store_run(store, error, "INSERT INTO standing VALUES(?,?,?,?,?,?,?,?)", "titiiiti",
                           article->path, (gint64)i, standing->person, (gint64)standing->verdict,
                           standing->date_us, standing->recorded_us, standing->key,
                           (gint64)standing->round))
            return false;
    }
    for (guint i = 0; i < article->requests->len; i++) {
        const ImpRequest *request = article->requests->pdata[i];
        if (!imp_store_run(store, error, "INSERT INTO request VALUES(?,?,?,?,?,?)", "titiii",
                           article->path, (gint64)i, request->person, (gint64)request->status,
                           request->respond_by_us, request->review_by_us))
            return false;
    }
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, article->earlier_versions);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        if (!imp_store_run(store, error, "INSERT OR IGNORE INTO earlier_version VALUES(?,?)", "tx",
                           article->path, key))
            return false;
    g_hash_table_iter_init(&iter, article->last_dates);
    while (g_hash_table_iter_next(&iter, &key, &value))
        if (!imp_store_run(store, error, "INSERT OR REPLACE INTO last_date VALUES(?,?,?)", "tti",
                           article->path, key, *(gint64 *)value))
            return false;
    return true;
}

GPtrArray *imp_index_all(ImpStore *store, GError **error)
{
    sqlite3_stmt *query =
        imp_store_query(store, error, "SELECT path FROM article ORDER BY path", "");
    return imp_store_column(store, query, false, error);
}

GPtrArray *imp_index_live(ImpStore *store, GError **error)
{
    sqlite3_stmt *query =
        imp_store_query(store, error, "SELECT path FROM article WHERE state > 0 ORDER BY path", "");
    return imp_store_column(store, query, false, error);
}

GPtrArray *imp_index_unapproved(ImpStore *store, GError **error)
{
    sqlite3_stmt *query = imp_store_query(
        store, error, "SELECT path FROM article WHERE state IN (1, 2) ORDER BY path", "");
    return imp_store_column(store, query, false, error);
}

GPtrArray *imp_index_expired(ImpStore *store, gint64 now_us, GError **error)
{
    sqlite3_stmt *query = imp_store_query(
        store, error,
        "SELECT path FROM article WHERE valid_until > 0 AND valid_until <= ? ORDER BY path", "i",
        now_us);
    return imp_store_column(store, query, false, error);
}

GPtrArray *imp_index_too_old(ImpStore *store, gint64 now_us, GError **error)
{
    sqlite3_stmt *query = imp_store_query(
        store, error,
        "SELECT path FROM article INDEXED BY article_too_old"
        " WHERE too_old > 0 AND state IN (1, 2) AND too_old <= ? ORDER BY path",
        "i", now_us);
    return imp_store_column(store, query, false, error);
}

GPtrArray *imp_index_colliding(ImpStore *store, const char *path, GError **error)
{
    g_autofree char *fold = imp_path_fold(path);
    sqlite3_stmt *query = imp_store_query(
        store, error,
        "SELECT path FROM article WHERE fold = ? AND path != ? AND state > 0 ORDER BY path", "tt",
        fold, path);
    return imp_store_column(store, query, false, error);
}

GPtrArray *imp_index_published(ImpStore *store, GError **error)
{
    sqlite3_stmt *query = imp_store_query(
        store, error, "SELECT path FROM article WHERE published IS NOT NULL ORDER BY path", "");
    return imp_store_column(store, query, false, error);
}

GPtrArray *imp_index_vacant(ImpStore *store, GError **error)
{
    sqlite3_stmt *query = imp_store_query(
        store, error, "SELECT path FROM article WHERE vacant ORDER BY round_began, path", "");
    return imp_store_column(store, query, false, error);
}

GHashTable *imp_index_open_requests(ImpStore *store, GError **error)
{
    g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GError *fault = NULL;
    sqlite3_stmt *query = imp_store_query(
        store, &fault, "SELECT person, count FROM open_requests WHERE count > 0", "");
    while (query && imp_store_next(store, query, &fault))
        g_hash_table_insert(counts, imp_store_text(query, 0),
                            GUINT_TO_POINTER((guint)sqlite3_column_int(query, 1)));
    if (fault) {
        g_propagate_error(error, fault);
        return NULL;
    }
    return g_steal_pointer(&counts);
}
