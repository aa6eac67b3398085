#include "articles/watch.h"
#include "workflow/base/limits.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* A ref moves by renaming NAME.lock to NAME, packed-refs likewise; branches with a slash make
 * folders, and pack-refs and deletions remove them again. So every folder below the refs is
 * watched, and the set is gone over again whenever folders come or go, or the kernel's queue ran
 * over. */

#define EVENTS                                                                                     \
    (IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF |        \
     IN_ONLYDIR)

struct ImpWatch {
    int inotify;
    guint source;
    void (*changed)(gpointer data);
    gpointer data;
    GHashTable *folders; /* watch descriptor -> path */
    char *root;          /* git directory, or the folder in which one is awaited */
    bool whole;          /* the set of folders need not be gone over */
};

static void add_folder(ImpWatch *watch, const char *path)
{
    int descriptor = inotify_add_watch(watch->inotify, path, EVENTS);
    if (descriptor >= 0)
        g_hash_table_replace(watch->folders, GINT_TO_POINTER(descriptor), g_strdup(path));
}

static void add_folders_below(ImpWatch *watch, const char *path)
{
    if (g_hash_table_size(watch->folders) >= IMP_REF_DIRECTORIES_MAX)
        return;
    add_folder(watch, path);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;
    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        if (g_file_test(below, G_FILE_TEST_IS_DIR) && !g_file_test(below, G_FILE_TEST_IS_SYMLINK))
            add_folders_below(watch, below);
    }
}

static void forget_all(ImpWatch *watch)
{
    GHashTableIter iter;
    gpointer descriptor;
    g_hash_table_iter_init(&iter, watch->folders);
    while (g_hash_table_iter_next(&iter, &descriptor, NULL))
        inotify_rm_watch(watch->inotify, GPOINTER_TO_INT(descriptor));
    g_hash_table_remove_all(watch->folders);
}

/* The nearest folder above `path` that exists. */
static char *existing_folder(const char *path)
{
    g_autofree char *folder = g_strdup(path);
    while (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
        char *above = g_path_get_dirname(folder);
        g_free(folder);
        folder = above;
    }
    return g_steal_pointer(&folder);
}

void imp_watch_look(ImpWatch *watch, const char *git_directory, const char *path)
{
    g_autofree char *awaited = git_directory ? NULL : existing_folder(path);
    const char *root = git_directory ? git_directory : awaited;
    if (g_strcmp0(root, watch->root) != 0) {
        forget_all(watch);
        g_free(watch->root);
        watch->root = g_strdup(root);
        watch->whole = false;
    }
    if (watch->whole)
        return;
    add_folder(watch, root);
    if (git_directory) {
        g_autofree char *refs = g_build_filename(git_directory, "refs", NULL);
        add_folders_below(watch, refs);
    }
    watch->whole = true;
}

/* Whether an event may be about a ref, or about where refs can be. */
static bool concerns_refs(ImpWatch *watch, const struct inotify_event *event)
{
    if (event->mask & (IN_Q_OVERFLOW | IN_IGNORED | IN_ISDIR | IN_DELETE_SELF | IN_MOVE_SELF)) {
        if (event->mask & IN_IGNORED)
            g_hash_table_remove(watch->folders, GINT_TO_POINTER(event->wd));
        watch->whole = false;
        return true;
    }
    const char *folder = g_hash_table_lookup(watch->folders, GINT_TO_POINTER(event->wd));
    if (!folder || !event->len || g_str_has_suffix(event->name, ".lock"))
        return false;
    bool in_git_directory =
        strcmp(folder, watch->root) == 0 && g_hash_table_size(watch->folders) > 1;
    return !in_git_directory || strcmp(event->name, "packed-refs") == 0;
}

static gboolean read_events(gint descriptor, GIOCondition condition, gpointer data)
{
    (void)condition;
    ImpWatch *watch = data;
    bool concerns = false;
    char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t length;
    while ((length = read(descriptor, buffer, sizeof buffer)) > 0) {
        for (char *at = buffer; at < buffer + length;) {
            const struct inotify_event *event = (const void *)at;
            concerns = concerns_refs(watch, event) || concerns;
            at += sizeof *event + event->len;
        }
    }
    if (concerns)
        watch->changed(watch->data);
    return G_SOURCE_CONTINUE;
}

ImpWatch *imp_watch_new(void (*changed)(gpointer data), gpointer data, GError **error)
{
    int inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (inotify < 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "inotify: %s; see fs.inotify.max_user_instances in sysctl(8)",
                    g_strerror(errno));
        return NULL;
    }
    ImpWatch *watch = g_new0(ImpWatch, 1);
    watch->inotify = inotify;
    watch->changed = changed;
    watch->data = data;
    watch->folders = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    watch->source = g_unix_fd_add(inotify, G_IO_IN, read_events, watch);
    return watch;
}

void imp_watch_free(ImpWatch *watch)
{
    if (!watch)
        return;
    g_source_remove(watch->source);
    close(watch->inotify);
    g_hash_table_unref(watch->folders);
    g_free(watch->root);
    g_free(watch);
}
