#include "daemon/remote/askpass.h"
#include "daemon/remote/refs.h"
#include "daemon/remote/remote.h"

typedef struct {
    gint64 now_us;
    GMainLoop *loop;
    ImpPassReport *report;
    char *sentence;
} Running;

static gint64 moment(gpointer data)
{
    return ((const Running *)data)->now_us;
}

static void on_passed(const ImpPassReport *report, const GError *error, gpointer data)
{
    Running *running = data;
    ImpPassReport *all = running->report;
    if (error)
        return;
    all->entries += report->entries;
    all->events += report->events;
    all->commits_read += report->commits_read;
    all->policy = report->policy;
    all->rebuilt = all->rebuilt || report->rebuilt;
    all->next_due_us = report->next_due_us;
    g_free(all->waiting_for);
    all->waiting_for = g_strdup(report->waiting_for);
    g_free(all->diverged);
    all->diverged = g_strdup(report->diverged);
}

static void on_ended(const ImpRemoteEnd *end, gpointer data)
{
    Running *running = data;
    g_free(running->sentence);
    running->sentence = g_strdup(end->sentence);
    g_main_loop_quit(running->loop);
}

/* The child that is running is ended with the round. */
static gboolean on_stopped(GCancellable *cancellable, gpointer data)
{
    (void)cancellable;
    Running *running = data;
    if (!running->sentence)
        running->sentence = g_strdup("stopped by a signal");
    g_main_loop_quit(running->loop);
    return G_SOURCE_REMOVE;
}

bool imp_remote_run(ImpWorkplace *place, gint64 now_us, ImpPassReport *report, GError **error)
{
    static const ImpRemoteHooks hooks = {moment, on_passed, on_ended};
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autofree char *askpass = imp_askpass_path();
    Running running = {.now_us = now_us, .loop = loop, .report = report};
    g_autoptr(GSource) stop = g_cancellable_source_new(place->work.cancellable);
    g_source_set_callback(stop, G_SOURCE_FUNC(on_stopped), &running, NULL);
    g_source_attach(stop, NULL);
    *report = (ImpPassReport){0};
    g_autoptr(ImpRemote) remote = imp_remote_new(place, askpass, &hooks, &running);
    imp_remote_begin(remote);
    /* It may have ended already, before the loop could run. */
    if (imp_remote_is_busy(remote))
        g_main_loop_run(loop);
    g_source_destroy(stop);
    g_autofree char *sentence = running.sentence;
    if (!sentence || report->diverged)
        return true;
    g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED, "%s", sentence);
    return false;
}

typedef struct {
    GMainLoop *loop;
    ImpTransportOutcome *outcome;
} Waiting;

static void on_done(const ImpTransportOutcome *outcome, gpointer data)
{
    Waiting *waiting = data;
    waiting->outcome->end = outcome->end;
    waiting->outcome->sentence = g_strdup(outcome->sentence);
    waiting->outcome->ref = g_strdup(outcome->ref);
    g_main_loop_quit(waiting->loop);
}

static void take_error(ImpTransportOutcome *outcome, const GError *error)
{
    imp_transport_outcome_clear(outcome);
    *outcome = (ImpTransportOutcome){IMP_TRANSPORT_FAILED, g_strdup(error->message), NULL};
}

void imp_remote_push_now(const ImpConfig *config, ImpRepository *mirror, const char *ref,
                         const char *commit, bool only_try, ImpTransportOutcome *outcome)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GError) error = NULL;
    g_autofree char *askpass = imp_askpass_path();
    g_autofree char *mirrored = imp_remote_mirrored(ref);
    g_autofree char *there = NULL;
    Waiting waiting = {loop, outcome};
    const ImpTransportSettings settings =
        imp_remote_settings(config, askpass, config->remote->push_s);
    *outcome = (ImpTransportOutcome){0};
    if (!imp_repository_find_tip(mirror, mirrored, &there, &error)) {
        take_error(outcome, error);
        return;
    }
    const ImpTransportMove move = {ref, there, commit, only_try};
    imp_transport_push(&settings, config->repository, &move, on_done, &waiting);
    g_main_loop_run(loop);
    if (outcome->end == IMP_TRANSPORT_DONE && !only_try &&
        !imp_remote_set_mirrored(mirror, ref, commit, &error))
        take_error(outcome, error);
}

void imp_remote_fetch_now(const ImpConfig *config, ImpRepository *mirror,
                          ImpTransportOutcome *outcome)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GHashTable) absent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *askpass = imp_askpass_path();
    const ImpTransportSettings settings = imp_remote_settings(config, askpass, G_MAXINT);
    Waiting waiting = {loop, outcome};
    *outcome = (ImpTransportOutcome){0};
    bool again = true;
    while (again) {
        g_auto(GStrv) refspecs = imp_remote_refspecs(config, absent);
        imp_transport_outcome_clear(outcome);
        imp_transport_fetch(&settings, config->repository, (const char *const *)refspecs, on_done,
                            &waiting);
        g_main_loop_run(loop);
        again = outcome->end == IMP_TRANSPORT_NO_REF && outcome->ref &&
                g_hash_table_add(absent, g_strdup(outcome->ref));
        g_autoptr(GError) error = NULL;
        if (again && !imp_remote_set_mirrored(mirror, outcome->ref, NULL, &error)) {
            take_error(outcome, error);
            again = false;
        }
    }
}
