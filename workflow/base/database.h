#pragma once

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

/* The one SQLite connection, its transactions, and short calls for statements. Index and outbox own
 * their tables; everything in here can be rebuilt from git, but for deliveries. */

typedef struct ImpDatabase ImpDatabase;
typedef struct ImpRows ImpRows; /* of a query */

#define IMP_DATABASE_ERROR (imp_database_error_quark())
GQuark imp_database_error_quark(void);
typedef enum {
    IMP_DATABASE_ERROR_FAILED,
    IMP_DATABASE_ERROR_DAMAGED, /* what the file holds is not a database, or not a whole one */
} ImpDatabaseError;

typedef enum {
    IMP_DATABASE_WRITE,  /* creates the file; WAL, which stays on exit so that readers without write
                         access can read */
    IMP_DATABASE_READ,   /* read-only */
    IMP_DATABASE_MEMORY, /* for reading verbs that may keep nothing */
} ImpDatabaseMode;

ImpDatabase *imp_database_open(const char *path, ImpDatabaseMode mode, GError **error);
/* A copy in memory of what the database shows now, to go on from without writing to it. */
ImpDatabase *imp_database_copy(ImpDatabase *database, GError **error);
void imp_database_free(ImpDatabase *database);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpDatabase, imp_database_free)

sqlite3 *imp_database_handle(ImpDatabase *database);

bool imp_database_begin(ImpDatabase *database, GError **error);
bool imp_database_commit(ImpDatabase *database, GError **error);
void imp_database_rollback(ImpDatabase *database);
bool imp_database_is_in_transaction(ImpDatabase *database);
/* False, with the fault, if a statement has failed since the transaction began: also one whose
 * failure nobody asked about and took for an empty answer. */
bool imp_database_is_sound(ImpDatabase *database, GError **error);

/* Runs several statements without parameters. */
bool imp_database_script(ImpDatabase *database, const char *sql, GError **error);

/* Runs one statement. `types` has a letter for each parameter that follows: t text (NULL is SQL's),
 * i gint64, x a hex id, stored as its bytes (NULL is SQL's). Statements are prepared once: `sql` is
 * a literal. */
bool imp_database_run(ImpDatabase *database, GError **error, const char *sql, const char *types,
                      ...);

/* Begins a query, whose rows are taken one after the other: it may fail at once or at any row, and
 * imp_rows_end() is asked once, behind them. Of one literal `sql` one query may be open at a time.
 */
ImpRows *imp_database_query(ImpDatabase *database, const char *sql, const char *types, ...);

/* What the first row has in its first column, a number, or a text for the caller to free; where
 * there is no row, `otherwise`, or NULL. The same at a fault: what must not go on without an answer
 * asks imp_database_is_sound(). */
gint64 imp_database_number(ImpDatabase *database, gint64 otherwise, const char *sql,
                           const char *types, ...);
char *imp_database_text(ImpDatabase *database, const char *sql, const char *types, ...);

/* The number of the row that was inserted last. */
gint64 imp_database_last_row(ImpDatabase *database);

/* Steps to the next row. False where there is none, and at a fault. */
bool imp_rows_next(ImpRows *rows);

/* Ends the query, wherever it stands. False, with the error, if it could not begin or not go on. */
bool imp_rows_end(ImpRows *rows, GError **error);

/* Columns of a row; of a text a copy, or what is there until the next step; the hex of bytes. NULL
 * for SQL's. */
gint64 imp_rows_number(const ImpRows *rows, int column);
char *imp_rows_text(const ImpRows *rows, int column);
const char *imp_rows_peek(const ImpRows *rows, int column);
char *imp_rows_hex(const ImpRows *rows, int column);

/* Takes all rows, and ends the query: the first column as texts, or as hex ids. Freed with the
 * array; NULL with an error. */
GPtrArray *imp_rows_take(ImpRows *rows, bool hex, GError **error);
