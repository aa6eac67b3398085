#include "notify/desk.h"

#include <string.h>

void imp_flight_free(gpointer data)
{
    ImpFlight *flight = data;
    imp_delivery_free(flight->delivery);
    g_free(flight->url);
    g_free(flight->host);
    g_free(flight->outcome.answer);
    g_free(flight);
}

static void desk_free(gpointer data)
{
    ImpDesk *desk = data;
    g_free(desk->host);
    g_free(desk);
}

ImpDesk *imp_desk_find(GPtrArray *desks, const char *name)
{
    for (guint i = 0; i < desks->len; i++) {
        ImpDesk *desk = g_ptr_array_index(desks, i);
        if (strcmp(desk->endpoint->name, name) == 0)
            return desk;
    }
    return NULL;
}

GPtrArray *imp_desks_new(GPtrArray *former, const GPtrArray *endpoints)
{
    GPtrArray *desks = g_ptr_array_new_with_free_func(desk_free);
    for (guint i = 0; i < endpoints->len; i++) {
        const ImpEndpoint *endpoint = g_ptr_array_index(endpoints, i);
        g_autoptr(GUri) uri = g_uri_parse(endpoint->url, G_URI_FLAGS_NONE, NULL);
        ImpDesk *desk = g_new0(ImpDesk, 1);
        desk->endpoint = endpoint;
        desk->host = g_ascii_strdown(uri ? g_uri_get_host(uri) : "", -1);
        desk->bucket = imp_bucket_for(endpoint, g_get_monotonic_time());
        const ImpDesk *old = imp_desk_find(former, endpoint->name);
        if (old && imp_bucket_is_alike(&old->bucket, &desk->bucket))
            desk->bucket = old->bucket;
        g_ptr_array_add(desks, desk);
    }
    return desks;
}

static guint left_of(guint limit, guint used)
{
    return used < limit ? limit - used : 0;
}

guint imp_desk_slots(const ImpDesk *desk, const GPtrArray *flights, guint limit)
{
    guint all = 0, at_host = 0, its = 0;
    for (guint i = 0; i < flights->len; i++) {
        const ImpFlight *flight = g_ptr_array_index(flights, i);
        if (flight->ended)
            continue;
        all++;
        at_host += strcmp(flight->host, desk->host) == 0;
        its += strcmp(flight->delivery->endpoint, desk->endpoint->name) == 0;
    }
    guint its_left = MIN(left_of(limit, its), left_of(IMP_SENDER_IN_FLIGHT_PER_HOST, at_host));
    return MIN(its_left, left_of(IMP_SENDER_IN_FLIGHT, all));
}
