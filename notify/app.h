#pragma once

#include "notify/sender.h"

/* A GitHub App, as which check runs are made: with its private key it asks for a token of its
 * installation, which is good for an hour, and with that it posts (docs.github.com, "Authenticating
 * as a GitHub App installation"). */

typedef struct ImpApp ImpApp;

/* A message and who is told of its end. */
typedef struct {
    const char *id;
    GBytes *body;
    ImpSenderDone done;
    gpointer data;
} ImpPost;

/* `clock` gives the moment. */
ImpApp *imp_app_new(ImpClock clock);
/* After its sender. What was under way is forgotten. */
void imp_app_free(ImpApp *app);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpApp, imp_app_free)

/* imp_sender_post(); for an endpoint with an App a token is asked for before, where none is at
 * hand. That this fails is the message's failure. */
void imp_app_post(ImpApp *app, ImpSender *sender, const ImpEndpoint *endpoint,
                  const ImpDeliveryTimes *times, const ImpPost *post);

/* The token by which the App proves who it is, for the caller to free; NULL where `pem` is not an
 * RSA key (RFC 7519; at most 10 minutes, issued a minute ago, for clocks that differ). */
char *imp_app_jwt(const char *pem, const char *app, gint64 now_us);
