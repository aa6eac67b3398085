#pragma once

#include "notify/outbox/outbox.h"

/* How deliveries to chats gather and become digests. */

/* To be called after imp_outbox_enqueue() for an endpoint with a chat's format: the delivery, if it
 * is a new one, waits for others. `line` is what a digest says of it (imp_chat_line_store()); those
 * with the same `matter` belong into one message, NULL: there is none. */
bool imp_outbox_gather(ImpOutbox *outbox, const char *event_id, const char *endpoint,
                       const char *repository, const char *matter, const char *line,
                       GError **error);

/* For a chat that may be sent to now: judges what is gathered for it (notify/digest.h). What goes
 * singly is due; what goes together is over, and the digest, whose body and id are made here once
 * for all, is due in its place; what waits is due later. */
bool imp_outbox_digest(ImpOutbox *outbox, const ImpEndpoint *endpoint, gint64 now_us,
                       GError **error);

/* Whether something is gathered for a chat that waits for nothing but others. */
bool imp_outbox_is_gathering(ImpOutbox *outbox, const char *endpoint, gint64 now_us,
                             bool *gathering, GError **error);

/* Forgets what was noted of deliveries that no longer wait. */
bool imp_outbox_tidy_gathered(ImpOutbox *outbox, GError **error);
