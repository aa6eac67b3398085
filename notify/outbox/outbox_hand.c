#include "notify/outbox/outbox_hand.h"
#include "notify/outbox/outbox_tables.h"

/* A delivery, as far as somebody's wish depends on it. */
typedef struct {
    gint64 id;
    ImpDeliveryState state;
    bool head, has_body;
    ImpDelivery *lane; /* endpoint and article alone */
} Subject;

static void subject_clear(Subject *subject)
{
    imp_delivery_free(subject->lane);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Subject, subject_clear)

/* Without a lane there is no such delivery. */
static bool look(ImpOutbox *outbox, gint64 id, Subject *subject, GError **error)
{
    ImpRows *rows = imp_database_query(
        outbox->database,
        "SELECT state, head, endpoint, article,"
        " EXISTS (SELECT 1 FROM outbox_message m WHERE m.id = d.message AND m.body <> x'')"
        " FROM outbox_delivery d WHERE d.id = ?1",
        "i", id);
    if (imp_rows_next(rows)) {
        subject->id = id;
        subject->state = (ImpDeliveryState)imp_rows_number(rows, 0);
        subject->head = imp_rows_number(rows, 1);
        subject->has_body = imp_rows_number(rows, 4);
        subject->lane = g_new0(ImpDelivery, 1);
        subject->lane->endpoint = imp_rows_text(rows, 2);
        subject->lane->article = imp_rows_path(rows, 3);
    }
    return imp_rows_end(rows, error);
}

/* Whether a delivery that comes back is its lane's head: if it is the first, and no try is
 * under way there. A head that waits behind it steps back. */
static bool make_room(ImpOutbox *outbox, const Subject *subject, bool *head, GError **error)
{
    ImpRows *rows = imp_database_query(outbox->database,
                                       "SELECT id, head = 1 AND state = 0 FROM outbox_delivery"
                                       " WHERE endpoint = ?1 AND article = ?2 AND state < 2"
                                       " ORDER BY id LIMIT 1",
                                       "tp", subject->lane->endpoint, subject->lane->article);
    bool alone = !imp_rows_next(rows);
    gint64 first = alone ? 0 : imp_rows_number(rows, 0);
    bool gives_way = !alone && first > subject->id && imp_rows_number(rows, 1);
    if (!imp_rows_end(rows, error))
        return false;
    *head = alone || gives_way;
    return !gives_way ||
           imp_database_run(outbox->database, error,
                            "UPDATE outbox_delivery SET head = 0 WHERE id = ?1", "i", first);
}

static bool revive(ImpOutbox *outbox, const Subject *subject, gint64 now_us, GError **error)
{
    bool head;
    return make_room(outbox, subject, &head, error) &&
           imp_database_run(
               outbox->database, error,
               "UPDATE outbox_delivery SET state = 0, head = ?2, attempts = 0, created_us = ?3,"
               " next_us = ?3, ended_us = NULL, failure = NULL, status = NULL, answer = NULL WHERE "
               "id = ?1",
               "iii", subject->id, (gint64)head, now_us);
}

bool imp_outbox_replay(ImpOutbox *outbox, gint64 id, gint64 now_us, ImpByHand *result,
                       GError **error)
{
    g_auto(Subject) subject = {0};
    if (!look(outbox, id, &subject, error))
        return false;
    *result = !subject.lane                          ? IMP_BY_HAND_GONE
              : subject.state == IMP_DELIVERY_FLYING ? IMP_BY_HAND_SENDING
              : !subject.has_body                    ? IMP_BY_HAND_FORGOTTEN
                                                     : IMP_BY_HAND_DONE;
    if (*result != IMP_BY_HAND_DONE)
        return true;
    if (subject.state == IMP_DELIVERY_WAITING)
        return imp_database_run(
            outbox->database, error,
            "UPDATE outbox_delivery SET next_us = ?2 WHERE id = ?1 AND next_us > ?2", "ii", id,
            now_us);
    return revive(outbox, &subject, now_us, error);
}

bool imp_outbox_drop(ImpOutbox *outbox, gint64 id, gint64 now_us, ImpByHand *result, GError **error)
{
    g_auto(Subject) subject = {0};
    if (!look(outbox, id, &subject, error))
        return false;
    *result = !subject.lane                          ? IMP_BY_HAND_GONE
              : subject.state == IMP_DELIVERY_FLYING ? IMP_BY_HAND_SENDING
              : subject.state != IMP_DELIVERY_WAITING && subject.state != IMP_DELIVERY_DEAD
                  ? IMP_BY_HAND_OVER
                  : IMP_BY_HAND_DONE;
    if (*result != IMP_BY_HAND_DONE)
        return true;
    return imp_database_run(
               outbox->database, error,
               "UPDATE outbox_delivery SET state = 4, head = 0, ended_us = ?2 WHERE id = ?1", "ii",
               id, now_us) &&
           (!subject.head || imp_outbox_promote(outbox, subject.lane, now_us, error));
}

G_STATIC_ASSERT(IMP_DELIVERY_DROPPED == 4);

bool imp_outbox_enable(ImpOutbox *outbox, const char *endpoint, gint64 now_us, bool *changed,
                       guint *freed, GError **error)
{
    ImpDatabase *database = outbox->database;
    if (!imp_database_run(database, error, "DELETE FROM outbox_disabled WHERE endpoint = ?1", "t",
                          endpoint))
        return false;
    *changed = imp_database_changes(database) > 0;
    if (!imp_outbox_forget_circuit(outbox, endpoint, error))
        return false;
    *changed = *changed || imp_database_changes(database) > 0;
    if (!imp_database_run(
            database, error,
            "UPDATE outbox_delivery SET next_us = CASE WHEN next_us > ?2 THEN ?2 ELSE next_us END"
            " WHERE endpoint = ?1 AND state = 0 AND head = 1",
            "ti", endpoint, now_us))
        return false;
    *freed = (guint)imp_database_changes(database);
    return true;
}
