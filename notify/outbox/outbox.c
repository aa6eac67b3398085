#include "notify/event.h"
#include "notify/format/format.h"
#include "notify/outbox/outbox_status.h"
#include "notify/outbox/outbox_tables.h"

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

bool imp_outbox_enqueue(ImpOutbox *outbox, const ImpOutboxMessage *message, const char *endpoint,
                        gint64 now_us, GError **error)
{
    const char *format = imp_format_word(message->format);
    /* A body that nobody would be sent is not stored. */
    return imp_database_run(
               outbox->database, error,
               "INSERT INTO outbox_message (event, format, type, body) SELECT ?1, ?2, ?3, ?4"
               " WHERE NOT EXISTS (SELECT 1 FROM outbox_delivery WHERE event = ?1"
               "  AND endpoint = ?5)"
               " ON CONFLICT (event, format) DO NOTHING",
               "tttbt", message->event, format, message->type, message->body, endpoint) &&
           imp_database_run(
               outbox->database, error,
               "INSERT INTO outbox_delivery"
               " (message, event, endpoint, article, state, head, attempts, created_us, next_us)"
               " SELECT id, event, ?3, ?4, 0, NOT EXISTS (SELECT 1 FROM outbox_delivery"
               "  WHERE endpoint = ?3 AND article = ?4 AND state < 2), 0, ?5, ?5"
               " FROM outbox_message WHERE event = ?1 AND format = ?2"
               " ON CONFLICT (event, endpoint) DO NOTHING",
               "tttpi", message->event, format, endpoint, message->article, now_us);
}

bool imp_outbox_due(ImpOutbox *outbox, const char *endpoint, gint64 now_us, guint limit,
                    GPtrArray *due, gint64 *next_us, GError **error)
{
    ImpRows *ready = imp_database_query(
        outbox->database,
        "SELECT " IMP_DELIVERY_ROW(
            "m.body") ", d.next_us"
                      " FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message"
                      " WHERE d.endpoint = ?1 AND d.state = 0 AND d.head = 1"
                      " AND NOT EXISTS (SELECT 1 FROM outbox_disabled WHERE endpoint = ?1)"
                      " ORDER BY d.next_us, d.id",
        "t", endpoint);
    for (guint count = 0;; count++) {
        *next_us = imp_rows_next(ready) ? imp_rows_number(ready, IMP_DELIVERY_COLUMNS) : G_MAXINT64;
        if (*next_us > now_us || count == limit)
            return imp_rows_end(ready, error);
        g_ptr_array_add(due, imp_outbox_delivery(ready));
    }
}

bool imp_outbox_begin(ImpOutbox *outbox, ImpDelivery *delivery, GError **error)
{
    if (!imp_database_run(
            outbox->database, error,
            "UPDATE outbox_delivery SET state = 1, attempts = attempts + 1 WHERE id = ?1", "i",
            delivery->id))
        return false;
    delivery->tries++;
    return delivery->format != IMP_FORMAT_GITHUB_CHECK ||
           imp_outbox_aim_at_run(outbox, delivery, error);
}

static bool note_end(ImpOutbox *outbox, const ImpDelivery *delivery, const ImpOutcome *outcome,
                     const ImpPlan *plan, gint64 now_us, GError **error)
{
    /* A receiver may say again what it was told. */
    const char *answer = imp_event_is_private(delivery->type) ? NULL : outcome->answer;
    return imp_database_run(
        outbox->database, error,
        "UPDATE outbox_delivery SET state = ?2, head = CASE WHEN ?2 < 2 THEN head ELSE 0 END,"
        " next_us = ?3, ended_us = ?4, failure = ?5, status = ?6, answer = ?7,"
        " attempts = attempts - ?8 WHERE id = ?1",
        "iiiititi", delivery->id, (gint64)plan->state, plan->next_us, now_us,
        imp_failure_word(outcome->failure), (gint64)outcome->status, answer, (gint64)plan->untried);
}

bool imp_outbox_end(ImpOutbox *outbox, const ImpDelivery *delivery, const ImpOutcome *outcome,
                    const ImpPlan *plan, gint64 now_us, GError **error)
{
    if (!note_end(outbox, delivery, outcome, plan, now_us, error) ||
        (outcome->run && !imp_outbox_note_run(outbox, delivery, outcome->run, error)))
        return false;
    bool waits = plan->state == IMP_DELIVERY_WAITING, yields = false;
    if (waits && strcmp(delivery->type, IMP_STATUS_TYPE) == 0 &&
        !imp_outbox_yield_status(outbox, delivery, now_us, &yields, error))
        return false;
    return (waits && !yields) || imp_outbox_promote(outbox, delivery, now_us, error);
}

bool imp_outbox_recover(ImpOutbox *outbox, gint64 now_us, GError **error)
{
    return imp_database_run(outbox->database, error,
                            "UPDATE outbox_delivery SET state = 0,"
                            " next_us = CASE WHEN next_us > ?1 THEN ?1 ELSE next_us END"
                            " WHERE state < 2 AND state = 1",
                            "i", now_us);
}

typedef struct {
    gint64 id, next_us;
} Planned;

static bool find_astray(ImpOutbox *outbox, const char *endpoint, const ImpDeliveryTimes *times,
                        gint64 now_us, double chance, GArray *astray, GError **error)
{
    ImpRows *rows =
        imp_database_query(outbox->database,
                           "SELECT id, attempts, next_us FROM outbox_delivery"
                           " WHERE endpoint = ?1 AND state = 0 AND head = 1 AND next_us > ?2",
                           "ti", endpoint, now_us + imp_schedule_longest_us(times));
    while (imp_rows_next(rows)) {
        guint tries = (guint)imp_rows_number(rows, 1);
        gint64 next_us = imp_schedule_mend(times, tries, imp_rows_number(rows, 2), now_us, chance);
        Planned planned = {imp_rows_number(rows, 0), next_us};
        g_array_append_val(astray, planned);
    }
    return imp_rows_end(rows, error);
}

bool imp_outbox_mend(ImpOutbox *outbox, const char *endpoint, const ImpDeliveryTimes *times,
                     gint64 now_us, double chance, GError **error)
{
    /* Read whole before the first write: rows must not move within the index that is being walked.
     */
    g_autoptr(GArray) astray = g_array_new(false, false, sizeof(Planned));
    if (!find_astray(outbox, endpoint, times, now_us, chance, astray, error))
        return false;
    for (guint i = 0; i < astray->len; i++) {
        const Planned *planned = &g_array_index(astray, Planned, i);
        if (!imp_database_run(outbox->database, error,
                              "UPDATE outbox_delivery SET next_us = ?2 WHERE id = ?1", "ii",
                              planned->id, planned->next_us))
            return false;
    }
    return true;
}
