#include "daemon/index/store.h"

#include <string.h>
#include <unistd.h>

G_DEFINE_QUARK(imp_store_error, imp_store_error)

struct ImpStore {
    sqlite3 *handle;
    GHashTable *statements; /* literal sql -> sqlite3_stmt* */
    GError *fault;          /* the first since the transaction began, or NULL */
};

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

static void finalize(gpointer statement)
{
    sqlite3_finalize(statement);
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
    store->statements = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, finalize);
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

static sqlite3_stmt *prepare(ImpStore *store, const char *sql, const char *types, va_list arguments,
                             GError **error)
{
    sqlite3_stmt *statement = g_hash_table_lookup(store->statements, sql);
    if (!statement) {
        if (sqlite3_prepare_v3(store->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                               NULL) != SQLITE_OK) {
            fail(store, sql, error);
            return NULL;
        }
        g_hash_table_insert(store->statements, (gpointer)sql, statement);
    }
    sqlite3_reset(statement);
    for (int i = 0; types[i]; i++) {
        int result =
            types[i] == 'i'   ? sqlite3_bind_int64(statement, i + 1, va_arg(arguments, gint64))
            : types[i] == 'x' ? bind_hex(statement, i + 1, va_arg(arguments, const char *))
                              : sqlite3_bind_text(statement, i + 1, va_arg(arguments, const char *),
                                                  -1, SQLITE_TRANSIENT);
        if (result != SQLITE_OK) {
            fail(store, sql, error);
            return NULL;
        }
    }
    return statement;
}

bool imp_store_run(ImpStore *store, GError **error, const char *sql, const char *types, ...)
{
    va_list arguments;
    va_start(arguments, types);
    sqlite3_stmt *statement = prepare(store, sql, types, arguments, error);
    va_end(arguments);
    if (!statement)
        return false;
    int result = sqlite3_step(statement);
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        fail(store, sql, error);
    sqlite3_reset(statement);
    return result == SQLITE_DONE || result == SQLITE_ROW;
}

sqlite3_stmt *imp_store_query(ImpStore *store, GError **error, const char *sql, const char *types,
                              ...)
{
    va_list arguments;
    va_start(arguments, types);
    sqlite3_stmt *statement = prepare(store, sql, types, arguments, error);
    va_end(arguments);
    return statement;
}

bool imp_store_next(ImpStore *store, sqlite3_stmt *query, GError **error)
{
    int result = sqlite3_step(query);
    if (result == SQLITE_ROW)
        return true;
    if (result != SQLITE_DONE)
        fail(store, sqlite3_sql(query), error);
    sqlite3_reset(query);
    return false;
}

void imp_store_done(sqlite3_stmt *query)
{
    sqlite3_reset(query);
}

char *imp_store_text(sqlite3_stmt *query, int column)
{
    return g_strdup((const char *)sqlite3_column_text(query, column));
}

char *imp_store_hex(sqlite3_stmt *query, int column)
{
    static const char digits[] = "0123456789abcdef";
    const guint8 *bytes = sqlite3_column_blob(query, column);
    if (!bytes)
        return NULL;
    gsize length = (gsize)sqlite3_column_bytes(query, column);
    char *hex = g_malloc(2 * length + 1);
    for (gsize i = 0; i < length; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 0xf];
    }
    hex[2 * length] = '\0';
    return hex;
}

GPtrArray *imp_store_column(ImpStore *store, sqlite3_stmt *query, bool hex, GError **error)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    GError *fault = NULL;
    while (query && imp_store_next(store, query, &fault))
        g_ptr_array_add(values, hex ? imp_store_hex(query, 0) : imp_store_text(query, 0));
    if (fault)
        g_propagate_error(error, fault);
    return query && !fault ? g_steal_pointer(&values) : NULL;
}
