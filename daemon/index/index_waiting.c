#include "daemon/index/index_waiting.h"

bool imp_index_is_waiting(ImpStore *store, const char *tip)
{
    ImpRows *rows = imp_store_query(
        store,
        "SELECT count(*), total(EXISTS(SELECT 1 FROM history_commit c WHERE c.id = w.below)) "
        "FROM waiting w WHERE tip = ?",
        "x", tip);
    bool waits =
        imp_rows_next(rows) && imp_rows_number(rows, 0) > 0 && imp_rows_number(rows, 1) < 1;
    imp_rows_end(rows, NULL);
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
