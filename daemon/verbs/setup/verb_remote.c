#include "articles/ledger.h"
#include "daemon/index/index_heads.h"
#include "daemon/index/index_values.h"
#include "daemon/remote/refs.h"
#include "daemon/remote/remote.h"
#include "daemon/terminal/print.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/setup/remote_print.h"
#include "daemon/verbs/verb.h"
#include "workflow/base/json_write.h"

#include <stdio.h>
#include <string.h>

/* A repository that lives elsewhere, by hand: whether all works that the daemon does there, and the
 * two halves of it. */

/* Of addresses that belong to nobody. */
#define NO_REPLY_TOLD 20

typedef struct {
    const ImpCommand *command;
    ImpConfig *config;
    ImpWorkplace *place;
} Visit;

static void visit_clear(Visit *visit)
{
    g_clear_pointer(&visit->place, imp_workplace_free);
    g_clear_pointer(&visit->config, imp_config_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Visit, visit_clear)

/* Only one process works on the mirror at a time: this one has the daemon's lock. */
static int open_visit(Visit *visit, const ImpCommand *command, const ImpVerb *verb)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *waiting_for = NULL;
    if (!command->config_path)
        return imp_command_fail(IMP_EXIT_USAGE,
                                "%s works on a configured repository: name its file with -c FILE",
                                verb->name);
    visit->command = command;
    g_autofree char *credentials = imp_config_credentials_directory(command->config_path);
    visit->config =
        imp_config_load(command->config_path, credentials, g_getenv("STATE_DIRECTORY"), &error);
    if (visit->config && !visit->config->remote)
        return imp_command_fail(IMP_EXIT_USAGE, "%s: has no \"remote\"; the repository is here: %s",
                                command->config_path, visit->config->repository);
    visit->place = visit->config ? imp_workplace_open(visit->config, &error) : NULL;
    if (!visit->place || !imp_workplace_find_repository(visit->place, &waiting_for, &error))
        return imp_command_fail_with(error);
    return IMP_EXIT_DONE;
}

static int status_of(ImpTransportEnd end)
{
    return end == IMP_TRANSPORT_DONE ? IMP_EXIT_DONE
           : end == IMP_TRANSPORT_DOWN || end == IMP_TRANSPORT_STALLED || end == IMP_TRANSPORT_LEASE
               ? IMP_EXIT_AGAIN
               : IMP_EXIT_NO;
}

/* A line for each thing that was done or tried. */
static void tell(const Visit *visit, const char *what, const ImpTransportOutcome *outcome)
{
    imp_remote_print_step(visit->command->json, visit->config, what,
                          outcome->end == IMP_TRANSPORT_DONE ? NULL : outcome->sentence);
}

static ImpTransportEnd fetch(const Visit *visit)
{
    g_auto(ImpTransportOutcome) outcome = {0};
    imp_remote_fetch_now(visit->config, visit->place->repository, &outcome);
    tell(visit, "fetch", &outcome);
    return outcome.end;
}

/* Pushes a ref of the mirror to where it is called the same, or only tries to. */
static ImpTransportEnd push(const Visit *visit, const char *local, const char *ref, bool only_try)
{
    g_auto(ImpTransportOutcome) outcome = {0};
    g_autofree char *tip = imp_repository_tip(visit->place->repository, local);
    g_autofree char *named = g_strconcat("refs/heads/", visit->config->branch, NULL);
    g_autofree char *branch = imp_config_watched_ref(visit->config, named);
    /* What is not there yet can still be tried with another commit. */
    if (!tip && only_try)
        tip = imp_repository_tip(visit->place->repository, branch);
    if (!tip)
        return IMP_TRANSPORT_DONE;
    imp_remote_push_now(visit->config, visit->place->repository, ref, tip, only_try, &outcome);
    g_autofree char *what = g_strdup_printf("%s %s", only_try ? "may push" : "push", ref);
    tell(visit, what, &outcome);
    return outcome.end;
}

static ImpTransportEnd push_both(const Visit *visit, bool only_try)
{
    g_autofree char *approved = imp_remote_approved_ref(visit->config);
    ImpTransportEnd ledger =
        push(visit, IMP_LEDGER_REF, visit->config->remote->ledger_ref, only_try);
    ImpTransportEnd branch =
        approved ? push(visit, approved, approved, only_try) : IMP_TRANSPORT_DONE;
    return ledger != IMP_TRANSPORT_DONE ? ledger : branch;
}

static int run_fetch(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)arguments;
    g_auto(Visit) visit = {0};
    int status = open_visit(&visit, command, verb);
    return status ? status : status_of(fetch(&visit));
}

static int run_push(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)arguments;
    g_auto(Visit) visit = {0};
    int status = open_visit(&visit, command, verb);
    return status ? status : status_of(push_both(&visit, false));
}

/* Which keys the host may show: to be compared with what the forge publishes. */
static void print_host_keys(const Visit *visit)
{
    const char *path = visit->config->remote->known_hosts;
    const char *const arguments[] = {"ssh-keygen", "-l", "-f", path, NULL};
    g_autofree char *out = NULL;
    if (!path || visit->command->json ||
        !g_spawn_sync(NULL, (char **)arguments, NULL,
                      G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL,
                      NULL, NULL))
        return;
    printf("Known keys of hosts, in %s; compare them with what the forge publishes:\n", path);
    g_auto(GStrv) lines = g_strsplit(out, "\n", -1);
    for (char **line = lines; *line && **line; line++) {
        g_autofree char *clean = imp_print_clean(*line);
        printf("  %s\n", clean);
    }
}

static bool belongs_to_somebody(const ImpPolicy *policy, const char *address)
{
    for (guint i = 0; i < policy->people->len; i++) {
        const ImpPerson *person = policy->people->pdata[i];
        if (g_strv_contains((const char *const *)person->addresses, address) ||
            imp_person_has_account(person, address))
            return true;
    }
    return false;
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whoever writes under an address of the forge's making is nobody whom the policy knows, and could
 * approve their own words. */
static void tell_no_reply(const Visit *visit)
{
    g_autoptr(ImpPolicy) policy = imp_index_policy(visit->place->database);
    g_autoptr(GPtrArray) writers = imp_heads_writers(visit->place->database, NULL);
    guint told = 0;
    if (writers)
        g_ptr_array_sort(writers, by_text);
    for (guint i = 0; policy && writers && i < writers->len; i++) {
        const char *address = writers->pdata[i];
        if (!imp_is_no_reply(address) || belongs_to_somebody(policy, address))
            continue;
        if (told++ == NO_REPLY_TOLD)
            break;
        const ImpTransportOutcome outcome = {
            IMP_TRANSPORT_FAILED,
            (char *)"belongs to nobody in the policy; if it is a reviewer's, add it to that "
                    "person's \"accounts\"",
            NULL};
        g_autofree char *what = g_strdup_printf("author %s", address);
        tell(visit, what, &outcome);
    }
}

/* What becomes of decisions on a pull request, by the button with which it is merged. */
static const char merging[] =
    "A merge commit takes decisions over as they are. Squash and rebase merges make other commits\n"
    "of them: an approval then counts where it is of just the text that was merged, an objection\n"
    "where its branch brought that text, and what else there is has to be decided again. What a\n"
    "forge signs with its own key is nobody's.";

static int run_check(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)arguments;
    g_auto(Visit) visit = {0};
    int status = open_visit(&visit, command, verb);
    if (status)
        return status;
    print_host_keys(&visit);
    ImpTransportEnd end = fetch(&visit);
    if (end == IMP_TRANSPORT_DONE)
        end = push_both(&visit, true);
    tell_no_reply(&visit);
    if (!command->json)
        puts(merging);
    if (end != IMP_TRANSPORT_DONE || !visit.config->remote->status)
        return status_of(end);
    fflush(stdout);
    return imp_command_become_daemon(command);
}

const ImpVerb imp_verb_remote_check = {
    .name = "remote check",
    .summary = "try all that the daemon does with the remote",
    .help = "Reads it, and tries whether the ledger and the approved branch could be pushed;\n"
            "nothing moves. For ssh it shows the fingerprints of the host keys that are\n"
            "trusted. A forge that takes statuses is asked how pull requests may be merged,\n"
            "and what the token may do. Stop the daemon first: only one process works\n"
            "on the mirror.\n",
    .run = run_check,
};

const ImpVerb imp_verb_remote_fetch = {
    .name = "remote fetch",
    .summary = "fetch from the remote, and decide nothing",
    .help = "The daemon does it by itself. Stop the daemon first.\n",
    .run = run_fetch,
};

const ImpVerb imp_verb_remote_push = {
    .name = "remote push",
    .summary = "push ledger and approved branch to the remote",
    .help = "By compare and swap with what was fetched last. The daemon does it by itself.\n"
            "Stop the daemon first.\n",
    .run = run_push,
};
