#include "workflow/base/database.h"
#include "workflow/base/hex.h"

#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

G_DEFINE_QUARK(imp_database_error, imp_database_error)

struct ImpDatabase {
    sqlite3 *handle;
    char *name;             /* of its file, for messages */
    GHashTable *statements; /* literal sql -> ImpRows* */
    GError *fault;          /* the first since the transaction began, or NULL */
};

struct ImpRows {
    ImpDatabase *database;
    sqlite3_stmt *statement; /* NULL: could not be prepared */
    GError *fault;           /* why there are no more rows; NULL: because there are none */
};

static void rows_free(gpointer data)
{
    ImpRows *rows = data;
    sqlite3_finalize(rows->statement);
    g_clear_error(&rows->fault);
    g_free(rows);
}

/* Readers may hold the file for a moment; there is one writer, so this is never a queue. */
#define BUSY_MS 5000

static bool fail(ImpDatabase *database, GError **error)
{
    int code = database->handle ? sqlite3_errcode(database->handle) : SQLITE_NOMEM;
    const char *said = database->handle ? sqlite3_errmsg(database->handle) : "out of memory";
    bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    g_autofree char *advice =
        damaged ? g_strdup_printf("; stop the daemon and remove %s: it is made again from the "
                                  "ledger",
                                  database->name)
                : NULL;
    GError **const places[] = {error, database->fault ? NULL : &database->fault};
    for (guint i = 0; i < G_N_ELEMENTS(places); i++)
        g_set_error(places[i], IMP_DATABASE_ERROR,
                    damaged ? IMP_DATABASE_ERROR_DAMAGED : IMP_DATABASE_ERROR_FAILED, "%s: %s%s",
                    database->name, said, advice ? advice : "");
    return false;
}

/* A database that was deleted leaves its log behind, which belongs to no other. */
static void remove_orphans(const char *path)
{
    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return;
    g_autofree char *log = g_strconcat(path, "-wal", NULL);
    g_autofree char *shared = g_strconcat(path, "-shm", NULL);
    unlink(log);
    unlink(shared);
}

ImpDatabase *imp_database_open(const char *path, ImpDatabaseMode mode, GError **error)
{
    /* Nobody asks how much SQLite allocates, and counting that costs two locks each time. Once a
     * database is open this can no longer be set, and was set then. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    g_autoptr(ImpDatabase) database = g_new0(ImpDatabase, 1);
    database->statements = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, rows_free);
    if (mode == IMP_DATABASE_WRITE)
        remove_orphans(path);
    int flags = mode == IMP_DATABASE_READ ? SQLITE_OPEN_READONLY
                                          : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    database->name = g_strdup(mode == IMP_DATABASE_MEMORY ? ":memory:" : path);
    if (sqlite3_open_v2(database->name, &database->handle, flags | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        fail(database, error);
        return NULL;
    }
    sqlite3_busy_timeout(database->handle, BUSY_MS);
    int keep = 1;
    sqlite3_file_control(database->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    /* FULL: what is enqueued is durable before it is sent. The cache holds an adoption's pages, not
     * to spill them. The log grows to 16 MB before it is taken over, since most pages change again
     * soon; what stays of it is cut off when the last one closes: whoever opens it next would have
     * to read it all again. */
    if (mode == IMP_DATABASE_WRITE &&
        !imp_database_script(database,
                             "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA "
                             "temp_store=MEMORY; PRAGMA cache_size=-16384; "
                             "PRAGMA journal_size_limit=16777216; PRAGMA wal_autocheckpoint=4000;",
                             error))
        return NULL;
    return g_steal_pointer(&database);
}

ImpDatabase *imp_database_copy(ImpDatabase *database, GError **error)
{
    g_autoptr(ImpDatabase) copy = imp_database_open(NULL, IMP_DATABASE_MEMORY, error);
    if (!copy)
        return NULL;
    sqlite3_backup *backup = sqlite3_backup_init(copy->handle, "main", database->handle, "main");
    if (backup) {
        sqlite3_backup_step(backup, -1);
        sqlite3_backup_finish(backup);
    }
    if (sqlite3_errcode(copy->handle) == SQLITE_OK)
        return g_steal_pointer(&copy);
    fail(copy, error);
    return NULL;
}

void imp_database_free(ImpDatabase *database)
{
    if (!database)
        return;
    g_hash_table_unref(database->statements);
    g_clear_error(&database->fault);
    sqlite3_close_v2(database->handle);
    g_free(database->name);
    g_free(database);
}

sqlite3 *imp_database_handle(ImpDatabase *database)
{
    return database->handle;
}

bool imp_database_begin(ImpDatabase *database, GError **error)
{
    g_clear_error(&database->fault);
    return imp_database_run(database, error, "BEGIN IMMEDIATE", "");
}

bool imp_database_begin_reading(ImpDatabase *database, GError **error)
{
    g_clear_error(&database->fault);
    return imp_database_run(database, error, "BEGIN", "");
}

bool imp_database_is_in_transaction(ImpDatabase *database)
{
    return sqlite3_get_autocommit(database->handle) == 0;
}

bool imp_database_is_sound(ImpDatabase *database, GError **error)
{
    if (database->fault)
        g_propagate_error(error, g_error_copy(database->fault));
    return !database->fault;
}

bool imp_database_commit(ImpDatabase *database, GError **error)
{
    return imp_database_run(database, error, "COMMIT", "");
}

void imp_database_rollback(ImpDatabase *database)
{
    if (imp_database_is_in_transaction(database))
        imp_database_run(database, NULL, "ROLLBACK", "");
}

bool imp_database_mark(ImpDatabase *database, GError **error)
{
    return imp_database_run(database, error, "SAVEPOINT mark", "");
}

bool imp_database_forget_mark(ImpDatabase *database, GError **error)
{
    return imp_database_run(database, error, "RELEASE mark", "");
}

bool imp_database_return_to_mark(ImpDatabase *database, GError **error)
{
    return imp_database_run(database, error, "ROLLBACK TO mark", "") &&
           imp_database_forget_mark(database, error);
}

bool imp_database_set_durable(ImpDatabase *database, bool durable, GError **error)
{
    return imp_database_script(
        database, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", error);
}

bool imp_database_script(ImpDatabase *database, const char *sql, GError **error)
{
    return sqlite3_exec(database->handle, sql, NULL, NULL, NULL) == SQLITE_OK ||
           fail(database, error);
}

static int bind_hex(sqlite3_stmt *statement, int index, const char *hex)
{
    guint8 bytes[32];
    gsize length = hex ? strlen(hex) / 2 : 0;
    if (!hex || length > sizeof bytes)
        return sqlite3_bind_null(statement, index);
    imp_hex_read(hex, length, bytes);
    return sqlite3_bind_blob(statement, index, bytes, (int)length, SQLITE_TRANSIENT);
}

/* Where there is no byte, a pointer is there all the same: without one it would be SQL's NULL. */
static int bind_bytes(sqlite3_stmt *statement, int index, gconstpointer bytes, gsize length,
                      sqlite3_destructor_type keep)
{
    return sqlite3_bind_blob64(statement, index, length > 0 ? bytes : "", length, keep);
}

static int bind(sqlite3_stmt *statement, int index, char type, va_list *arguments,
                sqlite3_destructor_type keep)
{
    if (type == 'i')
        return sqlite3_bind_int64(statement, index, va_arg(*arguments, gint64));
    if (type == 'b') {
        gsize length;
        gconstpointer bytes = g_bytes_get_data(va_arg(*arguments, GBytes *), &length);
        return bind_bytes(statement, index, bytes, length, keep);
    }
    const char *text = va_arg(*arguments, const char *);
    switch (type) {
    case 'x':
        return bind_hex(statement, index, text);
    case 'p':
        return bind_bytes(statement, index, text, text ? strlen(text) : 0, keep);
    default:
        return sqlite3_bind_text(statement, index, text, -1, keep);
    }
}

/* `keep` is SQLITE_TRANSIENT, to copy the arguments, or SQLITE_STATIC where they stay until the
 * statement's end. */
static ImpRows *begin(ImpDatabase *database, const char *sql, const char *types, va_list *arguments,
                      sqlite3_destructor_type keep)
{
    ImpRows *rows = g_hash_table_lookup(database->statements, sql);
    if (!rows) {
        rows = g_new0(ImpRows, 1);
        rows->database = database;
        g_hash_table_insert(database->statements, (gpointer)sql, rows);
    }
    g_clear_error(&rows->fault);
    if (rows->statement)
        sqlite3_reset(rows->statement);
    else if (sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                &rows->statement, NULL) != SQLITE_OK)
        fail(database, &rows->fault);
    for (int i = 0; types[i] && !rows->fault; i++)
        if (bind(rows->statement, i + 1, types[i], arguments, keep) != SQLITE_OK)
            fail(database, &rows->fault);
    return rows;
}

bool imp_database_run(ImpDatabase *database, GError **error, const char *sql, const char *types,
                      ...)
{
    va_list arguments;
    va_start(arguments, types);
    ImpRows *rows = begin(database, sql, types, &arguments, SQLITE_STATIC);
    imp_rows_next(rows);
    bool done = imp_rows_end(rows, error);
    if (rows->statement)
        sqlite3_clear_bindings(rows->statement); /* which are gone with the arguments */
    va_end(arguments);
    return done;
}

ImpRows *imp_database_query(ImpDatabase *database, const char *sql, const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    ImpRows *rows = begin(database, sql, types, &arguments, SQLITE_TRANSIENT);
    va_end(arguments);
    return rows;
}

gint64 imp_database_number(ImpDatabase *database, gint64 otherwise, const char *sql,
                           const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    ImpRows *rows = begin(database, sql, types, &arguments, SQLITE_TRANSIENT);
    va_end(arguments);
    gint64 number = imp_rows_next(rows) ? imp_rows_number(rows, 0) : otherwise;
    imp_rows_end(rows, NULL);
    return number;
}

char *imp_database_text(ImpDatabase *database, const char *sql, const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    ImpRows *rows = begin(database, sql, types, &arguments, SQLITE_TRANSIENT);
    va_end(arguments);
    char *text = imp_rows_next(rows) ? imp_rows_text(rows, 0) : NULL;
    imp_rows_end(rows, NULL);
    return text;
}

gint64 imp_database_changes(ImpDatabase *database)
{
    return sqlite3_changes(database->handle);
}

gint64 imp_database_last_row(ImpDatabase *database)
{
    return sqlite3_last_insert_rowid(database->handle);
}

bool imp_rows_next(ImpRows *rows)
{
    if (rows->fault)
        return false;
    int result = sqlite3_step(rows->statement);
    if (result == SQLITE_ROW)
        return true;
    if (result != SQLITE_DONE)
        fail(rows->database, &rows->fault);
    return false;
}

bool imp_rows_end(ImpRows *rows, GError **error)
{
    if (rows->statement)
        sqlite3_reset(rows->statement);
    if (!rows->fault)
        return true;
    g_propagate_error(error, g_steal_pointer(&rows->fault));
    return false;
}

gint64 imp_rows_number(const ImpRows *rows, int column)
{
    return sqlite3_column_int64(rows->statement, column);
}

const char *imp_rows_peek(const ImpRows *rows, int column)
{
    return (const char *)sqlite3_column_text(rows->statement, column);
}

char *imp_rows_text(const ImpRows *rows, int column)
{
    return g_strdup(imp_rows_peek(rows, column));
}

char *imp_rows_hex(const ImpRows *rows, int column)
{
    const guint8 *bytes = sqlite3_column_blob(rows->statement, column);
    if (!bytes)
        return NULL;
    gsize length = (gsize)sqlite3_column_bytes(rows->statement, column);
    char *hex = g_malloc(2 * length + 1);
    imp_hex_write(bytes, length, hex);
    return hex;
}

char *imp_rows_path(const ImpRows *rows, int column)
{
    const char *bytes = sqlite3_column_blob(rows->statement, column);
    return bytes ? g_strndup(bytes, (gsize)sqlite3_column_bytes(rows->statement, column)) : NULL;
}

GBytes *imp_rows_bytes(const ImpRows *rows, int column)
{
    const void *bytes = sqlite3_column_blob(rows->statement, column);
    return imp_rows_is_null(rows, column)
               ? NULL
               : g_bytes_new(bytes, (gsize)sqlite3_column_bytes(rows->statement, column));
}

bool imp_rows_is_null(const ImpRows *rows, int column)
{
    return sqlite3_column_type(rows->statement, column) == SQLITE_NULL;
}

GPtrArray *imp_rows_take(ImpRows *rows, bool hex, GError **error)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    while (imp_rows_next(rows))
        g_ptr_array_add(values, hex ? imp_rows_hex(rows, 0) : imp_rows_text(rows, 0));
    return imp_rows_end(rows, error) ? g_steal_pointer(&values) : NULL;
}
