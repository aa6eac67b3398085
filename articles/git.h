#pragma once

/* For articles/ alone: what its files share of libgit2. No git_* type is named in any other header.
 */

#include "articles/work.h"

#include <git2.h>
#include <sys/types.h>

struct ImpPacks;
struct ImpTreeCache;

struct ImpRepository {
    git_repository *git;
    git_odb *odb;
    struct ImpTreeCache *trees; /* articles/raw_tree.c; NULL until it is used */
    struct ImpPacks *packs;     /* articles/pack_read.c; NULL until many objects were read */
    guint reads;                /* objects that were read */
    char *decision_id;          /* of the decision that articles/ledger.c read last, */
    GBytes *decision;           /* and it: entries of one decision follow one another */
    GHashTable *skipped_ids;    /* set of all that imp_git_skip() was told, up to a bound */
    GPtrArray *skipped;         /* of texts: those that nobody has asked for yet */
    dev_t device;               /* of the git directory when it was opened */
    ino_t inode;
    ImpWork work; /* what takes long is seen and ended by */
};

/* For tables whose keys are ids: 20 bytes, as git_oid has them. */
guint imp_git_id_hash(gconstpointer id);
gboolean imp_git_id_equal(gconstpointer one, gconstpointer other);

/* What libgit2 said last, as one line that shows all that is in it, because there may be names in
 * it that others gave. The caller frees. */
char *imp_git_last_words(void);

/* Sets `error` from libgit2's last error, which is read at once because it may be stale later.
 * The sentence is one line that shows all that is in it, whatever names are. Returns false, so that
 * a failing call reads `return imp_git_fail(error, ...)`. */
bool imp_git_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Reads an object as it is, without a copy; the caller frees. *object is NULL if it is not there,
 * unless the repository does not hold all (articles/condition.h): then it may be fetched yet, and
 * that is the error. */
bool imp_git_read(ImpRepository *repository, const git_oid *id, git_object_t *type, GBytes **object,
                  GError **error);

/* The object out of a pack, where many objects were read before and it is found there, readable and
 * with no more than `most` bytes; else NULL, and libgit2 is to be asked. The caller frees. */
GBytes *imp_git_unpack(ImpRepository *repository, const git_oid *id, gsize most,
                       git_object_t *type);

/* The same for the first `length` bytes alone of an object of that type, into `out`. */
bool imp_git_unpack_beginning(ImpRepository *repository, const git_oid *id, git_object_t type,
                              guint8 *out, gsize length);

/* The packs are looked at again, from the beginning: others may be there. */
void imp_git_forget_packs(ImpRepository *repository);

/* Makes of an object its bytes, as libgit2 has unpacked them, without a copy. The object goes with
 * them. */
GBytes *imp_git_take(git_odb_object *object);

/* Notes, once, that the object `id`, a "commit" or a "tree", cannot be read and counts for nothing.
 */
void imp_git_skip(ImpRepository *repository, const char *what, const git_oid *id);
/* The same of what `text` names. */
void imp_git_skip_text(ImpRepository *repository, const char *text);

/* The same where an object of the repository cannot be read. If that is because the repository does
 * not hold all, or is another user's, the error says so, with the command to type
 * (articles/condition.h); the first is IMP_REPOSITORY_ERROR_PARTIAL. */
bool imp_git_read_fail(const ImpRepository *repository, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Whose the files at `path` are, and how to be let in: a sentence that the caller frees; NULL where
 * they are our own, or not there. */
char *imp_git_owner_advice(const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_tree, git_tree_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_tree_entry, git_tree_entry_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_reference, git_reference_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_reference_iterator, git_reference_iterator_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_odb_object, git_odb_object_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_odb, git_odb_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_repository, git_repository_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_config, git_config_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(git_signature, git_signature_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(git_buf, git_buf_dispose)
