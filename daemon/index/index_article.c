#include "daemon/index/article_columns.h"
#include "daemon/index/index.h"
#include "workflow/article_state.h"
#include "workflow/assign.h"
#include "workflow/base/path.h"

#include <string.h>

/* Articles, from rows and into rows. */

/* Lists of ids are kept as lines: no id has a newline. */
static char **split_lines(const char *text)
{
    return text && *text ? g_strsplit(text, "\n", -1) : g_new0(char *, 1);
}

#define LOAD_ID(place)             g_free(place), place = imp_rows_hex(rows, at)
#define LOAD_NUMBER(place)         place = imp_rows_number(rows, at)
#define LOAD_TEXT(place)           g_free(place), place = imp_rows_text(rows, at)
#define LOAD_LIST(place)           g_strfreev(place), place = split_lines(imp_rows_peek(rows, at))
#define LOAD(column, kind, member) LOAD_##kind(article->member), at++;
#define NAME(column, kind, member) ", " #column

static void load_row(ImpRows *rows, ImpArticle *article)
{
    int at = 1;
    IMP_ARTICLE_COLUMNS(LOAD)
}

static void load_shown(ImpRows *rows, ImpArticle *article)
{
    int at = 1;
    IMP_ARTICLE_SHOWN_COLUMNS(LOAD)
}

static void add_standing(ImpArticle *article, ImpRows *rows)
{
    imp_article_add_standing(article,
                             &(ImpStanding){.person = (char *)imp_rows_peek(rows, 0),
                                            .verdict = (ImpDecisionKind)imp_rows_number(rows, 1),
                                            .date_us = imp_rows_number(rows, 2),
                                            .recorded_us = imp_rows_number(rows, 3),
                                            .key = (char *)imp_rows_peek(rows, 4),
                                            .round = (guint)imp_rows_number(rows, 5)});
}

static void add_request(ImpArticle *article, ImpRows *rows)
{
    imp_article_add_request(article,
                            &(ImpRequest){.person = (char *)imp_rows_peek(rows, 0),
                                          .status = (ImpRequestStatus)imp_rows_number(rows, 1),
                                          .respond_by_us = imp_rows_number(rows, 2),
                                          .review_by_us = imp_rows_number(rows, 3)});
}

static bool load_lists(ImpDatabase *database, ImpArticle *article, GError **error)
{
    ImpRows *rows = imp_database_query(database,
                                       "SELECT person, verdict, date, recorded, key, round FROM "
                                       "standing WHERE path = ? ORDER BY position",
                                       "t", article->path);
    while (imp_rows_next(rows))
        add_standing(article, rows);
    if (!imp_rows_end(rows, error))
        return false;
    rows = imp_database_query(database,
                              "SELECT person, status, respond_by, review_by FROM request "
                              "WHERE path = ? ORDER BY position",
                              "t", article->path);
    while (imp_rows_next(rows))
        add_request(article, rows);
    if (!imp_rows_end(rows, error))
        return false;
    rows = imp_database_query(database, "SELECT version FROM earlier_version WHERE path = ?", "t",
                              article->path);
    while (imp_rows_next(rows)) {
        g_autofree char *version = imp_rows_hex(rows, 0);
        imp_article_add_earlier_version(article, version);
    }
    if (!imp_rows_end(rows, error))
        return false;
    rows = imp_database_query(database, "SELECT person, date FROM last_date WHERE path = ?", "t",
                              article->path);
    while (imp_rows_next(rows))
        imp_article_set_last_date(article, imp_rows_peek(rows, 0), imp_rows_number(rows, 1));
    return imp_rows_end(rows, error);
}

ImpArticle *imp_index_load(ImpDatabase *database, const char *path, GError **error)
{
    g_autoptr(ImpArticle) article = imp_article_new(path);
    ImpRows *rows = imp_database_query(
        database, "SELECT path" IMP_ARTICLE_COLUMNS(NAME) " FROM article WHERE path = ?", "t",
        path);
    bool found = imp_rows_next(rows);
    if (found)
        load_row(rows, article);
    return imp_rows_end(rows, error) && (!found || load_lists(database, article, error))
               ? g_steal_pointer(&article)
               : NULL;
}

/* A query whose rows, ordered by path in a column of theirs, belong to articles that come in the
 * same order. */
typedef struct {
    ImpRows *rows;
    int path_column;
    void (*add)(ImpArticle *article, ImpRows *rows);
    bool there; /* a row that no article has taken yet */
} Beside;

static void take_beside(Beside *beside, ImpArticle *article)
{
    while (beside->there) {
        int order = strcmp(imp_rows_peek(beside->rows, beside->path_column), article->path);
        if (order > 0)
            return;
        if (order == 0)
            beside->add(article, beside->rows);
        beside->there = imp_rows_next(beside->rows);
    }
}

bool imp_index_each_live(ImpDatabase *database, void (*take)(ImpArticle *article, gpointer data),
                         gpointer data, GError **error)
{
    Beside standing = {
        imp_database_query(database,
                           "SELECT person, verdict, date, recorded, key, round, path FROM standing"
                           " ORDER BY path, position",
                           ""),
        6, add_standing, false};
    Beside requests = {
        imp_database_query(database,
                           "SELECT person, status, respond_by, review_by, path FROM request"
                           " ORDER BY path, position",
                           ""),
        4, add_request, false};
    ImpRows *rows = imp_database_query(
        database,
        "SELECT path" IMP_ARTICLE_SHOWN_COLUMNS(NAME) " FROM article WHERE state > 0 ORDER BY path",
        "");
    standing.there = imp_rows_next(standing.rows);
    requests.there = imp_rows_next(requests.rows);
    while (imp_rows_next(rows)) {
        ImpArticle *article = imp_article_new(imp_rows_peek(rows, 0));
        load_shown(rows, article);
        take_beside(&standing, article);
        take_beside(&requests, article);
        take(article, data);
    }
    bool done = imp_rows_end(rows, error);
    done = imp_rows_end(standing.rows, done ? error : NULL) && done;
    return imp_rows_end(requests.rows, done ? error : NULL) && done;
}

static void add_article(ImpArticle *article, gpointer data)
{
    g_ptr_array_add(data, article);
}

GPtrArray *imp_index_load_live(ImpDatabase *database, GError **error)
{
    g_autoptr(GPtrArray) articles =
        g_ptr_array_new_with_free_func((GDestroyNotify)imp_article_free);
    return imp_index_each_live(database, add_article, articles, error) ? g_steal_pointer(&articles)
                                                                       : NULL;
}

#define PLACE(column, kind, member) ",?"
#define BIND_ID                     "x"
#define BIND_NUMBER                 "i"
#define BIND_TEXT                   "t"
#define BIND_LIST                   "t"
#define BIND(column, kind, member)  BIND_##kind
#define VALUE_ID(member)            article->member
#define VALUE_NUMBER(member)        (gint64) article->member
#define VALUE_TEXT(member)          article->member
#define VALUE_LIST(member)          member##_lines
#define VALUE(column, kind, member) , VALUE_##kind(member)

static bool save_row(ImpDatabase *database, const ImpArticle *article, bool vacant,
                     gint64 too_old_us, GError **error)
{
    g_autofree char *fold = imp_path_fold(article->path);
    g_autofree char *asked_before_lines = g_strjoinv("\n", article->asked_before);
    g_autofree char *contributors_lines = g_strjoinv("\n", article->contributors);
    g_autofree char *reviewers_lines = g_strjoinv("\n", article->reviewers);
    return imp_database_run(
        database, error,
        "INSERT OR REPLACE INTO article VALUES(?" IMP_ARTICLE_COLUMNS(PLACE) ",?,?,?)",
        "t" IMP_ARTICLE_COLUMNS(BIND) "tii", article->path IMP_ARTICLE_COLUMNS(VALUE), fold,
        (gint64)vacant, too_old_us);
}

/* What only grows. */
static bool save_sets(ImpDatabase *database, const ImpArticle *article, GError **error)
{
    GHashTableIter iter;
    gpointer key, value;
    if (article->earlier_versions)
        g_hash_table_iter_init(&iter, article->earlier_versions);
    while (article->earlier_versions && g_hash_table_iter_next(&iter, &key, NULL))
        if (!imp_database_run(database, error, "INSERT OR IGNORE INTO earlier_version VALUES(?,?)",
                              "tx", article->path, key))
            return false;
    if (article->last_dates)
        g_hash_table_iter_init(&iter, article->last_dates);
    while (article->last_dates && g_hash_table_iter_next(&iter, &key, &value))
        if (!imp_database_run(database, error, "INSERT OR REPLACE INTO last_date VALUES(?,?,?)",
                              "tti", article->path, key, *(gint64 *)value))
            return false;
    return true;
}

/* Most articles have neither, and a look is far cheaper than a DELETE that finds nothing. Where the
 * look fails, the DELETE says so. */
static bool forget_lists(ImpDatabase *database, const char *path, GError **error)
{
    bool stands = imp_database_number(
        database, 1, "SELECT EXISTS (SELECT 1 FROM standing WHERE path = ?)", "t", path);
    bool asked = imp_database_number(
        database, 1, "SELECT EXISTS (SELECT 1 FROM request WHERE path = ?)", "t", path);
    return (!stands ||
            imp_database_run(database, error, "DELETE FROM standing WHERE path = ?", "t", path)) &&
           (!asked ||
            imp_database_run(database, error, "DELETE FROM request WHERE path = ?", "t", path));
}

bool imp_index_save(ImpDatabase *database, const ImpArticle *article, const ImpPolicy *policy,
                    gint64 now_us, GError **error)
{
    bool vacant = policy && imp_assign_vacancy(article, policy, now_us).people > 0;
    gint64 too_old_us = policy ? imp_article_next_too_old(article, policy, now_us) : 0;
    if (!save_row(database, article, vacant, too_old_us, error) ||
        !forget_lists(database, article->path, error))
        return false;
    for (guint i = 0; i < article->standing->len; i++) {
        const ImpStanding *standing = article->standing->pdata[i];
        if (!imp_database_run(database, error, "INSERT INTO standing VALUES(?,?,?,?,?,?,?,?)",
                              "titiiiti", article->path, (gint64)i, standing->person,
                              (gint64)standing->verdict, standing->date_us, standing->recorded_us,
                              standing->key, (gint64)standing->round))
            return false;
    }
    for (guint i = 0; i < article->requests->len; i++) {
        const ImpRequest *request = article->requests->pdata[i];
        if (!imp_database_run(database, error, "INSERT INTO request VALUES(?,?,?,?,?,?)", "titiii",
                              article->path, (gint64)i, request->person, (gint64)request->status,
                              request->respond_by_us, request->review_by_us))
            return false;
    }
    return save_sets(database, article, error);
}
