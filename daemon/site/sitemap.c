#include "daemon/site/sitemap.h"
#include "daemon/site/page.h"
#include "daemon/site/xml.h"

/* https://www.sitemaps.org/protocol.html: what waits, or is gone, is not for search engines. A file
 * has at most 50,000 addresses; more stand in several, which sitemap.xml names. That is done with
 * far fewer, so that the change of one article is the change of a small file. A file has whole
 * parts of the mark. */

#define SITEMAP_MAX   5000  /* addresses in sitemap.xml itself */
#define FILE_FULL     1000  /* a file takes no further part */
#define ADDRESSES_MAX 50000 /* no honest names make such a part of the mark */
#define NAMESPACE     "http://www.sitemaps.org/schemas/sitemap/0.9"

static char *file_name(guint map)
{
    return map == 0 ? g_strdup("sitemap.xml") : g_strdup_printf("sitemap/%u.xml", map);
}

/* The file of each part (of guint); 0: sitemap.xml itself has all. */
static GArray *files_of_parts(const ImpSiteMark *mark)
{
    GArray *files = g_array_new(FALSE, FALSE, sizeof(guint));
    guint all = 0, file = 1, has = 0;
    for (guint i = 0; i < mark->parts->len; i++)
        all += ((const ImpSitePart *)mark->parts->pdata[i])->addresses;
    for (guint i = 0; i < mark->parts->len; i++) {
        if (has >= FILE_FULL) {
            file++;
            has = 0;
        }
        has += ((const ImpSitePart *)mark->parts->pdata[i])->addresses;
        g_array_append_val(files, file);
        if (all <= SITEMAP_MAX)
            g_array_index(files, guint, i) = 0;
    }
    return files;
}

static guint count_files(const GArray *files)
{
    return files->len > 0 ? g_array_index(files, guint, files->len - 1) : 0;
}

void imp_site_find_maps(const ImpSiteMark *mark)
{
    g_autoptr(GArray) files = files_of_parts(mark);
    for (guint i = 0; i < files->len; i++) {
        ImpSitePart *part = mark->parts->pdata[i];
        part->map = g_array_index(files, guint, i);
        part->ends_map = i + 1 == files->len || g_array_index(files, guint, i + 1) != part->map;
    }
}

void imp_site_add_map_files(const ImpSite *site, GPtrArray *names)
{
    g_autoptr(GArray) files = files_of_parts(site->mark);
    for (guint file = 1; site->options->url && file <= count_files(files); file++)
        g_ptr_array_add(names, file_name(file));
}

/* The addresses of a file's articles, and when the last of them changed. */
typedef struct {
    const ImpSite *site;
    ImpXml *xml;
    guint count;
    gint64 changed_us; /* of many articles that came with one commit it is the same */
    char *changed;
} Writing;

static void add_address(Writing *writing, const ImpSiteRow *row)
{
    if (row->which == IMP_SHOWN_NOTHING || writing->count++ >= ADDRESSES_MAX)
        return;
    g_autofree char *address = g_strconcat(writing->site->options->url, row->page, NULL);
    if (row->changed_us && row->changed_us != writing->changed_us) {
        g_free(writing->changed);
        writing->changed = imp_moment_format(writing->changed_us = row->changed_us);
    }
    imp_xml_open(writing->xml, "url", NULL);
    imp_xml_element(writing->xml, address, "loc", NULL);
    if (row->changed_us)
        imp_xml_element(writing->xml, writing->changed, "lastmod", NULL);
    imp_xml_close(writing->xml);
    imp_xml_line(writing->xml);
}

/* The parts from `first` on, before `end`. */
static bool put_file(ImpSite *site, guint file, guint first, guint end, GError **error)
{
    g_autoptr(ImpXml) xml = imp_xml_new(false);
    g_autofree char *name = file_name(file);
    Writing writing = {.site = site, .xml = xml};
    imp_xml_open(xml, "urlset", "xmlns", NAMESPACE, NULL);
    imp_xml_line(xml);
    for (guint i = first; i < end; i++) {
        const GPtrArray *rows = imp_site_mark_rows(site->mark, site->mark->parts->pdata[i]);
        for (guint j = 0; j < rows->len; j++)
            add_address(&writing, rows->pdata[j]);
    }
    g_free(writing.changed);
    return imp_site_put(site, name, imp_xml_finish(xml), error);
}

/* It is as it was where its parts are the same ones, and as they were. */
static bool is_as_before(const ImpSiteMark *mark, guint file, guint first, guint end)
{
    for (guint i = first; i < end; i++) {
        const ImpSitePart *part = mark->parts->pdata[i];
        const ImpSitePart *before = i > 0 ? mark->parts->pdata[i - 1] : NULL;
        if (part->fresh || part->map != file || part->ends_map != (i + 1 == end) ||
            (i == first && before && (before->fresh || !before->ends_map)))
            return false;
    }
    return first < end;
}

static bool put_index(ImpSite *site, guint files, GError **error)
{
    g_autoptr(ImpXml) xml = imp_xml_new(false);
    imp_xml_open(xml, "sitemapindex", "xmlns", NAMESPACE, NULL);
    imp_xml_line(xml);
    for (guint file = 1; file <= files; file++) {
        g_autofree char *name = file_name(file);
        g_autofree char *address = g_strconcat(site->options->url, name, NULL);
        imp_xml_open(xml, "sitemap", NULL);
        imp_xml_element(xml, address, "loc", NULL);
        imp_xml_close(xml);
        imp_xml_line(xml);
    }
    return imp_site_put(site, "sitemap.xml", imp_xml_finish(xml), error);
}

bool imp_site_put_sitemap(ImpSite *site, GError **error)
{
    g_autoptr(GArray) files = files_of_parts(site->mark);
    guint first = 0;
    if (!site->options->url)
        return true;
    if (files->len == 0)
        return put_file(site, 0, 0, 0, error);
    for (guint i = 0; i < files->len; i++) {
        guint file = g_array_index(files, guint, i);
        if (i + 1 < files->len && g_array_index(files, guint, i + 1) == file)
            continue;
        if (!is_as_before(site->mark, file, first, i + 1) &&
            !put_file(site, file, first, i + 1, error))
            return false;
        first = i + 1;
    }
    return count_files(files) == 0 || put_index(site, count_files(files), error);
}
