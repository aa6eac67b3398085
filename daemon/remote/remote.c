#include "daemon/remote/remote.h"
#include "articles/ledger.h"
#include "articles/repository_graph.h"
#include "articles/repository_refs.h"
#include "daemon/index/index.h"
#include "daemon/pass/crash.h"
#include "daemon/pass/publish.h"
#include "daemon/remote/comparison.h"
#include "daemon/remote/doubt.h"
#include "daemon/remote/kept.h"
#include "daemon/remote/refs.h"
#include "daemon/remote/standing.h"
#include "workflow/base/moment.h"

#include <string.h>

/* A round is a chain of calls, each of which begins the next one when it ends; `transport` is the
 * one under way.
 *
 *     fetch -> compare -> pass -> push the ledger -> follow -> pass -> push approved -> end
 *        ^______________________| somebody was faster
 *
 * Every retry begins with a fetch. A pass that decides something proposes a ledger, which it has
 * noted before; the push is the compare and swap, and what it proposed is in the index only when it
 * comes back from the ledger. So a kill at any arrow, and an answer that is lost, end in one of two
 * places: the remote has the noted tip, which is then followed, or it has not, and the pass is made
 * again at another moment.
 *
 * What looks moved back (the ledger, or the watched branch behind the last Source) may be a
 * replica's delay: nothing is decided until new connections have shown the same for settle_s. */

/* How often somebody may be faster in one round. */
#define RACES_MAX 5
/* A whole clone comes in the first fetch. */
#define FETCH_MAX_S (6 * 3600)

struct ImpRemote {
    ImpWorkplace *place;
    char *askpass;
    ImpRemoteHooks hooks;
    gpointer data;
    ImpTransport *transport;
    bool busy, again;
    GPtrArray *heads;   /* of ImpRef*: as they were before this round's fetch; or NULL */
    GHashTable *absent; /* refs that this round's fetch did not find */
    guint races;
    char *proposed, *proposed_on; /* being pushed */
    char *approved;               /* being pushed */
    char *approved_said;          /* a place of the approved branch that was told already */
    const char *pushing;          /* what is being pushed, in words; NULL: nothing */
    ImpDoubt doubt;               /* what looks moved back */
    guint failures;               /* in a row */
    gint64 down_since_us, fetched_us;
};

static void fetch(ImpRemote *remote);
static void pass(ImpRemote *remote);

guint imp_remote_retry_s(ImpTransportEnd end, guint failures, double random)
{
    double wait_s = 900;
    switch (end) {
    case IMP_TRANSPORT_DENIED:
    case IMP_TRANSPORT_HOST_KEY:
    case IMP_TRANSPORT_MOVED_ON:
    case IMP_TRANSPORT_FORMAT:
        break;
    default:
        wait_s = MIN(5.0 * (1 << MIN(MAX(failures, 1) - 1, 10)), 300);
    }
    return (guint)(wait_s * (0.8 + 0.4 * random) + 0.5);
}

/* The end of a round */

static void end_round(ImpRemote *remote, ImpTransportEnd end, const char *sentence, guint retry_s)
{
    bool reached = end != IMP_TRANSPORT_DOWN && end != IMP_TRANSPORT_STALLED;
    imp_remote_note_unpushed(remote->place, sentence ? remote->pushing : NULL, NULL);
    remote->pushing = NULL;
    remote->failures = sentence ? remote->failures + 1 : 0;
    if (reached)
        remote->down_since_us = 0;
    else if (!remote->down_since_us)
        remote->down_since_us = remote->hooks.clock(remote->data);
    if (sentence && !retry_s)
        retry_s = imp_remote_retry_s(end, remote->failures, g_random_double());
    const ImpRemoteEnd round = {end, sentence, retry_s, remote->down_since_us};
    bool again = remote->again;
    remote->busy = remote->again = false;
    remote->hooks.ended(&round, remote->data);
    if (again && !remote->busy)
        imp_remote_begin(remote);
}

static void end_in_fault(ImpRemote *remote, const GError *error)
{
    end_round(remote, IMP_TRANSPORT_FAILED, error->message, 0);
}

/* What to do about it stands behind what happened. */
static void end_in_outcome(ImpRemote *remote, const char *doing, const ImpTransportOutcome *outcome)
{
    const char *config = remote->place->config->path;
    g_autofree char *advice = NULL;
    switch (outcome->end) {
    case IMP_TRANSPORT_DENIED:
    case IMP_TRANSPORT_HOST_KEY:
    case IMP_TRANSPORT_FAILED:
    case IMP_TRANSPORT_DECLINED:
        advice = g_strdup_printf("; type: imprimatur -c %s remote check", config);
        break;
    case IMP_TRANSPORT_MOVED_ON:
        advice = g_strdup("; it has moved, and is not followed: change \"url\"");
        break;
    case IMP_TRANSPORT_FORMAT:
        advice = g_strdup("; its objects have SHA-256 names, which are not supported");
        break;
    default:
        break;
    }
    g_autofree char *sentence =
        g_strdup_printf("%s %s: %s%s", doing, remote->place->config->remote->url, outcome->sentence,
                        advice ? advice : "");
    end_round(remote, outcome->end, sentence, 0);
}

ImpTransportSettings imp_remote_settings(const ImpConfig *config, const char *askpass,
                                         guint total_s)
{
    const ImpConfigRemote *remote = config->remote;
    return (ImpTransportSettings){.url = remote->url,
                                  .key = remote->key,
                                  .known_hosts = remote->known_hosts,
                                  .user = remote->user,
                                  .token = remote->token,
                                  .ca_file = remote->ca_file,
                                  .askpass = askpass,
                                  .stall_s = remote->stall_s,
                                  .total_s = total_s};
}

static ImpTransportSettings settings(const ImpRemote *remote, guint total_s)
{
    return imp_remote_settings(remote->place->config, remote->askpass, total_s);
}

/* Pushing the approved branch */

static void on_approved_pushed(const ImpTransportOutcome *outcome, gpointer data)
{
    ImpRemote *remote = data;
    remote->transport = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *ref = imp_remote_approved_ref(remote->place->config);
    /* A refusal undoes nothing: the decisions are recorded, and the branch is derived from them. */
    if (outcome->end != IMP_TRANSPORT_DONE)
        end_in_outcome(remote, "cannot push the approved branch to", outcome);
    else if (!imp_remote_set_mirrored(remote->place->repository, ref, remote->approved, &error))
        end_in_fault(remote, error);
    else
        end_round(remote, IMP_TRANSPORT_DONE, NULL, 0);
}

/* It is somebody else's where it is neither ours nor one of those that ours follows. */
static bool tell_moved_approved(ImpRemote *remote, const char *theirs, GError **error)
{
    ImpWorkplace *place = remote->place;
    if (!theirs || g_strcmp0(remote->approved_said, theirs) == 0 ||
        imp_repository_is_reachable(place->repository, theirs, remote->approved))
        return true;
    g_free(remote->approved_said);
    remote->approved_said = g_strdup(theirs);
    g_autofree char *sentence = g_strdup_printf(
        "The branch \"%s\" of the remote was moved to %.12s by somebody else; it is "
        "put back.",
        place->config->approved_branch, theirs);
    return imp_publish_announce_moved(place, theirs, sentence, remote->hooks.clock(remote->data),
                                      error);
}

static void push_approved(ImpRemote *remote)
{
    ImpWorkplace *place = remote->place;
    g_autoptr(GError) error = NULL;
    g_autofree char *ref = imp_remote_approved_ref(place->config);
    g_autofree char *mirrored = ref ? imp_remote_mirrored(ref) : NULL;
    g_autofree char *theirs = NULL;
    g_clear_pointer(&remote->approved, g_free);
    if (ref && (!imp_repository_find_tip(place->repository, ref, &remote->approved, &error) ||
                !imp_repository_find_tip(place->repository, mirrored, &theirs, &error))) {
        end_in_fault(remote, error);
        return;
    }
    if (!remote->approved || g_strcmp0(remote->approved, theirs) == 0) {
        end_round(remote, IMP_TRANSPORT_DONE, NULL, 0);
        return;
    }
    if (!tell_moved_approved(remote, theirs, &error)) {
        end_in_fault(remote, error);
        return;
    }
    const ImpTransportSettings with = settings(remote, place->config->remote->push_s);
    const ImpTransportMove move = {ref, theirs, remote->approved, false};
    remote->pushing = "the approved branch";
    remote->transport =
        imp_transport_push(&with, place->config->repository, &move, on_approved_pushed, remote);
}

/* Pushing the ledger */

static void on_ledger_pushed(const ImpTransportOutcome *outcome, gpointer data)
{
    ImpRemote *remote = data;
    ImpWorkplace *place = remote->place;
    g_autoptr(GError) error = NULL;
    remote->transport = NULL;
    if (outcome->end == IMP_TRANSPORT_LEASE && remote->races++ < RACES_MAX) {
        fetch(remote);
        return;
    }
    if (outcome->end != IMP_TRANSPORT_DONE) {
        end_in_outcome(remote, "cannot push the ledger to", outcome);
        return;
    }
    imp_crash_point("pushed");
    if (!imp_repository_move_ref(place->repository, IMP_LEDGER_REF, remote->proposed_on,
                                 remote->proposed, "imprimatur: pushed", &error) ||
        !imp_remote_set_mirrored(place->repository, place->config->remote->ledger_ref,
                                 remote->proposed, &error)) {
        end_in_fault(remote, error);
        return;
    }
    imp_crash_point("recorded");
    pass(remote);
}

static void push_ledger(ImpRemote *remote, const ImpPassReport *report)
{
    const ImpConfig *config = remote->place->config;
    g_free(remote->proposed);
    g_free(remote->proposed_on);
    remote->proposed = g_strdup(report->proposed);
    remote->proposed_on = g_strdup(report->proposed_on);
    const ImpTransportSettings with = settings(remote, config->remote->push_s);
    const ImpTransportMove move = {config->remote->ledger_ref, remote->proposed_on,
                                   remote->proposed, false};
    remote->pushing = "what was decided";
    remote->transport =
        imp_transport_push(&with, config->repository, &move, on_ledger_pushed, remote);
}

/* The pass */

static void pass(ImpRemote *remote)
{
    g_auto(ImpPassReport) report = {0};
    g_autoptr(GError) error = NULL;
    bool done = imp_pipeline_run(remote->place, remote->hooks.clock(remote->data), &report, &error);
    remote->hooks.passed(&report, done ? NULL : error, remote->data);
    if (!done)
        end_in_fault(remote, error);
    else if (report.diverged)
        end_round(remote, IMP_TRANSPORT_DONE, report.diverged, remote->place->config->poll_seconds);
    else if (report.proposed)
        push_ledger(remote, &report);
    else
        push_approved(remote);
}

/* Looking at what was fetched */

/* *settled: what looks moved back has looked the same for settle_s, or nothing does. */
static bool settle(ImpRemote *remote, const ImpComparison *comparison, bool *settled,
                   GError **error)
{
    *settled = true;
    if (comparison->kind != IMP_COMPARISON_BEHIND)
        return imp_doubt_dispel(&remote->doubt, remote->place, error);
    g_autofree char *what = g_strdup_printf("%s %s %s", comparison->ours ? comparison->ours : "-",
                                            comparison->theirs ? comparison->theirs : "-",
                                            comparison->branch ? comparison->branch : "-");
    return imp_doubt_see(&remote->doubt, remote->place, what, remote->hooks.clock(remote->data),
                         g_get_monotonic_time(), settled, error);
}

static void end_in_divergence(ImpRemote *remote, const ImpComparison *comparison)
{
    g_autoptr(GError) error = NULL;
    const ImpPassReport report = {.diverged = comparison->sentence};
    if (!imp_workplace_announce_divergence(remote->place, comparison->theirs, comparison->sentence,
                                           remote->hooks.clock(remote->data), &error)) {
        end_in_fault(remote, error);
        return;
    }
    remote->hooks.passed(&report, NULL, remote->data);
    end_round(remote, IMP_TRANSPORT_DONE, comparison->sentence,
              remote->place->config->poll_seconds);
}

static void compare(ImpRemote *remote)
{
    g_auto(ImpComparison) comparison = {0};
    g_autoptr(GError) error = NULL;
    bool settled;
    if (!imp_comparison_read(remote->place, &comparison, &error) ||
        !settle(remote, &comparison, &settled, &error)) {
        end_in_fault(remote, error);
        return;
    }
    if (!settled) {
        end_round(remote, IMP_TRANSPORT_DONE,
                  "the remote looks older than it was; waiting whether it stays so",
                  MAX(remote->place->config->remote->settle_s, 1));
        return;
    }
    if (comparison.sentence)
        end_in_divergence(remote, &comparison);
    else if (comparison.kind == IMP_COMPARISON_AHEAD &&
             !imp_comparison_follow(remote->place, &comparison, &error))
        end_in_fault(remote, error);
    else
        pass(remote);
}

static void tidy(const ImpRemote *remote)
{
    imp_remote_tidy(remote->place->config->repository, remote->hooks.clock(remote->data));
}

static void on_fetched(const ImpTransportOutcome *outcome, gpointer data)
{
    ImpRemote *remote = data;
    remote->transport = NULL;
    g_autoptr(GError) error = NULL;
    if (outcome->end == IMP_TRANSPORT_NO_REF && outcome->ref &&
        !g_hash_table_contains(remote->absent, outcome->ref)) {
        g_hash_table_add(remote->absent, g_strdup(outcome->ref));
        if (imp_remote_set_mirrored(remote->place->repository, outcome->ref, NULL, &error))
            fetch(remote);
        else
            end_in_fault(remote, error);
        return;
    }
    if (outcome->end != IMP_TRANSPORT_DONE) {
        /* Half a pack may be gigabytes. */
        tidy(remote);
        end_in_outcome(remote, "cannot fetch from", outcome);
        return;
    }
    remote->fetched_us = remote->hooks.clock(remote->data);
    if (!imp_remote_note_fetched(remote->place, remote->fetched_us, &error) ||
        (remote->heads &&
         !imp_kept_after(remote->place, remote->heads, remote->fetched_us, &error))) {
        end_in_fault(remote, error);
        return;
    }
    imp_crash_point("fetched");
    compare(remote);
}

static void fetch(ImpRemote *remote)
{
    remote->pushing = NULL;
    const ImpConfig *config = remote->place->config;
    g_auto(GStrv) refspecs = imp_remote_refspecs(config, remote->absent);
    const ImpTransportSettings with = settings(remote, FETCH_MAX_S);
    g_clear_pointer(&remote->heads, g_ptr_array_unref);
    remote->heads = imp_kept_before(remote->place, NULL);
    remote->transport = imp_transport_fetch(&with, config->repository,
                                            (const char *const *)refspecs, on_fetched, remote);
}

void imp_remote_begin(ImpRemote *remote)
{
    if (remote->busy) {
        remote->again = true;
        return;
    }
    g_autofree char *waiting_for = NULL;
    g_autoptr(GError) error = NULL;
    remote->busy = true;
    remote->races = 0;
    g_hash_table_remove_all(remote->absent);
    if (!remote->fetched_us || remote->failures > 0)
        tidy(remote);
    if (imp_workplace_find_repository(remote->place, &waiting_for, &error) && !waiting_for)
        fetch(remote);
    else
        end_round(remote, IMP_TRANSPORT_FAILED, error ? error->message : waiting_for, 0);
}

bool imp_remote_is_busy(const ImpRemote *remote)
{
    return remote->busy;
}

gint64 imp_remote_fetched_us(const ImpRemote *remote)
{
    return remote->fetched_us;
}

ImpRemote *imp_remote_new(ImpWorkplace *place, const char *askpass, const ImpRemoteHooks *hooks,
                          gpointer data)
{
    ImpRemote *remote = g_new0(ImpRemote, 1);
    remote->place = place;
    remote->askpass = g_strdup(askpass);
    remote->hooks = *hooks;
    remote->data = data;
    remote->absent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return remote;
}

void imp_remote_free(ImpRemote *remote)
{
    if (!remote)
        return;
    imp_transport_cancel(remote->transport);
    char *const texts[] = {remote->askpass, remote->proposed, remote->proposed_on, remote->approved,
                           remote->approved_said};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    imp_doubt_clear(&remote->doubt);
    g_hash_table_unref(remote->absent);
    g_clear_pointer(&remote->heads, g_ptr_array_unref);
    g_free(remote);
}
