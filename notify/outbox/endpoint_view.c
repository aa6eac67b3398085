#include "notify/outbox/endpoint_view.h"
#include "notify/outbox/outbox_tables.h"

#include <string.h>

bool imp_outbox_has_endpoint(ImpDatabase *database, const char *endpoint, bool *has, GError **error)
{
    *has = false;
    bool there;
    if (!imp_outbox_is_there(database, &there, error))
        return false;
    if (!there)
        return true;
    ImpRows *rows = imp_database_query(
        database, "SELECT 1 FROM outbox_delivery WHERE endpoint = ?1 LIMIT 1", "t", endpoint);
    *has = imp_rows_next(rows);
    return imp_rows_end(rows, error);
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
static ImpEndpointView *view_of(GPtrArray *views, const ImpRows *row)
{
    const char *name = imp_rows_peek(row, 0);
    ImpEndpointView *view = imp_endpoint_view_find(views, name);
    if (!view) {
        view = g_new0(ImpEndpointView, 1);
        view->name = g_strdup(name);
        g_ptr_array_add(views, view);
    }
    return view;
}

static void take_address(ImpEndpointView *view, const ImpRows *row)
{
    view->address = imp_rows_text(row, 1);
}

static void take_disabled(ImpEndpointView *view, const ImpRows *row)
{
    view->disabled_us = imp_rows_number(row, 1);
}

static void take_circuit(ImpEndpointView *view, const ImpRows *row)
{
    view->circuit = (ImpCircuit){
        .failures = (guint)imp_rows_number(row, 1),
        .successes = (guint)imp_rows_number(row, 2),
        .probes = (guint)imp_rows_number(row, 3),
        .probe_us = imp_rows_number(row, 4),
        .held_until_us = imp_rows_number(row, 5),
        .failing_us = imp_rows_number(row, 6),
        .failed_us = imp_rows_number(row, 7),
    };
}

static void take_counts(ImpEndpointView *view, const ImpRows *row)
{
    view->waiting = imp_rows_number(row, 1);
    view->dead = imp_rows_number(row, 2);
    view->oldest_us = imp_rows_number(row, 3);
    view->due_us = imp_rows_number(row, 4);
    view->delivered_us = imp_rows_number(row, 5);
}

static void take_last(ImpEndpointView *view, const ImpRows *row)
{
    view->ended_us = imp_rows_number(row, 1);
    view->failure = imp_rows_text(row, 2);
    view->status = (guint)imp_rows_number(row, 3);
    view->answer = imp_rows_text(row, 4);
}

static void take_waiting(ImpEndpointView *view, const ImpRows *row)
{
    view->waiting = imp_rows_number(row, 1);
}

static void take_dead(ImpEndpointView *view, const ImpRows *row)
{
    view->dead = imp_rows_number(row, 1);
}

static void take_due(ImpEndpointView *view, const ImpRows *row)
{
    view->due_us = imp_rows_number(row, 1);
}

/* A question whose first column is an endpoint, and what is made of the others. */
typedef struct {
    const char *sql;
    void (*take)(ImpEndpointView *view, const ImpRows *row);
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

static GPtrArray *ask(ImpDatabase *database, const Part *parts, guint count, GError **error)
{
    g_autoptr(GPtrArray) views =
        g_ptr_array_new_with_free_func((GDestroyNotify)imp_endpoint_view_free);
    bool there;
    if (!imp_outbox_is_there(database, &there, error))
        return NULL;
    for (guint i = 0; there && i < count; i++) {
        ImpRows *rows = imp_database_query(database, parts[i].sql, "");
        while (imp_rows_next(rows))
            parts[i].take(view_of(views, rows), rows);
        if (!imp_rows_end(rows, error))
            return NULL;
    }
    g_ptr_array_sort(views, by_name);
    return g_steal_pointer(&views);
}

GPtrArray *imp_outbox_endpoints(ImpDatabase *database, GError **error)
{
    return ask(database, everything, G_N_ELEMENTS(everything), error);
}

GPtrArray *imp_outbox_load(ImpDatabase *database, GError **error)
{
    return ask(database, load, G_N_ELEMENTS(load), error);
}
