#include "notify/outbox/outbox_digest.h"
#include "notify/digest.h"
#include "notify/event.h"
#include "notify/format/format.h"
#include "notify/outbox/outbox_tables.h"

/* Two tables beside the outbox's own. A delivery in `outbox_gathered` is one like any other, only
 * that a digest may still take it: it waits, was never tried, and its lane has nothing before it
 * but others that are gathered, so that a digest overtakes nothing. When a digest takes it, it is
 * over (IMP_DELIVERY_DIGESTED) and stays known for as long as one that was delivered, so that the
 * event, should it come out of git once more, is not said again.
 *
 * `outbox_digest` names the digests. While one waits at an endpoint, what came after it goes on
 * gathering: that keeps the order, for a digest is about many articles and stands in the lane of
 * none.
 *
 * All of a judgement is one transaction of the dispatcher's, before anything of it is sent: whoever
 * dies before it commits judges again, and whoever dies after it finds the digest with its body and
 * its id. The id is made from the first event in it and the endpoint; no event is in two digests of
 * an endpoint. */

#define DIGEST_TYPE "notifications.digest"

G_STATIC_ASSERT(IMP_DELIVERY_DIGESTED == 6);

const char imp_outbox_digest_tables[] =
    "CREATE TABLE IF NOT EXISTS outbox_gathered (delivery INTEGER PRIMARY KEY, endpoint TEXT NOT "
    "NULL,"
    " repository TEXT NOT NULL, matter TEXT, line TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS outbox_gathered_at ON outbox_gathered (endpoint, delivery);"
    "CREATE TABLE IF NOT EXISTS outbox_digest (delivery INTEGER PRIMARY KEY, endpoint TEXT NOT "
    "NULL);"
    "CREATE TEMP TABLE IF NOT EXISTS outbox_taken (delivery INTEGER PRIMARY KEY);";

/* Those at an endpoint that a digest may take, d of them: in their lane all before the first that
 * is not gathered, which is found once for each lane. */
#define GATHERED                                                                                   \
    " FROM outbox_gathered g JOIN outbox_delivery d ON d.id = g.delivery LEFT JOIN"                \
    " (SELECT e.article, MIN(e.id) AS id FROM outbox_delivery e WHERE e.endpoint = ?1"             \
    "  AND e.state < 2 AND NOT EXISTS (SELECT 1 FROM outbox_gathered h WHERE h.delivery = e.id)"   \
    "  GROUP BY e.article) barrier ON barrier.article = d.article"                                 \
    " WHERE g.endpoint = ?1 AND d.state = 0 AND d.attempts = 0"                                    \
    " AND (barrier.id IS NULL OR d.id < barrier.id)"

/* The same, once they were chosen: in a table of this connection alone. */
#define TAKEN                                                                                      \
    " FROM outbox_taken t JOIN outbox_gathered g ON g.delivery = t.delivery"                       \
    " JOIN outbox_delivery d ON d.id = t.delivery"
#define IS_TAKEN " IN (SELECT delivery FROM outbox_taken)"

/* Of these the first of their lanes, which stand in the index of what may be tried: where there are
 * any at all, there are such. */
#define FIRST_GATHERED                                                                             \
    " FROM outbox_delivery d WHERE d.endpoint = ?1 AND d.state = 0 AND d.head = 1"                 \
    " AND d.attempts = 0 AND EXISTS (SELECT 1 FROM outbox_gathered h WHERE h.delivery = d.id)"

bool imp_outbox_gather(ImpOutbox *outbox, const char *event_id, const char *endpoint,
                       const char *repository, const char *matter, const char *line, GError **error)
{
    /* New is what is due since it came and was never tried. */
    return imp_database_run(
               outbox->database, error,
               "INSERT OR IGNORE INTO outbox_gathered (delivery, endpoint, repository, "
               "matter, line)"
               " SELECT id, endpoint, ?3, ?4, ?5 FROM outbox_delivery WHERE event = ?1 "
               "AND endpoint = ?2"
               " AND state = 0 AND attempts = 0 AND next_us = created_us",
               "ttttt", event_id, endpoint, repository, matter, line) &&
           (imp_database_changes(outbox->database) == 0 ||
            imp_database_run(
                outbox->database, error,
                "UPDATE outbox_delivery SET next_us = created_us + ?3 WHERE event = ?1 "
                "AND endpoint = ?2",
                "tti", event_id, endpoint, IMP_DIGEST_WAIT_US));
}

static bool look(ImpOutbox *outbox, const char *endpoint, gint64 now_us, ImpGathered *gathered,
                 GError **error)
{
    *gathered = (ImpGathered){0};
    ImpRows *oldest = imp_database_query(
        outbox->database, "SELECT d.created_us" FIRST_GATHERED " ORDER BY d.next_us, d.id LIMIT 1",
        "t", endpoint);
    if (imp_rows_next(oldest)) {
        gathered->oldest_us = imp_rows_number(oldest, 0);
        gathered->count = 1;
    }
    if (!imp_rows_end(oldest, error))
        return false;
    ImpRows *digest =
        imp_database_query(outbox->database,
                           "SELECT d.state, d.next_us FROM outbox_digest g JOIN outbox_delivery d "
                           "ON d.id = g.delivery"
                           " WHERE g.endpoint = ?1 AND d.state < 2 ORDER BY d.id LIMIT 1",
                           "t", endpoint);
    if (imp_rows_next(digest)) {
        gathered->digest_waits = true;
        gathered->digest_us = imp_rows_number(digest, 0) == IMP_DELIVERY_WAITING
                                  ? imp_rows_number(digest, 1)
                                  : now_us;
    }
    return imp_rows_end(digest, error);
}

/* Chooses those that can go, and counts them. */
static bool choose(ImpOutbox *outbox, const char *endpoint, ImpGathered *gathered, GError **error)
{
    if (!imp_database_run(outbox->database, error, "DELETE FROM outbox_taken", "") ||
        !imp_database_run(outbox->database, error,
                          "INSERT INTO outbox_taken (delivery) SELECT d.id" GATHERED, "t",
                          endpoint))
        return false;
    ImpRows *counted = imp_database_query(
        outbox->database, "SELECT COUNT(*), COUNT(g.matter) > COUNT(DISTINCT g.matter)" TAKEN, "");
    if (imp_rows_next(counted)) {
        gathered->count = (guint)imp_rows_number(counted, 0);
        gathered->belongs = imp_rows_number(counted, 1);
    }
    return imp_rows_end(counted, error);
}

/* Nothing that is gathered is due before that moment, and neither is a digest before them any
 * later. What is not the first of its lane is due when it becomes that, and is judged then. */
static bool put_off(ImpOutbox *outbox, const char *endpoint, gint64 now_us, gint64 until_us,
                    GError **error)
{
    return imp_database_run(
               outbox->database, error,
               "UPDATE outbox_delivery SET next_us = ?3 WHERE id IN (SELECT d.id" FIRST_GATHERED
               " AND d.next_us <= ?2)",
               "tii", endpoint, now_us, until_us) &&
           imp_database_run(
               outbox->database, error,
               "UPDATE outbox_delivery SET next_us = ?2 WHERE state = 0 AND next_us > ?2"
               " AND id IN (SELECT delivery FROM outbox_digest WHERE endpoint = ?1)",
               "ti", endpoint, until_us);
}

static bool forget_taken(ImpOutbox *outbox, GError **error)
{
    return imp_database_run(outbox->database, error,
                            "DELETE FROM outbox_gathered WHERE delivery" IS_TAKEN, "");
}

static bool release(ImpOutbox *outbox, gint64 now_us, GError **error)
{
    return imp_database_run(outbox->database, error,
                            "UPDATE outbox_delivery SET next_us = ?1 WHERE id" IS_TAKEN, "i",
                            now_us) &&
           forget_taken(outbox, error);
}

/* The digest as far as it is known before it is stored. */
typedef struct {
    ImpChat *chat;
    char *id;
    gint64 created_us; /* of the oldest in it: its life is theirs */
} Digest;

static void digest_clear(Digest *digest)
{
    imp_chat_free(digest->chat);
    g_free(digest->id);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Digest, digest_clear)

static void line_free(gpointer line)
{
    imp_chat_line_free(line);
}

static bool read_lines(ImpOutbox *outbox, const char *endpoint, Digest *digest, GPtrArray *lines,
                       char **repository, GError **error)
{
    ImpRows *rows = imp_database_query(outbox->database,
                                       "SELECT g.line, g.repository, d.event, d.created_us" TAKEN
                                       " ORDER BY t.delivery LIMIT ?1",
                                       "i", (gint64)IMP_CHAT_LISTED);
    while (imp_rows_next(rows)) {
        ImpChatLine *line = imp_chat_line_load(imp_rows_peek(rows, 0));
        if (line)
            g_ptr_array_add(lines, line);
        if (digest->id)
            continue;
        const char *const values[] = {imp_rows_peek(rows, 2), endpoint, NULL};
        *repository = imp_rows_text(rows, 1);
        digest->id = imp_event_fact_id(*repository, DIGEST_TYPE, values);
        digest->created_us = imp_rows_number(rows, 3);
    }
    return imp_rows_end(rows, error);
}

static void count_clear(gpointer data)
{
    g_free((char *)((ImpChatCount *)data)->type);
}

static bool read_counts(ImpOutbox *outbox, GArray *counts, GError **error)
{
    ImpRows *rows = imp_database_query(outbox->database,
                                       "SELECT m.type, COUNT(*)" TAKEN
                                       " JOIN outbox_message m ON m.id = d.message"
                                       " GROUP BY m.type ORDER BY m.type",
                                       "");
    while (imp_rows_next(rows)) {
        ImpChatCount one = {imp_rows_text(rows, 0), (guint)imp_rows_number(rows, 1)};
        g_array_append_val(counts, one);
    }
    return imp_rows_end(rows, error);
}

static bool compose(ImpOutbox *outbox, const char *endpoint, Digest *digest, GError **error)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(line_free);
    g_autoptr(GArray) counts = g_array_new(false, false, sizeof(ImpChatCount));
    g_autofree char *repository = NULL;
    g_array_set_clear_func(counts, count_clear);
    if (!read_lines(outbox, endpoint, digest, lines, &repository, error) ||
        !read_counts(outbox, counts, error))
        return false;
    digest->chat = imp_chat_new_digest(repository, g_steal_pointer(&lines), counts);
    return true;
}

static bool take(ImpOutbox *outbox, const char *endpoint, gint64 now_us, GError **error)
{
    return imp_database_run(
               outbox->database, error,
               "UPDATE outbox_delivery SET state = 6, head = 0, ended_us = ?1 WHERE id" IS_TAKEN,
               "i", now_us) &&
           forget_taken(outbox, error) && imp_outbox_promote_all(outbox, endpoint, error);
}

static bool put_together(ImpOutbox *outbox, const ImpEndpoint *endpoint, gint64 now_us,
                         GError **error)
{
    g_auto(Digest) digest = {0};
    if (!compose(outbox, endpoint->name, &digest, error) ||
        !take(outbox, endpoint->name, now_us, error))
        return false;
    g_autoptr(GBytes) body = imp_format_render_chat(endpoint->format, digest.chat);
    const ImpOutboxMessage message = {digest.id, DIGEST_TYPE, NULL, endpoint->format, body};
    return imp_outbox_enqueue(outbox, &message, endpoint->name, digest.created_us, error) &&
           imp_database_run(
               outbox->database, error,
               "INSERT OR IGNORE INTO outbox_digest (delivery, endpoint) SELECT id, endpoint"
               " FROM outbox_delivery WHERE event = ?1 AND endpoint = ?2",
               "tt", digest.id, endpoint->name);
}

bool imp_outbox_digest(ImpOutbox *outbox, const ImpEndpoint *endpoint, gint64 now_us,
                       GError **error)
{
    ImpGathered gathered;
    gint64 until_us;
    if (!look(outbox, endpoint->name, now_us, &gathered, error))
        return false;
    if (gathered.count == 0)
        return true;
    if (imp_digest_judge(&gathered, now_us, &until_us) == IMP_DIGEST_WAIT)
        return put_off(outbox, endpoint->name, now_us, until_us, error);
    if (!choose(outbox, endpoint->name, &gathered, error))
        return false;
    return imp_digest_judge(&gathered, now_us, &until_us) == IMP_DIGEST_TOGETHER
               ? put_together(outbox, endpoint, now_us, error)
               : release(outbox, now_us, error);
}

bool imp_outbox_is_gathering(ImpOutbox *outbox, const char *endpoint, gint64 now_us,
                             bool *gathering, GError **error)
{
    ImpRows *rows = imp_database_query(
        outbox->database,
        "SELECT 1" FIRST_GATHERED " AND d.next_us > ?2 AND d.next_us <= ?2 + ?3"
        " AND d.next_us <= d.created_us + ?3"
        " AND NOT EXISTS (SELECT 1 FROM outbox_disabled WHERE endpoint = ?1) LIMIT 1",
        "tii", endpoint, now_us, IMP_DIGEST_WAIT_US);
    *gathering = imp_rows_next(rows);
    return imp_rows_end(rows, error);
}

bool imp_outbox_tidy_gathered(ImpOutbox *outbox, GError **error)
{
    return imp_database_run(
               outbox->database, error,
               "DELETE FROM outbox_gathered WHERE NOT EXISTS (SELECT 1 FROM outbox_delivery"
               " WHERE id = delivery AND state = 0 AND attempts = 0)",
               "") &&
           imp_database_run(
               outbox->database, error,
               "DELETE FROM outbox_digest WHERE NOT EXISTS (SELECT 1 FROM outbox_delivery"
               " WHERE id = delivery AND state < 2)",
               "");
}
