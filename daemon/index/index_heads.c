#include "daemon/index/index_heads.h"
#include "articles/repository_graph.h"
#include "articles/scan.h"
#include "articles/trailers.h"
#include "daemon/index/history.h"
#include "daemon/index/index_values.h"
#include "workflow/base/limits.h"

#include <string.h>

bool imp_index_set_waiting_texts(ImpDatabase *database, const char *tip, const GPtrArray *paths,
                                 GError **error)
{
    if (!imp_database_run(database, error, "DELETE FROM waiting_text WHERE tip = ?", "x", tip))
        return false;
    for (guint i = 0; i < paths->len; i++)
        if (!imp_database_run(database, error, "INSERT OR IGNORE INTO waiting_text VALUES(?, ?)",
                              "tx", (const char *)paths->pdata[i], tip))
            return false;
    return true;
}

bool imp_index_add_waiting_tips(ImpDatabase *database, const char *path, GHashTable *tips,
                                GError **error)
{
    ImpRows *row =
        imp_database_query(database, "SELECT tip FROM waiting_text WHERE path = ?", "t", path);
    while (imp_rows_next(row))
        g_hash_table_add(tips, imp_rows_hex(row, 0));
    return imp_rows_end(row, error);
}

static char *pair_of(const char *payload, const char *path)
{
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);
    return g_strconcat(payload, ":", digest, NULL);
}

bool imp_index_mark_pair(ImpDatabase *database, const char *payload, const char *path,
                         GError **error)
{
    g_autofree char *pair = pair_of(payload, path);
    return imp_index_mark_seen(database, IMP_SEEN_PAIR, pair, error);
}

bool imp_index_has_pair(ImpDatabase *database, const char *payload, const char *path)
{
    g_autofree char *pair = pair_of(payload, path);
    return imp_index_is_seen(database, IMP_SEEN_PAIR, pair);
}

guint imp_index_count_pairs(ImpDatabase *database, const char *payload)
{
    g_autofree char *from = g_strconcat("q:", payload, ":", NULL);
    g_autofree char *below = g_strconcat("q:", payload, ";", NULL);
    return (guint)imp_database_number(
        database, 0, "SELECT count(*) FROM seen WHERE id >= ? AND id < ?", "tt", from, below);
}

/* Reading a head */

static bool is_read(ImpDatabase *database, const char *id)
{
    return imp_database_number(database, 0, "SELECT 1 FROM head_commit WHERE id = ?", "x", id) != 0;
}

static bool is_known(const char *id, gpointer database)
{
    return imp_history_has(database, id) || is_read(database, id);
}

static bool write_commits(ImpDatabase *database, ImpScan *scan, gint64 *numbers, GError **error)
{
    for (guint i = 0; i < imp_scan_count(scan); i++) {
        const ImpScannedCommit *commit = imp_scan_commit(scan, i);
        if (commit->is_known || commit->is_cut)
            continue;
        g_autofree char *id = imp_scan_id(commit);
        if (!imp_database_run(database, error,
                              "INSERT INTO head_commit(id, addresses) VALUES(?, ?)", "xt", id,
                              commit->addresses ? commit->addresses : ""))
            return false;
        numbers[i] = imp_database_last_row(database);
    }
    return true;
}

bool imp_heads_have(ImpDatabase *database, const char *commit)
{
    return is_known(commit, database);
}

bool imp_heads_read(ImpDatabase *database, ImpRepository *repository, const char *tip, guint most,
                    guint *read, GError **error)
{
    bool whole;
    if (is_known(tip, database))
        return true;
    g_autoptr(ImpScan) scan = imp_scan_new(repository, is_known, database);
    g_autoptr(GArray) brought = g_array_new(FALSE, FALSE, sizeof(ImpBrought));
    g_autoptr(GArray) beyond = g_array_new(FALSE, FALSE, sizeof(ImpBeyond));
    if (!imp_scan_add(scan, tip, most, &whole, error))
        return false;
    guint count = imp_scan_count(scan);
    guint64 files = IMP_PASS_FILES_MAX + IMP_PASS_FILES_PER_COMMIT * (guint64)count;
    *read += count;
    g_autofree gint64 *numbers = g_new0(gint64, count);
    if (!imp_scan_brought(scan, files, brought, beyond, error) ||
        !write_commits(database, scan, numbers, error))
        return false;
    for (guint i = 0; i < brought->len; i++) {
        const ImpBrought *file = &g_array_index(brought, ImpBrought, i);
        if (!imp_database_run(database, error, "INSERT OR IGNORE INTO head_file VALUES(?, ?, ?)",
                              "iii", (gint64)file->text, (gint64)file->path, numbers[file->commit]))
            return false;
    }
    return true;
}

/* Who wrote a text */

/* What is merged is not the heads' alone, and of what was not read nothing is known. */
static bool is_merged_or_unread(const char *id, gpointer database)
{
    return imp_history_has(database, id) || !is_read(database, id);
}

static bool add_of(ImpDatabase *database, const char *commit, GHashTable *addresses, GError **error)
{
    ImpRows *row =
        imp_database_query(database, "SELECT addresses FROM head_commit WHERE id = ?", "x", commit);
    while (imp_rows_next(row)) {
        g_auto(GStrv) lines = g_strsplit(imp_rows_peek(row, 0), "\n", -1);
        for (char **line = lines; *line; line++)
            if (**line)
                g_hash_table_add(addresses, g_strdup(*line + (**line == IMP_LATER_CO_AUTHOR)));
    }
    return imp_rows_end(row, error);
}

static bool has_changed(ImpDatabase *database, const char *commit, const char *path)
{
    return imp_database_number(
               database, 0,
               "SELECT 1 FROM head_commit c JOIN head_file f ON f.number = c.number "
               "WHERE c.id = ? AND f.path = ?",
               "xi", commit, (gint64)imp_path_key(path, strlen(path))) != 0;
}

/* Of all that stands below those who brought the text, in one walk. */
static bool add_changers(ImpDatabase *database, ImpRepository *repository,
                         const GPtrArray *bringers, const char *path, GHashTable *addresses,
                         GError **error)
{
    g_autoptr(GHashTable) below = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter iter;
    gpointer commit;
    for (guint i = 0; i < bringers->len; i++)
        if (!imp_repository_add_commits_until(repository, bringers->pdata[i], is_merged_or_unread,
                                              database, below, error))
            return false;
    g_hash_table_iter_init(&iter, below);
    while (g_hash_table_iter_next(&iter, &commit, NULL))
        if (has_changed(database, commit, path) && !add_of(database, commit, addresses, error))
            return false;
    return true;
}

bool imp_heads_add_authors(ImpDatabase *database, ImpRepository *repository, const char *path,
                           const char *version, GHashTable *addresses, GError **error)
{
    g_autoptr(GPtrArray) bringers = imp_rows_take(
        imp_database_query(database,
                           "SELECT DISTINCT c.id FROM head_file f "
                           "JOIN head_commit c ON c.number = f.number WHERE f.text = ?",
                           "i", (gint64)imp_text_key(version)),
        true, error);
    for (guint i = 0; bringers && i < bringers->len; i++)
        if (!add_of(database, bringers->pdata[i], addresses, error))
            return false;
    return bringers && (bringers->len == 0 ||
                        add_changers(database, repository, bringers, path, addresses, error));
}

static bool add_lines(ImpRows *rows, GHashTable *set, GError **error)
{
    while (imp_rows_next(rows)) {
        g_auto(GStrv) lines = g_strsplit(imp_rows_peek(rows, 0), "\n", -1);
        for (char **line = lines; *line; line++)
            if (**line)
                g_hash_table_add(set, g_strdup(*line));
    }
    return imp_rows_end(rows, error);
}

GPtrArray *imp_heads_writers(ImpDatabase *database, GError **error)
{
    g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!add_lines(imp_database_query(database, "SELECT emails FROM history_people", ""), set,
                   error) ||
        !add_lines(imp_database_query(database, "SELECT DISTINCT addresses FROM head_commit", ""),
                   set, error))
        return NULL;
    GPtrArray *writers = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer address;
    g_hash_table_iter_init(&iter, set);
    while (g_hash_table_iter_next(&iter, &address, NULL))
        g_ptr_array_add(writers, g_strdup(address));
    return writers;
}
