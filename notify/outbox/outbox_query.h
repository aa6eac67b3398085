#pragma once

#include "notify/outbox/outbox.h"

/* Private to the outbox: a statement that is prepared when it is wanted, for what people ask now
 * and then. */

typedef sqlite3_stmt Query;
void imp_query_free(Query *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Query, imp_query_free)

/* Prepares; `types` has a letter for each parameter that follows: t text (NULL is SQL's), i gint64.
 * NULL with an error. */
Query *imp_query(sqlite3 *database, GError **error, const char *sql, const char *types, ...);
/* Whether there is a (further) row. False with an error, too: *error, which must begin as NULL,
 * tells. */
bool imp_query_next(Query *query, GError **error);
/* Prepares, and steps a statement that gives no rows. */
bool imp_query_run(sqlite3 *database, GError **error, const char *sql, const char *types, ...);

/* A copy of a column's text; NULL for SQL's. The caller frees. */
char *imp_query_text(Query *query, int column);
/* A column of path bytes; NULL for the empty one, which is not an article. The caller frees. */
char *imp_query_article(Query *query, int column);
