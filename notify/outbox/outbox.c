#include "notify/event.h"
#include "notify/format/format.h"
#include "notify/outbox/outbox_statements.h"
#include "notify/outbox/outbox_status.h"

#include <string.h>

void imp_delivery_free(ImpDelivery *delivery)
{
    if (!delivery)
        return;
    g_free(delivery->event);
    g_free(delivery->type);
    g_free(delivery->endpoint);
    g_free(delivery->article);
    g_clear_pointer(&delivery->body, g_bytes_unref);
    g_free(delivery);
}

static bool add_message(ImpOutbox *outbox, const ImpOutboxMessage *message, const char *endpoint,
                        GError **error)
{
    g_autoptr(Running) add = imp_running(outbox, ADD_MESSAGE);
    gsize length;
    const void *bytes = g_bytes_get_data(message->body, &length);
    imp_running_bind_text(add, 1, message->event);
    imp_running_bind_text(add, 2, imp_format_word(message->format));
    imp_running_bind_text(add, 3, message->type);
    sqlite3_bind_blob64(add, 4, length > 0 ? bytes : "", length, SQLITE_STATIC);
    imp_running_bind_text(add, 5, endpoint);
    return imp_running_finish(outbox, add, error);
}

bool imp_outbox_enqueue(ImpOutbox *outbox, const ImpOutboxMessage *message, const char *endpoint,
                        gint64 now_us, GError **error)
{
    if (!add_message(outbox, message, endpoint, error))
        return false;
    g_autoptr(Running) add = imp_running(outbox, ADD_DELIVERY);
    imp_running_bind_text(add, 1, message->event);
    imp_running_bind_text(add, 2, imp_format_word(message->format));
    imp_running_bind_text(add, 3, endpoint);
    imp_running_bind_article(add, 4, message->article);
    sqlite3_bind_int64(add, 5, now_us);
    return imp_running_finish(outbox, add, error);
}

bool imp_outbox_due(ImpOutbox *outbox, const char *endpoint, gint64 now_us, guint limit,
                    GPtrArray *due, gint64 *next_us, GError **error)
{
    g_autoptr(Running) ready = imp_running(outbox, READY);
    imp_running_bind_text(ready, 1, endpoint);
    for (guint count = 0;; count++) {
        bool row;
        if (!imp_running_next(outbox, ready, &row, error))
            return false;
        *next_us = row ? sqlite3_column_int64(ready, IMP_READY_NEXT_US) : G_MAXINT64;
        if (*next_us > now_us || count == limit)
            return true;
        g_ptr_array_add(due, imp_running_delivery(ready));
    }
}

bool imp_outbox_begin(ImpOutbox *outbox, ImpDelivery *delivery, GError **error)
{
    g_autoptr(Running) begin = imp_running(outbox, BEGIN_TRY);
    sqlite3_bind_int64(begin, 1, delivery->id);
    if (!imp_running_finish(outbox, begin, error))
        return false;
    delivery->tries++;
    return delivery->format != IMP_FORMAT_GITHUB_CHECK ||
           imp_outbox_aim_at_run(outbox, delivery, error);
}

bool imp_outbox_end(ImpOutbox *outbox, const ImpDelivery *delivery, const ImpOutcome *outcome,
                    const ImpPlan *plan, gint64 now_us, GError **error)
{
    g_autoptr(Running) end = imp_running(outbox, END_TRY);
    sqlite3_bind_int64(end, 1, delivery->id);
    sqlite3_bind_int(end, 2, plan->state);
    sqlite3_bind_int64(end, 3, plan->next_us);
    sqlite3_bind_int64(end, 4, now_us);
    imp_running_bind_text(end, 5, imp_failure_word(outcome->failure));
    sqlite3_bind_int64(end, 6, outcome->status);
    /* A receiver may say again what it was told. */
    imp_running_bind_text(end, 7, imp_event_is_private(delivery->type) ? NULL : outcome->answer);
    sqlite3_bind_int(end, 8, plan->untried);
    if (!imp_running_finish(outbox, end, error))
        return false;
    if (outcome->run && !imp_outbox_note_run(outbox, delivery, outcome->run, error))
        return false;
    bool waits = plan->state == IMP_DELIVERY_WAITING, yields = false;
    if (waits && strcmp(delivery->type, IMP_STATUS_TYPE) == 0 &&
        !imp_outbox_yield_status(outbox, delivery, now_us, &yields, error))
        return false;
    return (waits && !yields) || imp_outbox_promote(outbox, delivery, now_us, error);
}

bool imp_outbox_recover(ImpOutbox *outbox, gint64 now_us, GError **error)
{
    g_autoptr(Running) recover = imp_running(outbox, RECOVER);
    sqlite3_bind_int64(recover, 1, now_us);
    return imp_running_finish(outbox, recover, error);
}

static bool set_next(ImpOutbox *outbox, gint64 id, gint64 next_us, GError **error)
{
    g_autoptr(Running) set = imp_running(outbox, SET_NEXT);
    sqlite3_bind_int64(set, 1, id);
    sqlite3_bind_int64(set, 2, next_us);
    return imp_running_finish(outbox, set, error);
}

typedef struct {
    gint64 id, next_us;
} Planned;

bool imp_outbox_mend(ImpOutbox *outbox, const char *endpoint, const ImpDeliveryTimes *times,
                     gint64 now_us, double chance, GError **error)
{
    /* Read whole before the first write: rows must not move within the index that is being walked.
     */
    g_autoptr(GArray) astray = g_array_new(false, false, sizeof(Planned));
    {
        g_autoptr(Running) select = imp_running(outbox, ASTRAY);
        imp_running_bind_text(select, 1, endpoint);
        sqlite3_bind_int64(select, 2, now_us + imp_schedule_longest_us(times));
        while (true) {
            bool row;
            if (!imp_running_next(outbox, select, &row, error))
                return false;
            if (!row)
                break;
            guint tries = (guint)sqlite3_column_int64(select, 1);
            gint64 next_us =
                imp_schedule_mend(times, tries, sqlite3_column_int64(select, 2), now_us, chance);
            Planned planned = {sqlite3_column_int64(select, 0), next_us};
            g_array_append_val(astray, planned);
        }
    }
    for (guint i = 0; i < astray->len; i++) {
        const Planned *planned = &g_array_index(astray, Planned, i);
        if (!set_next(outbox, planned->id, planned->next_us, error))
            return false;
    }
    return true;
}
