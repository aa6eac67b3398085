#include "notify/outbox/outbox_query.h"
#include "notify/outbox/outbox_statements.h"

void imp_query_free(Query *query)
{
    sqlite3_finalize(query);
}

static Query *begin(sqlite3 *database, const char *sql, const char *types, va_list values,
                    GError **error)
{
    Query *query = NULL;
    if (sqlite3_prepare_v2(database, sql, -1, &query, NULL) != SQLITE_OK) {
        imp_outbox_fail(database, error);
        return NULL;
    }
    for (int i = 0; types[i]; i++) {
        if (types[i] == 'i')
            sqlite3_bind_int64(query, i + 1, va_arg(values, gint64));
        else
            sqlite3_bind_text(query, i + 1, va_arg(values, const char *), -1, SQLITE_TRANSIENT);
    }
    return query;
}

Query *imp_query(sqlite3 *database, GError **error, const char *sql, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    Query *query = begin(database, sql, types, values, error);
    va_end(values);
    return query;
}

bool imp_query_next(Query *query, GError **error)
{
    int code = sqlite3_step(query);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        imp_outbox_fail(sqlite3_db_handle(query), error);
    return code == SQLITE_ROW;
}

bool imp_query_run(sqlite3 *database, GError **error, const char *sql, const char *types, ...)
{
    va_list values;
    va_start(values, types);
    g_autoptr(Query) query = begin(database, sql, types, values, error);
    va_end(values);
    return query && (sqlite3_step(query) == SQLITE_DONE || imp_outbox_fail(database, error));
}

char *imp_query_text(Query *query, int column)
{
    return g_strdup((const char *)sqlite3_column_text(query, column));
}

char *imp_query_article(Query *query, int column)
{
    gsize length = (gsize)sqlite3_column_bytes(query, column);
    return length > 0 ? g_strndup(sqlite3_column_blob(query, column), length) : NULL;
}
