#include "articles/tree.h"
#include "articles/work.h"
#include "daemon/pass/pass.h"
#include "daemon/pass/step.h"
#include "workflow/base/path.h"

#include <string.h>

/* Articles whose text, or whose being an article, is not what the last pass saw: new,
 * revised, returned, adopted, removed. Only what differs between the two tips is looked at; all of
 * it when a policy may have made other files articles, or when the last tip is gone. */

typedef struct {
    ImpPass *pass;
    const ImpPolicy *policy;
    GHashTable *gone; /* set of paths that leave in this pass */
    guint passing;    /* articles that came or left */
} Texts;

/* For more than so many, looking at all that is carried costs less than looking for what is in
 * their way. */
#define PASSING_MAX 100

/* An article that comes, or leaves, may be in the way of a file that is carried along. */
static bool look_at_carried(Texts *texts, const char *article, GError **error)
{
    ImpPass *pass = texts->pass;
    if (pass->replayed || pass->policy_changed || !*texts->policy->carry ||
        texts->passing > PASSING_MAX)
        return true;
    if (++texts->passing > PASSING_MAX)
        return imp_index_set(pass->database, IMP_INDEX_APPROVED_WHOLE, "", error);
    g_autoptr(GPtrArray) paths = imp_tree_colliding(pass->repository, pass->source, article, error);
    for (guint i = 0; paths && i < paths->len; i++)
        if (imp_policy_is_carried(texts->policy, paths->pdata[i]) &&
            !imp_index_mark_unpublished(pass->database, paths->pdata[i], error))
            return false;
    return paths != NULL;
}

static bool remove_article(Texts *texts, const ImpArticle *article, GError **error)
{
    g_autoptr(ImpEntry) entry = imp_entry_new();
    entry->event = IMP_ENTRY_REMOVAL;
    return look_at_carried(texts, article->path, error) &&
           imp_pass_record(texts->pass, article, entry, error);
}

/* Whether a live article that was here before this one has its path but for letter case or
 * normalization. Of those that are equal so, one has no collision; all others came later and wait.
 */
static bool collides(Texts *texts, const ImpArticle *article, bool *found, GError **error)
{
    ImpPass *pass = texts->pass;
    bool is_new = article->state == IMP_STATE_REMOVED;
    *found = false;
    if (!is_new && article->problem != IMP_PROBLEM_PATH_COLLISION)
        return true;
    g_autoptr(GPtrArray) others = imp_index_colliding(pass->database, article->path, error);
    for (guint i = 0; others && i < others->len && !*found; i++) {
        if (g_hash_table_contains(texts->gone, others->pdata[i]))
            continue;
        g_autoptr(ImpArticle) other = imp_index_load(pass->database, others->pdata[i], error);
        if (!other)
            return false;
        *found = is_new || other->problem != IMP_PROBLEM_PATH_COLLISION;
    }
    return others != NULL;
}

static bool find_problem(Texts *texts, const ImpArticle *article, const ImpTreeChange *file,
                         ImpProblem *problem, GError **error)
{
    bool collision = false;
    if (!collides(texts, article, &collision, error))
        return false;
    *problem = collision                           ? IMP_PROBLEM_PATH_COLLISION
               : file->kind == IMP_TREE_ENTRY_LINK ? IMP_PROBLEM_LINK
               : file->kind == IMP_TREE_ENTRY_TWICE
                   ? IMP_PROBLEM_PATH
                   : imp_path_problem(file->path, strlen(file->path));
    if (*problem)
        return true;
    const ImpDocument *document = imp_fold_document(texts->pass->fold, file->id, error);
    if (document)
        *problem = document->problem;
    return document != NULL;
}

static ImpReason reason_of(const Texts *texts, const ImpArticle *article)
{
    const ImpPass *pass = texts->pass;
    if (article->state != IMP_STATE_REMOVED)
        return IMP_REASON_REVISED;
    bool was_article =
        pass->former_policy && imp_policy_is_article(pass->former_policy, article->path);
    if (pass->policy_changed && !was_article)
        return IMP_REASON_ADOPTED;
    return article->round > 0 ? IMP_REASON_RETURNED : IMP_REASON_NEW;
}

static bool submit(Texts *texts, const ImpArticle *article, const ImpTreeChange *file,
                   GError **error)
{
    g_autoptr(ImpEntry) entry = imp_entry_new();
    entry->event = IMP_ENTRY_SUBMISSION;
    entry->reason = reason_of(texts, article);
    entry->version = g_strdup(file->id);
    g_hash_table_add(texts->pass->changed, g_strdup(article->path));
    return find_problem(texts, article, file, &entry->problem, error) &&
           (entry->reason == IMP_REASON_ADOPTED ||
            imp_pass_find_authors(texts->pass, article, entry, error)) &&
           imp_pass_open_round(texts->pass, article, entry, error);
}

/* An article that a collision held back is free when those in its way have left. */
static bool release(Texts *texts, const ImpArticle *article, const ImpTreeChange *file,
                    GError **error)
{
    g_autoptr(ImpEntry) entry = imp_entry_new();
    entry->event = IMP_ENTRY_REJUDGMENT;
    entry->reason = IMP_REASON_REJUDGED;
    entry->round = article->round;
    return find_problem(texts, article, file, &entry->problem, error) &&
           (entry->problem == IMP_PROBLEM_PATH_COLLISION ||
            imp_pass_record(texts->pass, article, entry, error));
}

/* The problem that the place of a text gives it, whatever the text is. */
static ImpProblem problem_before(const ImpArticle *article)
{
    bool of_place = article->problem == IMP_PROBLEM_LINK ||
                    (article->problem == IMP_PROBLEM_PATH &&
                     imp_path_problem(article->path, strlen(article->path)) == IMP_PROBLEM_NONE);
    return of_place ? article->problem : IMP_PROBLEM_NONE;
}

static ImpProblem problem_now(const Texts *texts, const ImpTreeChange *file, ImpProblem before)
{
    if (file->kind != IMP_TREE_ENTRY_FILE)
        return file->kind == IMP_TREE_ENTRY_LINK ? IMP_PROBLEM_LINK : IMP_PROBLEM_PATH;
    return before == IMP_PROBLEM_LINK && !imp_repository_has_text(texts->pass->repository, file->id)
               ? IMP_PROBLEM_LINK
               : IMP_PROBLEM_NONE;
}

/* A file that is there now, or is gone. */
static bool look_at(Texts *texts, const ImpTreeChange *file, GError **error)
{
    ImpPass *pass = texts->pass;
    if (imp_policy_is_carried(texts->policy, file->path) &&
        !imp_index_mark_unpublished(pass->database, file->path, error))
        return false;
    bool is_article =
        file->kind != IMP_TREE_ENTRY_NONE && imp_policy_is_article(texts->policy, file->path);
    g_autoptr(ImpArticle) article = imp_index_load(pass->database, file->path, error);
    if (!article)
        return false;
    bool live = article->state != IMP_STATE_REMOVED;
    if (!is_article)
        return !live || remove_article(texts, article, error);
    bool waits = article->problem == IMP_PROBLEM_PATH_COLLISION;
    ImpProblem before = problem_before(article);
    if (!live && !look_at_carried(texts, article->path, error))
        return false;
    if (!live || strcmp(article->version, file->id) != 0 ||
        (!waits && problem_now(texts, file, before) != before))
        return submit(texts, article, file, error);
    return !waits || release(texts, article, file, error);
}

/* Adds, to a listing of all files, the articles that the index has and the listing has not, as
 * gone. */
static bool add_gone(ImpPass *pass, GPtrArray *files, GError **error)
{
    g_autoptr(GPtrArray) live = imp_index_live(pass->database, error);
    if (!live)
        return false;
    g_autoptr(GHashTable) there = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < files->len; i++)
        g_hash_table_add(there, ((ImpTreeChange *)files->pdata[i])->path);
    for (guint i = 0; i < live->len; i++) {
        if (g_hash_table_contains(there, live->pdata[i]))
            continue;
        ImpTreeChange *gone = g_new0(ImpTreeChange, 1);
        gone->path = g_strdup(live->pdata[i]);
        g_ptr_array_add(files, gone);
    }
    g_ptr_array_sort(files, imp_tree_change_compare);
    return true;
}

/* Those that wait for the place of one that leaves are looked at too. */
static bool add_waiting(Texts *texts, GPtrArray *files, const char *gone, GHashTable *listed,
                        GError **error)
{
    ImpPass *pass = texts->pass;
    g_autoptr(GPtrArray) paths = imp_index_colliding(pass->database, gone, error);
    for (guint i = 0; paths && i < paths->len; i++) {
        const char *path = paths->pdata[i];
        ImpTreeEntryKind kind;
        g_autofree char *id = NULL;
        if (g_hash_table_contains(listed, path))
            continue;
        if (!imp_tree_lookup(pass->repository, pass->source, path, &kind, &id, error))
            return false;
        ImpTreeChange *waiting = g_new0(ImpTreeChange, 1);
        *waiting =
            (ImpTreeChange){.path = g_strdup(path), .kind = kind, .id = g_steal_pointer(&id)};
        g_ptr_array_add(files, waiting);
        g_hash_table_add(listed, waiting->path);
    }
    return paths != NULL;
}

static bool note_gone(Texts *texts, GPtrArray *files, GError **error)
{
    g_autoptr(GHashTable) listed = g_hash_table_new(g_str_hash, g_str_equal);
    guint count = files->len;
    for (guint i = 0; i < count; i++) {
        const ImpTreeChange *file = files->pdata[i];
        g_hash_table_add(listed, file->path);
        if (file->kind == IMP_TREE_ENTRY_NONE || !imp_policy_is_article(texts->policy, file->path))
            g_hash_table_add(texts->gone, file->path);
    }
    for (guint i = 0; i < count; i++) {
        const ImpTreeChange *file = files->pdata[i];
        if (g_hash_table_contains(texts->gone, file->path) &&
            !add_waiting(texts, files, file->path, listed, error))
            return false;
    }
    g_ptr_array_sort(files, imp_tree_change_compare);
    return true;
}

/* What is neither an article nor carried was not either when the policy in force began. */
static bool is_wanted(const char *path, gpointer policy)
{
    return imp_policy_is_article(policy, path) || imp_policy_is_carried(policy, path);
}

bool imp_step_texts_of(ImpPass *pass, GPtrArray *files, GError **error)
{
    g_autoptr(GHashTable) gone = g_hash_table_new(g_str_hash, g_str_equal);
    Texts texts = {.pass = pass, .policy = imp_fold_policy(pass->fold), .gone = gone};
    if (!note_gone(&texts, files, error))
        return false;
    for (guint i = 0; i < files->len; i++) {
        if (!look_at(&texts, files->pdata[i], error))
            return false;
        if (i % 100 == 99)
            imp_repository_tell(pass->repository, "reading articles", i + 1, files->len);
    }
    return true;
}

bool imp_step_texts(ImpPass *pass, GError **error)
{
    bool all = pass->policy_changed || !pass->previous_tip;
    if (!pass->previous_tip && !imp_index_set(pass->database, IMP_INDEX_APPROVED_WHOLE, "", error))
        return false;
    if (!all && strcmp(pass->previous_tip, pass->source) == 0)
        return true;
    g_autoptr(GPtrArray) files =
        imp_tree_changes(pass->repository, all ? NULL : pass->previous_tip, pass->source, is_wanted,
                         (gpointer)imp_fold_policy(pass->fold), error);
    if (!files || (all && !add_gone(pass, files, error)))
        return false;
    return imp_step_texts_of(pass, files, error);
}
