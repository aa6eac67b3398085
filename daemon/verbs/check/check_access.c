#include "daemon/verbs/check/check.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What root can read or write the daemon may not: its files, its repository and its state are tried
 * as its own user, by the kernel and not by a reading of modes, so that whatever is in the way (a
 * folder above, an access list) is found. */

#define DAEMON_USER "imprimatur"

uid_t imp_check_daemon_user(const ImpConfig *config)
{
    struct stat status;
    struct passwd entry, *found = NULL;
    char buffer[4096];
    if (stat(config->state_directory, &status) == 0)
        return status.st_uid;
    if (getpwnam_r(DAEMON_USER, &entry, buffer, sizeof buffer, &found) == 0 && found)
        return entry.pw_uid;
    return geteuid();
}

/* Whether that user may open the path so: asked of the kernel, by a child that is that user. 0 or
 * an errno. */
static int opens_for(uid_t user, const char *path, int how)
{
    struct passwd entry, *found = NULL;
    char buffer[4096];
    int status;
    if (geteuid() != 0 || user == 0)
        return access(path, how) == 0 ? 0 : errno;
    if (getpwuid_r(user, &entry, buffer, sizeof buffer, &found) != 0 || !found)
        return 0;
    pid_t child = fork();
    if (child < 0)
        return 0;
    if (child == 0) {
        bool changed = initgroups(entry.pw_name, entry.pw_gid) == 0 &&
                       setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid) == 0 &&
                       setresuid(user, user, user) == 0;
        _exit(!changed || access(path, how) == 0 ? 0 : errno);
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static void check_files(ImpCheck *check, const ImpConfig *config, uid_t user)
{
    const char *files[] = {config->path, config->signatures_off ? NULL : config->authority};
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        int fault = files[i] && g_file_test(files[i], G_FILE_TEST_EXISTS)
                        ? opens_for(user, files[i], R_OK)
                        : 0;
        g_autofree char *sentence =
            fault ? g_strdup_printf("the daemon's user cannot read it (%s); type: chgrp "
                                    "%s %s && chmod 640 %s",
                                    g_strerror(fault), DAEMON_USER, files[i], files[i])
                  : NULL;
        if (sentence)
            imp_check_report(check, IMP_SEVERITY_ERROR, files[i], 0, sentence);
    }
}

static void check_metrics_folder(ImpCheck *check, const ImpConfig *config, uid_t user)
{
    if (!config->metrics_file)
        return;
    g_autofree char *folder = g_path_get_dirname(config->metrics_file);
    int fault = opens_for(user, folder, W_OK | X_OK);
    g_autofree char *sentence =
        fault ? g_strdup_printf("metrics_file: the daemon's user cannot write in its folder: %s",
                                g_strerror(fault))
              : NULL;
    if (sentence)
        imp_check_report(check, IMP_SEVERITY_ERROR, folder, 0, sentence);
}

/* The first of the names in the folder that the user cannot use so, and why; NULL: none. */
static char *first_closed(const char *folder, const char *const *names, uid_t user, int how,
                          int *fault)
{
    for (; *names; names++) {
        g_autofree char *path = g_build_filename(folder, *names, NULL);
        *fault = g_file_test(path, G_FILE_TEST_EXISTS) ? opens_for(user, path, how) : 0;
        if (*fault)
            return g_steal_pointer(&path);
    }
    return NULL;
}

void imp_check_repository_access(ImpCheck *check, const ImpConfig *config, const char *directory)
{
    static const char *const folders[] = {".", "objects", "refs", "refs/heads", NULL};
    int fault;
    if (geteuid() != 0) /* who else asks may be anybody, and is not expected to write */
        return;
    g_autofree char *closed =
        first_closed(directory, folders, imp_check_daemon_user(config), R_OK | W_OK | X_OK, &fault);
    if (!closed)
        return;
    g_autofree char *real = g_canonicalize_filename(closed, NULL);
    g_autofree char *sentence = g_strdup_printf(
        "the daemon's user cannot read and write it (%s); let it pass the folders above, and as "
        "root, type: chgrp -R git %s && chmod -R g+rwX %s",
        g_strerror(fault), directory, directory);
    imp_check_report(check, IMP_SEVERITY_ERROR, real, 0, sentence);
}

static void check_state(ImpCheck *check, const ImpConfig *config, uid_t user)
{
    static const char *const files[] = {"index.db", "index.db-wal", "index.db-shm",
                                        "lock",     "tip",          NULL};
    int fault;
    g_autofree char *closed =
        first_closed(config->state_directory, files, user, R_OK | W_OK, &fault);
    if (!closed)
        return;
    g_autofree char *sentence = g_strdup_printf(
        "the daemon's user cannot read and write it (%s); type: chown -R --reference=%s %s",
        g_strerror(fault), config->state_directory, config->state_directory);
    imp_check_report(check, IMP_SEVERITY_ERROR, closed, 0, sentence);
}

void imp_check_access(ImpCheck *check, const ImpConfig *config)
{
    uid_t user = imp_check_daemon_user(config);
    check_files(check, config, user);
    check_metrics_folder(check, config, user);
    if (geteuid() == 0)
        check_state(check, config, user);
}
