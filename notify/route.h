#pragma once

#include "notify/endpoint.h"
#include "notify/event.h"

/* Whether an endpoint takes an event (imprimatur.json(5), ENDPOINTS): it is of its audience; the
 * event's type matches one of `events`; if it is about an article and the endpoint names `paths`,
 * the article's path matches one of these; if the endpoint names a `reviewer`, the event concerns
 * that person. `about` is the name of the endpoint that the event itself is about
 * (endpoint.disabled, delivery.exhausted), which does not take it, or NULL. */
bool imp_route_takes(const ImpEndpoint *endpoint, const ImpEvent *event, const char *about);
