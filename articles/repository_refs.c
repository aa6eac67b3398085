#include "articles/repository_refs.h"
#include "articles/git.h"
#include "workflow/base/moment.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Moving refs, and the locks that are left over.
 *
 * Whoever changes the file FILE of a git repository makes FILE.lock first, writes into it, and
 * renames it. Who dies in between leaves it, and nobody can change FILE any more: git waits for
 * nobody and takes nobody's lock away. Nothing says whose a lock is, but git holds one for
 * milliseconds, so one that has not changed for a minute is nobody's; and one that holds what this
 * daemon was about to write there is its own, of a life that ended, because no two live at a time.
 * Both are taken away. Any other is somebody's, who will be done soon. */

/* A lock that has not changed for so long is left over. The longest honest ones are those of git
 * pack-refs in a repository of very many refs. */
#define STALE_US (IMP_SECOND_US * 60)

/* What a ref's lock holds: an id and a newline. */
static bool is_our_own(const char *lock, const char *own)
{
    g_autofree char *content = NULL;
    return own && g_file_get_contents(lock, &content, NULL, NULL) &&
           g_str_has_prefix(content, own) && strcmp(content + strlen(own), "\n") == 0;
}

bool imp_repository_free_lock(const char *path, const char *own, GError **error)
{
    g_autofree char *lock = g_strconcat(path, ".lock", NULL);
    struct stat status;
    if (lstat(lock, &status) < 0)
        return true;
    gint64 changed_us = (gint64)status.st_mtim.tv_sec * IMP_SECOND_US;
    bool stale = changed_us + STALE_US < g_get_real_time() || is_our_own(lock, own);
    if (stale && (g_unlink(lock) == 0 || errno == ENOENT))
        return true;
    if (stale)
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_LOCKED,
                    "%s was left over by a git that died, and cannot be removed (%s); remove it",
                    lock, g_strerror(errno));
    else
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_LOCKED,
                    "%s: another git holds this lock; if none is running, remove it", lock);
    return false;
}

static char *file_of(const ImpRepository *repository, const char *name)
{
    return g_build_filename(imp_repository_git_directory(repository), name, NULL);
}

/* Makes the names in a folder durable. A folder that cannot be opened or a file system that does
 * not know how has nothing to sync. */
static bool sync_folder(const char *path, GError **error)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return true;
    bool synced = fsync(folder) == 0 || errno == EINVAL || errno == EROFS;
    int fault = errno;
    close(folder);
    if (!synced)
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED, "%s: cannot sync: %s",
                    path, g_strerror(fault));
    return synced;
}

bool imp_repository_sync_folder(ImpRepository *repository, const char *name, GError **error)
{
    g_autofree char *folder = file_of(repository, name);
    return sync_folder(folder, error);
}

/* The folders that had to be made for a new ref; its own is synced by who writes it. */
static bool sync_folders_of(ImpRepository *repository, const char *ref, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(ref);
    while (strcmp(folder, ".") != 0) {
        g_autofree char *above = g_path_get_dirname(folder);
        g_autofree char *path = file_of(repository, above);
        if (!sync_folder(path, error))
            return false;
        g_free(g_steal_pointer(&folder));
        folder = g_steal_pointer(&above);
    }
    return true;
}

bool imp_repository_can_move_ref(ImpRepository *repository, const char *ref, const char *own,
                                 GError **error)
{
    g_autofree char *path = file_of(repository, ref);
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *lock = g_strconcat(path, ".lock", NULL);
    if (!imp_repository_free_lock(path, own, error))
        return false;
    int probe = g_mkdir_with_parents(folder, 0777) < 0
                    ? -1
                    : open(lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (probe < 0) {
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_LOCKED,
                    "%s: cannot be moved: %s: %s", ref, lock, g_strerror(errno));
        return false;
    }
    close(probe);
    g_unlink(lock);
    return true;
}

bool imp_repository_move_ref(ImpRepository *repository, const char *ref, const char *expected,
                             const char *commit, const char *reason, GError **error)
{
    git_oid id, before = {{0}};
    if (!imp_repository_goes_on(repository, error))
        return false;
    if (git_oid_fromstr(&id, commit) < 0 || (expected && git_oid_fromstr(&before, expected) < 0))
        return imp_git_fail(error, "%s: not an object id", ref);
    g_autoptr(git_reference) moved = NULL;
    int result =
        git_reference_create_matching(&moved, repository->git, ref, &id, 1, &before, reason);
    if (result == GIT_ELOCKED) {
        g_set_error(
            error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_LOCKED,
            "%s: another git holds its lock (%s.lock); if none is running, remove that file", ref,
            ref);
        return false;
    }
    if (result == GIT_EMODIFIED || result == GIT_ENOTFOUND) {
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_MOVED,
                    "%s was moved by somebody else", ref);
        return false;
    }
    if (result < 0)
        return imp_git_fail(error, "%s: cannot move the ref", ref);
    return expected || sync_folders_of(repository, ref, error);
}

bool imp_repository_delete_ref(ImpRepository *repository, const char *ref, GError **error)
{
    int result = git_reference_remove(repository->git, ref);
    return result >= 0 || result == GIT_ENOTFOUND ||
           imp_git_fail(error, "%s: cannot delete the ref", ref);
}
