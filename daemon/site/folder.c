#include "daemon/site/folder.h"
#include "daemon/site/descriptor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What is being written lies in the folder itself under one name, so that whatever a kill leaves
 * behind is overwritten by the next exporter. */
#define TEMPORARY ".imprimatur-site.new"

G_DEFINE_QUARK(imp_site_error, imp_site_error)

/* An open folder in it. */
typedef struct {
    char *path; /* NULL: none */
    int fd;
    bool is_new; /* it was made for what is put into it: so no file is in the way */
} Parent;

struct ImpSiteFolder {
    char *directory; /* for messages */
    int fd;
    /* Where files were last put, of the two trees in which an article has its own. They are held
     * open: that a name in their path has become a link since changes nothing. */
    Parent parents[2];
    bool unmasked; /* the process's umask leaves 0644 as it is, as the first file showed */
    guint written, removed;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define auto_close __attribute__((cleanup(close_fd)))

static bool fail(GError **error, const ImpSiteFolder *folder, const char *name, int code)
{
    if (code == ELOOP || code == ENOTDIR || code == EISDIR)
        g_set_error(error, IMP_SITE_ERROR, IMP_SITE_ERROR_FOREIGN,
                    "%s/%s: something is in the way that a site does not put there (a symbolic "
                    "link, or a file in the place of a folder); remove it",
                    folder->directory, name);
    else
        g_set_error(error, IMP_SITE_ERROR, IMP_SITE_ERROR_FAILED, "%s/%s: %s", folder->directory,
                    name, g_strerror(code));
    return false;
}

static bool is_empty(int fd)
{
    bool empty = true;
    int own = dup(fd);
    DIR *entries = own < 0 ? NULL : fdopendir(own);
    struct dirent *entry;
    while (entries && empty && (entry = readdir(entries)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                strcmp(entry->d_name, TEMPORARY) == 0 || strcmp(entry->d_name, IMP_SITE_PARTS) == 0;
    if (entries)
        closedir(entries);
    return empty;
}

static bool has_mark(int fd)
{
    struct stat status;
    return fstatat(fd, IMP_SITE_MARK, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
}

static bool claim(ImpSiteFolder *folder, GError **error)
{
    if (flock(folder->fd, LOCK_EX | LOCK_NB) != 0) {
        g_set_error(error, IMP_SITE_ERROR, IMP_SITE_ERROR_BUSY,
                    "%s: another exporter is writing into it; try again when it has ended",
                    folder->directory);
        return false;
    }
    if (has_mark(folder->fd) || is_empty(folder->fd))
        return true;
    g_set_error(
        error, IMP_SITE_ERROR, IMP_SITE_ERROR_FOREIGN,
        "%s is not empty, and is not a site that imprimatur wrote (%s is not there); name an "
        "empty folder",
        folder->directory, IMP_SITE_MARK);
    return false;
}

static void forget(Parent *parent)
{
    close_fd(&parent->fd);
    parent->fd = -1;
    g_clear_pointer(&parent->path, g_free);
}

static void forget_parents(ImpSiteFolder *folder)
{
    for (gsize i = 0; i < G_N_ELEMENTS(folder->parents); i++)
        forget(&folder->parents[i]);
}

ImpSiteFolder *imp_site_folder_open(const char *directory, bool read_only, GError **error)
{
    g_autoptr(ImpSiteFolder) folder = g_new0(ImpSiteFolder, 1);
    folder->directory = g_strdup(directory);
    folder->parents[0].fd = folder->parents[1].fd = -1;
    if (!read_only && g_mkdir_with_parents(directory, 0755) != 0 && errno != EEXIST) {
        folder->fd = -1;
        fail(error, folder, "", errno);
        return NULL;
    }
    folder->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0) {
        fail(error, folder, "", errno);
        return NULL;
    }
    if (read_only && !has_mark(folder->fd)) {
        g_set_error(error, IMP_SITE_ERROR, IMP_SITE_ERROR_FOREIGN,
                    "%s is not a site that imprimatur wrote: %s is not there", directory,
                    IMP_SITE_MARK);
        return NULL;
    }
    return read_only || claim(folder, error) ? g_steal_pointer(&folder) : NULL;
}

void imp_site_folder_free(ImpSiteFolder *folder)
{
    if (!folder)
        return;
    forget_parents(folder);
    close_fd(&folder->fd);
    g_free(folder->directory);
    g_free(folder);
}

static bool can_be_walked(char *const *parts)
{
    for (; *parts; parts++)
        if (!**parts || strcmp(*parts, ".") == 0 || strcmp(*parts, "..") == 0)
            return false;
    return true;
}

/* Part by part, for a kernel that cannot do it at once. */
static int walk_parts(const ImpSiteFolder *folder, char *const *parts, bool make, bool *made)
{
    const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int at = dup(folder->fd);
    for (; *parts && at >= 0; parts++) {
        int next = openat(at, *parts, how);
        *made = next < 0 && errno == ENOENT && make && mkdirat(at, *parts, 0755) == 0;
        if (next < 0 && make && (*made || errno == EEXIST))
            next = openat(at, *parts, how);
        int code = errno;
        close(at);
        errno = code;
        at = next;
    }
    return at;
}

/* Opens a folder, named by the first `length` bytes of `name`, following no link; with `make`,
 * makes what is not there, and says whether that was the last part itself. -1 and errno. */
static int walk(const ImpSiteFolder *folder, const char *name, gsize length, bool make, bool *made)
{
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    g_autofree char *path = g_strndup(name, length);
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    *made = false;
    if (!can_be_walked(parts)) {
        errno = EINVAL;
        return -1;
    }
    int fd = (int)syscall(SYS_openat2, folder->fd, path, &how, sizeof how);
    if (fd >= 0 || (errno == ENOENT && !make))
        return fd;
    return walk_parts(folder, parts, make, made);
}

/* The folder that the file `name` lies in, which stays the folder's; with `make`, made where it is
 * not there. -1 and errno. `last` is the file's own name, in `name`. */
static int open_parent(ImpSiteFolder *folder, const char *name, bool make, const char **last)
{
    const char *slash = strrchr(name, '/');
    gsize length = slash ? (gsize)(slash - name) : 0;
    Parent *parent = &folder->parents[name[0] == 's'];
    *last = slash ? slash + 1 : name;
    if (!slash)
        return folder->fd;
    if (parent->path && strncmp(parent->path, name, length) == 0 && parent->path[length] == '\0')
        return parent->fd;
    bool made;
    int fd = walk(folder, name, length, make, &made);
    if (fd < 0)
        return -1;
    forget(parent);
    parent->fd = fd;
    parent->is_new = made;
    parent->path = g_strndup(name, length);
    return fd;
}

/* The regular file `last` in the folder `at`, if it has at most `max_bytes`. */
static GBytes *read_at(int at, const char *last, gsize max_bytes)
{
    struct stat status;
    auto_close int fd = openat(at, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        (gsize)status.st_size > max_bytes)
        return NULL;
    return imp_descriptor_read(fd, (gsize)status.st_size);
}

bool imp_site_folder_read(ImpSiteFolder *folder, const char *name, gsize max_bytes, GBytes **bytes,
                          GError **error)
{
    const char *last;
    int at = open_parent(folder, name, false, &last);
    if (at < 0 && errno != ENOENT && errno != ELOOP && errno != ENOTDIR)
        return fail(error, folder, name, errno);
    *bytes = at < 0 ? NULL : read_at(at, last, max_bytes);
    return true;
}

/* Whether the file is there with these bytes; one of another length is not read. */
static bool is_there(int at, const char *last, const char *bytes, gsize length)
{
    struct stat status;
    auto_close int fd = openat(at, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        (gsize)status.st_size != length)
        return false;
    g_autoptr(GBytes) there = imp_descriptor_read(fd, length);
    return there && (length == 0 || memcmp(g_bytes_get_data(there, NULL), bytes, length) == 0);
}

/* Without following a link of that name, which an earlier exporter or anybody may have left. */
static int open_temporary(ImpSiteFolder *folder)
{
    const int how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(folder->fd, TEMPORARY, how, 0644);
    if (fd < 0 && errno == EEXIST && unlinkat(folder->fd, TEMPORARY, 0) == 0)
        fd = openat(folder->fd, TEMPORARY, how, 0644);
    struct stat status;
    if (fd >= 0 && !folder->unmasked)
        folder->unmasked = fstat(fd, &status) == 0 && (status.st_mode & 07777) == 0644;
    if (fd < 0 || folder->unmasked || fchmod(fd, 0644) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool write_temporary(ImpSiteFolder *folder, const char *bytes, gsize length)
{
    auto_close int fd = open_temporary(folder);
    return fd >= 0 && imp_descriptor_write(fd, bytes, length);
}

static bool rename_temporary(ImpSiteFolder *folder, int at, const char *last, const char *name,
                             GError **error)
{
    if (renameat(folder->fd, TEMPORARY, at, last) == 0) {
        folder->written++;
        return true;
    }
    int code = errno;
    unlinkat(folder->fd, TEMPORARY, 0);
    return fail(error, folder, name, code);
}

/* Whether nothing can be there, in the folder that open_parent() gave for `name`. */
static bool is_new(const ImpSiteFolder *folder, const char *name)
{
    return strchr(name, '/') && folder->parents[name[0] == 's'].is_new;
}

bool imp_site_folder_write(ImpSiteFolder *folder, const char *name, const char *bytes, gsize length,
                           GError **error)
{
    const char *last;
    int at = open_parent(folder, name, true, &last);
    if (at < 0)
        return fail(error, folder, name, errno);
    if (!is_new(folder, name) && is_there(at, last, bytes, length))
        return true;
    if (write_temporary(folder, bytes, length))
        return rename_temporary(folder, at, last, name, error);
    int code = errno;
    unlinkat(folder->fd, TEMPORARY, 0);
    return fail(error, folder, name, code);
}

/* Piece by piece */

bool imp_site_folder_fail(const ImpSiteFolder *folder, const char *name, GError **error)
{
    return fail(error, folder, name, errno);
}

int imp_site_folder_open_file(ImpSiteFolder *folder, const char *name)
{
    const char *last;
    struct stat status;
    int at = open_parent(folder, name, false, &last);
    auto_close int fd =
        at < 0 ? -1 : openat(at, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool fine = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    return fine ? g_steal_fd(&fd) : -1;
}

int imp_site_folder_begin(ImpSiteFolder *folder, const char *name, GError **error)
{
    int fd = open_temporary(folder);
    if (fd < 0)
        fail(error, folder, name, errno);
    return fd;
}

bool imp_site_folder_end(ImpSiteFolder *folder, const char *name, GError **error)
{
    const char *last;
    int at = open_parent(folder, name, true, &last);
    return at < 0 ? fail(error, folder, name, errno)
                  : rename_temporary(folder, at, last, name, error);
}

/* Anybody can set the time at which a file was written, but nobody the one at which that was done.
 */
bool imp_site_folder_is_untouched(ImpSiteFolder *folder, const char *name, gsize size)
{
    const char *last;
    struct stat status, mark;
    int at = open_parent(folder, name, false, &last);
    return at >= 0 && fstatat(at, last, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(folder->fd, IMP_SITE_MARK, &mark, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode) && (gsize)status.st_size == size &&
           (status.st_ctim.tv_sec < mark.st_ctim.tv_sec ||
            (status.st_ctim.tv_sec == mark.st_ctim.tv_sec &&
             status.st_ctim.tv_nsec <= mark.st_ctim.tv_nsec));
}

/* Taking away */

/* Takes the folders of `name` away that are empty now, the innermost first. */
static void remove_empty_folders(ImpSiteFolder *folder, const char *name)
{
    g_autofree char *path = g_strdup(name);
    char *slash;
    while ((slash = strrchr(path, '/'))) {
        *slash = '\0';
        const char *last;
        int at = open_parent(folder, path, false, &last);
        if (at < 0 || unlinkat(at, last, AT_REMOVEDIR) != 0)
            return;
    }
}

bool imp_site_folder_remove(ImpSiteFolder *folder, const char *name, GError **error)
{
    const char *last;
    int at = open_parent(folder, name, false, &last);
    if (at < 0 || unlinkat(at, last, 0) != 0)
        return errno == ENOENT || errno == ELOOP || errno == ENOTDIR ||
               fail(error, folder, name, errno);
    folder->removed++;
    forget_parents(folder); /* one of them may be gone in a moment */
    remove_empty_folders(folder, name);
    forget_parents(folder);
    return true;
}

bool imp_site_folder_keep(ImpSiteFolder *folder, const char *name, GHashTable *names,
                          GError **error)
{
    bool made;
    int fd = walk(folder, name, strlen(name), false, &made);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    bool kept = true;
    if (!entries)
        return errno == ENOENT || fail(error, folder, name, errno);
    while (kept && (entry = readdir(entries)))
        kept = entry->d_name[0] == '.' || g_hash_table_contains(names, entry->d_name) ||
               unlinkat(dirfd(entries), entry->d_name, 0) == 0;
    int code = errno;
    closedir(entries);
    return kept || fail(error, folder, name, code);
}

guint imp_site_folder_written(const ImpSiteFolder *folder)
{
    return folder->written;
}

guint imp_site_folder_removed(const ImpSiteFolder *folder)
{
    return folder->removed;
}
