#pragma once

#include "daemon/remote/statuses.h"

/* When the daemon looks at the heads of its remote: after each round, one head at a time whenever
 * nothing else is to be done, and at all of them every 15 minutes. */

typedef struct ImpStatusLoop ImpStatusLoop;

/* `put` is called when something may have come into the outbox. */
ImpStatusLoop *imp_status_loop_new(ImpWorkplace *place, gint64 (*clock)(void),
                                   void (*put)(gpointer data), gpointer data);
void imp_status_loop_free(ImpStatusLoop *loop);

/* A round is over, and the remote has what was decided. */
void imp_status_loop_look(ImpStatusLoop *loop);
