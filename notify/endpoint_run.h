#pragma once

#include "notify/bucket.h"
#include "notify/outbox/outbox.h"
#include "notify/sender.h"

/* Private to the dispatcher: its endpoints and its tries, and how many of these there may be at
 * a time. */

/* One delivery, from when it is taken until its end is written down. */
typedef struct {
    struct ImpDispatcher *dispatcher;
    ImpDelivery *delivery;
    const ImpEndpoint *endpoint; /* only until it is posted */
    char *url, *host;            /* that it goes to */
    bool ended;
    ImpOutcome outcome;
    ImpPlan plan;
    gint64 ended_us;
} ImpFlight;

/* One endpoint, as long as the configuration stays. */
typedef struct {
    const ImpEndpoint *endpoint; /* of the shared array */
    char *host;
    ImpBucket bucket;
    guint misfits; /* given up in this round, for their format */
} ImpEndpointRun;

void imp_flight_free(gpointer flight);
/* It has ended at `now_us`: notes how, and plans what follows. */
void imp_flight_end(ImpFlight *flight, const ImpOutcome *outcome, const ImpDeliveryTimes *times,
                    gint64 now_us);

/* Of ImpEndpointRun*, one for each endpoint, in the same order; freed with the array. A bucket is
 * taken over from `former`, unless its rate has changed: a reload does not refill it. */
GPtrArray *imp_endpoint_runs_new(GPtrArray *former, const GPtrArray *endpoints);
/* The run of an endpoint, or NULL. */
ImpEndpointRun *imp_endpoint_run_find(GPtrArray *runs, const char *endpoint);

/* How many more tries may begin, with `flights` (of ImpFlight*) under way, at an endpoint that
 * takes `limit` at a time: not more than that, nor than the sender's limits for a host and in all
 * (notify/sender.h). */
guint imp_endpoint_run_slots(const ImpEndpointRun *run, const GPtrArray *flights, guint limit);
