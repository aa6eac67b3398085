#include "daemon/index/index_reminders.h"

/* What is due by itself, and which reminders were sent. */

/* A reminder is one of the request with this deadline: who is asked again is reminded again. Kept
 * as long as a request can stay open without a word. */
#define KEPT_US (366 * IMP_DAY_US)

static void reminder_free(gpointer data)
{
    ImpIndexReminder *reminder = data;
    g_free(reminder->path);
    g_free(reminder->person);
    g_free(reminder);
}

GPtrArray *imp_index_reminders(ImpDatabase *database, gint64 now_us, GError **error)
{
    g_autoptr(GPtrArray) reminders = g_ptr_array_new_with_free_func(reminder_free);
    ImpRows *query = imp_database_query(
        database,
        "SELECT r.path, r.person, r.respond_by, r.review_by, (SELECT max(recorded) FROM standing"
        " WHERE path = r.path AND person = r.person AND verdict = ?), s.step, s.sent, c.step,"
        " (SELECT max(sent) FROM chat_reminder WHERE person = r.person)"
        " FROM (SELECT DISTINCT path FROM remind WHERE at <= ?) m CROSS JOIN request r"
        " ON r.path = m.path CROSS JOIN article a"
        " ON a.path = r.path LEFT JOIN reminder s"
        " ON s.path = r.path AND s.person = r.person AND s.review_by = r.review_by"
        " LEFT JOIN chat_reminder c ON c.path = r.path AND c.person = r.person"
        " AND c.review_by = r.review_by"
        " WHERE r.status = 0 AND r.review_by > 0 AND a.problem = 0"
        " ORDER BY r.path, r.person",
        "ii", (gint64)IMP_DECISION_CLAIM, now_us);
    while (imp_rows_next(query)) {
        ImpIndexReminder *reminder = g_new0(ImpIndexReminder, 1);
        reminder->path = imp_rows_text(query, 0);
        reminder->person = imp_rows_text(query, 1);
        reminder->respond_by_us = imp_rows_number(query, 2);
        reminder->review_by_us = imp_rows_number(query, 3);
        reminder->claimed_us = imp_rows_number(query, 4);
        reminder->step = (guint)imp_rows_number(query, 5);
        reminder->sent_us = imp_rows_number(query, 6);
        reminder->chat_step = (guint)imp_rows_number(query, 7);
        reminder->chat_sent_us = imp_rows_number(query, 8);
        g_ptr_array_add(reminders, reminder);
    }
    return imp_rows_end(query, error) ? g_steal_pointer(&reminders) : NULL;
}

bool imp_index_reminders_seen(ImpDatabase *database, gint64 now_us, GError **error)
{
    return imp_database_run(
        database, error, "DELETE FROM remind WHERE path IN (SELECT path FROM remind WHERE at <= ?)",
        "i", now_us);
}

bool imp_index_remind_at(ImpDatabase *database, const char *path, gint64 at_us, GError **error)
{
    return imp_database_run(database, error, "INSERT OR IGNORE INTO remind VALUES(?, ?)", "ti",
                            path, at_us);
}

bool imp_index_remind_all(ImpDatabase *database, GError **error)
{
    return imp_database_run(
        database, error,
        "INSERT OR REPLACE INTO remind SELECT path, 0 FROM request WHERE status = "
        "0 GROUP BY path",
        "");
}

bool imp_index_note_reminder(ImpDatabase *database, const ImpIndexReminder *reminder, guint step,
                             gint64 now_us, GError **error)
{
    return imp_database_run(database, error, "DELETE FROM reminder WHERE review_by < ?", "i",
                            now_us - KEPT_US) &&
           imp_database_run(database, error, "DELETE FROM chat_reminder WHERE review_by < ?", "i",
                            now_us - KEPT_US) &&
           imp_database_run(database, error, "INSERT OR REPLACE INTO reminder VALUES(?,?,?,?,?)",
                            "ttiii", reminder->path, reminder->person, reminder->review_by_us,
                            (gint64)step, now_us);
}

bool imp_index_note_chat_reminder(ImpDatabase *database, const ImpIndexReminder *reminder,
                                  guint step, gint64 sent_us, GError **error)
{
    return imp_database_run(
        database, error, "INSERT OR REPLACE INTO chat_reminder VALUES(?,?,?,?,?)", "ttiii",
        reminder->path, reminder->person, reminder->review_by_us, (gint64)step, sent_us);
}

bool imp_index_has_no_reminders(ImpDatabase *database)
{
    return imp_database_number(database, 0, "SELECT 1 FROM reminder LIMIT 1", "") == 0;
}

gint64 imp_index_next_deadline(ImpDatabase *database)
{
    return imp_database_number(
        database, 0,
        "SELECT min(at) FROM (SELECT min(valid_until) AS at FROM article INDEXED BY article_valid"
        " WHERE valid_until > 0"
        " UNION ALL SELECT min(too_old) FROM article INDEXED BY article_too_old"
        " WHERE too_old > 0 AND state IN (1, 2)"
        " UNION ALL SELECT min(at) FROM remind WHERE at > 0)",
        "");
}
