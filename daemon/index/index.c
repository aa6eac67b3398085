#include "daemon/index/index.h"
#include "daemon/index/article_columns.h"
#include "workflow/base/path.h"

#include <string.h>

/* Raised with every change of the tables: an older file is emptied and folded again. */
#define SCHEMA_VERSION 10

#define DECLARED_ID                   "BLOB"
#define DECLARED_NUMBER               "INTEGER"
#define DECLARED_TEXT                 "TEXT"
#define DECLARED_LIST                 "TEXT"
#define DECLARE(column, kind, member) ", " #column " " DECLARED_##kind
#define ARTICLE_COLUMNS               IMP_ARTICLE_COLUMNS(DECLARE)

/* Polls that a daemon may leave out: a pass takes its time, and one whose repository is elsewhere
 * polls less often while hooks arrive. */
#define POLLS_MISSED           5
#define POLLS_MISSED_ELSEWHERE 30

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS policy(version INTEGER PRIMARY KEY, manifest TEXT, json TEXT, "
    "signers TEXT, keyring "
    "TEXT, at INTEGER);"
    "CREATE TABLE IF NOT EXISTS signing_key(key TEXT PRIMARY KEY, since INTEGER) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS article(path TEXT PRIMARY KEY" ARTICLE_COLUMNS
    ", fold TEXT, vacant INTEGER, too_old INTEGER) WITHOUT ROWID;"
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
    "count + 1; INSERT OR IGNORE INTO remind VALUES(new.path, 0); END;"
    "CREATE TRIGGER IF NOT EXISTS request_ends AFTER DELETE ON request WHEN old.status = 0 BEGIN "
    "UPDATE open_requests SET count = count - 1 WHERE person = old.person; END;"
    "CREATE TABLE IF NOT EXISTS remind(path TEXT, at INTEGER, PRIMARY KEY(path, at)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS remind_at ON remind(at);"
    "CREATE TABLE IF NOT EXISTS earlier_version(path TEXT, version BLOB, PRIMARY KEY(path, "
    "version)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS last_date(path TEXT, person TEXT, date INTEGER, PRIMARY KEY(path, "
    "person)) WITHOUT "
    "ROWID;"
    "CREATE TABLE IF NOT EXISTS entry(path TEXT, place INTEGER, id BLOB, PRIMARY KEY(path, place)) "
    "WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS seen(id TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS waiting(tip BLOB, below BLOB, PRIMARY KEY(tip, below)) WITHOUT "
    "ROWID;"
    "CREATE TABLE IF NOT EXISTS waiting_text(path TEXT, tip BLOB, PRIMARY KEY(path, tip)) WITHOUT "
    "ROWID;"
    "CREATE TABLE IF NOT EXISTS head_commit(number INTEGER PRIMARY KEY, id BLOB UNIQUE, "
    "addresses TEXT);"
    "CREATE TABLE IF NOT EXISTS head_file(text INTEGER, path INTEGER, number INTEGER, "
    "PRIMARY KEY(text, path, number)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS head_file_commit ON head_file(number, path);"
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
    "DROP TABLE IF EXISTS waiting; DROP TABLE IF EXISTS waiting_text;"
    "DROP TABLE IF EXISTS head_commit; DROP TABLE IF EXISTS head_file;"
    "DROP TABLE IF EXISTS history_commit; DROP TABLE IF EXISTS history_file;"
    "DROP TABLE IF EXISTS history_beyond; DROP TABLE IF EXISTS history_people;"
    "DROP TABLE IF EXISTS history_path; DROP TABLE IF EXISTS history_tip;";

static int schema_version(ImpDatabase *database)
{
    return (int)imp_database_number(database, 0, "PRAGMA user_version", "");
}

bool imp_index_clear(ImpDatabase *database, GError **error)
{
    return imp_database_script(database, drop_tables, error) &&
           imp_database_script(database, tables, error);
}

bool imp_index_is_current(ImpDatabase *database)
{
    return schema_version(database) == SCHEMA_VERSION;
}

bool imp_index_open(ImpDatabase *database, GError **error)
{
    g_autofree char *stamp = g_strdup_printf("PRAGMA user_version = %d", SCHEMA_VERSION);
    if (imp_index_is_current(database))
        return true;
    /* One transaction for all tables; a reader has one open already. */
    bool own = !imp_database_is_in_transaction(database);
    if ((!own || imp_database_begin(database, error)) && imp_index_clear(database, error) &&
        imp_database_script(database, stamp, error) &&
        (!own || imp_database_commit(database, error)))
        return true;
    imp_database_rollback(database);
    return false;
}

char *imp_index_get(ImpDatabase *database, const char *key)
{
    return imp_database_text(database, "SELECT value FROM meta WHERE key = ?", "t", key);
}

gint64 imp_index_get_moment(ImpDatabase *database, const char *key)
{
    g_autofree char *value = imp_index_get(database, key);
    return value ? g_ascii_strtoll(value, NULL, 10) : 0;
}

bool imp_index_set(ImpDatabase *database, const char *key, const char *value, GError **error)
{
    return imp_database_run(database, error, "INSERT OR REPLACE INTO meta VALUES(?, ?)", "tt", key,
                            value);
}

bool imp_index_unset(ImpDatabase *database, const char *key, GError **error)
{
    return imp_database_run(database, error, "DELETE FROM meta WHERE key = ?", "t", key);
}

gint64 imp_index_silent_since_us(ImpDatabase *database, guint poll_seconds, bool elsewhere,
                                 gint64 now_us)
{
    gint64 served_us = imp_index_get_moment(database, IMP_INDEX_SERVED_AT);
    gint64 polls = elsewhere ? POLLS_MISSED_ELSEWHERE : POLLS_MISSED;
    return served_us && now_us > served_us + polls * poll_seconds * IMP_SECOND_US ? served_us : 0;
}

bool imp_index_set_moment(ImpDatabase *database, const char *key, gint64 moment_us, GError **error)
{
    g_autofree char *value = g_strdup_printf("%" G_GINT64_FORMAT, moment_us);
    return imp_index_set(database, key, value, error);
}

GPtrArray *imp_index_all(ImpDatabase *database, GError **error)
{
    return imp_rows_take(imp_database_query(database, "SELECT path FROM article ORDER BY path", ""),
                         false, error);
}

GPtrArray *imp_index_live(ImpDatabase *database, GError **error)
{
    return imp_rows_take(
        imp_database_query(database, "SELECT path FROM article WHERE state > 0 ORDER BY path", ""),
        false, error);
}

GPtrArray *imp_index_unapproved(ImpDatabase *database, GError **error)
{
    return imp_rows_take(
        imp_database_query(database, "SELECT path FROM article WHERE state IN (1, 2) ORDER BY path",
                           ""),
        false, error);
}

GPtrArray *imp_index_expired(ImpDatabase *database, gint64 now_us, GError **error)
{
    return imp_rows_take(
        imp_database_query(
            database,
            "SELECT path FROM article WHERE valid_until > 0 AND valid_until <= ? ORDER BY path",
            "i", now_us),
        false, error);
}

GPtrArray *imp_index_too_old(ImpDatabase *database, gint64 now_us, GError **error)
{
    return imp_rows_take(
        imp_database_query(database,
                           "SELECT path FROM article INDEXED BY article_too_old"
                           " WHERE too_old > 0 AND state IN (1, 2) AND too_old <= ? ORDER BY path",
                           "i", now_us),
        false, error);
}

GPtrArray *imp_index_colliding(ImpDatabase *database, const char *path, GError **error)
{
    g_autofree char *fold = imp_path_fold(path);
    return imp_rows_take(
        imp_database_query(
            database,
            "SELECT path FROM article WHERE fold = ? AND path != ? AND state > 0 ORDER BY path",
            "tt", fold, path),
        false, error);
}

GPtrArray *imp_index_published(ImpDatabase *database, GError **error)
{
    return imp_rows_take(
        imp_database_query(
            database, "SELECT path FROM article WHERE published IS NOT NULL ORDER BY path", ""),
        false, error);
}

GPtrArray *imp_index_vacant(ImpDatabase *database, GError **error)
{
    return imp_rows_take(
        imp_database_query(database,
                           "SELECT path FROM article WHERE vacant ORDER BY round_began, path", ""),
        false, error);
}

GHashTable *imp_index_open_requests(ImpDatabase *database, GError **error)
{
    g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    ImpRows *query =
        imp_database_query(database, "SELECT person, count FROM open_requests WHERE count > 0", "");
    while (imp_rows_next(query))
        g_hash_table_insert(counts, imp_rows_text(query, 0),
                            GUINT_TO_POINTER((guint)imp_rows_number(query, 1)));
    return imp_rows_end(query, error) ? g_steal_pointer(&counts) : NULL;
}
