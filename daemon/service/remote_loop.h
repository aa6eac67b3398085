#pragma once

#include "daemon/pass/pipeline.h"

/* When the daemon looks at a repository that lives elsewhere: when a hook wakes it, when something
 * falls due, at the poll, and again after a failure. */

typedef struct {
    /* A pass is over; `error` NULL unless it failed. */
    void (*passed)(const ImpPassReport *report, const GError *error, gpointer data);
    /* A round is over; `sentence` NULL: the remote has what was decided, else why not. */
    void (*ended)(const char *sentence, gpointer data);
    /* Something may have come into the outbox. */
    void (*put)(gpointer data);
} ImpRemoteLoopHooks;

typedef struct ImpRemoteLoop ImpRemoteLoop;

ImpRemoteLoop *imp_remote_loop_new(ImpWorkplace *place, gint64 (*clock)(void),
                                   const ImpRemoteLoopHooks *hooks, gpointer data);
void imp_remote_loop_free(ImpRemoteLoop *loop);

/* It may be worth looking; `commit` is the tip that a hook named, NULL: none. It is looked for
 * again for 5 minutes while it is not there. At most one look a second comes of it, and 30 a
 * minute. */
void imp_remote_loop_wake(ImpRemoteLoop *loop, const char *commit);
/* Looks now: the start, a reload. */
void imp_remote_loop_look(ImpRemoteLoop *loop);

/* What was fetched last and when, for metrics; 0: never, or not down. */
gint64 imp_remote_loop_fetched_us(const ImpRemoteLoop *loop);
gint64 imp_remote_loop_down_since_us(const ImpRemoteLoop *loop);
