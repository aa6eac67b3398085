#include "daemon/pass/publish.h"
#include "articles/approved.h"
#include "articles/repository_refs.h"
#include "articles/tree.h"
#include "daemon/index/announce.h"
#include "daemon/index/index.h"
#include "daemon/pass/approved_data.h"
#include "daemon/pass/crash.h"
#include "workflow/base/path.h"
#include "workflow/base/quote.h"

#include <string.h>

typedef struct {
    ImpWorkplace *place;
    const char *source;
    ImpPolicy *policy;
    char *ref;
    char *actual;     /* where the branch is, NULL: it is not there */
    char *expected;   /* where it was put last, NULL: not known (or the commit is gone) */
    bool whole;       /* made from nothing; else from what is at `expected` */
    GPtrArray *files; /* of ImpApprovedFile* */
    GPtrArray *gone;  /* of ImpApprovedFile*: texts that are to be there, and are not here */
} Publication;

static void publication_clear(Publication *publication)
{
    g_clear_pointer(&publication->policy, imp_policy_unref);
    g_free(publication->ref);
    g_free(publication->actual);
    g_free(publication->expected);
    g_ptr_array_unref(publication->files);
    g_ptr_array_unref(publication->gone);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Publication, publication_clear)

static void add_file(Publication *publication, const char *path, const char *id)
{
    g_ptr_array_add(publication->files, imp_approved_file_new(path, id));
}

/* What is not here cannot be put there, and nothing else waits for it. It is taken away and said
 * once, and stays marked until it is here. */
static void leave_out(Publication *publication, const char *path, const char *id)
{
    g_ptr_array_add(publication->gone, imp_approved_file_new(path, id));
    bool said = imp_index_is_seen(publication->place->database, IMP_SEEN_GONE, id);
    if (!said || publication->whole)
        add_file(publication, path, NULL);
    g_autofree char *quoted = imp_path_quote(path);
    if (!said)
        g_warning(
            "%s: its text (%s) is gone from the repository, so the approved branch is without "
            "it; push it with git itself",
            quoted, id);
}

/* What the approved branch is to have at `path` now. */
static bool add_path(Publication *publication, const char *path, GError **error)
{
    ImpWorkplace *place = publication->place;
    g_autoptr(ImpArticle) article = imp_index_load(place->database, path, error);
    g_autoptr(GPtrArray) colliding =
        article ? imp_index_colliding(place->database, path, error) : NULL;
    if (!colliding)
        return false;
    g_autofree char *id = NULL;
    if (article->published) {
        id = g_strdup(article->published);
    } else if (publication->source && colliding->len == 0 &&
               imp_policy_is_carried(publication->policy, path)) {
        ImpTreeEntryKind kind;
        if (!imp_tree_lookup(place->repository, publication->source, path, &kind, &id, error))
            return false;
        if (kind != IMP_TREE_ENTRY_FILE)
            g_clear_pointer(&id, g_free);
    }
    if (id && !imp_repository_has_text(place->repository, id))
        leave_out(publication, path, id);
    else
        add_file(publication, path, id);
    return true;
}

static bool is_carried(const char *path, gpointer policy)
{
    return imp_policy_is_carried(policy, path);
}

static bool add_everything(Publication *publication, GError **error)
{
    ImpWorkplace *place = publication->place;
    g_autoptr(GPtrArray) published = imp_index_published(place->database, error);
    g_autoptr(GPtrArray) there =
        publication->source ? imp_tree_changes(place->repository, NULL, publication->source,
                                               is_carried, publication->policy, error)
                            : NULL;
    if (!published || (publication->source && !there))
        return false;
    for (guint i = 0; i < published->len; i++)
        if (!add_path(publication, published->pdata[i], error))
            return false;
    for (guint i = 0; there && i < there->len; i++) {
        const ImpTreeChange *file = there->pdata[i];
        if (!add_path(publication, file->path, error))
            return false;
    }
    return true;
}

static bool add_changed(Publication *publication, GError **error)
{
    g_autoptr(GPtrArray) paths = imp_index_unpublished(publication->place->database, error);
    for (guint i = 0; paths && i < paths->len; i++)
        if (!add_path(publication, paths->pdata[i], error))
            return false;
    return paths != NULL;
}

/* Within the caller's transaction. */
static bool announce_moved(ImpWorkplace *place, const ImpPolicy *policy, const char *source,
                           const char *value, const char *sentence, gint64 now_us, GError **error)
{
    const ImpAnnouncing announcing =
        imp_workplace_announcing(place, policy, source, imp_moment_whole_seconds(now_us));
    g_autoptr(ImpEvent) event =
        imp_announce_trouble(&announcing, "approved.diverged", value, sentence);
    return imp_workplace_enqueue(place, event, NULL, now_us, error);
}

bool imp_publish_announce_moved(ImpWorkplace *place, const char *value, const char *sentence,
                                gint64 now_us, GError **error)
{
    g_autoptr(ImpPolicy) policy = imp_index_policy(place->database);
    g_autofree char *source = imp_index_get(place->database, IMP_INDEX_SOURCE);
    if (imp_database_begin(place->database, error) &&
        announce_moved(place, policy, source, value, sentence, now_us, error) &&
        imp_database_commit(place->database, error))
        return true;
    imp_database_rollback(place->database);
    return false;
}

static bool say_diverged(Publication *publication, gint64 now_us, GError **error)
{
    ImpWorkplace *place = publication->place;
    const char *actual = publication->actual ? publication->actual : "gone";
    g_autofree char *sentence =
        publication->actual
            ? g_strdup_printf(
                  "The branch \"%s\" was moved to %.12s by somebody else; it is put back.",
                  place->config->approved_branch, actual)
            : g_strdup_printf("The branch \"%s\" was deleted by somebody else; it is put back.",
                              place->config->approved_branch);
    g_autofree char *value = g_strconcat(actual, " ", publication->expected, NULL);
    return announce_moved(place, publication->policy, publication->source, value, sentence, now_us,
                          error);
}

static bool find_branch(Publication *publication, GError **error)
{
    ImpWorkplace *place = publication->place;
    publication->ref = g_strconcat("refs/heads/", place->config->approved_branch, NULL);
    if (!imp_repository_find_tip(place->repository, publication->ref, &publication->actual, error))
        return false;
    /* Whoever died after moving the branch left it at the next one. */
    g_autofree char *next = imp_index_get(place->database, IMP_INDEX_APPROVED_NEXT);
    publication->expected = next && g_strcmp0(publication->actual, next) == 0
                                ? g_steal_pointer(&next)
                                : imp_index_get(place->database, IMP_INDEX_APPROVED_TIP);
    if (publication->expected &&
        !imp_repository_has_object(place->repository, publication->expected))
        g_clear_pointer(&publication->expected, g_free);
    return true;
}

/* Nothing waits any more, but what is gone. Within the caller's transaction. */
static bool note_published(Publication *publication, GError **error)
{
    ImpDatabase *database = publication->place->database;
    if (!imp_index_clear_unpublished(database, error))
        return false;
    for (guint i = 0; i < publication->gone->len; i++) {
        const ImpApprovedFile *file = publication->gone->pdata[i];
        if (!imp_index_mark_unpublished(database, file->path, error) ||
            !imp_index_mark_seen(database, IMP_SEEN_GONE, file->id, error))
            return false;
    }
    return true;
}

/* Notes where the branch goes, moves it, and then notes where it is, that nothing waits, and what
 * is to be said. */
static bool put(Publication *publication, const char *tip, bool diverged, gint64 now_us,
                GError **error)
{
    ImpWorkplace *place = publication->place;
    if (g_strcmp0(publication->actual, tip) != 0 &&
        (!imp_repository_can_move_ref(place->repository, publication->ref, tip, error) ||
         !imp_index_set(place->database, IMP_INDEX_APPROVED_NEXT, tip, error) ||
         !imp_repository_move_ref(place->repository, publication->ref, publication->actual, tip,
                                  "imprimatur: approved", error)))
        return false;
    imp_crash_point("moved");
    if (imp_database_begin(place->database, error) &&
        imp_index_set(place->database, IMP_INDEX_APPROVED_TIP, tip, error) &&
        note_published(publication, error) &&
        (!publication->whole ||
         imp_index_unset(place->database, IMP_INDEX_APPROVED_WHOLE, error)) &&
        (!diverged || say_diverged(publication, now_us, error)) &&
        imp_database_commit(place->database, error))
        return true;
    imp_database_rollback(place->database);
    return false;
}

/* Reads the data file as it is on the branch now: its text, which the caller frees; NULL where
 * there is none. */
static bool read_data(const Publication *publication, char **text, GError **error)
{
    enum { DATA_MAX_BYTES = 1 << 29 };
    ImpRepository *repository = publication->place->repository;
    ImpTreeEntryKind kind;
    g_autofree char *id = NULL;
    g_autoptr(GBytes) bytes = NULL;
    gsize size;
    if (!publication->expected)
        return true;
    if (!imp_tree_lookup(repository, publication->expected,
                         publication->place->config->approved_data, &kind, &id, error) ||
        (kind == IMP_TREE_ENTRY_FILE &&
         !imp_repository_read(repository, id, DATA_MAX_BYTES, &bytes, &size, error)))
        return false;
    *text = bytes && size > 0 ? g_strndup(g_bytes_get_data(bytes, NULL), size) : NULL;
    return true;
}

/* Takes out what cannot be there beside the data file, and puts that in. */
static bool add_data(Publication *publication, const char *before, GError **error)
{
    ImpWorkplace *place = publication->place;
    const char *path = place->config->approved_data;
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (guint i = publication->files->len; i-- > 0;) {
        ImpApprovedFile *file = publication->files->pdata[i];
        g_ptr_array_add(paths, g_strdup(file->path));
        if (imp_approved_data_collides(path, file->path))
            g_ptr_array_remove_index(publication->files, i);
    }
    g_autofree char *text =
        imp_approved_data(place, publication->whole ? NULL : before, paths, error);
    g_autofree char *id =
        text ? imp_approved_write(place->repository, text, strlen(text), error) : NULL;
    if (id)
        add_file(publication, path, id);
    return id != NULL;
}

bool imp_publish(ImpWorkplace *place, const char *source, gint64 now_us, GError **error)
{
    g_auto(Publication) publication = {
        .place = place,
        .source = source,
        .files = g_ptr_array_new_with_free_func((GDestroyNotify)imp_approved_file_free),
        .gone = g_ptr_array_new_with_free_func((GDestroyNotify)imp_approved_file_free)};
    g_autofree char *ledger = imp_index_get(place->database, IMP_INDEX_LEDGER);
    if (!place->config->approved_branch || !ledger)
        return true;
    if (!imp_index_find_policy(place->database, &publication.policy, error))
        return false;
    if (!publication.policy)
        return true;
    if (!find_branch(&publication, error))
        return false;
    bool known = publication.expected != NULL;
    bool diverged = known && g_strcmp0(publication.actual, publication.expected) != 0;
    g_autofree char *whole = imp_index_get(place->database, IMP_INDEX_APPROVED_WHOLE);
    g_autofree char *data = NULL;
    if (place->config->approved_data && !read_data(&publication, &data, error))
        return false;
    publication.whole =
        !known || (source && whole) || (place->config->approved_data && !data && !diverged);
    if (publication.whole ? !add_everything(&publication, error)
                          : !add_changed(&publication, error))
        return false;
    if (!publication.whole && !diverged && publication.files->len == 0)
        return true;
    if (place->config->approved_data && !add_data(&publication, data, error))
        return false;
    const char *parent = known ? publication.expected : publication.actual;
    const ImpApprovedChange change = {
        .parent = parent,
        .base = publication.whole ? NULL : publication.expected,
        .files = publication.files,
        .ledger = ledger,
        .committer = place->committer,
        .at_us = imp_index_get_moment(place->database, IMP_INDEX_LAST_AT),
    };
    g_autofree char *tip = imp_approved_commit(place->repository, &change, error);
    return tip && put(&publication, tip, diverged, now_us, error);
}
