#include "articles/repository_graph.h"
#include "articles/text_key.h"
#include "articles/trailers.h"
#include "daemon/index/history.h"

#include <string.h>

/* What the table of who brought which text (daemon/index/history.c) says of one article. */

static char *last_tip(ImpStore *store)
{
    sqlite3_stmt *query = imp_store_query(
        store, NULL, "SELECT id FROM history_tip ORDER BY sequence DESC LIMIT 1", "");
    if (!query || !imp_store_next(store, query, NULL))
        return NULL;
    char *id = imp_store_hex(query, 0);
    imp_store_done(query);
    return id;
}

/* The number up to which rows are reachable from `source`; -1 where the table cannot tell. */
static gint64 sequence_of(ImpStore *store, const char *source)
{
    sqlite3_stmt *query =
        imp_store_query(store, NULL, "SELECT sequence FROM history_tip WHERE id = ?", "x", source);
    if (!query || !imp_store_next(store, query, NULL))
        return -1;
    gint64 sequence = sqlite3_column_int64(query, 0);
    imp_store_done(query);
    return sequence;
}

/* As they were written down: some begin with IMP_LATER_CO_AUTHOR. */
static void add_emails(GHashTable *contributors, sqlite3_stmt *row, int column)
{
    g_auto(GStrv) emails = g_strsplit((const char *)sqlite3_column_text(row, column), "\n", -1);
    for (char **email = emails; *email; email++)
        if (**email)
            g_hash_table_add(contributors, g_strdup(*email));
}

#define COUNTS    "(NOT c.adopted OR c.date >= ?)"
#define OF_PEOPLE "JOIN history_people p ON p.number = c.people "

/* Who brought the text, to whatever path. */
static bool add_bringers(ImpStore *store, const ImpArticle *article, gint64 adopted_since_us,
                         GHashTable *contributors, GError **error)
{
    GError *fault = NULL;
    sqlite3_stmt *row = imp_store_query(
        store, &fault,
        "SELECT p.emails FROM history_file f "
        "JOIN history_commit c ON c.number = f.number " OF_PEOPLE "WHERE f.text = ? AND " COUNTS,
        "ii", (gint64)imp_text_key(article->version), adopted_since_us);
    while (row && imp_store_next(store, row, &fault))
        add_emails(contributors, row, 0);
    if (fault)
        g_propagate_error(error, fault);
    return !fault;
}

/* Which commits the last approval of another text had not seen. */
typedef struct {
    gint64 sequence;       /* those with a greater one; */
    GHashTable *unsettled; /* where that cannot be told, this set of ids */
} Unsettled;

static bool add_unsettled(ImpStore *store, const Unsettled *unsettled, const char *sql, gint64 key,
                          gint64 adopted_since_us, GHashTable *contributors, GError **error)
{
    GError *fault = NULL;
    sqlite3_stmt *row = imp_store_query(store, &fault, sql, "ii", key, adopted_since_us);
    while (row && imp_store_next(store, row, &fault)) {
        g_autofree char *id = unsettled->unsettled ? imp_store_hex(row, 2) : NULL;
        if (id ? g_hash_table_contains(unsettled->unsettled, id)
               : sqlite3_column_int64(row, 1) > unsettled->sequence)
            add_emails(contributors, row, 0);
    }
    if (fault)
        g_propagate_error(error, fault);
    return !fault;
}

/* Who changed the file; of commits that are not written down file by file, whoever changed
 * something in a folder above it. */
static bool add_changers(ImpStore *store, ImpRepository *repository, const ImpArticle *article,
                         gint64 adopted_since_us, GHashTable *contributors, GError **error)
{
    const char *settled = imp_article_settled_source(article);
    g_autoptr(GHashTable) ids = NULL;
    Unsettled unsettled = {.sequence = settled ? sequence_of(store, settled) : 0};
    if (unsettled.sequence < 0) {
        g_autofree char *tip = last_tip(store);
        unsettled.unsettled = ids = imp_repository_commits_between(
            repository, tip, (const char *const[]){settled, NULL}, error);
        if (!ids)
            return false;
    }
    static const char changed[] =
        "SELECT p.emails, c.sequence, c.id FROM history_file f "
        "JOIN history_commit c ON c.number = f.number " OF_PEOPLE "WHERE f.path = ? AND " COUNTS;
    static const char touched[] =
        "SELECT p.emails, c.sequence, c.id FROM history_beyond b "
        "JOIN history_commit c ON c.number = b.number " OF_PEOPLE "WHERE b.folder = ? AND " COUNTS;
    gsize length = strlen(article->path);
    if (!add_unsettled(store, &unsettled, changed, (gint64)imp_path_key(article->path, length),
                       adopted_since_us, contributors, error) ||
        !add_unsettled(store, &unsettled, touched, (gint64)imp_path_key("", 0), adopted_since_us,
                       contributors, error))
        return false;
    for (gsize i = 1; i <= length; i++)
        if ((article->path[i] == '/' || !article->path[i]) &&
            !add_unsettled(store, &unsettled, touched, (gint64)imp_path_key(article->path, i),
                           adopted_since_us, contributors, error))
            return false;
    return true;
}

/* Those that an edition of the rules counts. */
static GHashTable *counted(GHashTable *found, bool first_edition)
{
    GHashTable *contributors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, found);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const char *address = key;
        bool later = *address == IMP_LATER_CO_AUTHOR;
        if (!later || !first_edition)
            g_hash_table_add(contributors, g_strdup(later ? address + 1 : address));
    }
    return contributors;
}

GHashTable *imp_history_contributors(ImpStore *store, ImpRepository *repository,
                                     const ImpArticle *article, const ImpContributorRule *rule,
                                     GError **error)
{
    g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gint64 since_us = rule->adopted_since_us;
    return add_bringers(store, article, since_us, found, error) &&
                   add_changers(store, repository, article, since_us, found, error)
               ? counted(found, rule->first_edition)
               : NULL;
}

gint64 imp_history_brought(ImpStore *store, const char *path, const char *version)
{
    sqlite3_stmt *row = imp_store_query(
        store, NULL,
        "SELECT coalesce(max(c.date), 0) FROM history_file f JOIN history_commit c ON c.number = "
        "f.number WHERE f.path = ? AND f.text = ?",
        "ii", (gint64)imp_path_key(path, strlen(path)), (gint64)imp_text_key(version));
    if (!row || !imp_store_next(store, row, NULL))
        return 0;
    gint64 date_us = sqlite3_column_int64(row, 0);
    imp_store_done(row);
    return date_us;
}
