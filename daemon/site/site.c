#include "daemon/site/site.h"
#include "articles/work.h"
#include "daemon/index/index.h"
#include "daemon/site/article.h"
#include "daemon/site/article_page.h"
#include "daemon/site/assets.h"
#include "daemon/site/data.h"
#include "daemon/site/feeds.h"
#include "daemon/site/leftovers.h"
#include "daemon/site/lists.h"
#include "daemon/site/names.h"
#include "daemon/site/people.h"
#include "daemon/site/sitemap.h"
#include "daemon/site/touched.h"
#include "daemon/site/trust.h"
#include "daemon/site/variants.h"
#include "daemon/site/work.h"

#include <string.h>

/* An export brings a folder from the mark that the last one left to where the ledger is now. What
 * is touched follows from the entries since: their articles, those whose time is over meanwhile,
 * the other variants of both, and the lists in which all these stand. Everything else is neither
 * read nor looked at. Where anything else has changed (the policy, a setting, this program), all is
 * written again; what comes out the same keeps its time.
 *
 * alive.json goes first, so that nothing that is no longer true can be believed while the rest is
 * being written, and pages go before the lists that lead to them. Before names are used for the
 * first time they are put into the mark, so that whatever a kill leaves behind is listed, and the
 * mark is without settings until all is done: then the next export writes everything. */

#define FILE_MAX_BYTES ((gsize)1 << 30)

static void list_free(gpointer list)
{
    g_ptr_array_unref(list);
}

static void site_clear(ImpSite *site)
{
    g_clear_pointer(&site->pasts, imp_pasts_free);
    g_clear_pointer(&site->history, imp_contributors_free);
    g_clear_pointer(&site->folder, imp_site_folder_free);
    g_clear_pointer(&site->mark, imp_site_mark_free);
    g_clear_pointer(&site->variants, g_hash_table_unref);
    g_clear_pointer(&site->news, g_hash_table_unref);
    g_clear_pointer(&site->checking, g_hash_table_unref);
    g_free(site->doubt);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpSite, site_clear)

static ImpSite site_begin(ImpReader *reader, const ImpSiteOptions *options, gint64 now_us)
{
    return (ImpSite){.reader = reader,
                     .options = options,
                     .policy = reader->policy,
                     .now_us = now_us,
                     .pasts = imp_pasts_new(reader->database, reader->repository),
                     .mark = imp_site_mark_new(NULL),
                     .variants = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, list_free)};
}

/* All that decides how a page looks, beside the article itself. */
static char *settings_of(const ImpSite *site)
{
    const ImpSiteOptions *options = site->options;
    g_autofree char *manifest = imp_index_policy_manifest(site->reader->database);
    g_autofree char *assets = imp_site_assets();
    const char *const parts[] = {IMP_VERSION,
                                 assets,
                                 site->reader->name,
                                 options->url,
                                 options->view == IMP_SITE_EDITORS ? "editors" : "readers",
                                 options->notice ? "notice" : "show",
                                 options->style,
                                 options->header,
                                 options->footer,
                                 manifest,
                                 site->doubt ? "doubted" : "trusted",
                                 site->reader->config ? site->reader->config->article_url : NULL};
    g_autoptr(GChecksum) hash = g_checksum_new(G_CHECKSUM_SHA256);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        const char *part = parts[i] ? parts[i] : "";
        g_checksum_update(hash, (const guchar *)part, (gssize)strlen(part) + 1);
    }
    return g_strdup(g_checksum_get_string(hash));
}

static bool find_trust(ImpSite *site, const char *exported, bool *cut, GError **error)
{
    if (!imp_site_find_doubt(site, exported, &site->doubt, cut, error))
        return false;
    /* Of a ledger that was cut nobody knows what it said against a text: none is shown. */
    site->showing =
        (ImpShowing){.trusted = !site->doubt, .pending = !site->options->notice && !*cut};
    return true;
}

static void tell(const ImpSite *site, const char *what, guint done, guint of)
{
    imp_repository_tell(site->reader->repository, what, done, of);
}

/* Rows */

/* Lets a row of the mark be as `row`, which is taken, but for its pictures, which stay for now. */
static void replace_row(ImpSiteRow *there, ImpSiteRow *row)
{
    imp_site_row_set(there, &there->json, g_steal_pointer(&row->json));
    imp_site_row_set(there, &there->title, g_steal_pointer(&row->title));
    imp_site_row_set(there, &there->page, g_steal_pointer(&row->page));
    there->state = row->state;
    there->which = row->which;
    there->worse = row->worse;
    there->variant = row->variant;
    there->valid_until_us = row->valid_until_us;
    there->changed_us = row->changed_us;
    there->reviewed_us = row->reviewed_us;
    there->approved_until_us = row->approved_until_us;
    imp_site_row_free(row);
}

/* All articles are going to be read. */
static void begin_news(ImpSite *site)
{
    g_clear_pointer(&site->news, g_hash_table_unref);
    site->news = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static bool make_rows(ImpSite *site, ImpSiteTouched *touched, GError **error)
{
    g_autoptr(GPtrArray) paths = imp_site_sorted(touched->paths);
    g_autoptr(GPtrArray) more = g_ptr_array_new();
    bool made = true;
    for (guint i = 0; made && i < paths->len; i++) {
        g_autoptr(ImpSiteArticle) article = imp_site_article_load(site, paths->pdata[i], error);
        ImpSiteRow *row = article ? imp_site_article_row(article) : NULL;
        if (article)
            imp_site_note_news(site, article);
        ImpSiteRow *there = row ? imp_site_mark_change(site->mark, row->path) : NULL;
        made = row != NULL;
        tell(site, "reading articles", i + 1, paths->len);
        if (there)
            replace_row(there, row);
        else if (row)
            g_ptr_array_add(more, row);
    }
    imp_site_mark_add(site->mark, more);
    imp_site_mark_settle(site->mark, site->policy);
    return made;
}

/* Writing */

static bool put_mark(ImpSite *site, const char *settings, const char *ledger, GError **error)
{
    g_free(site->mark->settings);
    site->mark->settings = g_strdup(settings);
    g_free(site->mark->ledger);
    site->mark->ledger = g_strdup(ledger);
    return imp_site_mark_put(site->mark, site->policy, error);
}

static bool put_articles(ImpSite *site, GHashTable *touched, GError **error)
{
    g_autoptr(GPtrArray) paths = imp_site_sorted(touched);
    for (guint i = 0; i < paths->len; i++) {
        if (!imp_site_put_article(site, paths->pdata[i], error))
            return false;
        tell(site, "writing articles", i + 1, paths->len);
    }
    return true;
}

/* The lists in which the touched articles stand; a list that is new or gone is a matter of all. */
static bool put_lists(ImpSite *site, const ImpSiteTouched *touched, GError **error)
{
    g_autoptr(GHashTable) folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter iter;
    gpointer path;
    g_hash_table_iter_init(&iter, touched->paths);
    while (g_hash_table_iter_next(&iter, &path, NULL))
        g_hash_table_add(folders, imp_site_folder_of(site->policy, path));
    return imp_site_put_lists(site, touched->everything ? NULL : folders, error);
}

/* What does not follow from articles, or from who is asked about them. */
static bool put_frame(ImpSite *site, bool everything, GError **error)
{
    if (everything && (!imp_site_put_assets(site, error) || !imp_site_put_policy(site, error)))
        return false;
    bool editors = site->options->view == IMP_SITE_EDITORS;
    return !(everything || editors) || imp_site_put_people(site, error);
}

/* What stands around the articles: lists, data and feeds. */
static bool put_around(ImpSite *site, const ImpSiteTouched *touched, GError **error)
{
    bool something = touched->everything || g_hash_table_size(touched->paths) > 0;
    if (!something && site->options->view == IMP_SITE_READERS)
        return true;
    imp_site_mark_settle(site->mark, site->policy);
    return put_lists(site, touched, error) &&
           (!something || (imp_site_put_data(site, error) && imp_site_put_feeds(site, error)));
}

static bool put_whole(ImpSite *site, const ImpSiteTouched *touched, GError **error)
{
    return put_frame(site, touched->everything, error) &&
           put_articles(site, touched->paths, error) && put_around(site, touched, error);
}

static void fill_result(const ImpSite *site, ImpSiteResult *result)
{
    result->doubt = g_strdup(site->doubt);
    result->ledger = g_strdup(site->reader->ledger);
    for (guint i = 0; i < site->mark->parts->len; i++) {
        const ImpSitePart *part = site->mark->parts->pdata[i];
        result->articles += part->articles;
        result->approved += part->approved;
        if (part->ends_us && (!result->next_us || part->ends_us < result->next_us))
            result->next_us = part->ends_us;
    }
    result->written = imp_site_folder_written(site->folder);
    result->removed = imp_site_folder_removed(site->folder);
}

/* Brings rows, variants and news of the mark to where the ledger is. `earlier` is how the variants
 * were grouped, `since` the entry that the mark is at; both NULL where all is new. */
static bool plan(ImpSite *site, GHashTable *earlier, const char *since, ImpSiteTouched *touched,
                 GError **error)
{
    if (touched->everything) {
        g_hash_table_remove_all(touched->paths);
        begin_news(site);
        if (!imp_site_touch_everything(site, touched, error))
            return false;
    }
    bool moved = !since || g_strcmp0(since, site->reader->ledger) != 0;
    return make_rows(site, touched, error) &&
           imp_site_find_variants(site, touched->paths, earlier, error) &&
           (!moved || imp_site_find_news(site, since, error));
}

/* What an export begins with and leaves. */
typedef struct {
    ImpSiteMark *before; /* the mark after which all is written again, or NULL */
    bool names;          /* names are used, or given up, that it does not list, or may not */
    const char *settings;
    const char *since;    /* the entry that was exported last */
    const char *exported; /* the one that is exported now */
} Writing;

static bool write_site(ImpSite *site, const Writing *writing, const ImpSiteTouched *touched,
                       GError **error)
{
    imp_site_keep_images(site, writing->before);
    imp_site_mark_settle(site->mark, site->policy);
    bool names = writing->names || imp_site_frame_has_moved(site);
    if (names && !put_mark(site, "", writing->since, error))
        return false;
    if (!imp_site_put_alive(site, error) || !put_whole(site, touched, error) ||
        (names && !imp_site_remove_leftovers(site, error)))
        return false;
    return site->mark->damaged || put_mark(site, writing->settings, writing->exported, error);
}

/* The rows of articles that are still to be read: names for the mark. */
static void add_bare_rows(ImpSite *site, const GPtrArray *paths)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    for (guint i = 0; i < paths->len; i++) {
        ImpSiteRow *row = imp_site_row_new(paths->pdata[i]);
        g_autofree char *stem = imp_site_stem(site->policy, row->path);
        g_autofree char *name = g_strconcat("a/", stem, "/", NULL);
        imp_site_row_set(row, &row->page, imp_site_address(name));
        imp_site_row_set(row, &row->json, g_strdup("{}"));
        g_ptr_array_add(rows, row);
    }
    imp_site_mark_add(site->mark, rows);
}

/* The variants' pages again, now that it is known which there are. */
static bool put_variants(ImpSite *site, GHashTable *paths, GError **error)
{
    imp_site_mark_settle(site->mark, site->policy);
    if (!imp_site_find_variants(site, paths, NULL, error))
        return false;
    g_autoptr(GPtrArray) variants = imp_site_sorted(site->variants);
    for (guint i = 0; i < variants->len; i++)
        if (!imp_site_put_article(site, variants->pdata[i], error))
            return false;
    return true;
}

/* Into a folder where nothing is: there is nothing that could be believed too long, so alive.json
 * can wait, and each article is read only once, for its row and its files. `since` is what a mark
 * that is damaged says was exported last, or NULL. */
static bool export_first(ImpSite *site, const char *settings, const char *since,
                         const char *exported, GError **error)
{
    g_auto(ImpSiteTouched) touched = imp_site_touched(true);
    if (!imp_site_touch_everything(site, &touched, error))
        return false;
    g_autoptr(GPtrArray) paths = imp_site_sorted(touched.paths);
    add_bare_rows(site, paths);
    begin_news(site);
    if (!put_mark(site, "", since, error))
        return false;
    for (guint i = 0; i < paths->len; i++) {
        g_autoptr(ImpSiteArticle) article = imp_site_article_load(site, paths->pdata[i], error);
        if (!article)
            return false;
        ImpSiteRow *row = imp_site_mark_change(site->mark, paths->pdata[i]);
        imp_site_note_news(site, article);
        replace_row(row, imp_site_article_row(article));
        if (!imp_site_put_loaded(site, article, row, error))
            return false;
        tell(site, "writing articles", i + 1, paths->len);
    }
    return put_variants(site, touched.paths, error) && imp_site_find_news(site, NULL, error) &&
           put_frame(site, true, error) && imp_site_put_alive(site, error) &&
           put_around(site, &touched, error) && imp_site_remove_leftovers(site, error) &&
           put_mark(site, settings, exported, error);
}

/* All of it, whatever the mark says. */
static bool export_everything(ImpSite *site, ImpSiteMark *before, const char *settings,
                              const char *exported, GError **error)
{
    g_auto(ImpSiteTouched) touched = imp_site_touched(true);
    if (!plan(site, NULL, NULL, &touched, error))
        return false;
    imp_site_list_leftovers(site, before);
    bool names = imp_site_mark_count(before) != imp_site_mark_count(site->mark) ||
                 before->files->len != site->mark->files->len ||
                 strcmp(before->settings, settings) != 0;
    const Writing writing = {before, names, settings, before->ledger, exported};
    return write_site(site, &writing, &touched, error);
}

/* What has changed since the mark, which goes on as the site's; `touched` is known. */
static bool export_changes(ImpSite *site, const char *settings, ImpSiteTouched *touched,
                           GError **error)
{
    g_autofree char *since = g_strdup(site->mark->ledger);
    g_autoptr(GHashTable) earlier = imp_site_groups(site->mark, touched->paths);
    const guint rows = imp_site_mark_count(site->mark);
    bool same_ledger = g_strcmp0(since, site->reader->ledger) == 0;
    if (same_ledger && g_hash_table_size(touched->paths) == 0 &&
        site->options->view == IMP_SITE_READERS)
        return imp_site_put_alive(site, error);
    if (!plan(site, earlier, since, touched, error))
        return false;
    const Writing writing = {NULL, imp_site_mark_count(site->mark) != rows, settings, since,
                             site->reader->ledger};
    return write_site(site, &writing, touched, error);
}

/* Begins with another mark, which is taken. */
static void set_mark(ImpSite *site, ImpSiteMark *mark)
{
    imp_site_mark_free(site->mark);
    site->mark = mark;
}

/* What an export that follows what changed comes to; where the mark that it follows is damaged,
 * everything is written. */
static bool export_what_changed(ImpSite *site, ImpSiteMark *before, const char *settings,
                                ImpSiteTouched *touched, GError **error)
{
    g_autofree char *since = g_strdup(before->ledger);
    site->data_stands = imp_site_data_stands(before, site->folder);
    imp_site_find_maps(before);
    set_mark(site, before);
    if (!export_changes(site, settings, touched, error))
        return false;
    if (!site->mark->damaged)
        return true;
    site->data_stands = false;
    set_mark(site, imp_site_mark_new(site->folder));
    g_hash_table_remove_all(site->variants);
    return export_first(site, settings, since, site->reader->ledger, error);
}

bool imp_site_export(ImpReader *reader, const ImpSiteOptions *options, gint64 now_us,
                     ImpSiteResult *result, GError **error)
{
    g_auto(ImpSite) site = site_begin(reader, options, now_us);
    g_auto(ImpSiteTouched) touched = imp_site_touched(false);
    g_autoptr(ImpSiteMark) before = NULL;
    bool cut, exported;
    site.folder = imp_site_folder_open(options->directory, false, error);
    if (!site.folder || !imp_site_mark_read(site.folder, &before, error) ||
        !find_trust(&site, before ? before->ledger : NULL, &cut, error))
        return false;
    site.mark->folder = site.folder;
    g_autofree char *settings = settings_of(&site);
    touched.everything = options->full || cut || !before || strcmp(before->settings, settings) != 0;
    if (!touched.everything && !imp_site_touch_what_moved(&site, before, &touched, error))
        return false;
    const char *ledger = cut ? before->ledger : reader->ledger;
    if (!before)
        exported = export_first(&site, settings, NULL, ledger, error);
    else if (touched.everything)
        exported = export_everything(&site, before, settings, ledger, error);
    else
        exported = export_what_changed(&site, g_steal_pointer(&before), settings, &touched, error);
    if (!exported || !imp_site_mark_sweep(site.mark, error))
        return false;
    fill_result(&site, result);
    return true;
}

/* Everything as it would be written, in memory. */
static bool make_everything(ImpSite *site, GError **error)
{
    g_auto(ImpSiteTouched) touched = imp_site_touched(true);
    return plan(site, NULL, NULL, &touched, error) && put_whole(site, &touched, error);
}

static void compare(ImpSite *site, const char *name, GBytes *expected, GPtrArray *found)
{
    g_autoptr(GBytes) there = NULL;
    imp_site_folder_read(site->folder, name, FILE_MAX_BYTES, &there, NULL);
    if (!there)
        g_ptr_array_add(found, g_strdup_printf("%s: is not there", name));
    else if (!g_bytes_equal(there, expected))
        g_ptr_array_add(found, g_strdup_printf("%s: says something other than the ledger", name));
}

/* Files of articles that should not be there: a page of a text that waits, which does not. */
typedef struct {
    ImpSite *site;
    GPtrArray *found;
} Finding;

static void find_extra(const ImpSiteRow *row, gpointer data)
{
    const Finding *finding = data;
    g_autoptr(GPtrArray) files = imp_site_article_files(finding->site, row);
    for (guint i = 0; i < files->len; i++) {
        const char *name = files->pdata[i];
        g_autoptr(GBytes) there = NULL;
        if (!g_hash_table_contains(finding->site->checking, name))
            imp_site_folder_read(finding->site->folder, name, FILE_MAX_BYTES, &there, NULL);
        if (there)
            g_ptr_array_add(finding->found, g_strdup_printf("%s: should not be there", name));
    }
}

GPtrArray *imp_site_check(ImpReader *reader, const ImpSiteOptions *options, gint64 now_us,
                          GError **error)
{
    g_auto(ImpSite) site = site_begin(reader, options, now_us);
    bool cut;
    site.folder = imp_site_folder_open(options->directory, true, error);
    if (!site.folder)
        return NULL;
    g_autoptr(ImpSiteMark) before = NULL;
    imp_site_mark_read(site.folder, &before, NULL);
    site.checking =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    if (!find_trust(&site, before ? before->ledger : NULL, &cut, error) ||
        !make_everything(&site, error))
        return NULL;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) names = imp_site_sorted(site.checking);
    for (guint i = 0; i < names->len; i++)
        compare(&site, names->pdata[i], g_hash_table_lookup(site.checking, names->pdata[i]), found);
    imp_site_mark_each(site.mark, find_extra, &(Finding){&site, found});
    return g_steal_pointer(&found);
}

bool imp_site_data(ImpReader *reader, const ImpSiteOptions *options, const char *kind,
                   gint64 now_us, char **data, GError **error)
{
    g_auto(ImpSite) site = site_begin(reader, options, now_us);
    g_auto(ImpSiteTouched) touched = imp_site_touched(true);
    bool cut;
    if (!find_trust(&site, NULL, &cut, error) || !plan(&site, NULL, NULL, &touched, error))
        return false;
    *data = imp_site_data_of(&site, kind);
    return true;
}
