#include "notify/format/format.h"
#include "notify/outbox/outbox_statements.h"

/* What keeps the outbox from growing for ever, and what its readers want to know. */

#define KEPT_US (7 * IMP_DAY_US)

GPtrArray *imp_outbox_waiting_endpoints(ImpOutbox *outbox, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Running) select = imp_running(outbox, WAITING_ENDPOINTS);
    while (true) {
        bool row;
        if (!imp_running_next(outbox, select, &row, error))
            return NULL;
        if (!row)
            return g_steal_pointer(&names);
        g_ptr_array_add(names, imp_running_text(select, 0));
    }
}

static GPtrArray *find_over(ImpOutbox *outbox, const char *endpoint, gint64 now_us, guint limit,
                            GError **error)
{
    g_autoptr(GPtrArray) over = g_ptr_array_new_with_free_func((GDestroyNotify)imp_delivery_free);
    g_autoptr(Running) select = imp_running(outbox, OVER);
    imp_running_bind_text(select, 1, endpoint);
    sqlite3_bind_int64(select, 2, now_us - imp_format_traits(IMP_FORMAT_STANDARD)->life_us);
    sqlite3_bind_int64(select, 3, limit);
    sqlite3_bind_int64(select, 4, now_us - IMP_CHAT_LIFE_US);
    while (true) {
        bool row;
        if (!imp_running_next(outbox, select, &row, error))
            return NULL;
        if (!row)
            return g_steal_pointer(&over);
        g_ptr_array_add(over, imp_running_delivery(select));
    }
}

static bool kill_delivery(ImpOutbox *outbox, const ImpDelivery *delivery, gint64 now_us,
                          GError **error)
{
    g_autoptr(Running) kill = imp_running(outbox, KILL);
    bool head;
    sqlite3_bind_int64(kill, 1, delivery->id);
    sqlite3_bind_int64(kill, 2, now_us);
    return imp_outbox_is_head(outbox, delivery->id, &head, error) &&
           imp_running_finish(outbox, kill, error) &&
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

static bool kill_misfits(ImpOutbox *outbox, const char *endpoint, ImpFormat format, gint64 now_us,
                         GError **error)
{
    g_autoptr(Running) kill = imp_running(outbox, KILL_MISFITS);
    imp_running_bind_text(kill, 1, endpoint);
    imp_running_bind_text(kill, 2, imp_format_word(format));
    sqlite3_bind_int64(kill, 3, now_us);
    return imp_running_finish(outbox, kill, error);
}

bool imp_outbox_give_up_misfits(ImpOutbox *outbox, const char *endpoint, ImpFormat format,
                                gint64 now_us, guint *count, GError **error)
{
    if (!kill_misfits(outbox, endpoint, format, now_us, error))
        return false;
    *count = (guint)sqlite3_changes(outbox->database);
    if (*count == 0)
        return true;
    g_autoptr(Running) forget = imp_running(outbox, FORGET_CIRCUIT);
    imp_running_bind_text(forget, 1, endpoint);
    return imp_running_finish(outbox, forget, error) &&
           imp_outbox_promote_all(outbox, endpoint, error);
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
    g_autoptr(Running) select = imp_running(outbox, OVER_BEFORE);
    sqlite3_bind_int64(select, 1, before_us);
    sqlite3_bind_int64(select, 2, limit);
    while (true) {
        bool row;
        if (!imp_running_next(outbox, select, &row, error))
            return NULL;
        if (!row)
            return g_steal_pointer(&found);
        Old old = {.id = sqlite3_column_int64(select, 0),
                   .message = sqlite3_column_int64(select, 2),
                   .event = imp_running_text(select, 1)};
        g_array_append_val(found, old);
    }
}

static bool forget(ImpOutbox *outbox, const Old *old, GError **error)
{
    g_autoptr(Running) delivery = imp_running(outbox, FORGET_DELIVERY);
    sqlite3_bind_int64(delivery, 1, old->id);
    if (!imp_running_finish(outbox, delivery, error))
        return false;
    g_autoptr(Running) message = imp_running(outbox, FORGET_MESSAGE);
    sqlite3_bind_int64(message, 1, old->message);
    imp_running_bind_text(message, 2, old->event);
    return imp_running_finish(outbox, message, error);
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

static bool has_outbox(sqlite3 *database, bool *has, GError **error)
{
    sqlite3_stmt *select = NULL;
    int code = sqlite3_prepare_v2(database,
                                  "SELECT 1 FROM sqlite_master WHERE type = 'table' AND"
                                  " name = 'outbox_delivery'",
                                  -1, &select, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(select);
    *has = code == SQLITE_ROW;
    sqlite3_finalize(select);
    return code == SQLITE_ROW || code == SQLITE_DONE || imp_outbox_fail(database, error);
}

gint64 imp_outbox_undelivered(sqlite3 *database, GError **error)
{
    bool has;
    if (!has_outbox(database, &has, error))
        return -1;
    if (!has)
        return 0;
    sqlite3_stmt *select = NULL;
    gint64 count = -1;
    if (sqlite3_prepare_v2(database, "SELECT COUNT(*) FROM outbox_delivery WHERE state < 2", -1,
                           &select, NULL) == SQLITE_OK &&
        sqlite3_step(select) == SQLITE_ROW)
        count = sqlite3_column_int64(select, 0);
    else
        imp_outbox_fail(database, error);
    sqlite3_finalize(select);
    return count;
}
