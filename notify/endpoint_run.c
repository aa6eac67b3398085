#include "notify/endpoint_run.h"
#include "notify/format/format.h"

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

void imp_flight_end(ImpFlight *flight, const ImpOutcome *outcome, const ImpDeliveryTimes *times,
                    gint64 now_us)
{
    const ImpDelivery *delivery = flight->delivery;
    gint64 end_us = delivery->created_us + imp_format_traits(delivery->format)->life_us;
    flight->ended = true;
    flight->ended_us = now_us;
    flight->outcome = *outcome;
    flight->outcome.answer = g_strdup(outcome->answer);
    flight->outcome.body = NULL;
    flight->plan =
        imp_schedule_plan(times, end_us, delivery->tries, outcome, now_us, g_random_double());
    if (outcome->doubles_from_us && flight->plan.state == IMP_DELIVERY_WAITING)
        flight->outcome.held_until_us = flight->plan.next_us;
}

static void run_free(gpointer data)
{
    ImpEndpointRun *run = data;
    g_free(run->host);
    g_free(run);
}

ImpEndpointRun *imp_endpoint_run_find(GPtrArray *runs, const char *name)
{
    for (guint i = 0; i < runs->len; i++) {
        ImpEndpointRun *run = runs->pdata[i];
        if (strcmp(run->endpoint->name, name) == 0)
            return run;
    }
    return NULL;
}

GPtrArray *imp_endpoint_runs_new(GPtrArray *former, const GPtrArray *endpoints)
{
    GPtrArray *runs = g_ptr_array_new_with_free_func(run_free);
    for (guint i = 0; i < endpoints->len; i++) {
        const ImpEndpoint *endpoint = endpoints->pdata[i];
        g_autoptr(GUri) uri = g_uri_parse(endpoint->url, G_URI_FLAGS_NONE, NULL);
        ImpEndpointRun *run = g_new0(ImpEndpointRun, 1);
        run->endpoint = endpoint;
        run->host = g_ascii_strdown(uri ? g_uri_get_host(uri) : "", -1);
        run->bucket = imp_bucket_for(endpoint, g_get_monotonic_time());
        const ImpEndpointRun *old = imp_endpoint_run_find(former, endpoint->name);
        if (old && imp_bucket_is_alike(&old->bucket, &run->bucket))
            run->bucket = old->bucket;
        g_ptr_array_add(runs, run);
    }
    return runs;
}

static guint left_of(guint limit, guint used)
{
    return used < limit ? limit - used : 0;
}

guint imp_endpoint_run_slots(const ImpEndpointRun *run, const GPtrArray *flights, guint limit)
{
    guint all = 0, at_host = 0, its = 0;
    for (guint i = 0; i < flights->len; i++) {
        const ImpFlight *flight = flights->pdata[i];
        if (flight->ended)
            continue;
        all++;
        at_host += strcmp(flight->host, run->host) == 0;
        its += strcmp(flight->delivery->endpoint, run->endpoint->name) == 0;
    }
    guint its_left = MIN(left_of(limit, its), left_of(IMP_SENDER_IN_FLIGHT_PER_HOST, at_host));
    return MIN(its_left, left_of(IMP_SENDER_IN_FLIGHT, all));
}
