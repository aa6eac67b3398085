#pragma once

#include "notify/endpoint.h"
#include "notify/event.h"
#include "notify/outbox/outbox.h"

/* Puts an event into the outbox for each of `endpoints` (of ImpEndpoint*) that takes it; `about` as
 * in imp_route_takes(), `now_us` as in imp_outbox_enqueue(). The caller's transaction makes it
 * durable; the dispatcher, if one runs, is to be kicked after that. An event that is in the outbox
 * already changes nothing. */
bool imp_enqueue(ImpOutbox *outbox, const GPtrArray *endpoints, const ImpEvent *event,
                 const char *about, gint64 now_us, GError **error);
