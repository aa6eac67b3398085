#include "daemon/remote/statuses.h"
#include "articles/ledger.h"
#include "daemon/index/history.h"
#include "daemon/index/index.h"
#include "daemon/pass/pipeline.h"
#include "daemon/pass/preview.h"
#include "notify/outbox/outbox_status.h"

#include <string.h>

/* What is known of a head is the commit that was looked at and the articles that it changes. So
 * after a round the ledger's new entries say whose status may be another now, and nobody else's is
 * made again. What went wrong in between (a hook that was lost, a status that was refused, a
 * request that was answered meanwhile) the comparison of all finds: what the outbox has delivered
 * already it does not take again. */

/* Heads whose tip is older are nobody's work any more. */
#define AGE_US (90 * IMP_DAY_US)
/* Of more heads than these the newest are looked at. */
#define HEADS_MAX 1000

struct ImpStatuses {
    ImpWorkplace *place;
    GHashTable *paths; /* commit -> GPtrArray of texts: of the heads that were looked at */
    GHashTable *dates; /* commit -> gint64*: of all that were met */
    GPtrArray *queue;  /* of ImpRef*, the last one first */
    char *ledger;      /* up to which its entries are known; NULL: nothing is */
    guint policy;
};

typedef struct {
    ImpRef *ref;
    gint64 date_us;
} Head;

static void ref_free(gpointer data)
{
    ImpRef *ref = data;
    g_free(ref->name);
    g_free(ref->commit);
    g_free(ref);
}

ImpStatuses *imp_statuses_new(ImpWorkplace *place)
{
    ImpStatuses *statuses = g_new0(ImpStatuses, 1);
    statuses->place = place;
    statuses->paths =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    statuses->dates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    statuses->queue = g_ptr_array_new_with_free_func(ref_free);
    return statuses;
}

void imp_statuses_free(ImpStatuses *statuses)
{
    if (!statuses)
        return;
    g_hash_table_unref(statuses->paths);
    g_hash_table_unref(statuses->dates);
    g_ptr_array_unref(statuses->queue);
    g_free(statuses->ledger);
    g_free(statuses);
}

/* Which heads there are */

static gint64 date_of(ImpStatuses *statuses, const char *commit)
{
    gint64 *date_us = g_hash_table_lookup(statuses->dates, commit);
    if (!date_us) {
        date_us = g_new(gint64, 1);
        *date_us = imp_repository_commit_date(statuses->place->repository, commit);
        g_hash_table_insert(statuses->dates, g_strdup(commit), date_us);
    }
    return *date_us;
}

/* Newest first; of equal ones the order is still the same each time. */
static int by_date(gconstpointer a, gconstpointer b)
{
    const Head *one = a, *other = b;
    if (one->date_us != other->date_us)
        return one->date_us > other->date_us ? -1 : 1;
    return strcmp(one->ref->name, other->ref->name);
}

static bool is_ours(const ImpConfig *config, const char *name)
{
    const char *branch =
        g_str_has_prefix(name, "refs/heads/") ? name + strlen("refs/heads/") : NULL;
    return strcmp(name, config->remote->ledger_ref) == 0 ||
           (branch && (strcmp(branch, config->branch) == 0 ||
                       g_strcmp0(branch, config->approved_branch) == 0));
}

/* Of Head: each commit once, what is not merged, neither ours nor too old. */
static GArray *find_heads(ImpStatuses *statuses, const GPtrArray *refs, gint64 now_us)
{
    GArray *heads = g_array_new(FALSE, FALSE, sizeof(Head));
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < refs->len; i++) {
        ImpRef *ref = refs->pdata[i];
        gint64 date_us = date_of(statuses, ref->commit);
        const Head head = {ref, date_us};
        if (date_us >= now_us - AGE_US && !is_ours(statuses->place->config, ref->name) &&
            !imp_history_has(statuses->place->database, ref->commit) &&
            g_hash_table_add(known, ref->commit))
            g_array_append_val(heads, head);
    }
    g_array_sort(heads, by_date);
    g_array_set_size(heads, MIN(heads->len, HEADS_MAX));
    return heads;
}

/* Whose status may be another */

static bool note_article(const char *id, const ImpEntry *entry, gpointer data, GError **error)
{
    (void)id;
    (void)error;
    if (entry->article)
        g_hash_table_add(data, g_strdup(entry->article));
    return true;
}

/* The set of articles that the ledger has something new about; *all: that cannot be told. */
static GHashTable *news_of(ImpStatuses *statuses, const char *ledger, bool *all)
{
    GHashTable *paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    *all = !statuses->ledger || (ledger && g_strcmp0(ledger, statuses->ledger) != 0 &&
                                 !imp_ledger_read(statuses->place->repository, ledger,
                                                  statuses->ledger, note_article, paths, NULL));
    return paths;
}

static bool is_concerned(const GPtrArray *paths, GHashTable *news)
{
    for (guint i = 0; i < paths->len; i++)
        if (g_hash_table_contains(news, paths->pdata[i]))
            return true;
    return false;
}

static void queue(ImpStatuses *statuses, const GArray *heads, GHashTable *news, bool all)
{
    g_ptr_array_set_size(statuses->queue, 0);
    for (guint i = heads->len; i > 0; i--) {
        const ImpRef *ref = g_array_index(heads, Head, i - 1).ref;
        const GPtrArray *paths = g_hash_table_lookup(statuses->paths, ref->commit);
        if (!all && paths && !is_concerned(paths, news))
            continue;
        ImpRef *copy = g_new(ImpRef, 1);
        *copy = (ImpRef){g_strdup(ref->name), g_strdup(ref->commit)};
        g_ptr_array_add(statuses->queue, copy);
    }
}

static void forget_others(GHashTable *table, GHashTable *commits)
{
    GHashTableIter iter;
    gpointer commit;
    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, &commit, NULL))
        if (!g_hash_table_contains(commits, commit))
            g_hash_table_iter_remove(&iter);
}

/* All of them are compared now: what is not a head any more is forgotten. */
static bool begin_comparison(ImpStatuses *statuses, const GPtrArray *refs, gint64 now_us,
                             GError **error)
{
    ImpWorkplace *place = statuses->place;
    g_autoptr(GHashTable) commits = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < refs->len; i++)
        g_hash_table_add(commits, ((ImpRef *)refs->pdata[i])->commit);
    forget_others(statuses->paths, commits);
    forget_others(statuses->dates, commits);
    if (!imp_database_begin(place->database, error))
        return false;
    if (imp_outbox_keep_statuses(place->outbox, place->config->remote->status, commits, error) &&
        imp_index_set_moment(place->database, IMP_INDEX_COMPARED_AT, now_us, error) &&
        imp_database_commit(place->database, error))
        return true;
    imp_database_rollback(place->database);
    return false;
}

bool imp_statuses_look(ImpStatuses *statuses, gint64 now_us, gint64 *next_us, GError **error)
{
    ImpWorkplace *place = statuses->place;
    g_autoptr(GPtrArray) refs = imp_pipeline_branches(place, error);
    if (!refs)
        return false;
    g_autofree char *ledger = NULL;
    if (!imp_repository_find_tip(place->repository, IMP_LEDGER_REF, &ledger, error))
        return false;
    gint64 compared_us = imp_index_get_moment(place->database, IMP_INDEX_COMPARED_AT);
    /* Also where the clock was set back. */
    bool due = now_us >= compared_us + IMP_STATUSES_EVERY_US || compared_us > now_us;
    guint policy = imp_index_policy_version(place->database);
    bool unknown;
    g_autoptr(GHashTable) news = news_of(statuses, ledger, &unknown);
    g_autoptr(GArray) heads = find_heads(statuses, refs, now_us);
    if (due && !begin_comparison(statuses, refs, now_us, error))
        return false;
    queue(statuses, heads, news, due || unknown || policy != statuses->policy);
    *next_us = (due ? now_us : compared_us) + IMP_STATUSES_EVERY_US;
    statuses->policy = policy;
    g_free(statuses->ledger);
    statuses->ledger = g_steal_pointer(&ledger);
    return true;
}

/* Looking at them */

static bool put(ImpWorkplace *place, const ImpEndpoint *forge, const ImpStatus *status,
                gint64 now_us, GError **error)
{
    bool changed;
    if (!imp_database_begin(place->database, error))
        return false;
    if (imp_outbox_set_status(place->outbox, forge, status, now_us, &changed, error) &&
        imp_database_commit(place->database, error))
        return true;
    imp_database_rollback(place->database);
    return false;
}

static const ImpEndpoint *forge_of(const ImpConfig *config)
{
    for (guint i = 0; i < config->endpoints->len; i++) {
        const ImpEndpoint *endpoint = config->endpoints->pdata[i];
        if (endpoint->context)
            return endpoint;
    }
    return NULL;
}

bool imp_statuses_step(ImpStatuses *statuses, gint64 now_us, bool *more, GError **error)
{
    ImpWorkplace *place = statuses->place;
    const ImpEndpoint *forge = forge_of(place->config);
    *more = false;
    if (!forge || statuses->queue->len == 0)
        return true;
    g_autoptr(GPtrArray) taken = g_ptr_array_new_with_free_func(ref_free);
    const ImpRef *head = g_ptr_array_steal_index(statuses->queue, statuses->queue->len - 1);
    g_ptr_array_add(taken, (gpointer)head);
    *more = statuses->queue->len > 0;
    g_auto(ImpPreview) preview = {0};
    if (!imp_preview_make(place, head, now_us, &preview, error))
        return false;
    g_hash_table_replace(statuses->paths, g_strdup(head->commit), g_ptr_array_ref(preview.paths));
    return !preview.status.commit || put(place, forge, &preview.status, now_us, error);
}

bool imp_statuses_all(ImpWorkplace *place, gint64 now_us, GError **error)
{
    const ImpConfigRemote *remote = place->config->remote;
    gint64 next_us;
    bool more = remote && remote->status && place->config->deliver;
    if (!more)
        return true;
    g_autoptr(ImpStatuses) statuses = imp_statuses_new(place);
    if (!imp_statuses_look(statuses, now_us, &next_us, error))
        return false;
    while (more)
        if (!imp_statuses_step(statuses, now_us, &more, error))
            return false;
    return true;
}
