#include "notify/compactor.h"
#include "notify/outbox/outbox_tables.h"
#include "workflow/base/limits.h"

/* The walk goes along the index `outbox_lane`: by article, then id. Its place between two steps is
 * the last row that was read. What happens between them can do no harm: a delivery that has been
 * tried meanwhile is left alone by the statement itself, and the one that stands for another was
 * read in the same step. */

struct ImpCompactor {
    GQueue endpoints; /* of char*, owned: still to walk, the first one under way */
    ImpCompaction compaction;
    char *article; /* of the last row read; NULL: none yet */
    gint64 id;
    guint count;
    GPtrArray *ended; /* of ImpCompacted* */
};

static void compacted_free(gpointer data)
{
    ImpCompacted *compacted = data;
    g_free(compacted->endpoint);
    g_free(compacted);
}

static void rewind_walk(ImpCompactor *compactor)
{
    imp_compaction_clear(&compactor->compaction);
    g_clear_pointer(&compactor->article, g_free);
    compactor->id = 0;
    compactor->count = 0;
}

ImpCompactor *imp_compactor_new(void)
{
    ImpCompactor *compactor = g_new0(ImpCompactor, 1);
    g_queue_init(&compactor->endpoints);
    compactor->ended = g_ptr_array_new_with_free_func(compacted_free);
    return compactor;
}

void imp_compactor_give_up(ImpCompactor *compactor)
{
    rewind_walk(compactor);
    g_queue_clear_full(&compactor->endpoints, g_free);
    g_ptr_array_set_size(compactor->ended, 0);
}

void imp_compactor_free(ImpCompactor *compactor)
{
    if (!compactor)
        return;
    imp_compactor_give_up(compactor);
    g_ptr_array_unref(compactor->ended);
    g_free(compactor);
}

bool imp_compactor_is_busy(const ImpCompactor *compactor)
{
    return compactor->endpoints.length > 0;
}

GPtrArray *imp_compactor_take_ended(ImpCompactor *compactor)
{
    GPtrArray *ended = g_steal_pointer(&compactor->ended);
    compactor->ended = g_ptr_array_new_with_free_func(compacted_free);
    return ended;
}

static bool is_wanted(ImpOutbox *outbox, const char *endpoint, bool *wanted, GError **error)
{
    ImpRows *rows = imp_database_query(
        outbox->database,
        "SELECT COUNT(*) FROM (SELECT 1 FROM outbox_delivery WHERE endpoint = ?1 AND state < 2"
        " LIMIT ?2)",
        "ti", endpoint, (gint64)IMP_PENDING_MAX + 1);
    *wanted = imp_rows_next(rows) && imp_compaction_is_wanted(imp_rows_number(rows, 0));
    return imp_rows_end(rows, error);
}

bool imp_compactor_begin(ImpCompactor *compactor, ImpOutbox *outbox, GError **error)
{
    if (imp_compactor_is_busy(compactor))
        return true;
    g_autoptr(GPtrArray) names = imp_outbox_waiting_endpoints(outbox, error);
    if (!names)
        return false;
    for (guint i = 0; i < names->len; i++) {
        bool wanted;
        if (!is_wanted(outbox, names->pdata[i], &wanted, error))
            return false;
        if (wanted)
            g_queue_push_tail(&compactor->endpoints, g_strdup(names->pdata[i]));
    }
    return true;
}

/* A delivery for which another stands. */
typedef struct {
    gint64 id;
    char *article;
} Superseded;

static void clear_superseded(gpointer data)
{
    Superseded *superseded = data;
    g_clear_pointer(&superseded->article, g_free);
}

static void take_row(ImpCompactor *compactor, const ImpRows *walk, GArray *found)
{
    compactor->id = imp_rows_number(walk, 0);
    g_free(compactor->article);
    compactor->article = imp_rows_path(walk, 1);
    const ImpCompactable next = {
        .id = compactor->id,
        .article = compactor->article,
        .type = imp_rows_peek(walk, 2),
        .untried = imp_rows_number(walk, 3) != 0,
    };
    gint64 earlier = imp_compaction_take(&compactor->compaction, &next);
    Superseded superseded = {.id = earlier,
                             .article = earlier ? g_strdup(compactor->article) : NULL};
    if (earlier)
        g_array_append_val(found, superseded);
}

/* Reads the next rows; NULL on error. *read is how many there were. */
static GArray *read_rows(ImpCompactor *compactor, ImpOutbox *outbox, guint *read, GError **error)
{
    g_autoptr(GArray) found = g_array_new(false, false, sizeof(Superseded));
    g_array_set_clear_func(found, clear_superseded);
    ImpRows *walk =
        imp_database_query(outbox->database,
                           "SELECT d.id, d.article, m.type, d.state = 0 AND d.attempts = 0"
                           " FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message"
                           " WHERE d.endpoint = ?1 AND d.state < 2 AND (d.article, d.id) > (?2, ?3)"
                           " ORDER BY d.article, d.id LIMIT ?4",
                           "tpii", (const char *)g_queue_peek_head(&compactor->endpoints),
                           compactor->article, compactor->id, (gint64)IMP_COMPACTOR_ROWS);
    for (*read = 0; imp_rows_next(walk); (*read)++)
        take_row(compactor, walk, found);
    return imp_rows_end(walk, error) ? g_steal_pointer(&found) : NULL;
}

static bool end_one(ImpCompactor *compactor, ImpOutbox *outbox, Superseded *superseded,
                    gint64 now_us, GError **error)
{
    bool head;
    if (!imp_outbox_is_head(outbox, superseded->id, &head, error) ||
        !imp_database_run(outbox->database, error,
                          "UPDATE outbox_delivery SET state = 5, head = 0, ended_us = ?2"
                          " WHERE id = ?1 AND state = 0 AND attempts = 0",
                          "ii", superseded->id, now_us))
        return false;
    if (imp_database_changes(outbox->database) == 0)
        return true;
    compactor->count++;
    const ImpDelivery gone = {.endpoint = g_queue_peek_head(&compactor->endpoints),
                              .article = superseded->article};
    return !head || imp_outbox_promote(outbox, &gone, now_us, error);
}

bool imp_compactor_step(ImpCompactor *compactor, ImpOutbox *outbox, gint64 now_us, GError **error)
{
    if (!imp_compactor_is_busy(compactor))
        return true;
    guint read;
    /* Read whole before the first write: rows must not move within the index that is being walked.
     */
    g_autoptr(GArray) found = read_rows(compactor, outbox, &read, error);
    if (!found)
        return false;
    for (guint i = 0; i < found->len; i++) {
        if (!end_one(compactor, outbox, &g_array_index(found, Superseded, i), now_us, error))
            return false;
    }
    if (read == IMP_COMPACTOR_ROWS)
        return true;
    g_autofree char *endpoint = g_queue_pop_head(&compactor->endpoints);
    if (compactor->count > 0) {
        ImpCompacted *compacted = g_new0(ImpCompacted, 1);
        compacted->endpoint = g_steal_pointer(&endpoint);
        compacted->count = compactor->count;
        g_ptr_array_add(compactor->ended, compacted);
    }
    rewind_walk(compactor);
    return true;
}
