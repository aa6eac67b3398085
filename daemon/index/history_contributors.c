#include "articles/repository_graph.h"
#include "articles/text_key.h"
#include "articles/trailers.h"
#include "daemon/index/history.h"

#include <string.h>

/* What the table of who brought which text (daemon/index/history.c) says of one article. */

static char *last_tip(ImpDatabase *database)
{
    ImpRows *rows = imp_database_query(
        database, "SELECT id FROM history_tip ORDER BY sequence DESC LIMIT 1", "");
    char *id = imp_rows_next(rows) ? imp_rows_hex(rows, 0) : NULL;
    imp_rows_end(rows, NULL);
    return id;
}

/* The number up to which rows are reachable from `source`; -1 where the table cannot tell. */
static gint64 sequence_of(ImpDatabase *database, const char *source)
{
    return imp_database_number(database, -1, "SELECT sequence FROM history_tip WHERE id = ?", "x",
                               source);
}

/* As they were written down: some begin with IMP_LATER_CO_AUTHOR. */
static void add_emails(GHashTable *contributors, const ImpRows *row, int column)
{
    g_auto(GStrv) emails = g_strsplit(imp_rows_peek(row, column), "\n", -1);
    for (char **email = emails; *email; email++)
        if (**email)
            g_hash_table_add(contributors, g_strdup(*email));
}

#define COUNTS    "(NOT c.adopted OR c.date >= ?)"
#define OF_PEOPLE "JOIN history_people p ON p.number = c.people "

/* Who brought the text, to whatever path. */
static bool add_bringers(ImpDatabase *database, const ImpArticle *article, gint64 adopted_since_us,
                         GHashTable *contributors, GError **error)
{
    ImpRows *row = imp_database_query(
        database,
        "SELECT p.emails FROM history_file f "
        "JOIN history_commit c ON c.number = f.number " OF_PEOPLE "WHERE f.text = ? AND " COUNTS,
        "ii", (gint64)imp_text_key(article->version), adopted_since_us);
    while (imp_rows_next(row))
        add_emails(contributors, row, 0);
    return imp_rows_end(row, error);
}

/* Which commits the last approval of another text had not seen. */
typedef struct {
    gint64 sequence;       /* those with a greater one; */
    GHashTable *unsettled; /* where that cannot be told, this set of ids */
} Unsettled;

static bool add_unsettled(ImpDatabase *database, const Unsettled *unsettled, const char *sql,
                          gint64 key, gint64 adopted_since_us, GHashTable *contributors,
                          GError **error)
{
    ImpRows *row = imp_database_query(database, sql, "ii", key, adopted_since_us);
    while (imp_rows_next(row)) {
        g_autofree char *id = unsettled->unsettled ? imp_rows_hex(row, 2) : NULL;
        if (id ? g_hash_table_contains(unsettled->unsettled, id)
               : imp_rows_number(row, 1) > unsettled->sequence)
            add_emails(contributors, row, 0);
    }
    return imp_rows_end(row, error);
}

/* Who changed the file; of commits that are not written down file by file, whoever changed
 * something in a folder above it. */
static bool add_changers(ImpDatabase *database, ImpRepository *repository,
                         const ImpArticle *article, gint64 adopted_since_us,
                         GHashTable *contributors, GError **error)
{
    const char *settled = imp_article_settled_source(article);
    g_autoptr(GHashTable) ids = NULL;
    Unsettled unsettled = {.sequence = settled ? sequence_of(database, settled) : 0};
    if (unsettled.sequence < 0) {
        g_autofree char *tip = last_tip(database);
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
    if (!add_unsettled(database, &unsettled, changed, (gint64)imp_path_key(article->path, length),
                       adopted_since_us, contributors, error) ||
        !add_unsettled(database, &unsettled, touched, (gint64)imp_path_key("", 0), adopted_since_us,
                       contributors, error))
        return false;
    for (gsize i = 1; i <= length; i++)
        if ((article->path[i] == '/' || !article->path[i]) &&
            !add_unsettled(database, &unsettled, touched, (gint64)imp_path_key(article->path, i),
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

GHashTable *imp_history_contributors(ImpDatabase *database, ImpRepository *repository,
                                     const ImpArticle *article, const ImpContributorRule *rule,
                                     GError **error)
{
    g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gint64 since_us = rule->adopted_since_us;
    return add_bringers(database, article, since_us, found, error) &&
                   add_changers(database, repository, article, since_us, found, error)
               ? counted(found, rule->first_edition)
               : NULL;
}

gint64 imp_history_brought(ImpDatabase *database, const char *path, const char *version)
{
    return imp_database_number(
        database, 0,
        "SELECT coalesce(max(c.date), 0) FROM history_file f JOIN history_commit c ON c.number = "
        "f.number WHERE f.path = ? AND f.text = ?",
        "ii", (gint64)imp_path_key(path, strlen(path)), (gint64)imp_text_key(version));
}
