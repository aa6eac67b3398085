#include "daemon/site/part.h"
#include "daemon/site/data.h"
#include "daemon/site/names.h"

#include <string.h>

#define ROW_BYTES    512  /* of most */
#define BEGINS_MASK  0xff /* one path in 256 begins a part */
#define NAME_DIGITS  32
#define WORSE_DIGITS 12

static void row_free(gpointer row)
{
    imp_site_row_free(row);
}

static void listed_free(gpointer data)
{
    ImpSiteListed *listed = data;
    g_free(listed->folder);
    g_free(listed);
}

static void variant_free(gpointer data)
{
    ImpSiteVariant *variant = data;
    g_free(variant->path);
    g_free(variant->root);
    g_free(variant);
}

ImpSitePart *imp_site_part_new(void)
{
    ImpSitePart *part = g_new0(ImpSitePart, 1);
    part->listed = g_ptr_array_new_with_free_func(listed_free);
    part->variants = g_ptr_array_new_with_free_func(variant_free);
    part->worse = g_ptr_array_new_with_free_func(g_free);
    part->rows = g_ptr_array_new_with_free_func(row_free);
    part->fresh = true;
    return part;
}

void imp_site_part_free(ImpSitePart *part)
{
    if (!part)
        return;
    g_free(part->name);
    g_free(part->first);
    g_ptr_array_unref(part->listed);
    g_ptr_array_unref(part->variants);
    g_ptr_array_unref(part->worse);
    g_clear_pointer(&part->rows, g_ptr_array_unref);
    g_clear_pointer(&part->text, g_bytes_unref);
    g_free(part);
}

static void part_free(gpointer part)
{
    imp_site_part_free(part);
}

/* Lines that rows are read from are written to, and belong to nobody else. */
bool imp_site_part_read(ImpSitePart *part, GBytes *text)
{
    gsize length;
    char *next = (char *)g_bytes_get_data(text, &length), *end = next + length;
    bool whole = length > 0 && end[-1] == '\n' && !memchr(next, '\0', length);
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
    while (whole && next < end) {
        char *line = next, *newline = memchr(line, '\n', (gsize)(end - line));
        *newline = '\0';
        next = newline + 1;
        ImpSiteRow *row = imp_site_row_read(line, (gsize)(newline - line));
        const ImpSiteRow *before = rows->len > 0 ? rows->pdata[rows->len - 1] : NULL;
        if (row)
            g_ptr_array_add(rows, row);
        whole = row && (!before || strcmp(before->path, row->path) < 0);
    }
    if (!whole || rows->len != part->count)
        return false;
    g_clear_pointer(&part->rows, g_ptr_array_unref);
    part->rows = g_steal_pointer(&rows);
    part->text = g_bytes_ref(text);
    return true;
}

char *imp_site_part_print(const ImpSitePart *part, gsize *length)
{
    GString *text = g_string_sized_new((gsize)part->rows->len * ROW_BYTES);
    for (guint i = 0; i < part->rows->len; i++)
        imp_site_row_print(part->rows->pdata[i], text);
    *length = text->len;
    return g_string_free(text, FALSE);
}

/* `before` is the article that was noted last, or NULL: neighbours mostly stand in the same list. A
 * list may come twice. */
static void note_listed(ImpSitePart *part, const ImpPolicy *policy, const char *path,
                        const char *before)
{
    if (!imp_site_is_beside(path, before)) {
        ImpSiteListed *listed = g_new0(ImpSiteListed, 1);
        listed->folder = imp_site_folder_of(policy, path);
        g_ptr_array_add(part->listed, listed);
    }
    ImpSiteListed *last = part->listed->pdata[part->listed->len - 1];
    last->count++;
}

static void note_variant(ImpSitePart *part, const ImpSiteRow *row)
{
    g_autoptr(json_t) object = imp_site_row_object(row);
    const char *root = json_string_value(json_object_get(object, "variant_of"));
    if (!root)
        return;
    ImpSiteVariant *variant = g_new0(ImpSiteVariant, 1);
    variant->path = g_strdup(row->path);
    variant->root = g_strdup(root);
    g_ptr_array_add(part->variants, variant);
}

static void note_row(ImpSitePart *part, const ImpSiteRow *row)
{
    part->approved += row->which == IMP_SHOWN_APPROVED;
    part->addresses += row->which != IMP_SHOWN_NOTHING;
    part->data_bytes += imp_site_data_bytes(row);
    if (row->valid_until_us && (!part->ends_us || row->valid_until_us < part->ends_us))
        part->ends_us = row->valid_until_us;
    if (row->variant)
        note_variant(part, row);
    if (row->worse)
        g_ptr_array_add(part->worse, imp_site_digest(row->path, WORSE_DIGITS));
}

void imp_site_part_sum_up(ImpSitePart *part, const ImpPolicy *policy, const char *text,
                          gsize length)
{
    g_autofree char *digest =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, length);
    g_free(part->name);
    part->name = g_strndup(digest, NAME_DIGITS);
    g_free(part->first);
    part->first = g_strdup(((const ImpSiteRow *)part->rows->pdata[0])->path);
    part->count = part->rows->len;
    part->articles = part->approved = part->addresses = 0;
    part->data_bytes = 0;
    part->ends_us = 0;
    g_ptr_array_set_size(part->listed, 0);
    g_ptr_array_set_size(part->variants, 0);
    g_ptr_array_set_size(part->worse, 0);
    const char *before = NULL;
    for (guint i = 0; i < part->rows->len; i++) {
        const ImpSiteRow *row = part->rows->pdata[i];
        note_row(part, row);
        if (row->state == IMP_STATE_REMOVED)
            continue;
        part->articles++;
        note_listed(part, policy, row->path, before);
        before = row->path;
    }
}

/* FNV-1a, which says the same of a path for ever. */
static bool begins_part(const char *path)
{
    guint32 hash = 2166136261U;
    for (; *path; path++)
        hash = (hash ^ (guchar)*path) * 16777619U;
    return ((hash ^ hash >> 16) & BEGINS_MASK) == 0;
}

GPtrArray *imp_site_part_divide(ImpSitePart *part)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(part_free);
    gsize count;
    g_autofree ImpSiteRow **rows = (ImpSiteRow **)g_ptr_array_steal(part->rows, &count);
    ImpSitePart *own = NULL;
    for (gsize i = 0; i < count; i++) {
        if (!own || begins_part(rows[i]->path)) {
            own = imp_site_part_new();
            own->first = g_strdup(rows[i]->path);
            own->text = part->text ? g_bytes_ref(part->text) : NULL;
            own->changed = true;
            g_ptr_array_add(parts, own);
        }
        g_ptr_array_add(own->rows, rows[i]);
        own->count++;
    }
    imp_site_part_free(part);
    return parts;
}
