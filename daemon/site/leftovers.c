#include "daemon/site/leftovers.h"
#include "daemon/site/lists.h"
#include "daemon/site/names.h"
#include "daemon/site/sitemap.h"

#include <string.h>

static const char *const pages[] = {"index.html", "pending.html", "changes.html", NULL};

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *imp_site_article_files(const ImpSite *site, const ImpSiteRow *row)
{
    static const char *const endings[] = {".json", ".badge.json", ".svg", ".html"};
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *stem = imp_site_stem(site->policy, row->path);
    g_autofree char *status = imp_site_status_name(row->path);
    g_auto(GStrv) images = g_strsplit(row->images, " ", -1);
    for (const char *const *page = pages; *page; page++)
        g_ptr_array_add(names, g_strconcat("a/", stem, "/", *page, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
        g_ptr_array_add(names, g_strconcat("s/", status, endings[i], NULL));
    for (char **image = images; *image; image++)
        if (**image)
            g_ptr_array_add(names, g_strconcat("a/", stem, "/", *image, NULL));
    return names;
}

typedef struct {
    ImpSite *site;
    GHashTable *names; /* set */
} Names;

static void add_in_folder(GHashTable *names, const char *folder, const char *const *files)
{
    for (; *files; files++)
        if (**files)
            g_hash_table_add(names, g_strconcat(folder, *files, NULL));
}

/* Files of an article whose pages are elsewhere now, or are not any more. */
static void add_if_moved(const ImpSiteRow *row, gpointer data)
{
    const Names *names = data;
    const ImpSiteRow *now = imp_site_mark_find(names->site->mark, row->path);
    if (now && strcmp(now->page, row->page) == 0)
        return;
    g_autofree char *folder = g_uri_unescape_string(row->page, NULL);
    g_auto(GStrv) images = g_strsplit(row->images, " ", -1);
    g_autoptr(GPtrArray) files = imp_site_article_files(names->site, row);
    for (guint i = 0; i < files->len; i++)
        g_hash_table_add(names->names, g_strdup(files->pdata[i]));
    if (!folder)
        return;
    add_in_folder(names->names, folder, pages);
    add_in_folder(names->names, folder, (const char *const *)images);
}

static void leave_out(const ImpSiteRow *row, gpointer data)
{
    const Names *names = data;
    g_autoptr(GPtrArray) files = imp_site_article_files(names->site, row);
    for (guint i = 0; i < files->len; i++)
        g_hash_table_remove(names->names, files->pdata[i]);
}

void imp_site_list_leftovers(ImpSite *site, ImpSiteMark *before)
{
    Names names = {site, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    g_autoptr(GHashTable) own = names.names;
    imp_site_mark_each(before, add_if_moved, &names);
    for (guint i = 0; i < before->files->len; i++)
        g_hash_table_add(own, g_strdup(before->files->pdata[i]));
    if (g_hash_table_size(own) > before->files->len)
        imp_site_mark_each(site->mark, leave_out, &names);
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, own);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_ptr_array_add(site->mark->files, g_strdup(name));
    g_ptr_array_sort(site->mark->files, by_text);
}

GPtrArray *imp_site_frame_files(const ImpSite *site)
{
    GPtrArray *names = imp_site_list_files(site);
    imp_site_add_map_files(site, names);
    g_ptr_array_sort(names, by_text);
    return names;
}

bool imp_site_frame_has_moved(const ImpSite *site)
{
    g_autoptr(GPtrArray) names = imp_site_frame_files(site);
    bool same = names->len == site->mark->files->len;
    for (guint i = 0; same && i < names->len; i++)
        same = strcmp(names->pdata[i], site->mark->files->pdata[i]) == 0;
    return !same;
}

bool imp_site_remove_leftovers(ImpSite *site, GError **error)
{
    g_autoptr(GPtrArray) names = imp_site_frame_files(site);
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

static void keep_images(const ImpSiteRow *old, gpointer data)
{
    ImpSiteMark *mark = data;
    ImpSiteRow *row = *old->images ? imp_site_mark_change(mark, old->path) : NULL;
    if (row)
        imp_site_row_set(row, &row->images, g_strdup(old->images));
}

void imp_site_keep_images(ImpSite *site, ImpSiteMark *before)
{
    if (before)
        imp_site_mark_each(before, keep_images, site->mark);
}
