#pragma once

#include "notify/outbox/outbox.h"

/* Private to the outbox: its tables, whose model is described in notify/outbox/outbox_tables.c, and
 * how a delivery leaves its lane. A statement stands where it is run; the database prepares each
 * once. */

/* The tables of notify/outbox/outbox_digest.c. */
extern const char imp_outbox_digest_tables[];
/* The table of notify/outbox/outbox_status.c. */
extern const char imp_outbox_status_tables[];

struct ImpOutbox {
    ImpDatabase *database;
};

/* The columns of a delivery, d, with its message, m, and what is read as its body; what a row of
 * them says, and how many they are. */
#define IMP_DELIVERY_ROW(body)                                                                     \
    "d.id, d.event, m.type, d.endpoint, d.article, " body ", d.created_us, d.attempts, m.format"
#define IMP_DELIVERY_COLUMNS 9
ImpDelivery *imp_outbox_delivery(const ImpRows *row);

/* Whether the delivery is the one of its endpoint and article that may be tried, or is. */
bool imp_outbox_is_head(ImpOutbox *outbox, gint64 id, bool *head, GError **error);
/* Lets the next delivery of the same endpoint and article go, after one that was the head: where
 * another left, a head may be under way that is not the first (imp_outbox_replay). */
bool imp_outbox_promote(ImpOutbox *outbox, const ImpDelivery *gone, gint64 now_us, GError **error);
/* The same for all lanes of an endpoint, after many left. */
bool imp_outbox_promote_all(ImpOutbox *outbox, const char *endpoint, GError **error);

/* Whether a database, which may be read-only, has ever had an outbox. */
bool imp_outbox_is_there(ImpDatabase *database, bool *there, GError **error);
