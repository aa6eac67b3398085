#pragma once

#include "notify/endpoint.h"
#include "notify/signature.h"

/* What is sent for a message beside its body, as its format asks for. Pure. */
typedef struct {
    char *url;
    char **headers; /* lines "name: value" */
} ImpRequestHead;

/* With headers as in Standard Webhooks 1.0; `id` is the webhook-id, `timestamp_s` the moment in
 * seconds since 1970. */
ImpRequestHead *imp_request_head_new(ImpHmac *hmac, const ImpEndpoint *endpoint, const char *id,
                                     gint64 timestamp_s, GBytes *body);
void imp_request_head_free(ImpRequestHead *head);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpRequestHead, imp_request_head_free)
