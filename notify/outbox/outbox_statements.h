#pragma once

#include "notify/outbox/outbox.h"

/* Private to the outbox: its statements, each prepared when it is first used, and how they are run.
 * The tables and their model are described in notify/outbox/outbox_statements.c. */

typedef enum {
    ADD_MESSAGE,
    ADD_DELIVERY,
    READY,
    BEGIN_TRY,
    END_TRY,
    IS_HEAD,
    KILL,
    KILL_MISFITS,
    FIRST_OF_LANE,
    PROMOTE,
    PROMOTE_ALL,
    COUNT_WAITING,
    WALK_LANES,
    COMPACT,
    RECOVER,
    ASTRAY,
    SET_NEXT,
    DISABLE,
    NOTE_URL,
    NOTE_ADDRESS,
    IS_DISABLED,
    CIRCUIT,
    SET_CIRCUIT,
    FORGET_CIRCUIT,
    NOTE_CIRCUIT_URL,
    WAITING_ENDPOINTS,
    OVER,
    OVER_BEFORE,
    FORGET_DELIVERY,
    FORGET_MESSAGE,
    N_STATEMENTS,
} ImpOutboxStatement;

/* The tables of notify/outbox/outbox_digest.c. */
extern const char imp_outbox_digest_tables[];
/* The table of notify/outbox/outbox_status.c. */
extern const char imp_outbox_status_tables[];

struct ImpOutbox {
    sqlite3 *database;
    sqlite3_stmt *statements[N_STATEMENTS]; /* NULL: not used yet */
};

/* A statement in use, taken from the outbox; reset when it goes out of scope, so that none keeps a
 * read transaction open. NULL if it cannot be prepared: that is told when it is stepped. */
typedef sqlite3_stmt Running;
Running *imp_running(ImpOutbox *outbox, ImpOutboxStatement statement);
void imp_running_end(Running *running);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Running, imp_running_end)

/* Sets *error to what SQLite says and returns false. */
bool imp_outbox_fail(sqlite3 *database, GError **error);

/* Steps; *row is whether there is a (further) row. */
bool imp_running_next(ImpOutbox *outbox, Running *running, bool *row, GError **error);
/* Steps a statement that gives no rows. */
bool imp_running_finish(ImpOutbox *outbox, Running *running, GError **error);

void imp_running_bind_text(Running *running, int at, const char *text); /* NULL: null */
/* A path is bytes; NULL, no article, is the empty one. */
void imp_running_bind_article(Running *running, int at, const char *article);
char *imp_running_text(Running *running, int at);
/* The row of READY or OVER, which have the same columns; READY has one more. */
#define IMP_READY_NEXT_US 9
ImpDelivery *imp_running_delivery(Running *running);

/* Whether the delivery is the one of its endpoint and article that may be tried, or is. */
bool imp_outbox_is_head(ImpOutbox *outbox, gint64 id, bool *head, GError **error);
/* Lets the next delivery of the same endpoint and article go, after one that was the head: where
 * another left, a head may be under way that is not the first (imp_outbox_replay). */
bool imp_outbox_promote(ImpOutbox *outbox, const ImpDelivery *gone, gint64 now_us, GError **error);
/* The same for all lanes of an endpoint, after many left. */
bool imp_outbox_promote_all(ImpOutbox *outbox, const char *endpoint, GError **error);
