#include "daemon/index/index_waiting.h"

bool imp_index_is_waiting(ImpStore *store, const char *tip)
{
    sqlite3_stmt *query = imp_store_query(
        store, NULL,
        "SELECT count(*), total(EXISTS(SELECT 1 FROM history_commit c WHERE c.id = w.below)) "
        "FROM waiting w WHERE tip = ?",
        "x", tip);
    bool waits = query && imp_store_next(store, query, NULL) &&
                 sqlite3_column_int64(query, 0) > 0 && sqlite3_column_double(query, 1) < 1;
    if (query)
        imp_store_done(query);
    return waits;
}

bool imp_index_set_waiting(ImpStore *store, const char *tip, const char *const *below, guint count,
                           GError **error)
{
    if (!imp_store_run(store, error, "DELETE FROM waiting WHERE tip = ?", "x", tip))
        return false;
    for (guint i = 0; i < count; i++)
        if (!imp_store_run(store, error, "INSERT OR IGNORE INTO waiting VALUES(?, ?)", "xx", tip,
                           below[i]))
            return false;
    return true;
}

bool imp_index_clear_waiting(ImpStore *store, GError **error)
{
    return imp_store_script(store, "DELETE FROM waiting", error);
}
