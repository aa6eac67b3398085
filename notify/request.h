#pragma once

#include "notify/endpoint.h"
#include "notify/signature.h"

/* What is sent for a message, as its format asks for. Pure. */
typedef struct {
    const char *method; /* static */
    char *url;
    char **headers; /* lines "name: value" */
    GBytes *body;
} ImpRequest;

/* With headers as in Standard Webhooks 1.0; `id` is the webhook-id, `timestamp_s` the moment in
 * seconds since 1970, `stored` the body as the outbox has it, `credential` a forge's token, or
 * NULL. */
ImpRequest *imp_request_new(ImpHmac *hmac, const ImpEndpoint *endpoint, const char *id,
                            gint64 timestamp_s, GBytes *stored, const char *credential);
void imp_request_free(ImpRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpRequest, imp_request_free)
