#pragma once

#include "notify/compaction.h"
#include "notify/outbox/outbox.h"

/* Compacts an outbox bit by bit, so that nothing else waits for it however much there is to read: a
 * walk over each endpoint for which too many deliveries wait, some rows in each of the caller's
 * transactions. */

/* Rows read in one step: a few milliseconds. */
#define IMP_COMPACTOR_ROWS 1000

/* How many of an endpoint's deliveries ended because later ones stand for them. */
typedef struct {
    char *endpoint;
    guint count;
} ImpCompacted;

typedef struct ImpCompactor ImpCompactor;

ImpCompactor *imp_compactor_new(void);
void imp_compactor_free(ImpCompactor *compactor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpCompactor, imp_compactor_free)

/* Begins with those endpoints for which more wait than imp_compaction_is_wanted() leaves; while it
 * is busy, nothing. */
bool imp_compactor_begin(ImpCompactor *compactor, ImpOutbox *outbox, GError **error);

/* Whether there is more to walk. */
bool imp_compactor_is_busy(const ImpCompactor *compactor);

/* One step. After an error, or if the transaction did not commit: imp_compactor_give_up(). */
bool imp_compactor_step(ImpCompactor *compactor, ImpOutbox *outbox, gint64 now_us, GError **error);

/* Forgets where it was; it has to begin again. */
void imp_compactor_give_up(ImpCompactor *compactor);

/* The walks that have ended since the last call, those without effect left out (of ImpCompacted*,
 * which it frees). */
GPtrArray *imp_compactor_take_ended(ImpCompactor *compactor);
