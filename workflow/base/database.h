#pragma once

#include <glib.h>
#include <stdbool.h>

/* The one SQLite connection, its transactions, and short calls for statements; nothing else calls
 * SQLite. Index and outbox own their tables; everything in here can be rebuilt from git, but for
 * deliveries. Every error is IMP_DATABASE_ERROR with the file and what SQLite says of it. */

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

/* SQLite's own connection, for the tests that count its work or break it. */
struct sqlite3 *imp_database_handle(ImpDatabase *database);

/* Transactions. One that writes takes the file at once; one that reads is of one moment, which the
 * first query fixes. */
bool imp_database_begin(ImpDatabase *database, GError **error);
bool imp_database_begin_reading(ImpDatabase *database, GError **error);
bool imp_database_commit(ImpDatabase *database, GError **error);
void imp_database_rollback(ImpDatabase *database);
bool imp_database_is_in_transaction(ImpDatabase *database);
/* False, with the fault, if a statement has failed since the transaction began: also one whose
 * failure nobody asked about and took for an empty answer. */
bool imp_database_is_sound(ImpDatabase *database, GError **error);

/* Within a transaction: marks a place; forgets the last one, keeping what followed; undoes what
 * followed the last one, and forgets it. */
bool imp_database_mark(ImpDatabase *database, GError **error);
bool imp_database_forget_mark(ImpDatabase *database, GError **error);
bool imp_database_return_to_mark(ImpDatabase *database, GError **error);

/* Whether a commit waits for the disk, as it does at first. Not within a transaction. */
bool imp_database_set_durable(ImpDatabase *database, bool durable, GError **error);

/* Runs several statements without parameters. */
bool imp_database_script(ImpDatabase *database, const char *sql, GError **error);

/* Runs one statement. `types` has a letter for each parameter that follows:
 *
 *   i  gint64
 *   t  text; NULL is SQL's
 *   x  a hex id, stored as its bytes; NULL is SQL's
 *   p  a path, stored as its bytes; NULL is that of nothing, stored as none
 *   b  GBytes
 *
 * Statements are prepared once: `sql` is a literal. */
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

/* How many rows the last statement that wrote has changed itself, which triggers add nothing to. */
gint64 imp_database_changes(ImpDatabase *database);
/* The number of the row that was inserted last. */
gint64 imp_database_last_row(ImpDatabase *database);

/* Steps to the next row. False where there is none, and at a fault. */
bool imp_rows_next(ImpRows *rows);

/* Ends the query, wherever it stands. False, with the error, if it could not begin or not go on. */
bool imp_rows_end(ImpRows *rows, GError **error);

/* Columns of a row; of a text a copy, or what is there until the next step; the hex of bytes. NULL
 * for SQL's; a path is also NULL where it is that of nothing. */
gint64 imp_rows_number(const ImpRows *rows, int column);
char *imp_rows_text(const ImpRows *rows, int column);
const char *imp_rows_peek(const ImpRows *rows, int column);
char *imp_rows_hex(const ImpRows *rows, int column);
char *imp_rows_path(const ImpRows *rows, int column);
GBytes *imp_rows_bytes(const ImpRows *rows, int column);
bool imp_rows_is_null(const ImpRows *rows, int column);

/* Takes all rows, and ends the query: the first column as texts, or as hex ids. Freed with the
 * array; NULL with an error. */
GPtrArray *imp_rows_take(ImpRows *rows, bool hex, GError **error);
