#include "daemon/config/config.h"
#include "daemon/config/credentials.h"
#include "daemon/pass/workplace.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/verb.h"

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
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

/* Whoever owns the repository, and nothing more: what lies in it is not root's to follow. */
static bool become_owner(const char *repository)
{
    struct stat owner;
    if (geteuid() != 0 || stat(repository, &owner) != 0 || owner.st_uid == 0)
        return true;
    return setgroups(0, NULL) == 0 && setresgid(owner.st_gid, owner.st_gid, owner.st_gid) == 0 &&
           setresuid(owner.st_uid, owner.st_uid, owner.st_uid) == 0;
}

static int hide_refs(const ImpCommand *command)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpConfig) config =
        imp_config_load_without_secrets(command->config_path, g_getenv("STATE_DIRECTORY"), &error);
    if (!config)
        return imp_command_fail_with(error);
    if (!become_owner(config->repository))
        return imp_command_fail(IMP_EXIT_NO, "%s: cannot become its owner: %s", config->repository,
                                g_strerror(errno));
    return imp_workplace_hide_refs(config, &error) ? IMP_EXIT_DONE : imp_command_fail_with(error);
}

/* What the unit types when it is told to reload: only root can see both what it has been given and
 * what it would be given now. */
static int tell_changed_credentials(const ImpCommand *command)
{
    g_autoptr(GPtrArray) changed = imp_config_changed_credentials(command->config_path);
    g_autofree char *unit = imp_config_unit(command->config_path);
    for (guint i = 0; i < changed->len; i++)
        imp_command_fail(IMP_EXIT_DONE,
                         "%s: has changed since the service was started, and is not reloaded; "
                         "type: systemctl restart %s",
                         (const char *)changed->pdata[i], unit);
    return IMP_EXIT_DONE;
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    (void)arguments;
    if (!command->config_path)
        return imp_command_fail(
            IMP_EXIT_USAGE, "daemon works on a configured repository: name its file with -c FILE");
    if (imp_command_has(command, "changed-credentials"))
        return tell_changed_credentials(command);
    return imp_command_has(command, "hide-refs") ? hide_refs(command)
                                                 : imp_command_become_daemon(command);
}

static const GOptionEntry options[] = {
    {"hide-refs", 0, 0, G_OPTION_ARG_NONE, NULL,
     "hide the daemon's refs from pushes, as the repository's owner, and end", NULL},
    {"changed-credentials", 0, 0, G_OPTION_ARG_NONE, NULL,
     "say which credentials a reload does not bring to the service, and end", NULL},
    {0},
};

const ImpVerb imp_verb_daemon = {
    .name = "daemon",
    .summary = "watch a repository and work, in the foreground",
    .help = "Logs to standard error, or to the journal under systemd. SIGHUP has the\n"
            "configuration read again, SIGTERM ends it.\n",
    .options = options,
    .run = run,
};
