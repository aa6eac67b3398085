#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* A git repository, as a store of objects and refs. Its hooks are never run; refs/replace, grafts,
 * mailmap and aliases in its configuration are not honoured. Object ids are hex text everywhere. */

typedef struct ImpRepository ImpRepository;

#define IMP_REPOSITORY_ERROR (imp_repository_error_quark())
GQuark imp_repository_error_quark(void);
typedef enum {
    IMP_REPOSITORY_ERROR_FAILED,
    IMP_REPOSITORY_ERROR_MISSING, /* there is no repository (yet) */
    IMP_REPOSITORY_ERROR_FOREIGN, /* not for us to write: neither ours nor shared with our group */
    IMP_REPOSITORY_ERROR_MOVED,   /* a ref was not where it was expected */
    IMP_REPOSITORY_ERROR_PARTIAL, /* it does not hold all that its history refers to */
    IMP_REPOSITORY_ERROR_LOCKED,  /* a lock file is in the way, or the place cannot be written */
} ImpRepositoryError;

/* Opens the repository at exactly `path`: a bare repository, or a work tree. Where there is none,
 * *repository is NULL, or there is an error, too: IMP_REPOSITORY_ERROR_MISSING. */
bool imp_repository_find(const char *path, ImpRepository **repository, GError **error);
ImpRepository *imp_repository_open(const char *path, GError **error);
/* Makes an empty bare repository at `path`, for its owner alone, with the folders above it. */
bool imp_repository_create(const char *path, GError **error);
/* Opens the repository around the directory `path`, looking upwards as git does; *repository is
 * NULL where there is none. */
bool imp_repository_discover(const char *path, ImpRepository **repository, GError **error);
void imp_repository_free(ImpRepository *repository);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpRepository, imp_repository_free)

/* The directory with refs and objects ("/srv/git/handbook.git/"), borrowed. */
const char *imp_repository_git_directory(const ImpRepository *repository);
/* The work tree borrowed; NULL for a bare repository. */
const char *imp_repository_work_tree(const ImpRepository *repository);

/* Whether the directory that was opened is still what lies at its path. */
bool imp_repository_is_still_there(const ImpRepository *repository);

/* Gives back what a large pass made the object cache and the pack windows hold. */
void imp_repository_trim(ImpRepository *repository);

/* Whether a daemon of `user` can work on the repository: it is their own, or shared with a group of
 * theirs (else IMP_REPOSITORY_ERROR_FOREIGN), and holds all its history
 * (IMP_REPOSITORY_ERROR_PARTIAL). The message gives the command to type. */
bool imp_repository_check(ImpRepository *repository, uid_t user, GError **error);

/* Readies the repository for a daemon that writes to it: refuses one that is not open to us
 * (imp_repository_check), sets the umask to 0002 for a
 * shared one, and hides `refs` (prefixes) from pushes by receive.hideRefs, unless they are hidden
 * already. */
bool imp_repository_prepare(ImpRepository *repository, const char *const *refs, GError **error);

/* Whether git shares the repository with a group (core.sharedRepository or group-writable). */
bool imp_repository_is_shared(const ImpRepository *repository);

/* Finds the commit that the full ref name points to, which the caller frees; *commit is NULL if
 * there is no such ref or it is not a commit's. */
bool imp_repository_find_tip(ImpRepository *repository, const char *ref, char **commit,
                             GError **error);
/* The same for whoever goes on without it: NULL also where the ref cannot be read. */
char *imp_repository_tip(ImpRepository *repository, const char *ref);

typedef struct {
    char *name;   /* full */
    char *commit; /* hex */
} ImpRef;

/* The branches whose short name matches one of the glob `patterns`, ordered by name: ImpRef*s,
 * freed with the array. `fetched`: those of remotes as last fetched, instead of the local ones. */
GPtrArray *imp_repository_branches(ImpRepository *repository, bool fetched, char *const *patterns,
                                   GError **error);

/* The refs whose name is `prefix` and a rest that matches one of the glob `patterns`, ordered: as
 * above, but each under the name `named` and that rest. */
GPtrArray *imp_repository_refs_below(ImpRepository *repository, const char *prefix,
                                     const char *named, char *const *patterns, GError **error);

/* A commit's committer date; 0 where there is no such commit. */
gint64 imp_repository_commit_date(ImpRepository *repository, const char *commit);

/* The hex id of a commit's tree, which the caller frees; NULL where there is no such commit. */
char *imp_repository_tree_of(ImpRepository *repository, const char *commit);

bool imp_repository_has_object(ImpRepository *repository, const char *id);

/* Whether `id` is there, and is what a file holds. */
bool imp_repository_has_text(ImpRepository *repository, const char *id);

/* What could not be read since this was last asked, each once: texts such as "commit ID", freed
 * with the array. It counts for nothing, as if it were not there. */
GPtrArray *imp_repository_skipped(ImpRepository *repository);
/* Adds what another handle of the repository skipped. */
void imp_repository_add_skipped(ImpRepository *repository, const GPtrArray *skipped);

/* Reads an object's bytes without its header, of any type. One of more than `max_bytes` is not
 * read: *bytes is NULL then, and *size says how many it has. */
bool imp_repository_read(ImpRepository *repository, const char *id, gsize max_bytes, GBytes **bytes,
                         gsize *size, GError **error);
/* The same for whoever goes on without it: NULL also where it cannot be read. */
GBytes *imp_repository_peek(ImpRepository *repository, const char *id, gsize max_bytes);

/* The names of the remotes that are configured, ordered; the caller frees. Empty where that cannot
 * be read. */
char **imp_repository_remotes(ImpRepository *repository);

/* A setting of the repository's or user's git configuration ("user.email"), or NULL. The caller
 * frees. */
char *imp_repository_setting(ImpRepository *repository, const char *key);

/* Looks for objects in the directory `objects` too: where git keeps those of a push that is not
 * accepted yet (git-receive-pack(1), QUARANTINE ENVIRONMENT). */
bool imp_repository_add_objects(ImpRepository *repository, const char *objects, GError **error);

/* The commit that `name` means (gitrevisions(7)): hex, for the caller to free; NULL if it means
 * none. */
char *imp_repository_commit_named(ImpRepository *repository, const char *name);

/* The full name of the branch that HEAD is on, which need not exist yet, for the caller to free;
 * NULL if it is on none. */
char *imp_repository_head(ImpRepository *repository);
