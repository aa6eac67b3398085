#include "daemon/service/remote_loop.h"
#include "daemon/remote/askpass.h"
#include "daemon/remote/remote.h"
#include "daemon/service/status_loop.h"
#include "workflow/base/moment.h"

#include <string.h>

/* One timer for the next look, whatever it is for: the earliest of poll, deadline, retry, and the
 * next allowed answer to a hook. Hooks are counted by the time that they use up (as a bucket of 6
 * that fills by one each 2.5 s: 30 in the busiest minute), and one that comes while the timer is
 * set moves it forward. While hooks come, the poll is five times as rare: it is only there for
 * those that get lost. */

#define HOOK_EVERY_US (IMP_SECOND_US)
#define HOOKS_AT_ONCE 6
#define HOOK_COSTS_US (5 * IMP_SECOND_US / 2)
#define HOOKED_POLL   5
#define HOOKED_FOR_US (IMP_SECOND_US * 3600)
/* A hook may be faster than the replica that is asked. */
#define AWAIT_FOR_US (300 * IMP_SECOND_US)
#define AWAIT_MOST_S 60

struct ImpRemoteLoop {
    ImpWorkplace *place;
    ImpRemote *remote;
    ImpStatusLoop *statuses;
    gint64 (*clock)(void);
    ImpRemoteLoopHooks hooks;
    gpointer data;
    guint timer;
    gint64 timer_us;    /* monotonic: when it fires */
    gint64 wanted_us;   /* monotonic: when a hook is to be answered; 0: none waits */
    gint64 looked_us;   /* monotonic: the last look that a hook caused */
    gint64 used_us;     /* monotonic: hooks' time is used up to here */
    gint64 hooked_us;   /* monotonic: the last hook; 0: none yet */
    gint64 next_due_us; /* of the last pass */
    char *awaited;      /* a commit that a hook named and that is not here yet */
    gint64 awaited_us;  /* monotonic: since when */
    guint awaited_s;    /* the next wait for it */
    gint64 down_since_us;
};

static gboolean on_timer(gpointer data)
{
    ImpRemoteLoop *loop = data;
    loop->timer = 0;
    loop->wanted_us = 0;
    imp_remote_begin(loop->remote);
    return G_SOURCE_REMOVE;
}

static void look_in(ImpRemoteLoop *loop, gint64 wait_us)
{
    gint64 at_us = g_get_monotonic_time() + MAX(wait_us, 0);
    if (loop->timer && loop->timer_us <= at_us)
        return;
    g_clear_handle_id(&loop->timer, g_source_remove);
    loop->timer_us = at_us;
    loop->timer = g_timeout_add((guint)(MAX(wait_us, 0) / 1000), on_timer, loop);
}

/* Whether the commit that a hook named is still to be waited for. */
static bool awaits(ImpRemoteLoop *loop)
{
    if (!loop->awaited)
        return false;
    if (imp_repository_has_object(loop->place->repository, loop->awaited)) {
        g_clear_pointer(&loop->awaited, g_free);
        return false;
    }
    if (g_get_monotonic_time() - loop->awaited_us < AWAIT_FOR_US)
        return true;
    g_warning("a hook named the commit %.12s, which the remote did not show in 5 minutes; it may "
              "have been pushed to a branch that is not watched, or removed again",
              loop->awaited);
    g_clear_pointer(&loop->awaited, g_free);
    return false;
}

static void plan(ImpRemoteLoop *loop, const ImpRemoteEnd *end)
{
    bool hooked = loop->hooked_us && g_get_monotonic_time() - loop->hooked_us < HOOKED_FOR_US;
    double poll_s = loop->place->config->poll_seconds * (hooked ? HOOKED_POLL : 1) *
                    (0.8 + 0.4 * g_random_double());
    look_in(loop, end->retry_s ? end->retry_s * IMP_SECOND_US : (gint64)(poll_s * IMP_SECOND_US));
    if (!end->sentence && loop->next_due_us)
        look_in(loop, loop->next_due_us - loop->clock() + IMP_SECOND_US);
    if (!end->sentence && awaits(loop)) {
        look_in(loop, loop->awaited_s * IMP_SECOND_US);
        loop->awaited_s = MIN(loop->awaited_s * 2, AWAIT_MOST_S);
    }
    /* This round may have fetched before what the hook told of was there. */
    if (loop->wanted_us)
        look_in(loop, loop->wanted_us - g_get_monotonic_time());
}

static gint64 moment(gpointer data)
{
    return ((const ImpRemoteLoop *)data)->clock();
}

static void on_passed(const ImpPassReport *report, const GError *error, gpointer data)
{
    ImpRemoteLoop *loop = data;
    if (!error)
        loop->next_due_us = report->next_due_us;
    loop->hooks.passed(report, error, loop->data);
}

static void on_ended(const ImpRemoteEnd *end, gpointer data)
{
    ImpRemoteLoop *loop = data;
    loop->down_since_us = end->down_since_us;
    g_clear_handle_id(&loop->timer, g_source_remove);
    plan(loop, end);
    loop->hooks.ended(end->sentence, loop->data);
    if (!end->sentence)
        imp_status_loop_look(loop->statuses);
}

ImpRemoteLoop *imp_remote_loop_new(ImpWorkplace *place, gint64 (*clock)(void),
                                   const ImpRemoteLoopHooks *hooks, gpointer data)
{
    const ImpRemoteHooks own = {moment, on_passed, on_ended};
    g_autofree char *askpass = imp_askpass_path();
    ImpRemoteLoop *loop = g_new0(ImpRemoteLoop, 1);
    loop->place = place;
    loop->clock = clock;
    loop->hooks = *hooks;
    loop->data = data;
    loop->remote = imp_remote_new(place, askpass, &own, loop);
    loop->statuses = imp_status_loop_new(place, clock, hooks->put, data);
    return loop;
}

void imp_remote_loop_free(ImpRemoteLoop *loop)
{
    if (!loop)
        return;
    g_clear_handle_id(&loop->timer, g_source_remove);
    imp_status_loop_free(loop->statuses);
    imp_remote_free(loop->remote);
    g_free(loop->awaited);
    g_free(loop);
}

void imp_remote_loop_look(ImpRemoteLoop *loop)
{
    imp_remote_begin(loop->remote);
}

void imp_remote_loop_wake(ImpRemoteLoop *loop, const char *commit)
{
    gint64 now_us = g_get_monotonic_time();
    loop->hooked_us = now_us;
    if (commit && g_strcmp0(commit, loop->awaited) != 0) {
        g_free(loop->awaited);
        loop->awaited = g_strdup(commit);
        loop->awaited_us = now_us;
        loop->awaited_s = 1;
    }
    if (loop->wanted_us)
        return;
    gint64 soonest_us =
        MAX(loop->looked_us + HOOK_EVERY_US, loop->used_us - (HOOKS_AT_ONCE - 1) * HOOK_COSTS_US);
    soonest_us = MAX(soonest_us, now_us);
    loop->wanted_us = soonest_us;
    /* One that is planned already, and soon, is enough. */
    if (loop->timer && loop->timer_us <= soonest_us)
        return;
    loop->used_us = MAX(loop->used_us, now_us) + HOOK_COSTS_US;
    loop->looked_us = soonest_us;
    look_in(loop, soonest_us - now_us);
}

gint64 imp_remote_loop_fetched_us(const ImpRemoteLoop *loop)
{
    return imp_remote_fetched_us(loop->remote);
}

gint64 imp_remote_loop_down_since_us(const ImpRemoteLoop *loop)
{
    return loop->down_since_us;
}
