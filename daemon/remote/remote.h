#pragma once

#include "articles/transport.h"
#include "daemon/pass/pipeline.h"

/* A repository that lives elsewhere. One round is: fetch, look whether the ledger there can be
 * followed, pass; push what the pass proposes, by compare and swap, and pass again; push the
 * approved branch. The remote's ledger is the authority: nothing is told before the remote has it.
 * Rounds run in the default main context, beside everything else; one at a time. */

typedef struct {
    ImpTransportEnd end;  /* of the last call; DONE also where nothing more was to do */
    const char *sentence; /* NULL: the mirror is as the remote, and the remote has what was decided;
                             else why not, for people */
    guint retry_s;        /* when to try again, if nothing wakes us; 0: at the next poll */
    gint64 down_since_us; /* since when the remote has not been reached; 0: it is */
} ImpRemoteEnd;

typedef struct {
    gint64 (*clock)(gpointer data); /* of the passes, in microseconds */
    /* A pass of the round is over; `error` NULL unless it failed. */
    void (*passed)(const ImpPassReport *report, const GError *error, gpointer data);
    void (*ended)(const ImpRemoteEnd *end, gpointer data);
} ImpRemoteHooks;

typedef struct ImpRemote ImpRemote;

/* `place` has a configuration with a remote; borrowed. `askpass` is the path of the helper that
 * tells git the token. */
ImpRemote *imp_remote_new(ImpWorkplace *place, const char *askpass, const ImpRemoteHooks *hooks,
                          gpointer data);
void imp_remote_free(ImpRemote *remote);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpRemote, imp_remote_free)

/* Begins a round; where one is under way, another follows it. */
void imp_remote_begin(ImpRemote *remote);
bool imp_remote_is_busy(const ImpRemote *remote);

/* When the mirror was last as the remote; 0: not since the start. */
gint64 imp_remote_fetched_us(const ImpRemote *remote);

/* How long to wait after the `failures`th failure in a row that ended so: 5 s, doubled up to 5 min,
 * each of them spread by 20 % with `random` (0 to 1); 15 min where only a person can mend it. */
guint imp_remote_retry_s(ImpTransportEnd end, guint failures, double random);

/* One round, waited for: for a command. `now_us` is the moment of its passes. `report` is of the
 * last pass, entries and events are of all; for the caller to clear. An error says why the remote
 * does not have what was decided; a divergence is in the report. */
bool imp_remote_run(ImpWorkplace *place, gint64 now_us, ImpPassReport *report, GError **error);

/* How git is to reach the remote of a configuration; borrowed from it, but for `askpass`. */
ImpTransportSettings imp_remote_settings(const ImpConfig *config, const char *askpass,
                                         guint total_s);

/* Pushes `commit` to `ref` of the remote by compare and swap with what the mirror last saw there,
 * and waits for it; with `only_try` nothing moves. *outcome is for the caller to clear. */
void imp_remote_push_now(const ImpConfig *config, ImpRepository *mirror, const char *ref,
                         const char *commit, bool only_try, ImpTransportOutcome *outcome);
/* Fetches, and waits for it; decides nothing. */
void imp_remote_fetch_now(const ImpConfig *config, ImpRepository *mirror,
                          ImpTransportOutcome *outcome);
