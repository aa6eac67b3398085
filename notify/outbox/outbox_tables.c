#include "notify/outbox/outbox_tables.h"
#include "notify/format/format.h"

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

ImpOutbox *imp_outbox_open(ImpDatabase *database, GError **error)
{
    if (!imp_database_script(database, tables, error) ||
        !imp_database_script(database, imp_outbox_digest_tables, error) ||
        !imp_database_script(database, imp_outbox_status_tables, error))
        return NULL;
    ImpOutbox *outbox = g_new0(ImpOutbox, 1);
    outbox->database = database;
    return outbox;
}

void imp_outbox_free(ImpOutbox *outbox)
{
    g_free(outbox);
}

bool imp_outbox_is_there(ImpDatabase *database, bool *there, GError **error)
{
    ImpRows *rows = imp_database_query(
        database, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'outbox_delivery'",
        "");
    *there = imp_rows_next(rows);
    return imp_rows_end(rows, error);
}

ImpDelivery *imp_outbox_delivery(const ImpRows *row)
{
    ImpDelivery *delivery = g_new0(ImpDelivery, 1);
    delivery->id = imp_rows_number(row, 0);
    delivery->event = imp_rows_text(row, 1);
    delivery->type = imp_rows_text(row, 2);
    delivery->endpoint = imp_rows_text(row, 3);
    delivery->article = imp_rows_path(row, 4);
    delivery->body = imp_rows_bytes(row, 5);
    delivery->created_us = imp_rows_number(row, 6);
    delivery->tries = (guint)imp_rows_number(row, 7);
    imp_format_from_word(imp_rows_peek(row, 8), &delivery->format);
    return delivery;
}

bool imp_outbox_is_head(ImpOutbox *outbox, gint64 id, bool *head, GError **error)
{
    ImpRows *rows = imp_database_query(outbox->database,
                                       "SELECT head FROM outbox_delivery WHERE id = ?1", "i", id);
    *head = imp_rows_next(rows) && imp_rows_number(rows, 0);
    return imp_rows_end(rows, error);
}

bool imp_outbox_promote(ImpOutbox *outbox, const ImpDelivery *gone, gint64 now_us, GError **error)
{
    ImpRows *first = imp_database_query(
        outbox->database,
        "SELECT id FROM outbox_delivery WHERE endpoint = ?1 AND article = ?2 AND state < 2"
        " ORDER BY id LIMIT 1",
        "tp", gone->endpoint, gone->article);
    gint64 id = imp_rows_next(first) ? imp_rows_number(first, 0) : 0;
    return imp_rows_end(first, error) &&
           (!id || imp_database_run(outbox->database, error,
                                    "UPDATE outbox_delivery SET head = 1,"
                                    " next_us = CASE WHEN next_us > ?2 THEN ?2 ELSE next_us END"
                                    " WHERE id = ?1 AND head = 0",
                                    "ii", id, now_us));
}

bool imp_outbox_promote_all(ImpOutbox *outbox, const char *endpoint, GError **error)
{
    return imp_database_run(
        outbox->database, error,
        "UPDATE outbox_delivery SET head = 1 WHERE endpoint = ?1 AND state < 2 AND state = 0"
        " AND head = 0 AND NOT EXISTS (SELECT 1 FROM outbox_delivery e WHERE e.endpoint = ?1"
        "  AND e.article = outbox_delivery.article AND e.state < 2 AND e.id < outbox_delivery.id)",
        "t", endpoint);
}
