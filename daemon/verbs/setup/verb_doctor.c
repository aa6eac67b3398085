#include "daemon/config/credentials.h"
#include "daemon/control/control_client.h"
#include "daemon/terminal/user_git.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/queue/queue.h"
#include "daemon/verbs/setup/unit.h"
#include "daemon/verbs/view/status.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Everything that can be asked about a repository on its host, one thing after the other: what
 * `check` finds in configuration, permissions, credentials and policy; what systemd says of the
 * unit; how long ago the daemon looked; which endpoints fail; whether the record can be proved.
 * Each thing that is wrong comes with what to type. */

#define GROUP "git" /* whose members push, where the host has it */

/* A daemon that has not looked for so many polls does not work. */
#define POLLS_LATE 3

typedef struct {
    const ImpCommand *command;
    ImpConfig *config; /* without secrets */
    char *unit;        /* "imprimatur@handbook" */
    bool installed;    /* the configuration lies where the unit reads it */
    guint wrong;
} Doctor;

static void say(Doctor *doctor, const char *what, const char *command)
{
    const ImpScreen screen = imp_screen();
    g_autofree char *clean = imp_print_clean(what);
    printf("  ");
    imp_print_wrapped(clean, 2, screen.columns);
    if (command)
        printf("    %s\n", command);
    doctor->wrong++;
}

static void begin(const char *section)
{
    printf("%s\n", section);
    fflush(stdout);
}

static void end(const Doctor *doctor, guint before, const char *well)
{
    if (doctor->wrong == before)
        printf("  %s\n", well);
    puts("");
}

/* This program once more, with another verb; its words go where these go. The exit status, or -1.
 */
static int run_verb(const Doctor *doctor, const char *verb, const char *option)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    const char *words[] = {self, "-c", doctor->config->path, "--no-pager", verb, option, NULL};
    int status = 0;
    fflush(stdout);
    if (!self || !g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL,
                               &status, NULL))
        return -1;
    return g_spawn_check_wait_status(status, NULL) ? 0 : 1;
}

/* The service */

/* A unit that failed, or that systemd tries again and again, says itself why. */
static void look_at_failure(Doctor *doctor, const ImpUnit *unit, const char *journal)
{
    g_autofree char *again = g_strdup_printf("systemctl reset-failed %s && systemctl restart %s",
                                             doctor->unit, doctor->unit);
    g_autofree char *often = g_strdup_printf(
        "the unit %s is failed: it was started too often, and waits until somebody starts it",
        doctor->unit);
    if (unit->given_up) {
        say(doctor, often, again);
        return;
    }
    g_autofree char *what = g_strdup_printf(
        "the unit %s is %s; its last exit status was %d%s%s", doctor->unit, unit->state,
        unit->status, unit->said ? ", and it said: " : "", unit->said ? unit->said : "");
    say(doctor, what, journal);
}

static void look_at_unit(Doctor *doctor)
{
    guint before = doctor->wrong;
    begin("service");
    if (!doctor->installed) {
        puts("  no unit of systemd reads this file, only those in /etc/imprimatur\n");
        return;
    }
    g_autoptr(ImpUnit) unit = imp_unit_ask(doctor->unit);
    if (!unit) {
        puts("  systemd does not run here, so nothing is known of the unit\n");
        return;
    }
    g_autofree char *start = g_strdup_printf("systemctl enable --now %s", doctor->unit);
    g_autofree char *restart = g_strdup_printf("systemctl restart %s", doctor->unit);
    g_autofree char *journal = g_strdup_printf("journalctl -u %s -n 20", doctor->unit);
    g_autofree char *stopped = g_strdup_printf("the unit %s is %s", doctor->unit, unit->state);
    if (!unit->loaded)
        say(doctor, "the unit imprimatur@.service is not installed", "systemctl daemon-reload");
    else if (unit->failed)
        look_at_failure(doctor, unit, journal);
    else if (!unit->active)
        say(doctor, stopped, start);
    else if (!unit->enabled)
        say(doctor, "the unit is not started when the host is", start);
    if (unit->active && !imp_control_is_open(doctor->config))
        say(doctor,
            "nobody answers at the daemon's control socket, so that the verbs deliveries and "
            "endpoint cannot reach it",
            restart);
    g_autoptr(GPtrArray) changed = imp_config_changed_credentials(doctor->config->path);
    if (changed->len > 0)
        say(doctor, "credentials have changed since the daemon was started, which does not know it",
            restart);
    if (unit->restarts > 0 && !unit->failed)
        say(doctor, "the daemon has been restarted by systemd", journal);
    end(doctor, before, "the unit is active, and the daemon can be asked");
}

/* The daemon's work */

static void look_at_work(Doctor *doctor)
{
    guint before = doctor->wrong;
    g_autoptr(GError) error = NULL;
    begin("work");
    g_autoptr(ImpReader) reader = imp_reader_open(doctor->command, &error);
    g_autofree char *journal = g_strdup_printf("journalctl -u %s -n 20", doctor->unit);
    if (!reader) {
        say(doctor, error->message, NULL);
        end(doctor, before, "");
        return;
    }
    gint64 late_us = (gint64)POLLS_LATE * doctor->config->poll_seconds * IMP_SECOND_US;
    gint64 age_us = doctor->command->now_us - reader->pass_at_us;
    g_autofree char *span = imp_print_span(age_us);
    g_autofree char *stale = g_strdup_printf("the daemon has not looked for %s", span);
    if (!reader->daemons)
        say(doctor, "no daemon has worked here yet, or its index cannot be read by this user",
            journal);
    else if (age_us > late_us)
        say(doctor, stale, journal);
    if (reader->trouble)
        say(doctor, reader->trouble, journal);
    if (reader->diverged)
        say(doctor, reader->diverged, NULL);
    if (reader->policy_rejected)
        say(doctor, reader->policy_rejected, NULL);
    if (!reader->policy && !reader->policy_rejected)
        say(doctor, "no policy is in force; make a first one, in a clone", "imprimatur init");
    end(doctor, before, "the daemon looks, and a policy is in force");
}

static void look_at_endpoints(Doctor *doctor)
{
    guint before = doctor->wrong;
    g_autoptr(GError) error = NULL;
    g_auto(ImpQueue) queue = {0};
    int status;
    begin("endpoints");
    if (!imp_queue_open(&queue, doctor->command, &imp_verb_doctor, &status))
        return;
    g_autoptr(GPtrArray) views = imp_queue_endpoints(&queue, &error);
    g_autofree char *restart = g_strdup_printf("systemctl restart %s", doctor->unit);
    /* At its start the daemon puts a damaged index aside, and fills another one from git. */
    if (queue.unreadable || !views)
        say(doctor, queue.unreadable ? queue.unreadable : error->message, restart);
    for (guint i = 0; views && i < views->len; i++) {
        const ImpEndpointView *view = views->pdata[i];
        g_autofree char *advice = imp_queue_advice(view, queue.now_us);
        g_autofree char *dead = g_strdup_printf("%" G_GINT64_FORMAT " messages to %s were given up",
                                                view->dead, view->name);
        g_autofree char *list = g_strdup_printf("imprimatur -c %s deliveries list --endpoint %s",
                                                doctor->config->path, view->name);
        if (advice)
            imp_queue_say(&queue, advice);
        doctor->wrong += advice != NULL;
        if (view->dead)
            say(doctor, dead, list);
    }
    end(doctor, before, "every endpoint takes its messages");
}

/* What other verbs say */

static void look_at_check(Doctor *doctor)
{
    begin("configuration, permissions, credentials, policy and articles");
    if (run_verb(doctor, "check", NULL) != 0)
        doctor->wrong++;
    puts("");
}

static void look_at_record(Doctor *doctor)
{
    begin("record");
    if (run_verb(doctor, "verify", NULL) != 0)
        say(doctor, "the record is not proved; see verify in imprimatur(1)", NULL);
    puts("");
}

/* The repository */

static bool run_program(const char *const *words, GError **error)
{
    int status = 0;
    return g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                        &status, error) &&
           g_spawn_check_wait_status(status, error);
}

/* For a daemon and people who share it by a group; what only root may do is left out for others. */
static int make_repository(const Doctor *doctor)
{
    g_autoptr(GError) error = NULL;
    const char *path = doctor->config->repository;
    g_autofree char *parent = g_path_get_dirname(path);
    g_autofree char *branch = g_strconcat("--initial-branch=", doctor->config->branch, NULL);
    const bool root = geteuid() == 0;
    const char *const init[] = {"git",  "init", "-q", "--bare", "--shared=group",
                                branch, path,   NULL};
    const char *const group[] = {"chgrp", "-R", GROUP, path, NULL};
    const char *const safe[] = {"git", "config", "--system", "--add", "safe.directory", path, NULL};
    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        printf("%s is there already\n\n", path);
        return IMP_EXIT_DONE;
    }
    if (g_mkdir_with_parents(parent, 02775) != 0)
        return imp_command_fail(IMP_EXIT_NO, "%s: %s", parent, g_strerror(errno));
    if (!run_program(init, &error) || (root && getgrnam(GROUP) && !run_program(group, &error)) ||
        (root && !run_program(safe, &error)))
        return imp_command_fail_with(error);
    printf("%s is made, for everybody in the group %s\n\n", path,
           root && getgrnam(GROUP) ? GROUP : "that owns it");
    return IMP_EXIT_DONE;
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)arguments;
    g_autoptr(GError) error = NULL;
    if (!command->config_path)
        return imp_command_fail(IMP_EXIT_USAGE,
                                "%s works on a configured repository: name its file with -c FILE",
                                verb->name);
    if (command->json)
        return imp_command_fail(IMP_EXIT_USAGE, "doctor is for people; programs ask check, status, "
                                                "endpoint list and verify");
    g_autoptr(ImpConfig) config =
        imp_config_load_without_secrets(command->config_path, g_getenv("STATE_DIRECTORY"), &error);
    if (!config)
        return imp_command_fail_with(error);
    g_autofree char *file = g_path_get_basename(command->config_path);
    char *dot = strrchr(file, '.');
    if (dot)
        *dot = '\0';
    g_autofree char *unit = g_strconcat("imprimatur@", file, NULL);
    g_autofree char *installed = imp_config_unit(command->config_path);
    Doctor doctor = {command, config, unit, installed != NULL, 0};
    int status =
        imp_command_has(command, "make-repository") ? make_repository(&doctor) : IMP_EXIT_DONE;
    if (status)
        return status;
    look_at_check(&doctor);
    look_at_unit(&doctor);
    look_at_work(&doctor);
    look_at_endpoints(&doctor);
    if (!imp_command_has(command, "no-verify"))
        look_at_record(&doctor);
    puts(doctor.wrong ? "Not all is well: see above." : "All is well.");
    return doctor.wrong ? IMP_EXIT_NO : IMP_EXIT_DONE;
}

static const GOptionEntry options[] = {
    {"make-repository", 0, 0, G_OPTION_ARG_NONE, NULL,
     "make the repository first, if it is not there", NULL},
    {"no-verify", 0, 0, G_OPTION_ARG_NONE, NULL, "leave out the replay of the ledger", NULL},
    {0},
};

const ImpVerb imp_verb_doctor = {
    .name = "doctor",
    .summary = "look at everything on this host, and say what to type",
    .help = "For operators: what check finds, what systemd says of the unit, when the daemon\n"
            "looked last, which endpoints fail, and whether the record can be proved. The\n"
            "exit status is 1 unless all is well.\n",
    .options = options,
    .judges_by_time = true,
    .run = run,
};
