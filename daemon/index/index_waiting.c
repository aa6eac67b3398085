#include "daemon/index/index_waiting.h"

bool imp_index_is_waiting(ImpDatabase *database, const char *tip)
{
    ImpRows *rows = imp_database_query(
        database,
        "SELECT count(*), total(EXISTS(SELECT 1 FROM history_commit c WHERE c.id = w.below)) "
        "FROM waiting w WHERE tip = ?",
        "x", tip);
    bool waits =
        imp_rows_next(rows) && imp_rows_number(rows, 0) > 0 && imp_rows_number(rows, 1) < 1;
    imp_rows_end(rows, NULL);
    return waits;
}

bool imp_index_set_waiting(ImpDatabase *database, const char *tip, const char *const *below,
                           guint count, GError **error)
{
    if (!imp_database_run(database, error, "DELETE FROM waiting WHERE tip = ?", "x", tip))
        return false;
    for (guint i = 0; i < count; i++)
        if (!imp_database_run(database, error, "INSERT OR IGNORE INTO waiting VALUES(?, ?)", "xx",
                              tip, below[i]))
            return false;
    return true;
}

bool imp_index_clear_waiting(ImpDatabase *database, GError **error)
{
    return imp_database_script(database, "DELETE FROM waiting", error);
}
