#pragma once

#include "daemon/pass/workplace.h"

/* What one pass did. */
typedef struct {
    guint entries; /* of the ledger */
    guint events;
    guint commits_read;
    guint policy;      /* version in force, 0: none yet */
    char *waiting_for; /* a sentence: what is not there yet, so that nothing was decided; or NULL */
    char *diverged;    /* a sentence: why nothing is decided; or NULL */
    bool doubted;      /* what it waits for is a clock that can be believed */
    bool rebuilt;      /* the index was folded from nothing */
    char *proposed;    /* with a remote: the ledger's tip that was decided, and is to be pushed; its
                        * entries are counted above, their events when the remote has it; or NULL */
    char *proposed_on; /* the one that it follows, or NULL */
    gint64 next_due_us; /* when something falls due by itself; 0: never, as things are */
} ImpPassReport;

void imp_pass_report_clear(ImpPassReport *report);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpPassReport, imp_pass_report_clear)

/* One pass at the moment `now_us`. `report` is filled, for the caller to clear, also when nothing
 * could be decided. IMP_REPOSITORY_ERROR_MOVED: somebody else moved the ledger meanwhile and
 * nothing happened. After any error the pass may be run again. */
bool imp_pipeline_run(ImpWorkplace *place, gint64 now_us, ImpPassReport *report, GError **error);

/* Where tips lie that heads had (daemon/remote/kept.h). */
#define IMP_KEPT_REFS "refs/imprimatur-kept/"

/* The review branches and the heads of the remote, as they are here (of ImpRef*, under their own
 * names); freed with the array. */
GPtrArray *imp_pipeline_branches(ImpWorkplace *place, GError **error);

/* Whether the refs are as the last pass left them, so that another would find nothing to do (but
 * deadlines). */
bool imp_pipeline_is_current(ImpWorkplace *place);
