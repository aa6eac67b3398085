#pragma once

#include "notify/schedule.h"

/* Sends messages over HTTP, without blocking, on a GMainContext: all in the thread that runs it.
 * Nothing of libcurl is seen outside. What a hostile receiver or resolver may do and what is done
 * against it: imprimatur.json(5), DELIVERY.
 *
 * A message that is handed over is under way at once, nothing waits in here: callers keep to the
 * two limits. */

/* Tries under way at the same time: below the usual limit of 1024 file descriptors with room for
 * the rest. */
#define IMP_SENDER_IN_FLIGHT 64
/* Of these, to one endpoint that says nothing else: enough to hide a round trip, no burden to the
 * receiver. */
#define IMP_SENDER_IN_FLIGHT_PER_ENDPOINT 2
/* And to one host, whatever endpoints share it. */
#define IMP_SENDER_IN_FLIGHT_PER_HOST 8
/* A response's status line and headers: ordinary ones have less than 2 KiB. */
#define IMP_SENDER_HEADERS_MAX_BYTES (32 * 1024)
/* A response's body: nobody reads it, but a connection whose short body was read can be used again.
 */
#define IMP_SENDER_BODY_MAX_BYTES (16 * 1024)
/* Of which people are shown the beginning. */
#define IMP_SENDER_ANSWER_BYTES 512
/* How long a body may take once the headers have decided. */
#define IMP_SENDER_BODY_GRACE_MS 250
/* The same where the body may say otherwise than the status. */
#define IMP_SENDER_ANSWER_GRACE_MS 2000

/* Returns microseconds since 1970, UTC: g_get_real_time(), or what a test says. */
typedef gint64 (*ImpClock)(void);

typedef struct ImpSender ImpSender;

/* `version` is the program's: the user-agent is "imprimatur/VERSION". `context` NULL is the default
 * one. The clock gives webhook-timestamp. The program ignores SIGPIPE. */
ImpSender *imp_sender_new(GMainContext *context, const char *version, ImpClock clock);
/* Breaks off what is under way without calling back. */
void imp_sender_free(ImpSender *sender);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpSender, imp_sender_free)

/* Called once for each message, from the main loop, never from within imp_sender_post(). It may
 * post again, and must not free the sender. `outcome` is lent. */
typedef void (*ImpSenderDone)(const ImpOutcome *outcome, gpointer data);

/* Sends `body` to the endpoint as its format asks for, with headers as in Standard Webhooks 1.0;
 * `id` is the webhook-id. The try ends after the times given at the latest. The endpoint need
 * not live longer than the call. */
void imp_sender_post(ImpSender *sender, const ImpEndpoint *endpoint, const ImpDeliveryTimes *times,
                     const char *id, GBytes *body, ImpSenderDone done, gpointer data);
