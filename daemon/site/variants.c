#include "daemon/site/variants.h"
#include "daemon/index/index.h"
#include "workflow/base/json_write.h"

#include <string.h>

/* Variants of an article: those whose approved text names the same root, and the root. Each has its
 * own state; one is behind when the root was approved as another text after it was itself. */

static void list_free(gpointer list)
{
    g_ptr_array_unref(list);
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void join_group(GHashTable *groups, const char *root, const char *path)
{
    GPtrArray *group = g_hash_table_lookup(groups, root);
    if (!group) {
        group = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(group, g_strdup(root));
        g_hash_table_insert(groups, g_strdup(root), group);
    }
    if (!g_ptr_array_find_with_equal_func(group, path, g_str_equal, NULL))
        g_ptr_array_add(group, g_strdup(path));
}

static bool is_one_of(GHashTable *paths, const ImpSiteVariant *variant)
{
    return g_hash_table_contains(paths, variant->path) ||
           g_hash_table_contains(paths, variant->root);
}

/* The roots of the groups in which one of `paths` stands. */
static GHashTable *find_roots(const ImpSiteMark *mark, GHashTable *paths)
{
    GHashTable *roots = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < mark->parts->len; i++) {
        const ImpSitePart *part = mark->parts->pdata[i];
        for (guint j = 0; j < part->variants->len; j++) {
            const ImpSiteVariant *variant = part->variants->pdata[j];
            if (is_one_of(paths, variant))
                g_hash_table_add(roots, variant->root);
        }
    }
    return roots;
}

GHashTable *imp_site_groups(ImpSiteMark *mark, GHashTable *paths)
{
    GHashTable *groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, list_free);
    g_autoptr(GHashTable) roots = find_roots(mark, paths);
    for (guint i = 0; i < mark->parts->len && g_hash_table_size(roots) > 0; i++) {
        const ImpSitePart *part = mark->parts->pdata[i];
        for (guint j = 0; j < part->variants->len; j++) {
            const ImpSiteVariant *variant = part->variants->pdata[j];
            const ImpSiteRow *there = g_hash_table_contains(roots, variant->root)
                                          ? imp_site_mark_find(mark, variant->root)
                                          : NULL;
            if (there && there->state != IMP_STATE_REMOVED)
                join_group(groups, variant->root, variant->path);
        }
    }
    return groups;
}

/* Adds to `touched` who shares a group with one of it. */
static void touch_groups(GHashTable *groups, GHashTable *touched)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, groups);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const GPtrArray *group = value;
        bool concerned = false;
        for (guint i = 0; i < group->len; i++)
            concerned = concerned || g_hash_table_contains(touched, group->pdata[i]);
        for (guint i = 0; concerned && i < group->len; i++)
            g_hash_table_add(touched, g_strdup(group->pdata[i]));
    }
}

static void note_variants(ImpSite *site, GHashTable *groups)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, groups);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        GPtrArray *group = value;
        g_ptr_array_sort(group, by_text);
        for (guint i = 0; i < group->len; i++)
            g_hash_table_replace(site->variants, g_strdup(group->pdata[i]), g_ptr_array_ref(group));
    }
}

/* The text of the root that a variant was approved beside: its approved one then, else its current
 * one. Entries are compared by their place in the ledger. */
typedef struct {
    ImpDatabase *database;
    gint64 before; /* the place of the variant's approval */
    char *version;
} Beside;

static void note_beside(const ImpPast *past, const char *id, const ImpEntry *entry,
                        const char *reason, gpointer data)
{
    Beside *beside = data;
    (void)entry;
    (void)reason;
    if (imp_index_place_of(beside->database, past->article->path, id) >= beside->before)
        return;
    g_free(beside->version);
    beside->version = g_strdup(past->approved ? past->approved : past->article->version);
}

static bool is_behind(ImpSite *site, const ImpSiteRow *row, const char *root, bool *behind,
                      GError **error)
{
    g_autoptr(json_t) object = imp_site_row_object(row);
    const char *ledger =
        json_string_value(json_object_get(json_object_get(object, "approved"), "ledger"));
    Beside beside = {.database = site->reader->database,
                     .before = imp_index_place_of(site->reader->database, row->path, ledger)};
    g_autoptr(ImpPast) past = imp_pasts_load(site->pasts, root, note_beside, &beside, error);
    g_autofree char *version = beside.version;
    *behind = past && version && past->approved && strcmp(past->approved, version) != 0;
    return past != NULL;
}

static bool mark_behind(ImpSite *site, GHashTable *touched, GHashTable *groups, GError **error)
{
    GHashTableIter iter;
    gpointer root, value;
    g_hash_table_iter_init(&iter, groups);
    while (g_hash_table_iter_next(&iter, &root, &value)) {
        const GPtrArray *group = value;
        for (guint i = 0; i < group->len; i++) {
            if (!g_hash_table_contains(touched, group->pdata[i]))
                continue;
            ImpSiteRow *row = imp_site_mark_change(site->mark, group->pdata[i]);
            bool behind;
            if (!row || !row->variant)
                continue;
            if (!is_behind(site, row, root, &behind, error))
                return false;
            g_autoptr(json_t) object = imp_site_row_object(row);
            imp_json_set_flag(object, "behind", behind);
            imp_site_row_set(row, &row->json, imp_json_dump_line(object));
        }
    }
    return true;
}

bool imp_site_find_variants(ImpSite *site, GHashTable *touched, GHashTable *earlier, GError **error)
{
    if (earlier)
        touch_groups(earlier, touched);
    g_autoptr(GHashTable) groups = imp_site_groups(site->mark, touched);
    touch_groups(groups, touched);
    note_variants(site, groups);
    return mark_behind(site, touched, groups, error);
}
