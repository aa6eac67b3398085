#pragma once

#include "daemon/pass/workplace.h"

/* The statuses of a remote's heads, kept as they should be (imprimatur.json(5), THE REMOTE,
 * STATUSES): a head that moved, or one whose articles the ledger has something new about, is looked
 * at at once, and all of them every 15 minutes. */

/* How often all heads are compared. */
#define IMP_STATUSES_EVERY_US (900 * IMP_SECOND_US)

typedef struct ImpStatuses ImpStatuses;

/* For a configuration with a forge that is told. `place` is borrowed, and its configuration may be
 * another at the next call. */
ImpStatuses *imp_statuses_new(ImpWorkplace *place);
void imp_statuses_free(ImpStatuses *statuses);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpStatuses, imp_statuses_free)

/* Finds which heads are to be looked at, after a round of which the remote has everything. *next_us
 * is when all of them are compared again. */
bool imp_statuses_look(ImpStatuses *statuses, gint64 now_us, gint64 *next_us, GError **error);

/* Looks at one of them, and puts what it finds into the outbox. *more: there are others. A head
 * that cannot be previewed is passed over, with the error. */
bool imp_statuses_step(ImpStatuses *statuses, gint64 now_us, bool *more, GError **error);

/* All that is to be looked at, for a command; nothing where no forge is told. */
bool imp_statuses_all(ImpWorkplace *place, gint64 now_us, GError **error);
