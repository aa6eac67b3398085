#include "daemon/index/index_values.h"

#include <string.h>

static char *text_of(GBytes *bytes)
{
    return bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;
}

bool imp_index_keep_policy(ImpDatabase *database, const ImpIndexPolicy *policy, GError **error)
{
    g_autofree char *json = text_of(policy->policy_json);
    g_autofree char *lines = text_of(policy->signers);
    g_autofree char *keys = text_of(policy->keyring);
    return imp_database_run(database, error, "INSERT OR REPLACE INTO policy VALUES(?,?,?,?,?,?)",
                            "itttti", (gint64)policy->version, policy->manifest, json, lines, keys,
                            policy->at_us);
}

/* The keys of the policies before and since when each counts: key -> gint64*. */
static GHashTable *load_keys(ImpDatabase *database, GError **error)
{
    g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    ImpRows *row = imp_database_query(database, "SELECT key, since FROM signing_key", "");
    while (imp_rows_next(row)) {
        gint64 since_us = imp_rows_number(row, 1);
        g_hash_table_insert(keys, imp_rows_text(row, 0), g_memdup2(&since_us, sizeof since_us));
    }
    return imp_rows_end(row, error) ? g_steal_pointer(&keys) : NULL;
}

bool imp_index_keep_keys(ImpDatabase *database, ImpPolicy *policy, const ImpPolicy *former,
                         gint64 at_us, GError **error)
{
    g_autoptr(GHashTable) before = load_keys(database, error);
    g_auto(GStrv) keys = imp_policy_keys(policy);
    if (!before || !imp_database_script(database, "DELETE FROM signing_key", error))
        return false;
    for (char **key = keys; *key; key++) {
        const gint64 *listed_us = g_hash_table_lookup(before, *key);
        bool goes_on = listed_us && (!former || imp_policy_takes_key(former, *key, at_us));
        gint64 since_us = goes_on ? *listed_us : at_us;
        imp_policy_set_key_since(policy, *key, since_us);
        if (!imp_database_run(database, error, "INSERT INTO signing_key VALUES(?,?)", "ti", *key,
                              since_us))
            return false;
    }
    return true;
}

gint64 imp_index_policy_at(ImpDatabase *database)
{
    return imp_database_number(database, 0, "SELECT at FROM policy ORDER BY version DESC LIMIT 1",
                               "");
}

/* The policy that a query finds, which has its files as columns. */
static bool read_policy(ImpDatabase *database, ImpRows *rows, ImpPolicy **policy, GError **error)
{
    *policy = NULL;
    g_autofree char *json = NULL, *signers = NULL, *keyring = NULL;
    if (imp_rows_next(rows)) {
        json = imp_rows_text(rows, 0);
        signers = imp_rows_text(rows, 1);
        keyring = imp_rows_text(rows, 2);
    }
    if (!imp_rows_end(rows, error))
        return false;
    if (!json)
        return true;
    g_autoptr(ImpPolicy) read =
        imp_policy_parse(json, strlen(json), signers, signers ? strlen(signers) : 0, NULL, error);
    if (!read || !imp_policy_take_keyring(read, keyring, keyring ? strlen(keyring) : 0, error))
        return false;
    g_autoptr(GHashTable) keys = load_keys(database, error);
    if (!keys)
        return false;
    GHashTableIter iter;
    gpointer key, since_us;
    g_hash_table_iter_init(&iter, keys);
    while (g_hash_table_iter_next(&iter, &key, &since_us))
        imp_policy_set_key_since(read, key, *(gint64 *)since_us);
    *policy = g_steal_pointer(&read);
    return true;
}

bool imp_index_find_policy(ImpDatabase *database, ImpPolicy **policy, GError **error)
{
    return read_policy(
        database,
        imp_database_query(
            database, "SELECT json, signers, keyring FROM policy ORDER BY version DESC LIMIT 1",
            ""),
        policy, error);
}

ImpPolicy *imp_index_policy(ImpDatabase *database)
{
    ImpPolicy *policy = NULL;
    imp_index_find_policy(database, &policy, NULL);
    return policy;
}

ImpPolicy *imp_index_policy_of(ImpDatabase *database, guint version)
{
    ImpPolicy *policy = NULL;
    read_policy(database,
                imp_database_query(database,
                                   "SELECT json, signers, keyring FROM policy WHERE version = ?",
                                   "i", (gint64)version),
                &policy, NULL);
    return policy;
}

guint imp_index_policy_before(ImpDatabase *database, guint version)
{
    return (guint)imp_database_number(
        database, 0, "SELECT coalesce(max(version), 0) FROM policy WHERE version < ?", "i",
        (gint64)version);
}

char *imp_index_policy_manifest(ImpDatabase *database)
{
    return imp_database_text(database, "SELECT manifest FROM policy ORDER BY version DESC LIMIT 1",
                             "");
}

guint imp_index_policy_version(ImpDatabase *database)
{
    return (guint)imp_database_number(database, 0, "SELECT max(version) FROM policy", "");
}

bool imp_index_is_seen(ImpDatabase *database, ImpIndexSeen kind, const char *id)
{
    g_autofree char *key = g_strdup_printf("%c:%s", (int)kind, id);
    return imp_database_number(database, 0, "SELECT 1 FROM seen WHERE id = ?", "t", key) != 0;
}

bool imp_index_is_judged(ImpDatabase *database, const char *payload)
{
    return imp_index_is_seen(database, IMP_SEEN_PAYLOAD, payload) ||
           imp_index_is_seen(database, IMP_SEEN_REFUSED, payload);
}

bool imp_index_mark_seen(ImpDatabase *database, ImpIndexSeen kind, const char *id, GError **error)
{
    g_autofree char *key = g_strdup_printf("%c:%s", (int)kind, id);
    return imp_database_run(database, error, "INSERT OR IGNORE INTO seen VALUES(?)", "t", key);
}

bool imp_index_mark_unpublished(ImpDatabase *database, const char *path, GError **error)
{
    return imp_database_run(database, error, "INSERT OR IGNORE INTO unpublished VALUES(?)", "t",
                            path);
}

GPtrArray *imp_index_unpublished(ImpDatabase *database, GError **error)
{
    return imp_rows_take(
        imp_database_query(database, "SELECT path FROM unpublished ORDER BY path", ""), false,
        error);
}

bool imp_index_clear_unpublished(ImpDatabase *database, GError **error)
{
    return imp_database_script(database, "DELETE FROM unpublished", error);
}

bool imp_index_add_entry(ImpDatabase *database, const char *path, const char *id, gint64 place,
                         GError **error)
{
    return imp_database_run(database, error, "INSERT INTO entry VALUES(?,?,?)", "tix", path, place,
                            id);
}

bool imp_index_rename_entry(ImpDatabase *database, const char *path, const char *from,
                            const char *to, GError **error)
{
    return imp_database_run(database, error,
                            "UPDATE entry SET id = ?1 WHERE path = ?2 AND place = (SELECT "
                            "max(place) FROM entry WHERE path = ?2) AND id = ?3",
                            "xtx", to, path, from);
}

GPtrArray *imp_index_entries(ImpDatabase *database, const char *path, GError **error)
{
    return imp_rows_take(imp_database_query(database,
                                            "SELECT id FROM entry WHERE path = ? ORDER BY place",
                                            "t", path),
                         true, error);
}

gint64 imp_index_place_of(ImpDatabase *database, const char *path, const char *id)
{
    return imp_database_number(database, 0, "SELECT place FROM entry WHERE path = ? AND id = ?",
                               "tx", path, id);
}
