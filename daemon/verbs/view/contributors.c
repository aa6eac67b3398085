#include "daemon/verbs/view/contributors.h"
#include "daemon/index/history.h"
#include "workflow/assign.h"

struct ImpContributors {
    ImpReader *reader;
    ImpStore *own; /* in memory; NULL: the reader's has the table */
    gint64 adoption_date_us;
};

void imp_contributors_free(ImpContributors *contributors)
{
    if (!contributors)
        return;
    imp_store_free(contributors->own);
    g_free(contributors);
}

static bool walk(ImpStore *store, const ImpReader *reader, const char *tip,
                 const char *adoption_tip, GError **error)
{
    guint commits_read = 0;
    ImpHistoryWalk *begun = imp_history_begin(store, reader->repository, tip, adoption_tip, error);
    g_autoptr(GPtrArray) commits =
        begun ? imp_history_end(begun, store, &commits_read, error) : NULL;
    return commits != NULL;
}

static bool walk_within(ImpStore *store, const ImpReader *reader, const char *tip,
                        const char *adoption_tip, GError **error)
{
    if (!imp_store_begin(store, error))
        return false;
    if (walk(store, reader, tip, adoption_tip, error) && imp_store_commit(store, error))
        return true;
    imp_store_rollback(store);
    return false;
}

/* Into the reader's own index, if that can be written. The reader's transaction ends before, and
 * another begins. */
static bool keep(ImpReader *reader, const char *tip, const char *adoption_tip)
{
    imp_store_rollback(reader->store);
    bool kept = walk_within(reader->store, reader, tip, adoption_tip, NULL);
    return imp_store_script(reader->store, "BEGIN", NULL) && kept;
}

ImpContributors *imp_contributors_new(ImpReader *reader, const char *tip, GError **error)
{
    g_autoptr(ImpContributors) contributors = g_new0(ImpContributors, 1);
    g_autofree char *noted = imp_index_get(reader->store, IMP_INDEX_ADOPTION_TIP);
    const char *adoption_tip = noted ? noted : tip;
    contributors->reader = reader;
    contributors->adoption_date_us =
        imp_history_adoption_date(reader->store, reader->repository, adoption_tip);
    if (reader->daemons ? imp_history_has(reader->store, tip) : keep(reader, tip, adoption_tip))
        return g_steal_pointer(&contributors);
    contributors->own = imp_store_open(NULL, IMP_STORE_MEMORY, error);
    if (!contributors->own || !imp_index_open(contributors->own, error) ||
        !walk_within(contributors->own, reader, tip, adoption_tip, error))
        return NULL;
    return g_steal_pointer(&contributors);
}

GHashTable *imp_contributors_of(ImpContributors *contributors, const ImpArticle *article,
                                GError **error)
{
    const ImpRule *rule = imp_policy_rule(contributors->reader->policy, article->path);
    const ImpContributorRule counts = {
        imp_moment_subtract_months(contributors->adoption_date_us, rule->valid_months),
        contributors->reader->policy->first_edition};
    ImpStore *store = contributors->own ? contributors->own : contributors->reader->store;
    GHashTable *found =
        imp_history_contributors(store, contributors->reader->repository, article, &counts, error);
    if (found)
        imp_add_contributors(article, contributors->reader->policy, found);
    return found;
}

gint64 imp_contributors_brought(ImpContributors *contributors, const char *path,
                                const char *version)
{
    return imp_history_brought(contributors->own ? contributors->own : contributors->reader->store,
                               path, version);
}
