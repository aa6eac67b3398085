#include "notify/outbox/outbox_list.h"
#include "notify/outbox/outbox_tables.h"

#include <string.h>

void imp_queued_free(ImpQueued *queued)
{
    if (!queued)
        return;
    g_free(queued->event);
    g_free(queued->type);
    g_free(queued->endpoint);
    g_free(queued->article);
    g_free(queued->failure);
    g_free(queued->answer);
    g_clear_pointer(&queued->body, g_bytes_unref);
    g_free(queued);
}

#define COLUMNS                                                                                    \
    "d.id, d.event, m.type, d.endpoint, d.article, d.state, d.attempts, d.created_us, d.next_us, " \
    "d.ended_us,"                                                                                  \
    " d.failure, d.status, d.answer, CASE WHEN d.state = 0 AND d.head = 0 THEN (SELECT f.id FROM " \
    "outbox_delivery f"                                                                            \
    "  WHERE f.endpoint = d.endpoint AND f.article = d.article AND f.state < 2 ORDER BY f.id "     \
    "LIMIT 1) END,"                                                                                \
    " x.disabled_us, c.probe_us, c.held_until_us"
#define TABLES                                                                                     \
    " FROM outbox_delivery d LEFT JOIN outbox_message m ON m.id = d.message"                       \
    " LEFT JOIN outbox_disabled x ON x.endpoint = d.endpoint LEFT JOIN outbox_circuit c ON "       \
    "c.endpoint = d.endpoint "

static ImpQueued *queued_of(const ImpRows *row)
{
    ImpQueued *queued = g_new0(ImpQueued, 1);
    queued->id = imp_rows_number(row, 0);
    queued->event = imp_rows_text(row, 1);
    queued->type = imp_rows_text(row, 2);
    queued->endpoint = imp_rows_text(row, 3);
    queued->article = imp_rows_path(row, 4);
    queued->state = (ImpDeliveryState)imp_rows_number(row, 5);
    queued->tries = (guint)imp_rows_number(row, 6);
    queued->created_us = imp_rows_number(row, 7);
    queued->next_us = queued->state == IMP_DELIVERY_WAITING ? imp_rows_number(row, 8) : 0;
    queued->ended_us = imp_rows_number(row, 9);
    queued->failure = imp_rows_text(row, 10);
    queued->status = (guint)imp_rows_number(row, 11);
    queued->answer = imp_rows_text(row, 12);
    queued->behind = imp_rows_number(row, 13);
    queued->parked = !imp_rows_is_null(row, 14);
    queued->held_us = MAX(imp_rows_number(row, 15), imp_rows_number(row, 16));
    if (queued->behind == queued->id)
        queued->behind = 0;
    return queued;
}

GPtrArray *imp_outbox_list(ImpDatabase *database, const char *endpoint, guint states, guint limit,
                           GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)imp_queued_free);
    bool there;
    if (!imp_outbox_is_there(database, &there, error))
        return NULL;
    if (!there)
        return g_steal_pointer(&list);
    ImpRows *rows = imp_database_query(
        database,
        "SELECT " COLUMNS TABLES "WHERE (?1 IS NULL OR d.endpoint = ?1) AND (?2 >> d.state) & 1 = 1"
        " ORDER BY CASE WHEN d.state = 3 THEN 0 WHEN d.state > 1 THEN 5 WHEN x.endpoint IS NOT "
        "NULL THEN 1"
        "  WHEN d.failure IS NOT NULL THEN 2 ELSE 3 END,"
        " CASE WHEN d.state < 2 OR d.state = 3 THEN d.created_us ELSE -d.ended_us END, d.id LIMIT "
        "?3",
        "tii", endpoint, (gint64)states, (gint64)limit);
    while (imp_rows_next(rows))
        g_ptr_array_add(list, queued_of(rows));
    return imp_rows_end(rows, error) ? g_steal_pointer(&list) : NULL;
}

bool imp_outbox_look(ImpDatabase *database, gint64 id, ImpQueued **queued, GError **error)
{
    bool there;
    *queued = NULL;
    if (!imp_outbox_is_there(database, &there, error))
        return false;
    if (!there)
        return true;
    ImpRows *rows = imp_database_query(
        database, "SELECT " COLUMNS ", m.body" TABLES "WHERE d.id = ?1", "i", id);
    if (imp_rows_next(rows)) {
        *queued = queued_of(rows);
        (*queued)->body = imp_rows_bytes(rows, 17);
    }
    return imp_rows_end(rows, error);
}

bool imp_outbox_count(ImpDatabase *database, const char *endpoint,
                      gint64 counts[IMP_N_DELIVERY_STATES], GError **error)
{
    memset(counts, 0, sizeof(gint64) * IMP_N_DELIVERY_STATES);
    bool there;
    if (!imp_outbox_is_there(database, &there, error))
        return false;
    if (!there)
        return true;
    ImpRows *rows = imp_database_query(database,
                                       "SELECT state, COUNT(*) FROM outbox_delivery"
                                       " WHERE ?1 IS NULL OR endpoint = ?1 GROUP BY state",
                                       "t", endpoint);
    while (imp_rows_next(rows)) {
        guint state = (guint)imp_rows_number(rows, 0);
        if (state < IMP_N_DELIVERY_STATES)
            counts[state] = imp_rows_number(rows, 1);
    }
    return imp_rows_end(rows, error);
}

/* By what somebody calls them */

#define SHORTEST_BEGINNING 12 /* "evt_" and 32 bits */

static GArray *ids_of(ImpRows *rows, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(false, false, sizeof(gint64));
    while (imp_rows_next(rows)) {
        gint64 id = imp_rows_number(rows, 0);
        g_array_append_val(ids, id);
    }
    return imp_rows_end(rows, error) ? g_steal_pointer(&ids) : NULL;
}

static GArray *ids_of_event(ImpDatabase *database, const char *event, const char *endpoint,
                            GError **error)
{
    return ids_of(imp_database_query(database,
                                     "SELECT id FROM outbox_delivery WHERE event = ?1"
                                     " AND (?2 IS NULL OR endpoint = ?2) ORDER BY id",
                                     "tt", event, endpoint),
                  error);
}

/* *event is the one event that begins so; NULL for none, or with *many for several. Ids are of
 * [a-z0-9_], below "~". */
static bool complete(ImpDatabase *database, const char *beginning, char **event, bool *many,
                     GError **error)
{
    ImpRows *rows = imp_database_query(database,
                                       "SELECT MIN(event), MAX(event) FROM outbox_delivery"
                                       " WHERE event >= ?1 AND event < ?1 || '~'",
                                       "t", beginning);
    if (imp_rows_next(rows)) {
        *many = g_strcmp0(imp_rows_peek(rows, 0), imp_rows_peek(rows, 1)) != 0;
        *event = *many ? NULL : imp_rows_text(rows, 0);
    }
    return imp_rows_end(rows, error);
}

GArray *imp_outbox_find(ImpDatabase *database, const char *text, const char *endpoint, bool *many,
                        GError **error)
{
    bool there;
    *many = false;
    if (!imp_outbox_is_there(database, &there, error))
        return NULL;
    if (!there)
        return g_array_new(false, false, sizeof(gint64));
    const char *number = text + (*text == '#');
    gint64 id = 0;
    if (g_ascii_string_to_signed(number, 10, 1, G_MAXINT64, &id, NULL))
        return ids_of(imp_database_query(database,
                                         "SELECT id FROM outbox_delivery WHERE id = ?1"
                                         " AND (?2 IS NULL OR endpoint = ?2)",
                                         "it", id, endpoint),
                      error);
    g_autoptr(GArray) ids = ids_of_event(database, text, endpoint, error);
    if (!ids || ids->len > 0 || strlen(text) < SHORTEST_BEGINNING)
        return g_steal_pointer(&ids);
    g_autofree char *event = NULL;
    if (!complete(database, text, &event, many, error))
        return NULL;
    return event ? ids_of_event(database, event, endpoint, error) : g_steal_pointer(&ids);
}

GArray *imp_outbox_ids(ImpDatabase *database, ImpDeliveryState state, const char *endpoint,
                       guint limit, GError **error)
{
    /* Numbers instead of a parameter: for the sake of the indexes. */
    if (state == IMP_DELIVERY_DEAD)
        return ids_of(imp_database_query(database,
                                         "SELECT id FROM outbox_delivery WHERE state = 3"
                                         " AND (?1 IS NULL OR endpoint = ?1) ORDER BY id LIMIT ?2",
                                         "ti", endpoint, (gint64)limit),
                      error);
    return ids_of(imp_database_query(database,
                                     "SELECT id FROM outbox_delivery WHERE state < 2 AND state = ?3"
                                     " AND (?1 IS NULL OR endpoint = ?1) ORDER BY id LIMIT ?2",
                                     "tii", endpoint, (gint64)limit, (gint64)state),
                  error);
}
