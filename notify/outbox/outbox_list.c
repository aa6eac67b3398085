#include "notify/outbox/outbox_list.h"
#include "notify/outbox/outbox_query.h"

#include <string.h>

void imp_queued_free(ImpQueued *queued)
{
    if (!queued)
        return;
    g_free(queued->event);
    g_free(queued->type);
    g_free(queued->endpoint);
    g_free(queued->article);
    g_free(queued->failure);
    g_free(queued->answer);
    g_clear_pointer(&queued->body, g_bytes_unref);
    g_free(queued);
}

static bool is_there(sqlite3 *database, bool *there, GError **error)
{
    GError *fault = NULL;
    g_autoptr(Query) query = imp_query(
        database, error,
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'outbox_delivery'", "");
    if (!query)
        return false;
    *there = imp_query_next(query, &fault);
    if (fault)
        g_propagate_error(error, fault);
    return !fault;
}

/* Steps, and hands an error on; *row is whether there is a row. */
static bool step(Query *query, bool *row, GError **error)
{
    GError *fault = NULL;
    *row = imp_query_next(query, &fault);
    if (fault)
        g_propagate_error(error, fault);
    return !fault;
}

/* Deliveries */

#define COLUMNS                                                                                    \
    "d.id, d.event, m.type, d.endpoint, d.article, d.state, d.attempts, d.created_us, d.next_us, " \
    "d.ended_us,"                                                                                  \
    " d.failure, d.status, d.answer, CASE WHEN d.state = 0 AND d.head = 0 THEN (SELECT f.id FROM " \
    "outbox_delivery f"                                                                            \
    "  WHERE f.endpoint = d.endpoint AND f.article = d.article AND f.state < 2 ORDER BY f.id "     \
    "LIMIT 1) END,"                                                                                \
    " x.disabled_us, c.probe_us, c.held_until_us"
#define TABLES                                                                                     \
    " FROM outbox_delivery d LEFT JOIN outbox_message m ON m.id = d.message"                       \
    " LEFT JOIN outbox_disabled x ON x.endpoint = d.endpoint LEFT JOIN outbox_circuit c ON "       \
    "c.endpoint = d.endpoint "

static ImpQueued *queued_of(Query *row)
{
    ImpQueued *queued = g_new0(ImpQueued, 1);
    queued->id = sqlite3_column_int64(row, 0);
    queued->event = imp_query_text(row, 1);
    queued->type = imp_query_text(row, 2);
    queued->endpoint = imp_query_text(row, 3);
    queued->article = imp_query_article(row, 4);
    queued->state = (ImpDeliveryState)sqlite3_column_int(row, 5);
    queued->tries = (guint)sqlite3_column_int64(row, 6);
    queued->created_us = sqlite3_column_int64(row, 7);
    queued->next_us = queued->state == IMP_DELIVERY_WAITING ? sqlite3_column_int64(row, 8) : 0;
    queued->ended_us = sqlite3_column_int64(row, 9);
    queued->failure = imp_query_text(row, 10);
    queued->status = (guint)sqlite3_column_int64(row, 11);
    queued->answer = imp_query_text(row, 12);
    queued->behind = sqlite3_column_int64(row, 13);
    queued->parked = sqlite3_column_type(row, 14) != SQLITE_NULL;
    queued->held_us = MAX(sqlite3_column_int64(row, 15), sqlite3_column_int64(row, 16));
    if (queued->behind == queued->id)
        queued->behind = 0;
    return queued;
}

GPtrArray *imp_outbox_list(sqlite3 *database, const char *endpoint, guint states, guint limit,
                           GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)imp_queued_free);
    bool there;
    if (!is_there(database, &there, error))
        return NULL;
    if (!there)
        return g_steal_pointer(&list);
    g_autoptr(Query) query = imp_query(
        database, error,
        "SELECT " COLUMNS TABLES "WHERE (?1 IS NULL OR d.endpoint = ?1) AND (?2 >> d.state) & 1 = 1"
        " ORDER BY CASE WHEN d.state = 3 THEN 0 WHEN d.state > 1 THEN 5 WHEN x.endpoint IS NOT "
        "NULL THEN 1"
        "  WHEN d.failure IS NOT NULL THEN 2 ELSE 3 END,"
        " CASE WHEN d.state < 2 OR d.state = 3 THEN d.created_us ELSE -d.ended_us END, d.id LIMIT "
        "?3",
        "tii", endpoint, (gint64)states, (gint64)limit);
    bool row = query != NULL;
    while (row) {
        if (!step(query, &row, error))
            return NULL;
        if (row)
            g_ptr_array_add(list, queued_of(query));
    }
    return query ? g_steal_pointer(&list) : NULL;
}

bool imp_outbox_look(sqlite3 *database, gint64 id, ImpQueued **queued, GError **error)
{
    bool row;
    *queued = NULL;
    if (!is_there(database, &row, error))
        return false;
    if (!row)
        return true;
    g_autoptr(Query) query =
        imp_query(database, error, "SELECT " COLUMNS ", m.body" TABLES "WHERE d.id = ?1", "i", id);
    if (!query || !step(query, &row, error))
        return false;
    *queued = row ? queued_of(query) : NULL;
    if (row && sqlite3_column_type(query, 17) != SQLITE_NULL)
        (*queued)->body =
            g_bytes_new(sqlite3_column_blob(query, 17), (gsize)sqlite3_column_bytes(query, 17));
    return true;
}

bool imp_outbox_count(sqlite3 *database, const char *endpoint, gint64 counts[IMP_N_DELIVERY_STATES],
                      GError **error)
{
    memset(counts, 0, sizeof(gint64) * IMP_N_DELIVERY_STATES);
    bool row;
    if (!is_there(database, &row, error))
        return false;
    if (!row)
        return true;
    g_autoptr(Query) query = imp_query(database, error,
                                       "SELECT state, COUNT(*) FROM outbox_delivery"
                                       " WHERE ?1 IS NULL OR endpoint = ?1 GROUP BY state",
                                       "t", endpoint);
    while (query && row) {
        if (!step(query, &row, error))
            return false;
        guint state = row ? (guint)sqlite3_column_int(query, 0) : IMP_N_DELIVERY_STATES;
        if (state < IMP_N_DELIVERY_STATES)
            counts[state] = sqlite3_column_int64(query, 1);
    }
    return query != NULL;
}

/* By what somebody calls them */

#define SHORTEST_BEGINNING 12 /* "evt_" and 32 bits */

static GArray *ids_of(Query *query, GError **error)
{
    g_autoptr(GArray) ids = g_array_new(false, false, sizeof(gint64));
    bool row = query != NULL;
    while (row) {
        if (!step(query, &row, error))
            return NULL;
        gint64 id = row ? sqlite3_column_int64(query, 0) : 0;
        if (row)
            g_array_append_val(ids, id);
    }
    return query ? g_steal_pointer(&ids) : NULL;
}

/* The one event that begins so; NULL for none, or with *many for several. Ids are of [a-z0-9_],
 * below "~". */
static char *completed(sqlite3 *database, const char *beginning, bool *many, GError **error)
{
    bool row;
    g_autoptr(Query) query = imp_query(database, error,
                                       "SELECT MIN(event), MAX(event) FROM outbox_delivery"
                                       " WHERE event >= ?1 AND event < ?1 || '~'",
                                       "t", beginning);
    if (!query || !step(query, &row, error) || !row)
        return NULL;
    g_autofree char *first = imp_query_text(query, 0), *last = imp_query_text(query, 1);
    *many = g_strcmp0(first, last) != 0;
    return *many ? NULL : g_steal_pointer(&first);
}

GArray *imp_outbox_find(sqlite3 *database, const char *text, const char *endpoint, bool *many,
                        GError **error)
{
    GError *fault = NULL;
    bool there;
    *many = false;
    if (!is_there(database, &there, error))
        return NULL;
    if (!there)
        return g_array_new(false, false, sizeof(gint64));
    const char *number = text + (*text == '#');
    gint64 id = 0;
    if (g_ascii_string_to_signed(number, 10, 1, G_MAXINT64, &id, NULL)) {
        g_autoptr(Query) query = imp_query(
            database, error,
            "SELECT id FROM outbox_delivery WHERE id = ?1 AND (?2 IS NULL OR endpoint = ?2)", "it",
            id, endpoint);
        return ids_of(query, error);
    }
    const char *sql = "SELECT id FROM outbox_delivery WHERE event = ?1 AND (?2 IS NULL OR endpoint "
                      "= ?2) ORDER BY id";
    g_autoptr(Query) query = imp_query(database, error, sql, "tt", text, endpoint);
    g_autoptr(GArray) ids = ids_of(query, error);
    if (!ids || ids->len > 0 || strlen(text) < SHORTEST_BEGINNING)
        return g_steal_pointer(&ids);
    g_autofree char *event = completed(database, text, many, &fault);
    if (fault) {
        g_propagate_error(error, fault);
        return NULL;
    }
    if (!event)
        return g_steal_pointer(&ids);
    g_autoptr(Query) again = imp_query(database, error, sql, "tt", event, endpoint);
    return ids_of(again, error);
}

GArray *imp_outbox_ids(sqlite3 *database, ImpDeliveryState state, const char *endpoint, guint limit,
                       GError **error)
{
    /* Numbers instead of a parameter: for the sake of the indexes. */
    g_autoptr(Query) query =
        state == IMP_DELIVERY_DEAD
            ? imp_query(database, error,
                        "SELECT id FROM outbox_delivery WHERE state = 3"
                        " AND (?1 IS NULL OR endpoint = ?1) ORDER BY id LIMIT ?2",
                        "ti", endpoint, (gint64)limit)
            : imp_query(database, error,
                        "SELECT id FROM outbox_delivery WHERE state < 2 AND state = ?3"
                        " AND (?1 IS NULL OR endpoint = ?1) ORDER BY id LIMIT ?2",
                        "tii", endpoint, (gint64)limit, (gint64)state);
    return ids_of(query, error);
}

/* Endpoints */

bool imp_outbox_has_endpoint(sqlite3 *database, const char *endpoint, bool *has, GError **error)
{
    *has = false;
    bool there;
    if (!is_there(database, &there, error))
        return false;
    if (!there)
        return true;
    g_autoptr(Query) query =
        imp_query(database, error, "SELECT 1 FROM outbox_delivery WHERE endpoint = ?1 LIMIT 1", "t",
                  endpoint);
    return query && step(query, has, error);
}

void imp_endpoint_view_free(ImpEndpointView *view)
{
    if (!view)
        return;
    g_free(view->name);
    g_free(view->address);
    g_free(view->failure);
    g_free(view->answer);
    g_free(view);
}

ImpEndpointView *imp_endpoint_view_find(GPtrArray *views, const char *name)
{
    for (guint i = 0; i < views->len; i++) {
        ImpEndpointView *view = views->pdata[i];
        if (strcmp(view->name, name) == 0)
            return view;
    }
    return NULL;
}

/* The view of the endpoint in column 0, a new one where there is none yet. */
static ImpEndpointView *view_of(GPtrArray *views, Query *row)
{
    const char *name = (const char *)sqlite3_column_text(row, 0);
    ImpEndpointView *view = imp_endpoint_view_find(views, name);
    if (!view) {
        view = g_new0(ImpEndpointView, 1);
        view->name = g_strdup(name);
        g_ptr_array_add(views, view);
    }
    return view;
}

static void take_address(ImpEndpointView *view, Query *row)
{
    view->address = imp_query_text(row, 1);
}

static void take_disabled(ImpEndpointView *view, Query *row)
{
    view->disabled_us = sqlite3_column_int64(row, 1);
}

static void take_circuit(ImpEndpointView *view, Query *row)
{
    view->circuit = (ImpCircuit){
        .failures = (guint)sqlite3_column_int64(row, 1),
        .successes = (guint)sqlite3_column_int64(row, 2),
        .probes = (guint)sqlite3_column_int64(row, 3),
        .probe_us = sqlite3_column_int64(row, 4),
        .held_until_us = sqlite3_column_int64(row, 5),
        .failing_us = sqlite3_column_int64(row, 6),
        .failed_us = sqlite3_column_int64(row, 7),
    };
}

static void take_counts(ImpEndpointView *view, Query *row)
{
    view->waiting = sqlite3_column_int64(row, 1);
    view->dead = sqlite3_column_int64(row, 2);
    view->oldest_us = sqlite3_column_int64(row, 3);
    view->due_us = sqlite3_column_int64(row, 4);
    view->delivered_us = sqlite3_column_int64(row, 5);
}

static void take_last(ImpEndpointView *view, Query *row)
{
    view->ended_us = sqlite3_column_int64(row, 1);
    view->failure = imp_query_text(row, 2);
    view->status = (guint)sqlite3_column_int64(row, 3);
    view->answer = imp_query_text(row, 4);
}

static void take_waiting(ImpEndpointView *view, Query *row)
{
    view->waiting = sqlite3_column_int64(row, 1);
}

static void take_dead(ImpEndpointView *view, Query *row)
{
    view->dead = sqlite3_column_int64(row, 1);
}

static void take_due(ImpEndpointView *view, Query *row)
{
    view->due_us = sqlite3_column_int64(row, 1);
}

/* A question whose first column is an endpoint, and what is made of the others. */
typedef struct {
    const char *sql;
    void (*take)(ImpEndpointView *view, Query *row);
} Part;

#define DISABLED                                                                                   \
    {                                                                                              \
        "SELECT endpoint, disabled_us FROM outbox_disabled", take_disabled                         \
    }
#define CIRCUITS                                                                                   \
    {                                                                                              \
        "SELECT endpoint, failures, successes, probes, probe_us, held_until_us, failing_us, "      \
        "failed_us"                                                                                \
        " FROM outbox_circuit",                                                                    \
            take_circuit                                                                           \
    }

static const Part everything[] = {
    {"SELECT endpoint, address FROM outbox_address", take_address},
    DISABLED,
    CIRCUITS,
    {"SELECT endpoint, SUM(CASE WHEN state < 2 THEN 1 ELSE 0 END), SUM(CASE WHEN state = 3 THEN 1 "
     "ELSE 0 END),"
     " MIN(CASE WHEN state < 2 THEN created_us END), MIN(CASE WHEN state = 0 AND head = 1 THEN "
     "next_us END),"
     " MAX(CASE WHEN state = 2 THEN ended_us END) FROM outbox_delivery GROUP BY endpoint",
     take_counts},
    /* Beside a MAX, SQLite takes the other columns from the row that has it. */
    {"SELECT endpoint, MAX(ended_us), failure, status, answer FROM outbox_delivery"
     " WHERE ended_us IS NOT NULL AND state < 4 GROUP BY endpoint",
     take_last},
};

/* Each from an index that holds no more than what is counted. */
static const Part load[] = {
    DISABLED,
    CIRCUITS,
    {"SELECT endpoint, COUNT(*) FROM outbox_delivery WHERE state < 2 GROUP BY endpoint",
     take_waiting},
    {"SELECT endpoint, COUNT(*) FROM outbox_delivery WHERE state = 3 GROUP BY endpoint", take_dead},
    {"SELECT endpoint, MIN(next_us) FROM outbox_delivery WHERE state = 0 AND head = 1 GROUP BY "
     "endpoint",
     take_due},
};

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ImpEndpointView *const *)a)->name,
                  (*(const ImpEndpointView *const *)b)->name);
}

static GPtrArray *ask(sqlite3 *database, const Part *parts, guint count, GError **error)
{
    g_autoptr(GPtrArray) views =
        g_ptr_array_new_with_free_func((GDestroyNotify)imp_endpoint_view_free);
    bool there;
    if (!is_there(database, &there, error))
        return NULL;
    for (guint i = 0; there && i < count; i++) {
        g_autoptr(Query) query = imp_query(database, error, parts[i].sql, "");
        bool row = query != NULL;
        while (row) {
            if (!step(query, &row, error))
                return NULL;
            if (row)
                parts[i].take(view_of(views, query), query);
        }
        if (!query)
            return NULL;
    }
    g_ptr_array_sort(views, by_name);
    return g_steal_pointer(&views);
}

GPtrArray *imp_outbox_endpoints(sqlite3 *database, GError **error)
{
    return ask(database, everything, G_N_ELEMENTS(everything), error);
}

GPtrArray *imp_outbox_load(sqlite3 *database, GError **error)
{
    return ask(database, load, G_N_ELEMENTS(load), error);
}
