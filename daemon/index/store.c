#include "daemon/index/store.h"

#include <string.h>
#include <unistd.h>

G_DEFINE_QUARK(imp_store_error, imp_store_error)

struct ImpStore {
    sqlite3 *handle;
    GHashTable *statements; /* literal sql -> ImpRows* */
    GError *fault;          /* the first since the transaction began, or NULL */
};

struct ImpRows {
    ImpStore *store;
    const char *sql;
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

static bool fail(ImpStore *store, const char *what, GError **error)
{
    int code = store->handle ? sqlite3_errcode(store->handle) : SQLITE_NOMEM;
    bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    GError *fault = NULL;
    g_set_error(&fault, IMP_STORE_ERROR, damaged ? IMP_STORE_ERROR_DAMAGED : IMP_STORE_ERROR_FAILED,
                "index: %s: %s%s", what,
                store->handle ? sqlite3_errmsg(store->handle) : "out of memory",
                damaged ? "; stop the daemon and remove index.db from its state directory: it is "
                          "made again from the "
                          "ledger"
                        : "");
    if (!store->fault)
        store->fault = g_error_copy(fault);
    g_propagate_error(error, fault);
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

ImpStore *imp_store_open(const char *path, ImpStoreMode mode, GError **error)
{
    /* Nobody asks how much SQLite allocates, and counting that costs two locks each time. Once a
     * database is open this can no longer be set, and was set then. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    g_autoptr(ImpStore) store = g_new0(ImpStore, 1);
    store->statements = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, rows_free);
    if (mode == IMP_STORE_WRITE)
        remove_orphans(path);
    int flags =
        mode == IMP_STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const char *name = mode == IMP_STORE_MEMORY ? ":memory:" : path;
    if (sqlite3_open_v2(name, &store->handle, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        g_set_error(error, IMP_STORE_ERROR, IMP_STORE_ERROR_FAILED, "%s: %s", name,
                    store->handle ? sqlite3_errmsg(store->handle) : "out of memory");
        return NULL;
    }
    sqlite3_busy_timeout(store->handle, BUSY_MS);
    int keep = 1;
    sqlite3_file_control(store->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    /* FULL: what is enqueued is durable before it is sent. The cache holds an adoption's pages, not
     * to spill them. The log grows to 16 MB before it is taken over, since most pages change again
     * soon; what stays of it is cut off when the last one closes: whoever opens it next would have
     * to read it all again. */
    if (mode == IMP_STORE_WRITE &&
        !imp_store_script(store,
                          "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA "
                          "temp_store=MEMORY; PRAGMA cache_size=-16384; "
                          "PRAGMA journal_size_limit=16777216; PRAGMA wal_autocheckpoint=4000;",
                          error))
        return NULL;
    return g_steal_pointer(&store);
}

ImpStore *imp_store_copy(ImpStore *store, GError **error)
{
    g_autoptr(ImpStore) copy = imp_store_open(NULL, IMP_STORE_MEMORY, error);
    if (!copy)
        return NULL;
    sqlite3_backup *backup = sqlite3_backup_init(copy->handle, "main", store->handle, "main");
    if (backup) {
        sqlite3_backup_step(backup, -1);
        sqlite3_backup_finish(backup);
    }
    if (sqlite3_errcode(copy->handle) == SQLITE_OK)
        return g_steal_pointer(&copy);
    fail(copy, "copy", error);
    return NULL;
}

void imp_store_free(ImpStore *store)
{
    if (!store)
        return;
    g_hash_table_unref(store->statements);
    g_clear_error(&store->fault);
    sqlite3_close_v2(store->handle);
    g_free(store);
}

sqlite3 *imp_store_handle(ImpStore *store)
{
    return store->handle;
}

bool imp_store_begin(ImpStore *store, GError **error)
{
    g_clear_error(&store->fault);
    return imp_store_script(store, "BEGIN IMMEDIATE", error);
}

bool imp_store_is_in_transaction(ImpStore *store)
{
    return sqlite3_get_autocommit(store->handle) == 0;
}

bool imp_store_is_sound(ImpStore *store, GError **error)
{
    if (store->fault)
        g_propagate_error(error, g_error_copy(store->fault));
    return !store->fault;
}

bool imp_store_commit(ImpStore *store, GError **error)
{
    return imp_store_script(store, "COMMIT", error);
}

void imp_store_rollback(ImpStore *store)
{
    if (!sqlite3_get_autocommit(store->handle))
        imp_store_script(store, "ROLLBACK", NULL);
}

bool imp_store_script(ImpStore *store, const char *sql, GError **error)
{
    return sqlite3_exec(store->handle, sql, NULL, NULL, NULL) == SQLITE_OK ||
           fail(store, sql, error);
}

static int bind_hex(sqlite3_stmt *statement, int index, const char *hex)
{
    guint8 bytes[32];
    gsize length = hex ? strlen(hex) / 2 : 0;
    if (!hex || length > sizeof bytes)
        return sqlite3_bind_null(statement, index);
    for (gsize i = 0; i < length; i++)
        bytes[i] =
            (guint8)(g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    return sqlite3_bind_blob(statement, index, bytes, (int)length, SQLITE_TRANSIENT);
}

static int bind(sqlite3_stmt *statement, int index, char type, va_list *arguments)
{
    if (type == 'i')
        return sqlite3_bind_int64(statement, index, va_arg(*arguments, gint64));
    const char *text = va_arg(*arguments, const char *);
    return type == 'x' ? bind_hex(statement, index, text)
                       : sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT);
}

static ImpRows *begin(ImpStore *store, const char *sql, const char *types, va_list *arguments)
{
    ImpRows *rows = g_hash_table_lookup(store->statements, sql);
    if (!rows) {
        rows = g_new0(ImpRows, 1);
        rows->store = store;
        rows->sql = sql;
        g_hash_table_insert(store->statements, (gpointer)sql, rows);
    }
    g_clear_error(&rows->fault);
    if (rows->statement)
        sqlite3_reset(rows->statement);
    else if (sqlite3_prepare_v3(store->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &rows->statement,
                                NULL) != SQLITE_OK)
        fail(store, sql, &rows->fault);
    for (int i = 0; types[i] && !rows->fault; i++)
        if (bind(rows->statement, i + 1, types[i], arguments) != SQLITE_OK)
            fail(store, sql, &rows->fault);
    return rows;
}

bool imp_store_run(ImpStore *store, GError **error, const char *sql, const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    ImpRows *rows = begin(store, sql, types, &arguments);
    va_end(arguments);
    imp_rows_next(rows);
    return imp_rows_end(rows, error);
}

ImpRows *imp_store_query(ImpStore *store, const char *sql, const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    ImpRows *rows = begin(store, sql, types, &arguments);
    va_end(arguments);
    return rows;
}

gint64 imp_store_number(ImpStore *store, gint64 otherwise, const char *sql, const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    ImpRows *rows = begin(store, sql, types, &arguments);
    va_end(arguments);
    gint64 number = imp_rows_next(rows) ? imp_rows_number(rows, 0) : otherwise;
    imp_rows_end(rows, NULL);
    return number;
}

char *imp_store_text(ImpStore *store, const char *sql, const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    ImpRows *rows = begin(store, sql, types, &arguments);
    va_end(arguments);
    char *text = imp_rows_next(rows) ? imp_rows_text(rows, 0) : NULL;
    imp_rows_end(rows, NULL);
    return text;
}

gint64 imp_store_last_row(ImpStore *store)
{
    return sqlite3_last_insert_rowid(store->handle);
}

bool imp_rows_next(ImpRows *rows)
{
    if (rows->fault)
        return false;
    int result = sqlite3_step(rows->statement);
    if (result == SQLITE_ROW)
        return true;
    if (result != SQLITE_DONE)
        fail(rows->store, rows->sql, &rows->fault);
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
    static const char digits[] = "0123456789abcdef";
    const guint8 *bytes = sqlite3_column_blob(rows->statement, column);
    if (!bytes)
        return NULL;
    gsize length = (gsize)sqlite3_column_bytes(rows->statement, column);
    char *hex = g_malloc(2 * length + 1);
    for (gsize i = 0; i < length; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 0xf];
    }
    hex[2 * length] = '\0';
    return hex;
}

GPtrArray *imp_rows_take(ImpRows *rows, bool hex, GError **error)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    while (imp_rows_next(rows))
        g_ptr_array_add(values, hex ? imp_rows_hex(rows, 0) : imp_rows_text(rows, 0));
    return imp_rows_end(rows, error) ? g_steal_pointer(&values) : NULL;
}
