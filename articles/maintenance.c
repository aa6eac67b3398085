#include "articles/maintenance.h"
#include "articles/git_child.h"
#include "workflow/base/text.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>

/* `git repack --geometric=2` leaves large packs alone and puts small ones together, with all loose
 * objects, until each pack has twice as many objects as the next: so packs are as many as the
 * logarithm of what there is, and an object is copied as often. It forgets nothing. `git gc` would
 * copy everything each time, and drop what no ref reaches, which is for the owner of a repository
 * to decide. */

/* Of the processor and the disk it takes what nobody else wants. */
#define NICENESS 10

struct ImpMaintenance {
    ImpGitChild *child; /* NULL: it has ended */
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

/* Refs have no deeper names that anybody would watch. */
#define REF_DEPTH_MAX 16

static void count_refs(const char *folder, guint depth, guint *count)
{
    DIR *names = opendir(folder);
    const struct dirent *name;
    while (names && *count <= IMP_CLUTTER_REFS_MOST && (name = readdir(names))) {
        if (name->d_type == DT_REG)
            ++*count;
        if (name->d_type != DT_DIR || *name->d_name == '.' || depth == 0)
            continue;
        g_autofree char *below = g_build_filename(folder, name->d_name, NULL);
        count_refs(below, depth - 1, count);
    }
    if (names)
        closedir(names);
}

ImpClutter imp_maintenance_look(const ImpRepository *repository)
{
    const char *git = imp_repository_git_directory(repository);
    g_autofree char *packs = g_build_filename(git, "objects", "pack", NULL);
    g_autofree char *some = g_build_filename(git, "objects", "17", NULL);
    guint all = count_names(packs, ".pack"), kept = count_names(packs, ".keep");
    g_autofree char *refs = g_build_filename(git, "refs", NULL);
    ImpClutter clutter = {all > kept ? all - kept : 0, count_names(some, "") * 256, 0};
    count_refs(refs, REF_DEPTH_MAX, &clutter.refs);
    return clutter;
}

bool imp_maintenance_is_unwanted(ImpRepository *repository)
{
    g_autofree char *gc = imp_repository_setting(repository, "gc.auto");
    g_autofree char *maintenance = imp_repository_setting(repository, "maintenance.auto");
    return g_strcmp0(gc, "0") == 0 || g_strcmp0(maintenance, "false") == 0;
}

/* The repository's own configuration may name programs: none of them is run. */
static const char *const environment[] = {"PATH=/usr/bin:/bin",
                                          "LC_ALL=C",
                                          "HOME=/nonexistent",
                                          "GIT_CONFIG_NOSYSTEM=1",
                                          "GIT_CONFIG_GLOBAL=/dev/null",
                                          "GIT_NO_REPLACE_OBJECTS=1",
                                          "GIT_CONFIG_COUNT=3",
                                          "GIT_CONFIG_KEY_0=safe.directory",
                                          "GIT_CONFIG_VALUE_0=*",
                                          "GIT_CONFIG_KEY_1=core.hooksPath",
                                          "GIT_CONFIG_VALUE_1=/dev/null",
                                          "GIT_CONFIG_KEY_2=core.fsmonitor",
                                          "GIT_CONFIG_VALUE_2=false",
                                          NULL};

static void on_ended(const ImpGitChildEnd *end, gpointer data)
{
    ImpMaintenance *maintenance = data;
    g_autofree char *sentence = *end->said ? imp_excerpt(end->said, strcspn(end->said, "\n"))
                                           : g_strdup("git was ended by a signal");
    maintenance->child = NULL;
    maintenance->done(end->well ? NULL : sentence, maintenance->data);
}

ImpMaintenance *imp_maintenance_begin(ImpRepository *repository, bool refs,
                                      void (*done)(const char *fault, gpointer data), gpointer data,
                                      GError **error)
{
    const char *git = imp_repository_git_directory(repository);
    const char *const of_refs[] = {"git", "--git-dir", git, "pack-refs", "--all", NULL};
    const char *const of_objects[] = {"git",
                                      "--git-dir",
                                      git,
                                      "repack",
                                      "--geometric=2",
                                      "-d",
                                      "-l",
                                      "-q",
                                      "--no-write-bitmap-index",
                                      NULL};
    static const ImpGitChildHooks hooks = {.ended = on_ended};
    const ImpGitChildSettings settings = {.arguments = refs ? of_refs : of_objects,
                                          .environment = environment,
                                          .death_signal = SIGTERM,
                                          .niceness = NICENESS};
    ImpMaintenance *maintenance = g_new0(ImpMaintenance, 1);
    *maintenance = (ImpMaintenance){NULL, done, data};
    maintenance->child = imp_git_child_begin(&settings, &hooks, maintenance, error);
    if (!maintenance->child)
        g_clear_pointer(&maintenance, imp_maintenance_free);
    return maintenance;
}

void imp_maintenance_free(ImpMaintenance *maintenance)
{
    if (!maintenance)
        return;
    if (maintenance->child) {
        imp_git_child_forget(maintenance->child);
        imp_git_child_signal(maintenance->child, SIGTERM);
    }
    g_free(maintenance);
}
