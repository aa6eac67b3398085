#include "daemon/site/data.h"
#include "daemon/index/index.h"
#include "daemon/site/article.h"
#include "daemon/site/captions.h"
#include "daemon/site/names.h"
#include "daemon/site/page.h"
#include "daemon/site/splice.h"
#include "daemon/site/words.h"
#include "daemon/verbs/view/status.h"
#include "workflow/base/glob.h"
#include "workflow/base/json_write.h"

#include <string.h>

/* What programs read: a file for each article, one for all, and the word that the site is alive.
 *
 * A status can be kept by somebody and shown again when it is no longer true. So an embed believes
 * none without alive.json, which ends by itself and names every article that was approved once and
 * is not now. */

#define WORSE_MAX    1000 /* in alive.json; more are spread over 256 files */
#define WORSE_DIGITS 12
#define ROW_BYTES    512 /* of most articles in data/articles.json */

#define DATA_FILE "data/articles.json"
#define BEGIN     "{\n"
#define BETWEEN   ",\n"
#define END       "\n}\n"

static bool put_json(ImpSite *site, const char *name, const json_t *object, GError **error)
{
    g_autofree char *line = imp_json_dump_line(object);
    return imp_site_put(site, name, g_strconcat(line, "\n", NULL), error);
}

/* s/PATH.json */

/* Who was asked, waits or declined is not the readers' to know, and neither is what is not public
 * of the people who decided: their names stand in `approved`. */
static void leave_out_private(json_t *line)
{
    static const char *const keys[] = {"waiting_for", "due", "overdue"};
    static const char *const of_review[] = {"decisions", "requested", "respond_by", "review_by"};
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        json_object_del(line, keys[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(of_review); i++)
        json_object_del(json_object_get(line, "review"), of_review[i]);
}

static json_t *variants_json(ImpSite *site, const char *path)
{
    json_t *list = json_array();
    const GPtrArray *group = g_hash_table_lookup(site->variants, path);
    for (guint i = 0; group && i < group->len; i++) {
        const ImpSiteRow *row = imp_site_mark_find(site->mark, group->pdata[i]);
        if (!row || strcmp(row->path, path) == 0)
            continue;
        static const char *const keys[] = {"title", "page", "shown", "audience", "lang", "behind"};
        g_autoptr(json_t) object = imp_site_row_object(row);
        g_autofree char *key = imp_site_key(row->path);
        json_t *one = json_object();
        imp_json_set_text(one, "path", key);
        for (gsize j = 0; j < G_N_ELEMENTS(keys); j++)
            json_object_set(one, keys[j], json_object_get(object, keys[j]));
        json_array_append_new(list, one);
    }
    return list;
}

static bool put_status_json(ImpSite *site, const ImpSiteArticle *article, const ImpSiteRow *row,
                            const char *name, GError **error)
{
    const char *path = row->path;
    ImpArticle *indexed = imp_index_load(site->reader->database, path, error);
    if (!indexed)
        return false;
    g_autoptr(ImpStatus) status = imp_status_new(indexed, site->policy, site->now_us);
    g_autoptr(json_t) line = imp_status_json(status, site->reader);
    g_autofree char *digits = imp_site_digest(path, WORSE_DIGITS);
    imp_json_set_text(json_object_get(line, "article"), "title", article->title);
    if (site->options->view == IMP_SITE_READERS)
        leave_out_private(line);
    static const char *const keys[] = {"shown",   "caution",  "page",
                                       "updated", "reviewed", "approved"};
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        json_object_set(line, keys[i], json_object_get(article->object, keys[i]));
    json_object_set_new(line, "variants", variants_json(site, path));
    imp_json_set_text(line, "worse", digits);
    g_autofree char *file = g_strconcat("s/", name, ".json", NULL);
    return put_json(site, file, line, error);
}

/* Badges: never a bare "approved", since nobody knows how long it will be shown. */

static char *badge_text(const ImpSite *site, const ImpSiteArticle *article, const char **colour)
{
    const char *language = imp_site_language(site);
    static const struct {
        const char *text, *colour;
    } words[] = {
        [IMP_SHOWN_NOTHING] = {"not available", "lightgrey"},
        [IMP_SHOWN_RETRACTED] = {"retracted", "red"},
        [IMP_SHOWN_PENDING] = {"pending review", "orange"},
        [IMP_SHOWN_CONCERN] = {"concern raised", "orange"},
        [IMP_SHOWN_EXPIRED] = {"review expired", "orange"},
        [IMP_SHOWN_LAPSED] = {"no longer approved", "orange"},
    };
    if (article->shown.which != IMP_SHOWN_APPROVED) {
        *colour = words[article->shown.which].colour;
        return g_strdup(imp_caption(language, words[article->shown.which].text));
    }
    g_autofree char *until = imp_moment_format(article->past->valid_until_us);
    until[strlen("2027-11-23")] = '\0';
    *colour = "brightgreen";
    return imp_caption_fill(language, "approved until {day}", "{day}", until, NULL);
}

/* https://shields.io/badges/endpoint-badge */
static bool put_badge_json(ImpSite *site, const char *name, const char *text, const char *colour,
                           GError **error)
{
    g_autofree char *file = g_strconcat("s/", name, ".badge.json", NULL);
    g_autoptr(json_t) badge = json_object();
    imp_json_set_number(badge, "schemaVersion", 1);
    imp_json_set_text(badge, "label", imp_caption(imp_site_language(site), "review"));
    imp_json_set_text(badge, "message", text);
    imp_json_set_text(badge, "color", colour);
    return put_json(site, file, badge, error);
}

/* The widths are those of DejaVu Sans at 11 px, to within what centring forgives. */
static bool put_badge_svg(ImpSite *site, const char *name, const char *text, const char *colour,
                          GError **error)
{
    static const struct {
        const char *word, *fill;
    } fills[] = {{"brightgreen", "#2d6a4f"}, {"orange", "#8a5a00"}, {"red", "#9b2226"}};
    const char *fill = "#595959";
    for (gsize i = 0; i < G_N_ELEMENTS(fills); i++)
        if (strcmp(fills[i].word, colour) == 0)
            fill = fills[i].fill;
    const char *language = imp_site_language(site), *label = imp_caption(language, "review");
    const guint left = (guint)g_utf8_strlen(label, -1) * 7 + 10,
                right = (guint)g_utf8_strlen(text, -1) * 7 + 14;
    g_autofree char *file = g_strconcat("s/", name, ".svg", NULL);
    g_autofree char *said = g_strconcat(label, ": ", text, NULL);
    g_autofree char *width = g_strdup_printf("%u", left + right);
    g_autofree char *left_text = g_strdup_printf("%u", left);
    g_autofree char *right_text = g_strdup_printf("%u", right);
    g_autofree char *label_middle = g_strdup_printf("%u", left / 2);
    g_autofree char *middle = g_strdup_printf("%u", left + right / 2);
    g_autoptr(ImpXml) xml = imp_xml_new(false);
    imp_xml_open(xml, "svg", "xmlns", "http://www.w3.org/2000/svg", "width", width, "height", "20",
                 "role", "img", "aria-label", said, "xml:lang",
                 strcmp(language, "en") == 0 ? NULL : language, NULL);
    imp_xml_element(xml, said, "title", NULL);
    imp_xml_element(xml, NULL, "rect", "width", left_text, "height", "20", "fill", "#3d3d3d", NULL);
    imp_xml_element(xml, NULL, "rect", "x", left_text, "width", right_text, "height", "20", "fill",
                    fill, NULL);
    imp_xml_open(xml, "g", "fill", "#fff", "text-anchor", "middle", "font-size", "11",
                 "font-family", "Verdana,DejaVu Sans,sans-serif", NULL);
    imp_xml_element(xml, label, "text", "x", label_middle, "y", "14", NULL);
    imp_xml_element(xml, text, "text", "x", middle, "y", "14", NULL);
    return imp_site_put(site, file, imp_xml_finish(xml), error);
}

/* A fragment for server-side includes: what stands between <main> and a text elsewhere. */

static char *without_head(ImpXml *xml)
{
    g_autofree char *text = imp_xml_finish(xml);
    const char *end = strchr(text, '\n');
    return g_strdup(end ? end + 1 : text);
}

static bool put_fragment(ImpSite *site, const ImpSiteArticle *article, const char *name,
                         GError **error)
{
    g_autofree char *file = g_strconcat("s/", name, ".html", NULL);
    g_autoptr(ImpXml) xml = imp_xml_new(true);
    imp_xml_set_language(xml, imp_site_language(site));
    imp_xml_open(xml, "div", "class", "imprimatur-status", "lang", imp_site_language(site), NULL);
    imp_site_tracker(xml, article->past, &article->shown);
    imp_site_standing(site, xml, article);
    imp_site_dates(xml, article);
    return imp_site_put(site, file, without_head(xml), error);
}

bool imp_site_put_status(ImpSite *site, const ImpSiteArticle *article, const ImpSiteRow *row,
                         GError **error)
{
    const char *colour;
    g_autofree char *name = imp_site_status_name(row->path);
    g_autofree char *text = badge_text(site, article, &colour);
    return put_status_json(site, article, row, name, error) &&
           put_badge_json(site, name, text, colour, error) &&
           put_badge_svg(site, name, text, colour, error) &&
           put_fragment(site, article, name, error);
}

/* All articles */

/* The key by which a site generator knows a page: Hugo's .File.Path begins in its content folder,
 * Jekyll's page.path at the top, Eleventy's page.inputPath with "./"; Astro's id is the path in its
 * collection without an ending. */
static char *key_for(const ImpPolicy *policy, const char *kind, const char *path)
{
    g_autofree char *key = imp_site_key(path);
    if (strcmp(kind, "eleventy") == 0)
        return g_strconcat("./", key, NULL);
    if (strcmp(kind, "hugo") != 0 && strcmp(kind, "astro") != 0)
        return g_steal_pointer(&key);
    const char *rest = key;
    for (char **pattern = policy ? policy->articles : NULL; pattern && *pattern; pattern++) {
        g_autofree char *folder = imp_glob_literal_folder(*pattern);
        if (imp_glob_matches(*pattern, path) && g_str_has_prefix(key, folder)) {
            rest = key + strlen(folder);
            break;
        }
    }
    bool cut = strcmp(kind, "astro") == 0 && g_str_has_suffix(rest, ".md");
    return g_strndup(rest, strlen(rest) - (cut ? strlen(".md") : 0));
}

static void append_key(GString *text, const ImpPolicy *policy, const char *kind, const char *path)
{
    bool plain = strcmp(kind, "map") == 0;
    for (const char *at = path; plain && *at; at++)
        plain = *at >= ' ' && *at <= '~' && *at != '"' && *at != '\\';
    if (plain) { /* as most are, of however many articles */
        g_string_append_c(text, '"');
        g_string_append(text, path);
        g_string_append_c(text, '"');
        return;
    }
    g_autofree char *key = key_for(policy, kind, path);
    g_autoptr(json_t) string = json_string(key);
    g_autofree char *quoted = imp_json_dump_line(string);
    g_string_append(text, quoted);
}

/* One entry a line, each with what separates it from the next. */
static void append_entry(GString *text, const ImpPolicy *policy, const char *kind,
                         const ImpSiteRow *row)
{
    if (row->state == IMP_STATE_REMOVED)
        return;
    append_key(text, policy, kind, row->path);
    g_string_append_c(text, ':');
    g_string_append(text, row->json);
    g_string_append(text, BETWEEN);
}

gsize imp_site_data_bytes(const ImpSiteRow *row)
{
    g_autoptr(GString) entry = g_string_sized_new(ROW_BYTES);
    append_entry(entry, NULL, "map", row);
    return entry->len;
}

static char *articles_json(ImpSite *site, const char *kind)
{
    GString *text = g_string_sized_new((gsize)imp_site_mark_count(site->mark) * ROW_BYTES);
    g_string_append(text, BEGIN);
    for (guint i = 0; i < site->mark->parts->len; i++) {
        const GPtrArray *rows = imp_site_mark_rows(site->mark, site->mark->parts->pdata[i]);
        for (guint j = 0; j < rows->len; j++)
            append_entry(text, site->policy, kind, rows->pdata[j]);
    }
    if (text->len > strlen(BEGIN))
        g_string_truncate(text, text->len - strlen(BETWEEN));
    else
        g_string_truncate(text, text->len - strlen("\n"));
    g_string_append(text, END);
    return g_string_free(text, FALSE);
}

static bool add_part(ImpSite *site, ImpSiteSplice *splice, ImpSitePart *part, bool is_last,
                     GError **error)
{
    const gsize without = is_last ? strlen(BETWEEN) : 0;
    if (site->data_stands && part->data_at)
        return imp_site_splice_copy(splice, part->data_at, part->data_bytes - without, error);
    const GPtrArray *rows = imp_site_mark_rows(site->mark, part);
    g_autoptr(GString) text = g_string_sized_new(part->data_bytes + 1);
    for (guint i = 0; i < rows->len; i++)
        append_entry(text, site->policy, "map", rows->pdata[i]);
    return imp_site_splice_add(splice, text->str, text->len - MIN(text->len, without), error);
}

bool imp_site_put_data(ImpSite *site, GError **error)
{
    const GPtrArray *parts = site->mark->parts;
    guint end = parts->len; /* behind the last part of which anything stands there */
    while (end > 0 && ((const ImpSitePart *)parts->pdata[end - 1])->data_bytes == 0)
        end--;
    if (site->checking || end == 0)
        return imp_site_put(site, DATA_FILE, articles_json(site, "map"), error);
    g_autoptr(ImpSiteSplice) splice = imp_site_splice_new(site->folder, DATA_FILE);
    if (!imp_site_splice_add(splice, BEGIN, strlen(BEGIN), error))
        return false;
    for (guint i = 0; i < end; i++)
        if (!add_part(site, splice, parts->pdata[i], i + 1 == end, error))
            return false;
    return imp_site_splice_add(splice, END, strlen(END), error) &&
           imp_site_splice_finish(splice, error);
}

bool imp_site_data_stands(const ImpSiteMark *mark, ImpSiteFolder *folder)
{
    gsize size = strlen(BEGIN) - strlen(BETWEEN) + strlen(END);
    for (guint i = 0; i < mark->parts->len; i++)
        size += ((const ImpSitePart *)mark->parts->pdata[i])->data_bytes;
    return imp_site_folder_is_untouched(folder, DATA_FILE, size);
}

char *imp_site_data_of(ImpSite *site, const char *kind)
{
    static const char *const kinds[] = {"hugo", "jekyll", "eleventy", "astro", "map", NULL};
    return g_strv_contains(kinds, kind) ? articles_json(site, kind) : NULL;
}

/* alive.json */

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *worse_of(const ImpSite *site)
{
    GPtrArray *worse = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < site->mark->parts->len; i++) {
        const ImpSitePart *part = site->mark->parts->pdata[i];
        for (guint j = 0; j < part->worse->len; j++)
            g_ptr_array_add(worse, g_strdup(part->worse->pdata[j]));
    }
    g_ptr_array_sort(worse, by_text);
    return worse;
}

static json_t *alive_json(const ImpSite *site)
{
    gint64 at_us = imp_moment_whole_seconds(site->now_us);
    json_t *alive = json_object();
    imp_json_set_number(alive, "schema", 1);
    imp_json_set_flag(alive, "ok", site->showing.trusted);
    imp_json_set_moment(alive, "at", at_us);
    imp_json_set_moment(alive, "expires",
                        at_us + (gint64)site->options->alive_hours * 3600 * IMP_SECOND_US);
    return alive;
}

/* The numbers that begin with the two digits of `part`; NULL: all. */
static json_t *worse_json(const GPtrArray *worse, const char *part)
{
    json_t *list = json_array();
    for (guint i = 0; i < worse->len; i++)
        if (!part || g_str_has_prefix(worse->pdata[i], part))
            json_array_append_new(list, json_string(worse->pdata[i]));
    return list;
}

bool imp_site_put_alive(ImpSite *site, GError **error)
{
    g_autoptr(GPtrArray) worse = worse_of(site);
    bool spread = worse->len > WORSE_MAX;
    for (guint part = 0; part < 256; part++) {
        g_autofree char *digits = g_strdup_printf("%02x", part);
        g_autofree char *name = g_strdup_printf("alive/%s.json", digits);
        g_autoptr(json_t) alive = spread ? alive_json(site) : NULL;
        if (!spread)
            break;
        json_object_set_new(alive, "worse", worse_json(worse, digits));
        if (!put_json(site, name, alive, error))
            return false;
    }
    g_autoptr(json_t) alive = alive_json(site);
    imp_json_set_text(alive, "ledger", site->reader->ledger);
    json_object_set_new(alive, "worse", spread ? json_null() : worse_json(worse, NULL));
    return put_json(site, "alive.json", alive, error);
}
