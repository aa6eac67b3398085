#include "daemon/index/index_heads.h"
#include "daemon/pass/pass.h"
#include "daemon/pass/step.h"
#include "workflow/assign.h"

#include <string.h>

/* A squash merge brings a text whose authors are in no commit of the history: they wrote it on a
 * head, which may be gone by then. So what heads bring is read when they are seen, and the entry
 * that opens a round names those of the policy who wrote its text there; a replay, which has no
 * heads, takes them from it. Who is in the history is not named, so that the entries of ordinary
 * merges stay as they are. */

/* Of one head, and of all in a pass. */
#define HEAD_COMMITS_MAX 10000
#define PASS_COMMITS_MAX 50000

bool imp_step_heads(ImpPass *pass, GError **error)
{
    guint read = 0;
    if (pass->replayed || pass->adopting || pass->branches->len == 0)
        return true;
    if (!imp_pass_need_history(pass, error))
        return false;
    for (guint i = 0; i < pass->branches->len && read < PASS_COMMITS_MAX; i++) {
        const ImpRef *head = pass->branches->pdata[i];
        /* Whatever its date: that is its author's to choose. */
        if (!imp_heads_have(pass->database, head->commit) &&
            !imp_heads_read(pass->database, pass->repository, head->commit, HEAD_COMMITS_MAX, &read,
                            error))
            return false;
    }
    pass->commits_read += read;
    return true;
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Ids of those in the policy who are among the authors and do not contribute by the history. */
static char **name_people(const ImpPass *pass, GHashTable *authors, GHashTable *known,
                          char *const *kept)
{
    const ImpPolicy *policy = imp_fold_policy(pass->fold);
    GPtrArray *ids = g_ptr_array_new();
    for (guint i = 0; i < policy->people->len; i++) {
        const ImpPerson *person = policy->people->pdata[i];
        bool is_kept = g_strv_contains((const char *const *)kept, person->id);
        if ((is_kept || imp_is_contributor(person, authors)) && !imp_is_contributor(person, known))
            g_ptr_array_add(ids, g_strdup(person->id));
    }
    g_ptr_array_sort(ids, by_text);
    guint count = ids->len;
    g_ptr_array_add(ids, NULL);
    char **list = (char **)g_ptr_array_free(ids, FALSE);
    if (count > 0)
        return list;
    g_strfreev(list);
    return NULL;
}

bool imp_pass_find_authors(ImpPass *pass, const ImpArticle *article, ImpEntry *entry,
                           GError **error)
{
    if (pass->replayed) {
        char **recorded = g_hash_table_lookup(pass->replayed->contributors, article->path);
        entry->contributors = g_strdupv(recorded);
        return true;
    }
    /* Words that nobody approved stay their author's when others go on with them. */
    bool unapproved = article->state != IMP_STATE_REMOVED &&
                      g_strcmp0(article->approved_text, article->version) != 0;
    char *nobody[] = {NULL};
    char **kept = unapproved ? article->contributors : nobody;
    g_autoptr(GHashTable) authors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!imp_heads_add_authors(pass->database, pass->repository, article->path, entry->version,
                               authors, error))
        return false;
    if (!*kept && g_hash_table_size(authors) == 0)
        return true;
    g_autoptr(ImpArticle) after = imp_article_copy(article);
    g_free(after->version);
    after->version = g_strdup(entry->version);
    g_strfreev(after->contributors);
    after->contributors = g_new0(char *, 1);
    g_autoptr(GHashTable) known = imp_pass_contributors(pass, after, error);
    if (!known)
        return false;
    entry->contributors = name_people(pass, authors, known, kept);
    return true;
}
