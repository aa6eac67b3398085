#include "daemon/verbs/verb.h"

#include <errno.h>
#include <unistd.h>

/* The daemon is a program of its own, because what it needs to send messages costs every start of
 * the command. */

/* "/proc/self/exe" in a build or an unusual place names the daemon that belongs to this program. */
static char *daemon_path(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = self ? g_path_get_dirname(self) : NULL;
    g_autofree char *beside = folder ? g_build_filename(folder, "imprimaturd", NULL) : NULL;
    if (beside && access(beside, X_OK) == 0)
        return g_steal_pointer(&beside);
    return g_strdup(IMP_LIBEXECDIR "/imprimaturd");
}

int imp_command_become_daemon(const ImpCommand *command)
{
    g_autofree char *path = daemon_path();
    execv(path, command->all);
    return imp_command_fail(IMP_EXIT_NO, "%s: cannot be started: %s; install imprimatur completely",
                            path, g_strerror(errno));
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    (void)arguments;
    if (!command->config_path)
        return imp_command_fail(
            IMP_EXIT_USAGE, "daemon works on a configured repository: name its file with -c FILE");
    return imp_command_become_daemon(command);
}

const ImpVerb imp_verb_daemon = {
    .name = "daemon",
    .summary = "watch a repository and work, in the foreground",
    .help = "Logs to standard error, or to the journal under systemd. SIGHUP has the\n"
            "configuration read again, SIGTERM ends it.\n",
    .run = run,
};
