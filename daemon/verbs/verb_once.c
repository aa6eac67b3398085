#include "daemon/pass/pipeline.h"
#include "daemon/remote/remote.h"
#include "daemon/remote/statuses.h"
#include "daemon/terminal/interruption.h"
#include "daemon/terminal/print.h"
#include "daemon/terminal/progress.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/verb.h"
#include "workflow/base/json_write.h"
#include "workflow/base/moment.h"

#include <malloc.h>
#include <stdio.h>

/* One pass: for cron, hooks and tests. */

static void print_report(const ImpPassReport *report)
{
    g_autoptr(json_t) line = json_object();
    imp_json_set_number(line, "schema", 1);
    imp_json_set_number(line, "entries", report->entries);
    imp_json_set_number(line, "events", report->events);
    imp_json_set_number(line, "commits_read", report->commits_read);
    imp_json_set_number_or_null(line, "policy", report->policy);
    imp_json_set_text(line, "waiting_for", report->waiting_for);
    imp_json_set_text(line, "diverged", report->diverged);
    imp_print_json(line);
}

static int finish(const ImpCommand *command, const ImpPassReport *report)
{
    if (command->json)
        print_report(report);
    if (report->diverged)
        return imp_command_fail(IMP_EXIT_NO, "%s", report->diverged);
    if (report->doubted)
        return imp_command_fail(IMP_EXIT_AGAIN, "%s", report->waiting_for);
    if (report->waiting_for)
        imp_command_fail(IMP_EXIT_DONE, "%s", report->waiting_for);
    else if (report->rebuilt)
        fprintf(stderr, "imprimatur: the index was made again from the ledger\n");
    return IMP_EXIT_DONE;
}

/* This process makes one pass and ends: what an adoption takes and frees again is kept, not given
 * back to the kernel to be asked for again. Measured, that is a few hundredths of its time. */
static void keep_memory(void)
{
    mallopt(M_TOP_PAD, 16 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 128 * 1024 * 1024);
    mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    (void)arguments;
    g_autoptr(GError) error = NULL;
    if (!command->config_path)
        return imp_command_fail(
            IMP_EXIT_USAGE, "once works on a configured repository: name its file with -c FILE");
    if (imp_command_has(command, "deliver"))
        return imp_command_become_daemon(command);
    keep_memory();
    g_autoptr(ImpConfig) config =
        imp_config_load(command->config_path, g_getenv("CREDENTIALS_DIRECTORY"),
                        g_getenv("STATE_DIRECTORY"), &error);
    g_autoptr(ImpWorkplace) place = config ? imp_workplace_open(config, &error) : NULL;
    if (!place)
        return imp_command_fail_with(error);
    for (guint i = 0; i < config->warnings->len; i++)
        imp_command_fail(IMP_EXIT_DONE, "%s", (const char *)config->warnings->pdata[i]);
    g_autoptr(ImpInterruption) interruption = imp_interruption_new();
    ImpProgress *progress = imp_progress_new();
    place->work =
        (ImpWork){imp_interruption_cancellable(interruption), imp_progress_show, progress};
    place->clock.trusted = g_getenv("IMPRIMATUR_NOW") || imp_command_has(command, "trust-clock");
    g_auto(ImpPassReport) report = {0};
    bool done = (config->remote ? imp_remote_run(place, command->now_us, &report, &error)
                                : imp_pipeline_run(place, command->now_us, &report, &error)) &&
                imp_statuses_all(place, command->now_us, &error);
    imp_progress_free(progress);
    int signal = imp_interruption_signal(interruption);
    if (!done && signal)
        return imp_command_fail(IMP_EXIT_SIGNAL + signal,
                                "stopped by a signal; what the ledger does not have yet the next "
                                "pass decides");
    if (!done)
        return imp_command_fail_with(error);
    return finish(command, &report);
}

static const GOptionEntry options[] = {
    {"deliver", 0, 0, G_OPTION_ARG_NONE, NULL, "send what is due, for at most 60 seconds", NULL},
    {"trust-clock", 0, 0, G_OPTION_ARG_NONE, NULL,
     "believe the clock, however far ahead of the last pass it is", NULL},
    {0},
};

const ImpVerb imp_verb_once = {
    .name = "once",
    .summary = "make one pass over a repository: for cron, hooks, tests",
    .help = "Decides what there is to decide and ends. Messages are left for a daemon,\n"
            "unless they are to be delivered. IMPRIMATUR_NOW sets the moment.\n",
    .options = options,
    .judges_by_time = true,
    .run = run,
};
