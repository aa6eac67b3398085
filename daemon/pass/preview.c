#include "daemon/pass/preview.h"
#include "articles/ledger.h"
#include "articles/repository_graph.h"
#include "articles/tree.h"
#include "daemon/pass/pass.h"
#include "daemon/pass/step.h"
#include "workflow/article_state.h"
#include "workflow/base/quote.h"

#include <string.h>

/* The pass takes the head for the watched branch, and of its files those that the head itself
 * changed, against the commit at which it left the watched branch. An article that the watched
 * branch changed as well has no text yet that could be previewed.
 *
 * Who is refused, and who decided again afterwards, is in the events of the pass, in their order.
 */

/* A head with more commits than this is not a review of anything. */
#define COMMITS_MAX 10000
/* So many people are named. */
#define NAMED_MAX 5

typedef struct {
    ImpPass *pass;
    const ImpRef *head;
    GPtrArray *files; /* of ImpTreeChange*: articles alone */
    guint outdated;   /* articles that the watched branch changed too */
    guint articles, approved;
    GHashTable *waited_for;    /* set of ids */
    GHashTable *objecting;     /* the same */
    char *failure;             /* a sentence, or NULL */
    guint approvals, required; /* of the last article */
} Preview;

void imp_preview_clear(ImpPreview *preview)
{
    imp_status_clear(&preview->status);
    g_clear_pointer(&preview->paths, g_ptr_array_unref);
}

static void say(ImpPreview *preview, const ImpRef *head, ImpVerdict verdict, const char *sentence)
{
    imp_status_clear(&preview->status);
    preview->status =
        (ImpStatus){g_strdup(head->commit), g_strdup(head->name), verdict, g_strdup(sentence)};
}

/* Where the head left the watched branch */

typedef struct {
    ImpDatabase *database;
    GPtrArray *met; /* of texts: what of the watched branch lies right below the head's commits */
} Fork;

static bool note_known(const char *id, gpointer data)
{
    Fork *fork = data;
    bool known = imp_history_has(fork->database, id);
    if (known && !g_ptr_array_find_with_equal_func(fork->met, id, g_str_equal, NULL))
        g_ptr_array_add(fork->met, g_strdup(id));
    return known;
}

/* *base is NULL where the head has too many commits, or nothing in common with the branch. */
static bool find_base(const ImpPass *pass, const char *head, char **base, GError **error)
{
    bool whole;
    g_autoptr(GPtrArray) met = g_ptr_array_new_with_free_func(g_free);
    Fork fork = {pass->database, met};
    g_autoptr(ImpScan) scan = imp_scan_new(pass->repository, note_known, &fork);
    *base = NULL;
    if (!imp_scan_add(scan, head, COMMITS_MAX, &whole, error))
        return false;
    /* Of several, which came by merges of the watched branch, one is above the others. */
    if (whole && met->len == 1)
        *base = g_strdup(met->pdata[0]);
    else if (whole && met->len > 1)
        *base = imp_repository_merge_base(pass->repository, pass->source, head);
    return true;
}

/* What it changes */

static bool is_article(const char *path, gpointer policy)
{
    return imp_policy_is_article(policy, path);
}

/* Whether the watched branch, too, has another text there than where the head left it. */
static bool is_outdated(const ImpPass *pass, const ImpTreeChange *file, const char *base,
                        const char *source, bool *outdated, GError **error)
{
    ImpTreeEntryKind then_kind, now_kind;
    g_autofree char *then = NULL, *now = NULL;
    if (!imp_tree_lookup(pass->repository, base, file->path, &then_kind, &then, error) ||
        !imp_tree_lookup(pass->repository, source, file->path, &now_kind, &now, error))
        return false;
    *outdated = g_strcmp0(then, now) != 0 && g_strcmp0(now, file->id) != 0;
    return true;
}

static bool find_files(Preview *look, const char *base, const char *source, ImpPreview *preview,
                       GError **error)
{
    const ImpPass *pass = look->pass;
    look->files = imp_tree_changes(pass->repository, base, look->head->commit, is_article,
                                   (gpointer)imp_fold_policy(pass->fold), error);
    if (!look->files)
        return false;
    for (guint i = look->files->len; i > 0; i--) {
        const ImpTreeChange *file = look->files->pdata[i - 1];
        bool outdated;
        if (!is_outdated(pass, file, base, source, &outdated, error))
            return false;
        g_ptr_array_add(preview->paths, g_strdup(file->path));
        look->outdated += outdated;
        /* What it takes away is not an article any more. */
        if (file->kind == IMP_TREE_ENTRY_NONE || outdated)
            g_ptr_array_remove_index(look->files, i - 1);
    }
    look->articles = look->files->len;
    return true;
}

/* What the pass made of it */

static void look_at_article(Preview *look, const ImpArticle *article)
{
    const ImpPass *pass = look->pass;
    const ImpPolicy *policy = imp_fold_policy(pass->fold);
    g_autofree char *path = imp_path_quote(article->path);
    look->approved += article->state == IMP_STATE_APPROVED;
    look->approvals = imp_article_approvals(article, policy, pass->at_us);
    look->required = imp_policy_rule(policy, article->path)->approvals;
    if (article->problem && !look->failure)
        look->failure =
            g_strdup_printf("%s: its problem is \"%s\"", path, imp_problem_word(article->problem));
    for (guint i = 0; i < article->standing->len; i++) {
        const ImpStanding *standing = article->standing->pdata[i];
        if (standing->verdict == IMP_DECISION_REQUEST_CHANGES)
            g_hash_table_add(look->objecting, g_strdup(standing->person));
    }
    for (guint i = 0; article->state != IMP_STATE_APPROVED && i < article->requests->len; i++) {
        const ImpRequest *request = article->requests->pdata[i];
        if (request->status == IMP_REQUEST_OPEN)
            g_hash_table_add(look->waited_for, g_strdup(request->person));
    }
}

static bool is_looked_at(const Preview *look, const char *path)
{
    for (guint i = 0; path && i < look->files->len; i++)
        if (strcmp(((ImpTreeChange *)look->files->pdata[i])->path, path) == 0)
            return true;
    return false;
}

/* A person's last attempt about an article is what counts. */
static void look_for_refusals(Preview *look)
{
    g_autoptr(GHashTable) last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const GPtrArray *events = look->pass->events;
    for (guint i = 0; i < events->len; i++) {
        const ImpEvent *event = events->pdata[i];
        if (event->actor_id && event->decision && is_looked_at(look, event->path) &&
            !g_str_has_prefix(event->type, "article."))
            g_hash_table_replace(last, g_strconcat(event->actor_id, "\n", event->path, NULL),
                                 (gpointer)event);
    }
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(last), (GCompareFunc)strcmp);
    for (GList *at = keys; at && !look->failure; at = at->next) {
        const ImpEvent *event = g_hash_table_lookup(last, at->data);
        if (event->refusal)
            look->failure = g_strdup_printf("a decision by %s is refused (%s)", event->actor_id,
                                            imp_refusal_word(event->refusal));
    }
}

static char *names(GHashTable *people)
{
    g_autoptr(GList) ids = g_list_sort(g_hash_table_get_keys(people), (GCompareFunc)strcmp);
    GString *text = g_string_new(NULL);
    guint count = 0;
    for (GList *at = ids; at && count < NAMED_MAX; at = at->next, count++)
        g_string_append_printf(text, "%s%s", count > 0 ? ", " : "", (const char *)at->data);
    if (g_hash_table_size(people) > NAMED_MAX)
        g_string_append_printf(text, " and %u more", g_hash_table_size(people) - NAMED_MAX);
    return g_string_free(text, FALSE);
}

static void conclude(const Preview *look, ImpPreview *preview)
{
    g_autofree char *waiting = names(look->waited_for);
    g_autofree char *objecting = names(look->objecting);
    g_autofree char *count =
        look->articles == 1
            ? g_strdup_printf("%u of %u approvals", look->approvals, look->required)
            : g_strdup_printf("%u of %u articles approved", look->approved, look->articles);
    g_autofree char *pending =
        *objecting ? g_strdup_printf("%s, changes requested by %s", count, objecting)
        : *waiting ? g_strdup_printf("%s, waiting for %s", count, waiting)
                   : g_strdup(count);
    bool done = look->approved == look->articles && !*objecting;
    if (look->failure)
        say(preview, look->head, IMP_VERDICT_FAILURE, look->failure);
    else if (look->outdated > 0)
        say(preview, look->head, IMP_VERDICT_PENDING, "update the branch first");
    else if (look->articles == 0)
        say(preview, look->head, IMP_VERDICT_SUCCESS, "no article");
    else
        say(preview, look->head, done ? IMP_VERDICT_SUCCESS : IMP_VERDICT_PENDING,
            done ? count : pending);
}

/* The pass */

static bool decide(Preview *look, GError **error)
{
    ImpPass *pass = look->pass;
    g_autofree char *adoption_tip = imp_index_get(pass->database, IMP_INDEX_ADOPTION_TIP);
    pass->adoption_date_us =
        imp_history_adoption_date(pass->database, pass->repository, adoption_tip);
    pass->walk = imp_history_begin_beside(pass->database, pass->repository, pass->source,
                                          adoption_tip, error);
    if (!pass->walk || !imp_step_texts_of(pass, look->files, error) ||
        !imp_step_decisions(pass, error))
        return false;
    for (guint i = 0; i < look->files->len; i++) {
        const ImpTreeChange *file = look->files->pdata[i];
        g_autoptr(ImpArticle) article = imp_index_load(pass->database, file->path, error);
        if (!article)
            return false;
        look_at_article(look, article);
    }
    look_for_refusals(look);
    return true;
}

static bool look_at_head(Preview *look, const char *source, ImpPreview *preview, GError **error)
{
    ImpPass *pass = look->pass;
    g_autofree char *base = NULL;
    pass->source = g_strdup(source);
    if (!find_base(pass, look->head->commit, &base, error))
        return false;
    if (!base) {
        say(preview, look->head, IMP_VERDICT_PENDING, "update the branch first");
        return true;
    }
    g_free(pass->source);
    pass->source = g_strdup(look->head->commit);
    if (!find_files(look, base, source, preview, error) ||
        (look->files->len > 0 && !decide(look, error)))
        return false;
    conclude(look, preview);
    return true;
}

static bool make(ImpWorkplace *place, ImpPass *pass, Preview *look, ImpPreview *preview,
                 GError **error)
{
    g_autofree char *named = g_strconcat("refs/heads/", place->config->branch, NULL);
    g_autofree char *ref = imp_config_watched_ref(place->config, named);
    g_autofree char *source = NULL, *ledger = NULL;
    if (!imp_repository_find_tip(place->repository, ref, &source, error) ||
        !imp_repository_find_tip(place->repository, IMP_LEDGER_REF, &ledger, error))
        return false;
    pass->fold =
        imp_fold_new(place->database, place->repository, place->config, pass->events, 0, error);
    if (!pass->fold)
        return false;
    imp_pass_continue(pass, ledger, place->committer);
    return !source || !imp_fold_policy(pass->fold) || look_at_head(look, source, preview, error);
}

bool imp_preview_make(ImpWorkplace *place, const ImpRef *head, gint64 now_us, ImpPreview *preview,
                      GError **error)
{
    *preview = (ImpPreview){.paths = g_ptr_array_new_with_free_func(g_free)};
    g_auto(ImpPass) pass = imp_pass_begin(place, now_us);
    g_autoptr(GHashTable) waited_for = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) objecting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Preview look = {.pass = &pass, .head = head, .waited_for = waited_for, .objecting = objecting};
    pass.branches = g_ptr_array_new();
    bool made =
        imp_database_begin(place->database, error) && make(place, &pass, &look, preview, error);
    imp_database_rollback(place->database);
    g_clear_pointer(&look.files, g_ptr_array_unref);
    g_free(look.failure);
    return made;
}
