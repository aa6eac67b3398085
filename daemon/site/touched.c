#include "daemon/site/touched.h"
#include "articles/ledger.h"
#include "daemon/index/index.h"

#include <string.h>

ImpSiteTouched imp_site_touched(bool everything)
{
    return (ImpSiteTouched){.paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                            .everything = everything};
}

void imp_site_touched_clear(ImpSiteTouched *touched)
{
    g_clear_pointer(&touched->paths, g_hash_table_unref);
}

static bool touch_entry(const char *id, const ImpEntry *entry, gpointer data, GError **error)
{
    ImpSiteTouched *touched = data;
    (void)id;
    (void)error;
    if (entry->event == IMP_ENTRY_POLICY || entry->event == IMP_ENTRY_START)
        touched->everything = true;
    if (entry->article)
        g_hash_table_add(touched->paths, g_strdup(entry->article));
    return true;
}

/* Articles whose time is over now. */
static void touch_what_ended(const ImpSite *site, ImpSiteMark *before, ImpSiteTouched *touched)
{
    for (guint i = 0; i < before->parts->len; i++) {
        ImpSitePart *part = before->parts->pdata[i];
        if (!part->ends_us || part->ends_us > site->now_us)
            continue;
        const GPtrArray *rows = imp_site_mark_rows(before, part);
        for (guint j = 0; j < rows->len; j++) {
            const ImpSiteRow *row = rows->pdata[j];
            if (row->valid_until_us && row->valid_until_us <= site->now_us)
                g_hash_table_add(touched->paths, g_strdup(row->path));
        }
    }
}

bool imp_site_touch_what_moved(ImpSite *site, ImpSiteMark *before, ImpSiteTouched *touched,
                               GError **error)
{
    const char *ledger = site->reader->ledger;
    if (g_strcmp0(ledger, before->ledger) != 0 &&
        !imp_ledger_read(site->reader->repository, ledger, before->ledger, touch_entry, touched,
                         error))
        return false;
    touch_what_ended(site, before, touched);
    return true;
}

bool imp_site_touch_everything(ImpSite *site, ImpSiteTouched *touched, GError **error)
{
    g_autoptr(GPtrArray) paths = imp_index_all(site->reader->database, error);
    for (guint i = 0; paths && i < paths->len; i++)
        g_hash_table_add(touched->paths, g_strdup(paths->pdata[i]));
    return paths != NULL;
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *imp_site_sorted(GHashTable *set)
{
    GPtrArray *paths = g_ptr_array_new();
    GHashTableIter iter;
    gpointer path;
    g_hash_table_iter_init(&iter, set);
    while (g_hash_table_iter_next(&iter, &path, NULL))
        g_ptr_array_add(paths, path);
    g_ptr_array_sort(paths, by_text);
    return paths;
}
