#include "articles/maintenance.h"
#include "workflow/base/text.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* `git repack --geometric=2` leaves large packs alone and puts small ones together, with all loose
 * objects, until each pack has twice as many objects as the next: so packs are as many as the
 * logarithm of what there is, and an object is copied as often. It forgets nothing. `git gc` would
 * copy everything each time, and drop what no ref reaches, which is for the owner of a repository
 * to decide. */

/* Of the processor and the disk it takes what nobody else wants. */
#define NICENESS 10

struct ImpMaintenance {
    GSubprocess *process;
    GCancellable *cancellable;
    void (*done)(const char *fault, gpointer data);
    gpointer data;
};

static guint count_names(const char *directory, const char *suffix)
{
    guint count = 0;
    g_autoptr(GDir) names = g_dir_open(directory, 0, NULL);
    for (const char *name; names && (name = g_dir_read_name(names));)
        count += g_str_has_suffix(name, suffix);
    return count;
}

ImpClutter imp_maintenance_look(const ImpRepository *repository)
{
    const char *git = imp_repository_git_directory(repository);
    g_autofree char *packs = g_build_filename(git, "objects", "pack", NULL);
    g_autofree char *some = g_build_filename(git, "objects", "17", NULL);
    guint all = count_names(packs, ".pack"), kept = count_names(packs, ".keep");
    return (ImpClutter){all > kept ? all - kept : 0, count_names(some, "") * 256};
}

bool imp_maintenance_is_unwanted(ImpRepository *repository)
{
    g_autofree char *gc = imp_repository_setting(repository, "gc.auto");
    g_autofree char *maintenance = imp_repository_setting(repository, "maintenance.auto");
    return g_strcmp0(gc, "0") == 0 || g_strcmp0(maintenance, "false") == 0;
}

static void be_modest(gpointer data)
{
    (void)data;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setpriority(PRIO_PROCESS, 0, NICENESS);
}

static GSubprocessLauncher *launcher_new(void)
{
    static char *const nothing[] = {NULL};
    /* The repository's own configuration may name programs: none of them is run. */
    static const char *const values[][2] = {{"PATH", "/usr/bin:/bin"},
                                            {"LC_ALL", "C"},
                                            {"HOME", "/nonexistent"},
                                            {"GIT_CONFIG_NOSYSTEM", "1"},
                                            {"GIT_CONFIG_GLOBAL", "/dev/null"},
                                            {"GIT_NO_REPLACE_OBJECTS", "1"},
                                            {"GIT_CONFIG_COUNT", "3"},
                                            {"GIT_CONFIG_KEY_0", "safe.directory"},
                                            {"GIT_CONFIG_VALUE_0", "*"},
                                            {"GIT_CONFIG_KEY_1", "core.hooksPath"},
                                            {"GIT_CONFIG_VALUE_1", "/dev/null"},
                                            {"GIT_CONFIG_KEY_2", "core.fsmonitor"},
                                            {"GIT_CONFIG_VALUE_2", "false"}};
    GSubprocessLauncher *launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
                                                              G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_subprocess_launcher_set_environ(launcher, (char **)nothing);
    for (guint i = 0; i < G_N_ELEMENTS(values); i++)
        g_subprocess_launcher_setenv(launcher, values[i][0], values[i][1], TRUE);
    g_subprocess_launcher_set_child_setup(launcher, be_modest, NULL, NULL);
    return launcher;
}

static void on_end(GObject *process, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *said = NULL;
    g_subprocess_communicate_utf8_finish(G_SUBPROCESS(process), result, NULL, &said, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* it is freed already */
    ImpMaintenance *maintenance = data;
    bool well = !error && g_subprocess_get_successful(G_SUBPROCESS(process));
    g_autofree char *sentence = error           ? g_strdup(error->message)
                                : said && *said ? imp_excerpt(said, strcspn(said, "\n"))
                                                : g_strdup("git was ended by a signal");
    maintenance->done(well ? NULL : sentence, maintenance->data);
}

ImpMaintenance *imp_maintenance_begin(ImpRepository *repository,
                                      void (*done)(const char *fault, gpointer data), gpointer data,
                                      GError **error)
{
    const char *const arguments[] = {"git",
                                     "--git-dir",
                                     imp_repository_git_directory(repository),
                                     "repack",
                                     "--geometric=2",
                                     "-d",
                                     "-l",
                                     "-q",
                                     "--no-write-bitmap-index",
                                     NULL};
    g_autoptr(GSubprocessLauncher) launcher = launcher_new();
    GSubprocess *process = g_subprocess_launcher_spawnv(launcher, arguments, error);
    if (!process)
        return NULL;
    ImpMaintenance *maintenance = g_new0(ImpMaintenance, 1);
    *maintenance = (ImpMaintenance){process, g_cancellable_new(), done, data};
    g_subprocess_communicate_utf8_async(process, NULL, maintenance->cancellable, on_end,
                                        maintenance);
    return maintenance;
}

void imp_maintenance_free(ImpMaintenance *maintenance)
{
    if (!maintenance)
        return;
    g_cancellable_cancel(maintenance->cancellable);
    if (g_subprocess_get_identifier(maintenance->process))
        g_subprocess_send_signal(maintenance->process, SIGTERM);
    g_object_unref(maintenance->process);
    g_object_unref(maintenance->cancellable);
    g_free(maintenance);
}
