#pragma once

#include "notify/endpoint.h"

/* How fast an endpoint is sent to (imprimatur.json(5), DELIVERY): a bucket of tokens, of which each
 * try takes one and which fills again at a steady rate. Pure: the moment is a parameter, of a
 * clock that is never set back. */

typedef struct {
    double rate;  /* tokens a second; 0: no limit */
    double burst; /* how many there are at most */
    double tokens;
    gint64 at_us; /* of which moment `tokens` is */
} ImpBucket;

/* A full bucket with an endpoint's rate and burst, or the defaults of its format: 10 a second and
 * 20 at once for "standard", 1 a second and 3 at once for chats. */
ImpBucket imp_bucket_for(const ImpEndpoint *endpoint, gint64 now_us);

/* Whether two have the same rate and burst. */
bool imp_bucket_is_alike(const ImpBucket *one, const ImpBucket *other);

/* How many tokens there are; G_MAXUINT where there is no limit. */
guint imp_bucket_tokens(const ImpBucket *bucket, gint64 now_us);

/* How long until there is a token: 0 if there is one now. */
gint64 imp_bucket_wait_us(const ImpBucket *bucket, gint64 now_us);

/* Takes a token, which there must be. */
void imp_bucket_take(ImpBucket *bucket, gint64 now_us);
