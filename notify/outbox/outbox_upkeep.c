#include "notify/format/format.h"
#include "notify/outbox/outbox_tables.h"

/* What keeps the outbox from growing for ever, and what its readers want to know. */

#define KEPT_US (7 * IMP_DAY_US)

GPtrArray *imp_outbox_waiting_endpoints(ImpOutbox *outbox, GError **error)
{
    return imp_rows_take(
        imp_database_query(outbox->database,
                           "SELECT DISTINCT endpoint FROM outbox_delivery WHERE state < 2", ""),
        false, error);
}

static GPtrArray *find_over(ImpOutbox *outbox, const char *endpoint, gint64 now_us, guint limit,
                            GError **error)
{
    g_autoptr(GPtrArray) over = g_ptr_array_new_with_free_func((GDestroyNotify)imp_delivery_free);
    ImpRows *rows = imp_database_query(
        outbox->database,
        "SELECT " IMP_DELIVERY_ROW(
            "NULL") " FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message"
                    " WHERE d.endpoint = ?1 AND d.state < 2 AND d.state = 0"
                    " AND d.created_us <= CASE m.format WHEN 'standard' THEN ?2 ELSE ?4 END LIMIT "
                    "?3",
        "tiii", endpoint, now_us - imp_format_traits(IMP_FORMAT_STANDARD)->life_us, (gint64)limit,
        now_us - IMP_CHAT_LIFE_US);
    while (imp_rows_next(rows))
        g_ptr_array_add(over, imp_outbox_delivery(rows));
    return imp_rows_end(rows, error) ? g_steal_pointer(&over) : NULL;
}

static bool kill_delivery(ImpOutbox *outbox, const ImpDelivery *delivery, gint64 now_us,
                          GError **error)
{
    bool head;
    return imp_outbox_is_head(outbox, delivery->id, &head, error) &&
           imp_database_run(
               outbox->database, error,
               "UPDATE outbox_delivery SET state = 3, head = 0, ended_us = ?2 WHERE id = ?1", "ii",
               delivery->id, now_us) &&
           (!head || imp_outbox_promote(outbox, delivery, now_us, error));
}

bool imp_outbox_expire(ImpOutbox *outbox, const char *endpoint, gint64 now_us, guint limit,
                       GPtrArray *dead, GError **error)
{
    g_autoptr(GPtrArray) over = find_over(outbox, endpoint, now_us, limit, error);
    if (!over)
        return false;
    for (guint i = 0; i < over->len; i++) {
        if (!kill_delivery(outbox, over->pdata[i], now_us, error))
            return false;
    }
    g_ptr_array_extend_and_steal(dead, g_steal_pointer(&over));
    return true;
}

bool imp_outbox_give_up_misfits(ImpOutbox *outbox, const char *endpoint, ImpFormat format,
                                gint64 now_us, guint *count, GError **error)
{
    if (!imp_database_run(
            outbox->database, error,
            "UPDATE outbox_delivery SET state = 3, head = 0, ended_us = ?3 WHERE endpoint = ?1"
            " AND state < 2 AND state = 0"
            " AND (SELECT format FROM outbox_message m WHERE m.id = message) <> ?2",
            "tti", endpoint, imp_format_word(format), now_us))
        return false;
    *count = (guint)imp_database_changes(outbox->database);
    return *count == 0 || (imp_outbox_forget_circuit(outbox, endpoint, error) &&
                           imp_outbox_promote_all(outbox, endpoint, error));
}

typedef struct {
    gint64 id, message;
    char *event;
} Old;

static void clear_old(gpointer data)
{
    Old *old = data;
    g_clear_pointer(&old->event, g_free);
}

static GArray *find_old(ImpOutbox *outbox, gint64 before_us, guint limit, GError **error)
{
    g_autoptr(GArray) found = g_array_new(false, false, sizeof(Old));
    g_array_set_clear_func(found, clear_old);
    ImpRows *rows = imp_database_query(outbox->database,
                                       "SELECT id, event, message FROM outbox_delivery"
                                       " WHERE (state = 2 OR state > 3) AND ended_us <= ?1"
                                       " ORDER BY ended_us LIMIT ?2",
                                       "ii", before_us, (gint64)limit);
    while (imp_rows_next(rows)) {
        Old old = {.id = imp_rows_number(rows, 0),
                   .message = imp_rows_number(rows, 2),
                   .event = imp_rows_text(rows, 1)};
        g_array_append_val(found, old);
    }
    return imp_rows_end(rows, error) ? g_steal_pointer(&found) : NULL;
}

static bool forget(ImpOutbox *outbox, const Old *old, GError **error)
{
    return imp_database_run(outbox->database, error, "DELETE FROM outbox_delivery WHERE id = ?1",
                            "i", old->id) &&
           imp_database_run(outbox->database, error,
                            "DELETE FROM outbox_message WHERE id = ?1 AND NOT EXISTS"
                            " (SELECT 1 FROM outbox_delivery WHERE event = ?2 AND message = ?1)",
                            "it", old->message, old->event);
}

bool imp_outbox_prune(ImpOutbox *outbox, gint64 now_us, guint limit, guint *count, GError **error)
{
    g_autoptr(GArray) found = find_old(outbox, now_us - KEPT_US, limit, error);
    if (!found)
        return false;
    for (guint i = 0; i < found->len; i++) {
        if (!forget(outbox, &g_array_index(found, Old, i), error))
            return false;
    }
    *count = found->len;
    return true;
}

gint64 imp_outbox_undelivered(ImpDatabase *database, GError **error)
{
    bool there;
    if (!imp_outbox_is_there(database, &there, error))
        return -1;
    if (!there)
        return 0;
    ImpRows *rows =
        imp_database_query(database, "SELECT COUNT(*) FROM outbox_delivery WHERE state < 2", "");
    gint64 count = imp_rows_next(rows) ? imp_rows_number(rows, 0) : -1;
    return imp_rows_end(rows, error) ? count : -1;
}
