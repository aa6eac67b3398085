#include "notify/outbox/outbox_status.h"
#include "notify/event.h"
#include "notify/format/format_forge.h"
#include "notify/outbox/outbox_tables.h"

#include <string.h>

/* A commit is a lane of the forge's endpoint. The table has, of each, a digest of what was put in
 * last and under which id; whether that arrived is asked of the delivery itself, and one that is
 * forgotten by now had been delivered. */

const char imp_outbox_status_tables[] =
    "CREATE TABLE IF NOT EXISTS outbox_status (endpoint TEXT NOT NULL, commit_id TEXT NOT NULL,"
    " digest TEXT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (endpoint, commit_id)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS outbox_run (endpoint TEXT NOT NULL, commit_id TEXT NOT NULL,"
    " run INTEGER NOT NULL, PRIMARY KEY (endpoint, commit_id)) WITHOUT ROWID;";

/* Whether the forge was told just this, or will be. */
static bool is_said(ImpOutbox *outbox, const char *endpoint, const char *commit, const char *digest,
                    bool *said, GError **error)
{
    ImpRows *rows = imp_database_query(outbox->database,
                                       "SELECT s.digest = ?3 AND coalesce(d.state, 2) NOT IN (3, 4)"
                                       " FROM outbox_status s LEFT JOIN outbox_delivery d"
                                       "  ON d.event = s.event AND d.endpoint = s.endpoint"
                                       " WHERE s.endpoint = ?1 AND s.commit_id = ?2",
                                       "ttt", endpoint, commit, digest);
    *said = imp_rows_next(rows) && imp_rows_number(rows, 0);
    return imp_rows_end(rows, error);
}

/* A try that is under way ends as it does, and is the head until then. */
static bool give_up_earlier(ImpOutbox *outbox, const char *endpoint, const char *commit,
                            gint64 now_us, GError **error)
{
    return imp_database_run(outbox->database, error,
                            "UPDATE outbox_delivery SET state = 5, head = 0, ended_us = ?3"
                            " WHERE endpoint = ?1 AND article = CAST(?2 AS BLOB) AND state < 2"
                            " AND state = 0",
                            "tti", endpoint, commit, now_us);
}

bool imp_outbox_set_status(ImpOutbox *outbox, const ImpEndpoint *endpoint, const ImpStatus *status,
                           gint64 now_us, bool *changed, GError **error)
{
    g_autoptr(GBytes) body =
        imp_status_render(endpoint->format, status, endpoint->context, endpoint->page);
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, body);
    g_autofree char *moment = g_strdup_printf("%" G_GINT64_FORMAT, now_us);
    const char *const values[] = {status->commit, digest, moment, NULL};
    g_autofree char *event = imp_event_fact_id(endpoint->name, IMP_STATUS_TYPE, values);
    bool said = false;
    *changed = false;
    if (!is_said(outbox, endpoint->name, status->commit, digest, &said, error))
        return false;
    if (said)
        return true;
    *changed = true;
    const ImpOutboxMessage message = {event, IMP_STATUS_TYPE, status->commit, endpoint->format,
                                      body};
    return give_up_earlier(outbox, endpoint->name, status->commit, now_us, error) &&
           imp_outbox_enqueue(outbox, &message, endpoint->name, now_us, error) &&
           imp_database_run(outbox->database, error,
                            "INSERT OR REPLACE INTO outbox_status VALUES (?1, ?2, ?3, ?4)", "tttt",
                            endpoint->name, status->commit, digest, event);
}

bool imp_outbox_yield_status(ImpOutbox *outbox, const ImpDelivery *delivery, gint64 now_us,
                             bool *yields, GError **error)
{
    if (!imp_database_run(outbox->database, error,
                          "UPDATE outbox_delivery SET state = 5, head = 0, ended_us = ?4"
                          " WHERE id = ?1 AND state = 0 AND EXISTS (SELECT 1 FROM outbox_delivery e"
                          "  WHERE e.endpoint = ?2 AND e.article = CAST(?3 AS BLOB) AND e.state < 2"
                          "  AND e.id > ?1)",
                          "itti", delivery->id, delivery->endpoint, delivery->article, now_us))
        return false;
    *yields = imp_database_changes(outbox->database) > 0;
    return true;
}

bool imp_outbox_note_run(ImpOutbox *outbox, const ImpDelivery *delivery, gint64 run, GError **error)
{
    return imp_database_run(outbox->database, error,
                            "INSERT OR REPLACE INTO outbox_run VALUES (?1, ?2, ?3)", "tti",
                            delivery->endpoint, delivery->article, run);
}

bool imp_outbox_aim_at_run(ImpOutbox *outbox, ImpDelivery *delivery, GError **error)
{
    ImpRows *rows = imp_database_query(
        outbox->database, "SELECT run FROM outbox_run WHERE endpoint = ?1 AND commit_id = ?2", "tt",
        delivery->endpoint, delivery->article);
    if (imp_rows_next(rows)) {
        GBytes *changed = imp_status_of_run(delivery->body, imp_rows_number(rows, 0));
        g_bytes_unref(delivery->body);
        delivery->body = changed;
    }
    return imp_rows_end(rows, error);
}

static GPtrArray *told_commits(ImpOutbox *outbox, const char *endpoint, GError **error)
{
    return imp_rows_take(
        imp_database_query(outbox->database,
                           "SELECT commit_id FROM outbox_status WHERE endpoint = ?1", "t",
                           endpoint),
        false, error);
}

bool imp_outbox_keep_statuses(ImpOutbox *outbox, const char *endpoint, GHashTable *commits,
                              GError **error)
{
    g_autoptr(GPtrArray) told = told_commits(outbox, endpoint, error);
    for (guint i = 0; told && i < told->len; i++)
        if (!g_hash_table_contains(commits, told->pdata[i]) &&
            !imp_database_run(outbox->database, error,
                              "DELETE FROM outbox_status WHERE endpoint = ?1 AND commit_id = ?2",
                              "tt", endpoint, (const char *)told->pdata[i]))
            return false;
    return told != NULL;
}
