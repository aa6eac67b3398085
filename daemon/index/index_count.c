#include "daemon/index/index.h"

/* In numbers, for whoever watches: by indexes alone, however many articles there are. */

static bool count_states(ImpDatabase *database, gint64 articles[IMP_STATE_APPROVED + 1],
                         GError **error)
{
    ImpRows *query =
        imp_database_query(database, "SELECT state, count(*) FROM article GROUP BY state", "");
    for (guint i = 0; i <= IMP_STATE_APPROVED; i++)
        articles[i] = 0;
    while (imp_rows_next(query)) {
        gint64 state = imp_rows_number(query, 0);
        if (state >= 0 && state <= IMP_STATE_APPROVED)
            articles[state] = imp_rows_number(query, 1);
    }
    return imp_rows_end(query, error);
}

static bool count_overdue(ImpDatabase *database, gint64 now_us, gint64 *overdue, GError **error)
{
    ImpRows *query = imp_database_query(
        database,
        "SELECT count(DISTINCT r.path) FROM request r JOIN article a ON a.path = r.path"
        " WHERE r.status = 0 AND ((a.state = ?1 AND r.respond_by > 0 AND r.respond_by < ?3)"
        " OR (a.state = ?2 AND r.review_by > 0 AND r.review_by < ?3))",
        "iii", (gint64)IMP_STATE_SUBMITTED, (gint64)IMP_STATE_UNDER_REVIEW, now_us);
    if (imp_rows_next(query)) {
        *overdue = imp_rows_number(query, 0);
    }
    return imp_rows_end(query, error);
}

bool imp_index_count(ImpDatabase *database, gint64 now_us, gint64 articles[IMP_STATE_APPROVED + 1],
                     gint64 *overdue, GError **error)
{
    return count_states(database, articles, error) &&
           count_overdue(database, now_us, overdue, error);
}
