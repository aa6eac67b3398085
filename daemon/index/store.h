#pragma once

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

/* The one SQLite connection, its transactions, and short calls for statements. Index and outbox own
 * their tables; everything in here can be rebuilt from git, but for deliveries. */

typedef struct ImpStore ImpStore;

#define IMP_STORE_ERROR (imp_store_error_quark())
GQuark imp_store_error_quark(void);
typedef enum {
    IMP_STORE_ERROR_FAILED,
    IMP_STORE_ERROR_DAMAGED, /* what the file holds is not a database, or not a whole one */
} ImpStoreError;

typedef enum {
    IMP_STORE_WRITE,  /* creates the file; WAL, which stays on exit so that readers without write
                         access can read */
    IMP_STORE_READ,   /* read-only */
    IMP_STORE_MEMORY, /* for reading verbs that may keep nothing */
} ImpStoreMode;

ImpStore *imp_store_open(const char *path, ImpStoreMode mode, GError **error);
/* A copy in memory of what the store shows now, to go on from without writing to it. */
ImpStore *imp_store_copy(ImpStore *store, GError **error);
void imp_store_free(ImpStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpStore, imp_store_free)

sqlite3 *imp_store_handle(ImpStore *store);

bool imp_store_begin(ImpStore *store, GError **error);
bool imp_store_commit(ImpStore *store, GError **error);
void imp_store_rollback(ImpStore *store);
/* False, with the fault, if a statement has failed since the transaction began: also one whose
 * failure nobody asked about and took for an empty answer. */
bool imp_store_is_sound(ImpStore *store, GError **error);

/* Runs several statements without parameters. */
bool imp_store_script(ImpStore *store, const char *sql, GError **error);

/* Runs one statement. `types` has a letter for each parameter that follows: t text (NULL is SQL's),
 * i gint64, x a hex id, stored as its bytes (NULL is SQL's). Statements are prepared once: `sql` is
 * a literal. */
bool imp_store_run(ImpStore *store, GError **error, const char *sql, const char *types, ...);

/* Begins a query; rows are taken by imp_store_next. Of one literal `sql` one query may be open at a
 * time, and a query is over when imp_store_next has returned false, or when imp_store_done is
 * called. */
sqlite3_stmt *imp_store_query(ImpStore *store, GError **error, const char *sql, const char *types,
                              ...);
/* Steps to the next row. False at the end, or with an error. */
bool imp_store_next(ImpStore *store, sqlite3_stmt *query, GError **error);
void imp_store_done(sqlite3_stmt *query);

/* Columns of a row: a copy of its text, the hex of its bytes; NULL for SQL's. The caller frees. */
char *imp_store_text(sqlite3_stmt *query, int column);
char *imp_store_hex(sqlite3_stmt *query, int column);

/* Takes all rows of a query (NULL: one that could not begin, its error already set): the first
 * column as texts, or as hex ids. Freed with the array; NULL and an error. */
GPtrArray *imp_store_column(ImpStore *store, sqlite3_stmt *query, bool hex, GError **error);
