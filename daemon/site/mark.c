#include "daemon/site/mark.h"

#include <string.h>

/* The mark's own file names its parts and says of each what stands in its head. It is replaced as a
 * whole, after parts that are new were written and before those that nobody names any more are
 * taken away: whatever a kill leaves, the mark names parts that are there. */

#define MARK_MAX_BYTES ((gsize)1 << 30)
#define PARTS          IMP_SITE_PARTS "/"

static void part_free(gpointer part)
{
    imp_site_part_free(part);
}

ImpSiteMark *imp_site_mark_new(ImpSiteFolder *folder)
{
    ImpSiteMark *mark = g_new0(ImpSiteMark, 1);
    mark->settings = g_strdup("");
    mark->parts = g_ptr_array_new_with_free_func(part_free);
    mark->news = g_ptr_array_new_with_free_func(g_free);
    mark->files = g_ptr_array_new_with_free_func(g_free);
    mark->folder = folder;
    return mark;
}

void imp_site_mark_free(ImpSiteMark *mark)
{
    if (!mark)
        return;
    g_free(mark->settings);
    g_free(mark->ledger);
    g_ptr_array_unref(mark->parts);
    g_ptr_array_unref(mark->news);
    g_ptr_array_unref(mark->files);
    g_free(mark);
}

/* Rows */

const GPtrArray *imp_site_mark_rows(ImpSiteMark *mark, ImpSitePart *part)
{
    if (part->rows)
        return part->rows;
    g_autofree char *name = g_strconcat(PARTS, part->name, NULL);
    g_autoptr(GBytes) bytes = NULL;
    bool fine = mark->folder &&
                imp_site_folder_read(mark->folder, name, MARK_MAX_BYTES, &bytes, NULL) && bytes &&
                imp_site_part_read(part, bytes);
    if (!fine) {
        mark->damaged = true;
        part->rows = g_ptr_array_new();
    }
    return part->rows;
}

/* The part in which a path stands or would stand; NULL where there are none. */
static ImpSitePart *part_of(const ImpSiteMark *mark, const char *path, guint *index)
{
    guint low = 0, high = mark->parts->len;
    while (low + 1 < high) {
        guint middle = low + (high - low) / 2;
        if (strcmp(((const ImpSitePart *)mark->parts->pdata[middle])->first, path) <= 0)
            low = middle;
        else
            high = middle;
    }
    *index = low;
    return mark->parts->len > 0 ? mark->parts->pdata[low] : NULL;
}

const ImpSiteRow *imp_site_mark_find(ImpSiteMark *mark, const char *path)
{
    guint index;
    ImpSitePart *part = part_of(mark, path, &index);
    return part ? imp_site_row_find(imp_site_mark_rows(mark, part), path) : NULL;
}

ImpSiteRow *imp_site_mark_change(ImpSiteMark *mark, const char *path)
{
    guint index;
    ImpSitePart *part = part_of(mark, path, &index);
    ImpSiteRow *row = part ? imp_site_row_find(imp_site_mark_rows(mark, part), path) : NULL;
    if (row)
        part->changed = true;
    return row;
}

void imp_site_mark_place(ImpSiteMark *mark, guint index, ImpSitePart *part)
{
    g_ptr_array_sort(part->rows, imp_site_row_compare);
    g_autoptr(GPtrArray) parts = imp_site_part_divide(part);
    for (guint i = 0; i < parts->len; i++)
        g_ptr_array_insert(mark->parts, (gint)(index + i), parts->pdata[i]);
    g_ptr_array_set_free_func(parts, NULL);
}

/* The rows from `first` on that stand in the same part. */
static guint add_to_part(ImpSiteMark *mark, const GPtrArray *rows, guint first)
{
    guint index = 0, i = first;
    if (!part_of(mark, ((const ImpSiteRow *)rows->pdata[first])->path, &index))
        g_ptr_array_add(mark->parts, imp_site_part_new());
    ImpSitePart *part = mark->parts->pdata[index];
    const ImpSitePart *next = index + 1 < mark->parts->len ? mark->parts->pdata[index + 1] : NULL;
    imp_site_mark_rows(mark, part);
    for (; i < rows->len; i++) {
        const ImpSiteRow *row = rows->pdata[i];
        if (next && strcmp(row->path, next->first) >= 0)
            break;
        g_ptr_array_add(part->rows, (gpointer)row);
    }
    imp_site_mark_place(mark, index, g_ptr_array_steal_index(mark->parts, index));
    return i;
}

void imp_site_mark_add(ImpSiteMark *mark, GPtrArray *rows)
{
    g_ptr_array_sort(rows, imp_site_row_compare);
    for (guint i = 0; i < rows->len;)
        i = add_to_part(mark, rows, i);
    g_ptr_array_set_free_func(rows, NULL);
    g_ptr_array_set_size(rows, 0);
}

void imp_site_mark_each(ImpSiteMark *mark, ImpSiteEach each, gpointer data)
{
    for (guint i = 0; i < mark->parts->len; i++) {
        const GPtrArray *rows = imp_site_mark_rows(mark, mark->parts->pdata[i]);
        for (guint j = 0; j < rows->len; j++)
            each(rows->pdata[j], data);
    }
}

guint imp_site_mark_count(const ImpSiteMark *mark)
{
    guint count = 0;
    for (guint i = 0; i < mark->parts->len; i++)
        count += ((const ImpSitePart *)mark->parts->pdata[i])->count;
    return count;
}

/* Where the parts begin in data/articles.json, behind "{\n"; what ends the last line is not what
 * separates others. */
static void find_places(ImpSiteMark *mark)
{
    gsize at = strlen("{\n");
    ImpSitePart *last = NULL;
    for (guint i = 0; i < mark->parts->len; i++) {
        ImpSitePart *part = mark->parts->pdata[i];
        part->data_at = at;
        at += part->data_bytes;
        last = part->data_bytes > 0 ? part : last;
    }
    if (last)
        last->data_at = 0;
}

bool imp_site_mark_read(ImpSiteFolder *folder, ImpSiteMark **mark, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    gsize length = 0;
    if (!imp_site_folder_read(folder, IMP_SITE_MARK, MARK_MAX_BYTES, &bytes, error))
        return false;
    g_autofree char *text = bytes ? g_bytes_unref_to_data(g_steal_pointer(&bytes), &length) : NULL;
    *mark = text ? imp_site_mark_parse(folder, text, length) : NULL;
    if (*mark)
        find_places(*mark);
    return true;
}

/* Writing */

/* What has been changed may be what it was: then the part's file is there. */
static void settle_part(ImpSitePart *part, const ImpPolicy *policy)
{
    gsize length;
    g_autofree char *text = imp_site_part_print(part, &length);
    g_autofree char *before = g_steal_pointer(&part->name);
    imp_site_part_sum_up(part, policy, text, length);
    part->changed = false;
    if (g_strcmp0(before, part->name) == 0)
        return;
    part->fresh = part->unwritten = true;
    part->data_at = 0;
}

void imp_site_mark_settle(ImpSiteMark *mark, const ImpPolicy *policy)
{
    for (guint i = 0; i < mark->parts->len; i++) {
        ImpSitePart *part = mark->parts->pdata[i];
        if (part->changed)
            settle_part(part, policy);
    }
}

static bool put_part(ImpSiteMark *mark, ImpSitePart *part, GError **error)
{
    gsize length;
    g_autofree char *text = imp_site_part_print(part, &length);
    g_autofree char *name = g_strconcat(PARTS, part->name, NULL);
    if (!imp_site_folder_write(mark->folder, name, text, length, error))
        return false;
    part->unwritten = false;
    return true;
}

bool imp_site_mark_put(ImpSiteMark *mark, const ImpPolicy *policy, GError **error)
{
    gsize length;
    imp_site_mark_settle(mark, policy);
    for (guint i = 0; i < mark->parts->len; i++) {
        ImpSitePart *part = mark->parts->pdata[i];
        if (part->unwritten && !put_part(mark, part, error))
            return false;
    }
    g_autofree char *text = imp_site_mark_print(mark, &length);
    return imp_site_folder_write(mark->folder, IMP_SITE_MARK, text, length, error);
}

bool imp_site_mark_sweep(const ImpSiteMark *mark, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < mark->parts->len; i++)
        g_hash_table_add(names, ((const ImpSitePart *)mark->parts->pdata[i])->name);
    return imp_site_folder_keep(mark->folder, IMP_SITE_PARTS, names, error);
}
