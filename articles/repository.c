#include "articles/repository.h"
#include "articles/condition.h"
#include "articles/git.h"
#include "articles/pack_read.h"
#include "articles/raw_tree.h"
#include "articles/repository_refs.h"
#include "workflow/base/limits.h"
#include "workflow/base/moment.h"
#include "workflow/base/text.h"

#include <errno.h>
#include <git2/sys/repository.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

G_DEFINE_QUARK(imp_repository_error, imp_repository_error)

#define PACK_WINDOW_BYTES     (16 * 1024 * 1024)
#define PACK_MAPPED_MAX_BYTES (64 * 1024 * 1024)

/* Starting libgit2 reads and parses every certificate that the machine trusts, in case it should
 * speak TLS: more than half of the time of a command that reads a repository here, and no call of
 * ours ever connects anywhere. A program's own definition comes before a library's (ld.so(8)), so
 * this one, which finds no certificates, stands in for that of the library's TLS backend. Where the
 * backend is a different one, it is never called. */
int mbedtls_x509_crt_parse_file(void *chain, const char *path);

int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
    (void)chain, (void)path;
    return 0;
}

/* libgit2 counts who uses it; the first sets the options for all. */
static void start_library(void)
{
    if (git_libgit2_init() != 1)
        return;
    /* The repository is named by the operator or the user; its owner says nothing more. */
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
    /* Objects before their names, refs before what is noted about them: a power cut then leaves a
     * ledger that is not behind what was announced, and no object that is there and empty. */
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    /* Of packs so much is looked at in windows of so much: a pack that is mapped as a whole would
     * all be resident after a walk over a history. */
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)PACK_WINDOW_BYTES);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)PACK_MAPPED_MAX_BYTES);
    /* What is read again and again is kept by ourselves (articles/raw_tree.c). */
    git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
    /* Names as libgit2 compares them. Those of the last line matter by their values, which are
     * looked at once the repository is open. */
    static const char *const harmless[] = {"worktreeconfig",    "preciousobjects", "partialclone",
                                           "relativeworktrees", "noop-v1",         "refstorage",
                                           "objectformat"};
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, harmless, G_N_ELEMENTS(harmless));
}

static bool is_closed(const char *path)
{
    return access(path, R_OK | X_OK) < 0 && errno == EACCES;
}

/* Where there is none that is an answer: true. */
static bool fail_to_open(const char *path, int result, GError **error)
{
    const git_error *last = git_error_last();
    g_autofree char *detail = g_strdup(last && last->message ? last->message : "unknown error");
    g_autofree char *inner = g_build_filename(path, ".git", NULL);
    const char *closed = is_closed(path) ? path : is_closed(inner) ? inner : NULL;
    g_autofree char *owner = closed ? imp_git_owner_advice(closed) : NULL;
    if (result == GIT_ENOTFOUND && !closed)
        return true;
    if (owner)
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED,
                    "%s: cannot open the repository\n%s", path, owner);
    else
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED,
                    "%s: cannot open the repository: %s", path, detail);
    return false;
}

/* Of the extensions that say how the repository is stored, the values that libgit2 knows. */
static bool check_formats(const char *path, git_repository *git, GError **error)
{
    static const struct {
        const char *key, *good, *wrong;
    } formats[] = {
        {"extensions.objectformat", "sha1",
         "its objects have SHA-256 names, which are not supported; make it with git init "
         "--object-format=sha1"},
        {"extensions.refstorage", "files",
         "its refs are kept in another format than files, which is not supported; convert it: git "
         "refs migrate --ref-format=files"},
    };
    g_autoptr(git_config) config = NULL;
    if (git_repository_config_snapshot(&config, git) < 0)
        return imp_git_fail(error, "%s: cannot read the configuration of git", path);
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        const char *value;
        if (git_config_get_string(&value, config, formats[i].key) < 0 ||
            g_ascii_strcasecmp(value, formats[i].good) == 0)
            continue;
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED, "%s: %s", path,
                    formats[i].wrong);
        return false;
    }
    return true;
}

static bool find_with(const char *path, unsigned int flags, ImpRepository **found, GError **error)
{
    git_repository *git = NULL;
    g_autoptr(ImpRepository) repository = g_new0(ImpRepository, 1);
    *found = NULL;
    start_library();
    int result = git_repository_open_ext(&git, path, flags, NULL);
    if (result < 0)
        return fail_to_open(path, result, error);
    repository->git = git;
    if (!check_formats(path, git, error))
        return false;
    if (git_repository_odb(&repository->odb, git) < 0) {
        imp_git_fail(error, "%s: cannot open the objects", path);
        return false;
    }
    struct stat status;
    if (stat(git_repository_commondir(git), &status) == 0) {
        repository->device = status.st_dev;
        repository->inode = status.st_ino;
    }
    *found = g_steal_pointer(&repository);
    return true;
}

bool imp_repository_is_still_there(const ImpRepository *repository)
{
    struct stat status;
    return stat(git_repository_commondir(repository->git), &status) == 0 &&
           status.st_dev == repository->device && status.st_ino == repository->inode;
}

bool imp_repository_create(const char *path, GError **error)
{
    g_autoptr(git_repository) git = NULL;
    git_repository_init_options options;
    git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
    options.flags =
        GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
    options.mode = 0700;
    start_library();
    int result = git_repository_init_ext(&git, path, &options);
    if (result < 0)
        imp_git_fail(error, "%s: cannot make the repository", path);
    git_libgit2_shutdown();
    return result >= 0;
}

bool imp_repository_find(const char *path, ImpRepository **repository, GError **error)
{
    return find_with(path, GIT_REPOSITORY_OPEN_NO_SEARCH, repository, error);
}

ImpRepository *imp_repository_open(const char *path, GError **error)
{
    ImpRepository *repository = NULL;
    if (imp_repository_find(path, &repository, error) && !repository)
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_MISSING,
                    "%s: there is no git repository here", path);
    return repository;
}

bool imp_repository_discover(const char *path, ImpRepository **repository, GError **error)
{
    return find_with(path, GIT_REPOSITORY_OPEN_CROSS_FS, repository, error);
}

void imp_repository_free(ImpRepository *repository)
{
    if (!repository)
        return;
    imp_tree_cache_free(repository->trees);
    imp_packs_free(repository->packs);
    g_clear_object(&repository->work.cancellable);
    g_free(repository->decision_id);
    g_clear_pointer(&repository->decision, g_bytes_unref);
    g_clear_pointer(&repository->skipped_ids, g_hash_table_unref);
    g_clear_pointer(&repository->skipped, g_ptr_array_unref);
    git_odb_free(repository->odb);
    git_repository_free(repository->git);
    git_libgit2_shutdown();
    g_free(repository);
}

const char *imp_repository_git_directory(const ImpRepository *repository)
{
    return git_repository_commondir(repository->git);
}

const char *imp_repository_work_tree(const ImpRepository *repository)
{
    return git_repository_workdir(repository->git);
}

void imp_repository_trim(ImpRepository *repository)
{
    g_clear_pointer(&repository->trees, imp_tree_cache_free);
    imp_git_forget_packs(repository);
    git_odb_free(repository->odb);
    repository->odb = NULL;
    git_repository__cleanup(repository->git);
    git_repository_odb(&repository->odb, repository->git);
}

static bool is_listed(const gid_t *groups, int count, gid_t group)
{
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

static bool in_group(uid_t user, gid_t group)
{
    if (user == 0)
        return true;
    if (user == geteuid()) {
        int count = getgroups(0, NULL);
        g_autofree gid_t *groups = g_new(gid_t, MAX(count, 1));
        return getegid() == group || is_listed(groups, getgroups(count, groups), group);
    }
    struct passwd entry, *found = NULL;
    char buffer[4096];
    gid_t groups[256];
    int count = G_N_ELEMENTS(groups);
    if (getpwuid_r(user, &entry, buffer, sizeof buffer, &found) != 0 || !found)
        return false;
    return getgrouplist(entry.pw_name, entry.pw_gid, groups, &count) >= 0 &&
           is_listed(groups, count, group);
}

bool imp_repository_is_shared(const ImpRepository *repository)
{
    struct stat status;
    return stat(imp_repository_git_directory(repository), &status) == 0 &&
           (status.st_mode & S_IWGRP);
}

static bool is_hidden(git_config *config, const char *ref)
{
    git_config_iterator *entries = NULL;
    if (git_config_multivar_iterator_new(&entries, config, "receive.hiderefs", NULL) < 0)
        return false;
    bool hidden = false;
    git_config_entry *entry;
    while (git_config_next(&entry, entries) == 0)
        hidden = hidden || strcmp(entry->value, ref) == 0;
    git_config_iterator_free(entries);
    return hidden;
}

/* As in a service's sandbox, where it is a mount of its own. */
static bool is_read_only(const char *path)
{
    struct statvfs status;
    return statvfs(path, &status) == 0 && (status.f_flag & ST_RDONLY);
}

static bool hide_refs(ImpRepository *repository, const char *const *refs, GError **error)
{
    g_autofree char *path =
        g_build_filename(imp_repository_git_directory(repository), "config", NULL);
    g_autoptr(git_config) config = NULL;
    if (git_config_open_ondisk(&config, path) < 0)
        return imp_git_fail(error, "%s: cannot read", path);
    for (; *refs; refs++) {
        if (is_hidden(config, *refs))
            continue;
        if (is_read_only(path)) {
            g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FOREIGN,
                        "%s: is read-only for the running service, which therefore cannot hide %s "
                        "from pushes; it is hidden when the service starts: restart it",
                        path, *refs);
            return false;
        }
        if (!imp_repository_free_lock(path, NULL, error))
            return false;
        /* A pattern that matches no value adds one instead of replacing others'. */
        if (git_config_set_multivar(config, "receive.hideRefs", "^$", *refs) == 0)
            continue;
        g_autofree char *why = imp_git_last_words();
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FOREIGN,
                    "%s: cannot set receive.hideRefs for %s, which keeps pushes away from it (%s); "
                    "make the file "
                    "writable for this user",
                    path, *refs, why);
        return false;
    }
    return true;
}

static bool check_owner(const ImpRepository *repository, uid_t user, GError **error)
{
    const char *directory = imp_repository_git_directory(repository);
    struct stat status;
    if (stat(directory, &status) < 0) {
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED, "%s: %s", directory,
                    g_strerror(errno));
        return false;
    }
    if (status.st_uid == user || ((status.st_mode & S_IWGRP) && in_group(user, status.st_gid)))
        return true;
    g_autofree char *place = g_canonicalize_filename(directory, NULL);
    /* By the file: git itself refuses a repository of another user's, also to root. */
    g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FOREIGN,
                "%s: belongs to another user and is not shared with a group of ours; as root, "
                "type: git config --file %s/config core.sharedRepository group && "
                "chmod -R g+rwX %s && find %s -type d -exec chmod g+s {} + (and add this user to "
                "its group)",
                place, place, place, place);
    return false;
}

bool imp_repository_check(ImpRepository *repository, uid_t user, GError **error)
{
    return check_owner(repository, user, error) && imp_repository_check_whole(repository, error);
}

bool imp_repository_prepare(ImpRepository *repository, const char *const *refs, GError **error)
{
    if (!imp_repository_check(repository, geteuid(), error))
        return false;
    /* Others push here too: what we create must stay writable for them. */
    if (imp_repository_is_shared(repository))
        umask(0002);
    return hide_refs(repository, refs, error);
}

bool imp_repository_find_tip(ImpRepository *repository, const char *ref, char **commit,
                             GError **error)
{
    git_oid id;
    int result = git_reference_name_to_id(&id, repository->git, ref);
    if (result < 0 && result != GIT_ENOTFOUND)
        return imp_git_fail(error, "%s: cannot read the ref", ref);
    *commit = result == 0 ? g_strdup(git_oid_tostr_s(&id)) : NULL;
    return true;
}

char *imp_repository_tip(ImpRepository *repository, const char *ref)
{
    char *commit = NULL;
    imp_repository_find_tip(repository, ref, &commit, NULL);
    return commit;
}

bool imp_repository_has_object(ImpRepository *repository, const char *id)
{
    git_oid oid;
    return git_oid_fromstr(&oid, id) == 0 && git_odb_exists(repository->odb, &oid);
}

void imp_repository_add_skipped(ImpRepository *repository, const GPtrArray *skipped)
{
    for (guint i = 0; i < skipped->len; i++)
        imp_git_skip_text(repository, skipped->pdata[i]);
}

GPtrArray *imp_repository_skipped(ImpRepository *repository)
{
    return repository->skipped ? g_steal_pointer(&repository->skipped)
                               : g_ptr_array_new_with_free_func(g_free);
}

bool imp_repository_read(ImpRepository *repository, const char *id, gsize max_bytes, GBytes **bytes,
                         gsize *size, GError **error)
{
    git_oid oid;
    git_object_t type;
    git_odb_object *object = NULL;
    *size = 0;
    if (!imp_repository_goes_on(repository, error))
        return false;
    bool named = git_oid_fromstr(&oid, id) == 0;
    *bytes = named ? imp_git_unpack(repository, &oid, max_bytes, &type) : NULL;
    if (*bytes) {
        *size = g_bytes_get_size(*bytes);
        return true;
    }
    if (!named || git_odb_read_header(size, &type, repository->odb, &oid) < 0 ||
        (*size <= max_bytes && git_odb_read(&object, repository->odb, &oid) < 0))
        return imp_git_read_fail(repository, error, "%s: cannot read the object", id);
    *bytes = object ? imp_git_take(object) : NULL;
    return true;
}

GBytes *imp_repository_peek(ImpRepository *repository, const char *id, gsize max_bytes)
{
    gsize size;
    GBytes *bytes = NULL;
    imp_repository_read(repository, id, max_bytes, &bytes, &size, NULL);
    return bytes;
}

bool imp_repository_has_text(ImpRepository *repository, const char *id)
{
    git_oid oid;
    git_object_t type;
    gsize size;
    if (git_oid_fromstr(&oid, id) < 0)
        return false;
    /* Whoever asks reads it next: it is kept. */
    g_autoptr(GBytes) text = imp_git_unpack(repository, &oid, IMP_ARTICLE_MAX_BYTES, &type);
    if (text)
        return type == GIT_OBJECT_BLOB;
    return git_odb_read_header(&size, &type, repository->odb, &oid) == 0 && type == GIT_OBJECT_BLOB;
}

char *imp_repository_setting(ImpRepository *repository, const char *key)
{
    g_autoptr(git_config) config = NULL;
    g_auto(git_buf) value = GIT_BUF_INIT;
    if (git_repository_config(&config, repository->git) < 0 ||
        git_config_get_string_buf(&value, config, key) < 0)
        return NULL;
    return g_strdup(value.ptr);
}

bool imp_repository_add_objects(ImpRepository *repository, const char *objects, GError **error)
{
    return git_odb_add_disk_alternate(repository->odb, objects) == 0 ||
           imp_git_fail(error, "%s: cannot read the objects", objects);
}

char *imp_repository_commit_named(ImpRepository *repository, const char *name)
{
    git_object *object = NULL, *commit = NULL;
    char *id = NULL;
    if (git_revparse_single(&object, repository->git, name) == 0 &&
        git_object_peel(&commit, object, GIT_OBJECT_COMMIT) == 0)
        id = g_strdup(git_oid_tostr_s(git_object_id(commit)));
    git_object_free(commit);
    git_object_free(object);
    return id;
}

char *imp_repository_head(ImpRepository *repository)
{
    g_autoptr(git_reference) head = NULL;
    if (git_reference_lookup(&head, repository->git, "HEAD") < 0)
        return NULL;
    return g_strdup(git_reference_symbolic_target(head));
}
