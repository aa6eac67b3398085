#pragma once

#include "notify/outbox/outbox.h"

/* What is known of endpoints, for people and programs to look at. Every `database` may be
 * read-only, and may never have had an outbox: then there is nothing. */

/* Whether there is any delivery to an endpoint of that name, configured or not. */
bool imp_outbox_has_endpoint(ImpDatabase *database, const char *endpoint, bool *has,
                             GError **error);

/* What is known of an endpoint. */
typedef struct {
    char *name;
    char *address;      /* what may be shown of its URL; or NULL */
    gint64 disabled_us; /* 0: it is not */
    ImpCircuit circuit;
    gint64 waiting, dead; /* deliveries; under way counts as waiting */
    gint64 oldest_us;     /* since when the oldest of them waits; 0: none */
    gint64 due_us;        /* when the next of them is due, were the endpoint well; 0: none */
    gint64 delivered_us;  /* the last success; 0: none that is still known */
    gint64 ended_us;      /* the last try; 0: likewise */
    char *failure;        /* of that, or NULL */
    guint status;
    char *answer;
} ImpEndpointView;

void imp_endpoint_view_free(ImpEndpointView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpEndpointView, imp_endpoint_view_free)

/* All endpoints that anything is known of, configured or not (of ImpEndpointView*), by name. */
GPtrArray *imp_outbox_endpoints(ImpDatabase *database, GError **error);
/* The same, but only what a queue of any length tells quickly: whether they are disabled, their
 * circuits, how many wait and are dead, and when the next is due. */
GPtrArray *imp_outbox_load(ImpDatabase *database, GError **error);
/* The one of that name, or NULL. */
ImpEndpointView *imp_endpoint_view_find(GPtrArray *views, const char *name);
