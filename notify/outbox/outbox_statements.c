#include "notify/outbox/outbox_statements.h"
#include "notify/format/format.h"

#include <string.h>

/* Five tables. A message is one body for one event and format; a delivery is one message to one
 * endpoint; an endpoint is in `outbox_disabled` while it is, and in `outbox_circuit` while
 * something is known against it; `outbox_address` has what may be shown of its URL, for readers who
 * cannot see that.
 *
 * The deliveries of one endpoint and article are a lane, ordered by id. The first of a lane that is
 * neither delivered nor dead has head = 1, and only heads are tried. The flag is kept up to date (a
 * delivery that enters an empty lane is its head; when a head leaves, the next one becomes it)
 * instead of being worked out by queries, so that the index `outbox_ready` holds nothing but what
 * could be tried, by endpoint and moment: what is due next is its first row, be there ten
 * deliveries waiting or ten million.
 *
 * The numbers of ImpDeliveryState are the column `state`: 0 waiting, 1 flying, 2 delivered, 3 dead,
 * and above that other ends, at which nobody has to look (dropped, compacted, told by a digest).
 * They stand literally in the statements because a partial index serves only conditions that repeat
 * its own. */

G_STATIC_ASSERT(IMP_DELIVERY_WAITING == 0 && IMP_DELIVERY_FLYING == 1 &&
                IMP_DELIVERY_DELIVERED == 2 && IMP_DELIVERY_DEAD == 3 &&
                IMP_DELIVERY_COMPACTED == 5);

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS outbox_message ("
    " id INTEGER PRIMARY KEY, event TEXT NOT NULL, format TEXT NOT NULL, type TEXT NOT NULL, body "
    "BLOB NOT NULL,"
    " UNIQUE (event, format));"
    "CREATE TABLE IF NOT EXISTS outbox_delivery ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, message INTEGER NOT NULL, event TEXT NOT NULL, "
    "endpoint TEXT NOT NULL,"
    " article BLOB NOT NULL, state INTEGER NOT NULL, head INTEGER NOT NULL, attempts INTEGER NOT "
    "NULL,"
    " created_us INTEGER NOT NULL, next_us INTEGER NOT NULL, ended_us INTEGER, failure TEXT, "
    "status INTEGER,"
    " answer TEXT, UNIQUE (event, endpoint));"
    "CREATE TABLE IF NOT EXISTS outbox_disabled ("
    " endpoint TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, disabled_us INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS outbox_circuit ("
    " endpoint TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, failures INTEGER NOT NULL, successes "
    "INTEGER NOT NULL,"
    " probes INTEGER NOT NULL, probe_us INTEGER NOT NULL, held_until_us INTEGER NOT NULL, "
    "failing_us INTEGER NOT NULL,"
    " failed_us INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS outbox_ready ON outbox_delivery (endpoint, next_us, id) WHERE "
    "state = 0 AND head = 1;"
    "CREATE INDEX IF NOT EXISTS outbox_lane ON outbox_delivery (endpoint, article, id) WHERE state "
    "< 2;"
    "CREATE TABLE IF NOT EXISTS outbox_address (endpoint TEXT PRIMARY KEY, address TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS outbox_over ON outbox_delivery (ended_us) WHERE state = 2 OR state "
    "> 3;"
    "CREATE INDEX IF NOT EXISTS outbox_dead ON outbox_delivery (endpoint, id) WHERE state = 3;"
    /* Whatever way a delivery ends, a reader's words end with the last that needs them. */
    "CREATE TRIGGER IF NOT EXISTS outbox_forget AFTER UPDATE OF state ON outbox_delivery"
    " WHEN NEW.state > 1 BEGIN"
    " UPDATE outbox_message SET body = x'' WHERE id = NEW.message AND type = 'reader.question'"
    "  AND NOT EXISTS (SELECT 1 FROM outbox_delivery WHERE event = NEW.event"
    "   AND message = NEW.message AND state < 2);"
    " END;"
    "DROP INDEX IF EXISTS outbox_delivered;"; /* made by an earlier version, for fewer states */

static const char *const sql[N_STATEMENTS] = {
    /* A body that nobody would be sent is not stored. */
    [ADD_MESSAGE] =
        "INSERT INTO outbox_message (event, format, type, body) SELECT ?1, ?2, ?3, ?4"
        " WHERE NOT EXISTS (SELECT 1 FROM outbox_delivery WHERE event = ?1 AND endpoint = ?5)"
        " ON CONFLICT (event, format) DO NOTHING",
    [ADD_DELIVERY] =
        "INSERT INTO outbox_delivery"
        " (message, event, endpoint, article, state, head, attempts, created_us, next_us)"
        " SELECT id, event, ?3, ?4, 0, NOT EXISTS (SELECT 1 FROM outbox_delivery"
        "  WHERE endpoint = ?3 AND article = ?4 AND state < 2), 0, ?5, ?5"
        " FROM outbox_message WHERE event = ?1 AND format = ?2"
        " ON CONFLICT (event, endpoint) DO NOTHING",
    [READY] = "SELECT d.id, d.event, m.type, d.endpoint, d.article, m.body, d.created_us, "
              "d.attempts, m.format, d.next_us"
              " FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message"
              " WHERE d.endpoint = ?1 AND d.state = 0 AND d.head = 1"
              " AND NOT EXISTS (SELECT 1 FROM outbox_disabled WHERE endpoint = ?1)"
              " ORDER BY d.next_us, d.id",
    [BEGIN_TRY] = "UPDATE outbox_delivery SET state = 1, attempts = attempts + 1 WHERE id = ?1",
    [END_TRY] =
        "UPDATE outbox_delivery SET state = ?2, head = CASE WHEN ?2 < 2 THEN head ELSE 0 END,"
        " next_us = ?3, ended_us = ?4, failure = ?5, status = ?6, answer = ?7,"
        " attempts = attempts - ?8 WHERE id = ?1",
    [IS_HEAD] = "SELECT head FROM outbox_delivery WHERE id = ?1",
    [KILL] = "UPDATE outbox_delivery SET state = 3, head = 0, ended_us = ?2 WHERE id = ?1",
    [KILL_MISFITS] =
        "UPDATE outbox_delivery SET state = 3, head = 0, ended_us = ?3 WHERE endpoint = ?1 AND "
        "state < 2"
        " AND state = 0 AND (SELECT format FROM outbox_message m WHERE m.id = message) <> ?2",
    [FIRST_OF_LANE] =
        "SELECT id FROM outbox_delivery WHERE endpoint = ?1 AND article = ?2 AND state < 2"
        " ORDER BY id LIMIT 1",
    [PROMOTE] = "UPDATE outbox_delivery SET head = 1, next_us = CASE WHEN next_us > ?2 THEN ?2 "
                "ELSE next_us END"
                " WHERE id = ?1 AND head = 0",
    [PROMOTE_ALL] =
        "UPDATE outbox_delivery SET head = 1 WHERE endpoint = ?1 AND state < 2 AND state = 0"
        " AND head = 0 AND NOT EXISTS (SELECT 1 FROM outbox_delivery e WHERE e.endpoint = ?1"
        "  AND e.article = outbox_delivery.article AND e.state < 2 AND e.id < outbox_delivery.id)",
    [COUNT_WAITING] = "SELECT COUNT(*) FROM (SELECT 1 FROM outbox_delivery WHERE endpoint = ?1 AND "
                      "state < 2 LIMIT ?2)",
    [WALK_LANES] = "SELECT d.id, d.article, m.type, d.state = 0 AND d.attempts = 0"
                   " FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message"
                   " WHERE d.endpoint = ?1 AND d.state < 2 AND (d.article, d.id) > (?2, ?3)"
                   " ORDER BY d.article, d.id LIMIT ?4",
    [COMPACT] = "UPDATE outbox_delivery SET state = 5, head = 0, ended_us = ?2"
                " WHERE id = ?1 AND state = 0 AND attempts = 0",
    [RECOVER] = "UPDATE outbox_delivery SET state = 0, next_us = CASE WHEN next_us > ?1 THEN ?1 "
                "ELSE next_us END"
                " WHERE state < 2 AND state = 1",
    [ASTRAY] = "SELECT id, attempts, next_us FROM outbox_delivery"
               " WHERE endpoint = ?1 AND state = 0 AND head = 1 AND next_us > ?2",
    [SET_NEXT] = "UPDATE outbox_delivery SET next_us = ?2 WHERE id = ?1",
    [DISABLE] =
        "INSERT INTO outbox_disabled (endpoint, fingerprint, disabled_us) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (endpoint) DO NOTHING",
    [NOTE_URL] = "DELETE FROM outbox_disabled WHERE endpoint = ?1 AND fingerprint <> ?2",
    [NOTE_ADDRESS] = "INSERT INTO outbox_address (endpoint, address) VALUES (?1, ?2)"
                     " ON CONFLICT (endpoint) DO UPDATE SET address = excluded.address"
                     " WHERE address <> excluded.address",
    [IS_DISABLED] = "SELECT 1 FROM outbox_disabled WHERE endpoint = ?1",
    [CIRCUIT] = "SELECT failures, successes, probes, probe_us, held_until_us, failing_us, failed_us"
                " FROM outbox_circuit WHERE endpoint = ?1",
    [SET_CIRCUIT] =
        "INSERT OR REPLACE INTO outbox_circuit (endpoint, fingerprint, failures, successes, probes,"
        " probe_us, held_until_us, failing_us, failed_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
        "?9)",
    [FORGET_CIRCUIT] = "DELETE FROM outbox_circuit WHERE endpoint = ?1",
    [NOTE_CIRCUIT_URL] = "DELETE FROM outbox_circuit WHERE endpoint = ?1 AND fingerprint <> ?2",
    [WAITING_ENDPOINTS] = "SELECT DISTINCT endpoint FROM outbox_delivery WHERE state < 2",
    [OVER] = "SELECT d.id, d.event, m.type, d.endpoint, d.article, NULL, d.created_us, d.attempts, "
             "m.format"
             " FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message"
             " WHERE d.endpoint = ?1 AND d.state < 2 AND d.state = 0"
             " AND d.created_us <= CASE m.format WHEN 'standard' THEN ?2 ELSE ?4 END LIMIT ?3",
    [OVER_BEFORE] = "SELECT id, event, message FROM outbox_delivery WHERE (state = 2 OR state > 3) "
                    "AND ended_us <= ?1"
                    " ORDER BY ended_us LIMIT ?2",
    [FORGET_DELIVERY] = "DELETE FROM outbox_delivery WHERE id = ?1",
    [FORGET_MESSAGE] =
        "DELETE FROM outbox_message WHERE id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM outbox_delivery WHERE event = ?2 AND message = ?1)",
};

G_DEFINE_QUARK(imp_outbox_error, imp_outbox_error)

bool imp_outbox_fail(sqlite3 *database, GError **error)
{
    int code = sqlite3_errcode(database);
    g_set_error(error, IMP_OUTBOX_ERROR,
                code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? IMP_OUTBOX_ERROR_DAMAGED
                                                                : IMP_OUTBOX_ERROR_DATABASE,
                "outbox: %s", sqlite3_errmsg(database));
    return false;
}

ImpOutbox *imp_outbox_open(sqlite3 *database, GError **error)
{
    if (sqlite3_exec(database, tables, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(database, imp_outbox_digest_tables, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(database, imp_outbox_status_tables, NULL, NULL, NULL) != SQLITE_OK) {
        imp_outbox_fail(database, error);
        return NULL;
    }
    g_autoptr(ImpOutbox) outbox = g_new0(ImpOutbox, 1);
    outbox->database = database;
    return g_steal_pointer(&outbox);
}

void imp_outbox_free(ImpOutbox *outbox)
{
    if (!outbox)
        return;
    for (guint i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(outbox->statements[i]);
    g_free(outbox);
}

Running *imp_running(ImpOutbox *outbox, ImpOutboxStatement statement)
{
    sqlite3_stmt **prepared = &outbox->statements[statement];
    if (!*prepared)
        sqlite3_prepare_v3(outbox->database, sql[statement], -1, SQLITE_PREPARE_PERSISTENT,
                           prepared, NULL);
    return *prepared;
}

void imp_running_end(Running *running)
{
    sqlite3_reset(running);
    sqlite3_clear_bindings(running);
}

bool imp_running_next(ImpOutbox *outbox, Running *running, bool *row, GError **error)
{
    int code = sqlite3_step(running);
    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE || imp_outbox_fail(outbox->database, error);
}

bool imp_running_finish(ImpOutbox *outbox, Running *running, GError **error)
{
    bool row;
    return imp_running_next(outbox, running, &row, error);
}

void imp_running_bind_text(Running *running, int at, const char *text)
{
    sqlite3_bind_text(running, at, text, -1, SQLITE_TRANSIENT);
}

void imp_running_bind_article(Running *running, int at, const char *article)
{
    const char *bytes = article ? article : "";
    sqlite3_bind_blob64(running, at, bytes, strlen(bytes), SQLITE_TRANSIENT);
}

char *imp_running_text(Running *running, int at)
{
    return g_strdup((const char *)sqlite3_column_text(running, at));
}

ImpDelivery *imp_running_delivery(Running *running)
{
    ImpDelivery *delivery = g_new0(ImpDelivery, 1);
    delivery->id = sqlite3_column_int64(running, 0);
    delivery->event = imp_running_text(running, 1);
    delivery->type = imp_running_text(running, 2);
    delivery->endpoint = imp_running_text(running, 3);
    const char *article = sqlite3_column_blob(running, 4);
    delivery->article =
        article ? g_strndup(article, (gsize)sqlite3_column_bytes(running, 4)) : NULL;
    const void *body = sqlite3_column_blob(running, 5);
    delivery->body = g_bytes_new(body, (gsize)sqlite3_column_bytes(running, 5));
    delivery->created_us = sqlite3_column_int64(running, 6);
    delivery->tries = (guint)sqlite3_column_int64(running, 7);
    imp_format_from_word((const char *)sqlite3_column_text(running, 8), &delivery->format);
    return delivery;
}

bool imp_outbox_is_head(ImpOutbox *outbox, gint64 id, bool *head, GError **error)
{
    g_autoptr(Running) look = imp_running(outbox, IS_HEAD);
    bool row;
    sqlite3_bind_int64(look, 1, id);
    if (!imp_running_next(outbox, look, &row, error))
        return false;
    *head = row && sqlite3_column_int(look, 0);
    return true;
}

bool imp_outbox_promote(ImpOutbox *outbox, const ImpDelivery *gone, gint64 now_us, GError **error)
{
    g_autoptr(Running) first = imp_running(outbox, FIRST_OF_LANE);
    bool row;
    imp_running_bind_text(first, 1, gone->endpoint);
    imp_running_bind_article(first, 2, gone->article);
    if (!imp_running_next(outbox, first, &row, error))
        return false;
    if (!row)
        return true;
    g_autoptr(Running) promote = imp_running(outbox, PROMOTE);
    sqlite3_bind_int64(promote, 1, sqlite3_column_int64(first, 0));
    sqlite3_bind_int64(promote, 2, now_us);
    return imp_running_finish(outbox, promote, error);
}

bool imp_outbox_promote_all(ImpOutbox *outbox, const char *endpoint, GError **error)
{
    g_autoptr(Running) promote = imp_running(outbox, PROMOTE_ALL);
    imp_running_bind_text(promote, 1, endpoint);
    return imp_running_finish(outbox, promote, error);
}
