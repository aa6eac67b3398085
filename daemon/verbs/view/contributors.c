#include "daemon/verbs/view/contributors.h"
#include "daemon/index/history.h"
#include "workflow/assign.h"

struct ImpContributors {
    ImpReader *reader;
    ImpDatabase *own; /* in memory; NULL: the reader's has the table */
    gint64 adoption_date_us;
};

void imp_contributors_free(ImpContributors *contributors)
{
    if (!contributors)
        return;
    imp_database_free(contributors->own);
    g_free(contributors);
}

static bool walk(ImpDatabase *database, const ImpReader *reader, const char *tip,
                 const char *adoption_tip, GError **error)
{
    guint commits_read = 0;
    ImpHistoryWalk *begun =
        imp_history_begin(database, reader->repository, tip, adoption_tip, error);
    g_autoptr(GPtrArray) commits =
        begun ? imp_history_end(begun, database, &commits_read, error) : NULL;
    return commits != NULL;
}

static bool walk_within(ImpDatabase *database, const ImpReader *reader, const char *tip,
                        const char *adoption_tip, GError **error)
{
    if (!imp_database_begin(database, error))
        return false;
    if (walk(database, reader, tip, adoption_tip, error) && imp_database_commit(database, error))
        return true;
    imp_database_rollback(database);
    return false;
}

/* Into the reader's own index, if that can be written. The reader's transaction ends before, and
 * another begins. */
static bool keep(ImpReader *reader, const char *tip, const char *adoption_tip)
{
    imp_database_rollback(reader->database);
    bool kept = walk_within(reader->database, reader, tip, adoption_tip, NULL);
    return imp_database_begin_reading(reader->database, NULL) && kept;
}

ImpContributors *imp_contributors_new(ImpReader *reader, const char *tip, GError **error)
{
    g_autoptr(ImpContributors) contributors = g_new0(ImpContributors, 1);
    g_autofree char *noted = imp_index_get(reader->database, IMP_INDEX_ADOPTION_TIP);
    const char *adoption_tip = noted ? noted : tip;
    contributors->reader = reader;
    contributors->adoption_date_us =
        imp_history_adoption_date(reader->database, reader->repository, adoption_tip);
    if (reader->daemons ? imp_history_has(reader->database, tip) : keep(reader, tip, adoption_tip))
        return g_steal_pointer(&contributors);
    contributors->own = imp_database_open(NULL, IMP_DATABASE_MEMORY, error);
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
    ImpDatabase *database = contributors->own ? contributors->own : contributors->reader->database;
    GHashTable *found = imp_history_contributors(database, contributors->reader->repository,
                                                 article, &counts, error);
    if (found)
        imp_add_contributors(article, contributors->reader->policy, found);
    return found;
}

gint64 imp_contributors_brought(ImpContributors *contributors, const char *path,
                                const char *version)
{
    return imp_history_brought(
        contributors->own ? contributors->own : contributors->reader->database, path, version);
}
