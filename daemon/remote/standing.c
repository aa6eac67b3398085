#include "daemon/remote/standing.h"
#include "daemon/index/index.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* A git that still works changes its files all the time; the children of a daemon end with it. */
#define LEFT_FOR_US (60 * IMP_SECOND_US)
/* Refs have no deeper names that anybody would watch. */
#define DEPTH_MAX 16

bool imp_remote_note_fetched(ImpWorkplace *place, gint64 now_us, GError **error)
{
    return imp_index_set_moment(place->database, IMP_INDEX_FETCHED_AT, now_us, error);
}

bool imp_remote_note_unpushed(ImpWorkplace *place, const char *what, GError **error)
{
    g_autofree char *known = imp_index_get(place->database, IMP_INDEX_UNPUSHED);
    if (g_strcmp0(known, what) == 0)
        return true;
    return what ? imp_index_set(place->database, IMP_INDEX_UNPUSHED, what, error)
                : imp_index_unset(place->database, IMP_INDEX_UNPUSHED, error);
}

/* The kernel leases a file for writing only while nobody else has it open (fcntl(2), F_SETLEASE);
 * where it leases none at all, time will tell. */
static bool is_open(const char *path)
{
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    bool leased = file >= 0 && fcntl(file, F_SETLEASE, F_WRLCK) == 0;
    if (file >= 0)
        close(file);
    return !leased;
}

/* A lock is held by its name alone; into what is temporary its git writes all the time. */
static bool is_left(const char *path, const char *name, gint64 now_us)
{
    GStatBuf status;
    bool temporary = g_str_has_prefix(name, "tmp_");
    return (temporary || g_str_has_suffix(name, ".lock")) && g_lstat(path, &status) == 0 &&
           S_ISREG(status.st_mode) &&
           ((gint64)status.st_mtime * IMP_SECOND_US < now_us - LEFT_FOR_US ||
            (temporary && !is_open(path)));
}

static void tidy_folder(const char *folder, gint64 now_us, guint depth)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (is_left(path, name, now_us)) {
            if (g_unlink(path) == 0)
                g_message("%s was left over by a git that died, and is removed", path);
        } else if (depth > 0 && g_file_test(path, G_FILE_TEST_IS_DIR) &&
                   !g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
            tidy_folder(path, now_us, depth - 1);
        }
    }
}

void imp_remote_tidy(const char *mirror, gint64 now_us)
{
    static const struct {
        const char *folder;
        guint depth;
    } places[] = {{"", 0}, {"refs", DEPTH_MAX}, {"objects", 1}};
    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *folder = g_build_filename(mirror, places[i].folder, NULL);
        tidy_folder(folder, now_us, places[i].depth);
    }
}
