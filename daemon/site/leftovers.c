#include "daemon/site/leftovers.h"
#include "daemon/site/lists.h"
#include "daemon/site/names.h"

#include <string.h>

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *imp_site_article_files(const ImpSite *site, const ImpSiteRow *row)
{
    static const char *const pages[] = {"index.html", "pending.html", "changes.html"};
    static const char *const endings[] = {".json", ".badge.json", ".svg", ".html"};
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *stem = imp_site_stem(site->policy, row->path);
    g_autofree char *status = imp_site_status_name(row->path);
    g_auto(GStrv) images = g_strsplit(row->images, " ", -1);
    for (gsize i = 0; i < G_N_ELEMENTS(pages); i++)
        g_ptr_array_add(names, g_strconcat("a/", stem, "/", pages[i], NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
        g_ptr_array_add(names, g_strconcat("s/", status, endings[i], NULL));
    for (char **image = images; *image; image++)
        if (**image)
            g_ptr_array_add(names, g_strconcat("a/", stem, "/", *image, NULL));
    return names;
}

void imp_site_list_leftovers(ImpSite *site, const ImpSiteMark *before)
{
    static const char *const pages[] = {"index.html", "pending.html", "changes.html"};
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < site->mark->rows->len; i++) {
        g_autoptr(GPtrArray) files = imp_site_article_files(site, site->mark->rows->pdata[i]);
        for (guint j = 0; j < files->len; j++)
            g_hash_table_add(names, g_strdup(files->pdata[j]));
    }
    for (guint i = 0; i < before->rows->len; i++) {
        const ImpSiteRow *row = before->rows->pdata[i];
        g_autofree char *page = g_uri_unescape_string(row->page, NULL);
        g_autoptr(GPtrArray) files = imp_site_article_files(site, row);
        for (gsize j = 0; page && j < G_N_ELEMENTS(pages); j++)
            g_ptr_array_add(files, g_strconcat(page, pages[j], NULL));
        for (guint j = 0; j < files->len; j++)
            if (!g_hash_table_contains(names, files->pdata[j]))
                g_ptr_array_add(site->mark->files, g_strdup(files->pdata[j]));
    }
    for (guint i = 0; i < before->files->len; i++)
        if (!g_hash_table_contains(names, before->files->pdata[i]))
            g_ptr_array_add(site->mark->files, g_strdup(before->files->pdata[i]));
    g_ptr_array_sort(site->mark->files, by_text);
}

bool imp_site_remove_leftovers(ImpSite *site, GError **error)
{
    g_autoptr(GPtrArray) names = imp_site_list_files(site);
    g_ptr_array_sort(names, by_text);
    g_autoptr(GHashTable) lists = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < names->len; i++)
        g_hash_table_add(lists, names->pdata[i]);
    for (guint i = 0; i < site->mark->files->len; i++) {
        const char *name = site->mark->files->pdata[i];
        if (!g_hash_table_contains(lists, name) &&
            !imp_site_folder_remove(site->folder, name, error))
            return false;
    }
    g_hash_table_remove_all(lists);
    g_ptr_array_unref(site->mark->files);
    site->mark->files = g_steal_pointer(&names);
    return true;
}

void imp_site_keep_images(ImpSite *site, const ImpSiteMark *before)
{
    for (guint i = 0; before && i < before->rows->len; i++) {
        const ImpSiteRow *old = before->rows->pdata[i];
        ImpSiteRow *row = imp_site_mark_find(site->mark, old->path);
        if (row && row->images != old->images)
            imp_site_row_set(row, &row->images, g_strdup(old->images));
    }
}
