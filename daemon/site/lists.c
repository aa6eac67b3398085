#include "daemon/site/lists.h"
#include "daemon/site/article.h"
#include "daemon/site/captions.h"
#include "daemon/site/editors.h"
#include "daemon/site/names.h"
#include "daemon/site/page.h"

#include <string.h>

/* The board: all articles, a table for each folder. Up to PAGE_ROWS of them stand on the first page
 * itself; where there are more, that leads to the folders. Everything works without a script: the
 * states are links to a place before the tables, from which the style sheet hides the other rows.
 */

#define PAGE_ROWS 500

typedef struct {
    char *name;
    guint count;
    GPtrArray *parts; /* of ImpSitePart*, borrowed: those of the mark in which it has articles */
    GPtrArray *rows;  /* of ImpSiteRow*, borrowed, ordered by path; NULL: not asked for */
} Folder;

static void folder_free(gpointer data)
{
    Folder *folder = data;
    g_free(folder->name);
    g_ptr_array_unref(folder->parts);
    g_clear_pointer(&folder->rows, g_ptr_array_unref);
    g_free(folder);
}

static int folder_compare(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const Folder *const *)a)->name, (*(const Folder *const *)b)->name);
}

static Folder *find_folder(GPtrArray *folders, GHashTable *known, const char *name)
{
    Folder *folder = g_hash_table_lookup(known, name);
    if (folder)
        return folder;
    folder = g_new0(Folder, 1);
    folder->name = g_strdup(name);
    folder->parts = g_ptr_array_new();
    g_ptr_array_add(folders, folder);
    g_hash_table_insert(known, folder->name, folder);
    return folder;
}

static GPtrArray *folders_of(const ImpSite *site)
{
    GPtrArray *folders = g_ptr_array_new_with_free_func(folder_free);
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < site->mark->parts->len; i++) {
        ImpSitePart *part = site->mark->parts->pdata[i];
        for (guint j = 0; j < part->listed->len; j++) {
            const ImpSiteListed *listed = part->listed->pdata[j];
            Folder *folder = find_folder(folders, known, listed->folder);
            folder->count += listed->count;
            if (folder->parts->len == 0 ||
                folder->parts->pdata[folder->parts->len - 1] != (gpointer)part)
                g_ptr_array_add(folder->parts, part);
        }
    }
    g_ptr_array_sort(folders, folder_compare);
    return folders;
}

/* Neighbours mostly lie in the same folder, whose name is made once for them. */
static void read_rows(const ImpSite *site, Folder *folder)
{
    const char *before = NULL;
    bool lies_in = false;
    folder->rows = g_ptr_array_new();
    for (guint i = 0; i < folder->parts->len; i++) {
        const GPtrArray *rows = imp_site_mark_rows(site->mark, folder->parts->pdata[i]);
        for (guint j = 0; j < rows->len; j++) {
            const ImpSiteRow *row = rows->pdata[j];
            if (!imp_site_is_beside(row->path, before)) {
                g_autofree char *name = imp_site_folder_of(site->policy, row->path);
                lies_in = strcmp(name, folder->name) == 0;
            }
            before = row->path;
            if (lies_in && row->state != IMP_STATE_REMOVED)
                g_ptr_array_add(folder->rows, (gpointer)row);
        }
    }
    folder->count = folder->rows->len; /* also where a part is damaged */
}

static char *page_name(const char *folder, guint page)
{
    const char *slash = *folder ? "/" : "";
    return page == 0 ? g_strdup_printf("list/%s%sindex.html", folder, slash)
                     : g_strdup_printf("list/%s%s%u.html", folder, slash, page + 1);
}

static guint pages_of(const Folder *folder)
{
    return (folder->count + PAGE_ROWS - 1) / PAGE_ROWS;
}

GPtrArray *imp_site_list_files(const ImpSite *site)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) folders = folders_of(site);
    for (guint i = 0; i < folders->len; i++)
        for (guint page = 0; page < pages_of(folders->pdata[i]); page++)
            g_ptr_array_add(names, page_name(((const Folder *)folders->pdata[i])->name, page));
    return names;
}

/* States */

typedef struct {
    const char *id, *label;
    ImpShownCase cases[5]; /* the last repeats */
} Kind;

static const Kind kinds[] = {
    {"approved", "Reviewed", {IMP_SHOWN_APPROVED}},
    {"pending", "Pending review", {IMP_SHOWN_PENDING}},
    {"caution", "With a caution", {IMP_SHOWN_CONCERN, IMP_SHOWN_EXPIRED, IMP_SHOWN_LAPSED}},
    {"retracted", "Retracted", {IMP_SHOWN_RETRACTED}},
};

static const Kind *kind_of(ImpShownCase which)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(kinds[i].cases); j++)
            if (which != IMP_SHOWN_NOTHING && kinds[i].cases[j] == which)
                return &kinds[i];
    return NULL;
}

static const char *state_label(const ImpSiteRow *row)
{
    switch (row->which) {
    case IMP_SHOWN_NOTHING:
        return "Cannot be shown";
    case IMP_SHOWN_RETRACTED:
        return "Retracted";
    case IMP_SHOWN_PENDING:
        return row->state == IMP_STATE_UNDER_REVIEW ? "Under Review" : "Submitted";
    case IMP_SHOWN_CONCERN:
        return "Concern raised";
    case IMP_SHOWN_EXPIRED:
        return "Review expired";
    case IMP_SHOWN_APPROVED:
        return row->state == IMP_STATE_APPROVED ? "Approved" : "Approved, update under review";
    case IMP_SHOWN_LAPSED:
        return "No longer approved";
    }
    return "";
}

static void state_links(ImpXml *xml, GPtrArray *const *lists, gsize n_lists)
{
    guint counts[G_N_ELEMENTS(kinds)] = {0}, all = 0;
    for (gsize list = 0; list < n_lists; list++)
        for (guint i = 0; i < lists[list]->len; i++) {
            const Kind *kind = kind_of(((const ImpSiteRow *)lists[list]->pdata[i])->which);
            all++;
            if (kind)
                counts[kind - kinds]++;
        }
    imp_xml_open(xml, "nav", "class", "states", "aria-label", imp_xml_say(xml, "By state"), NULL);
    imp_xml_open(xml, "a", "href", "#all", NULL);
    imp_xml_textf(xml, "%s %u", imp_xml_say(xml, "All"), all);
    imp_xml_close(xml);
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *place = g_strconcat("#", kinds[i].id, NULL);
        imp_xml_text(xml, " ");
        imp_xml_open(xml, "a", "href", place, "class", kinds[i].id, NULL);
        imp_xml_textf(xml, "%s %u", imp_xml_say(xml, kinds[i].label), counts[i]);
        imp_xml_close(xml);
    }
    imp_xml_close(xml);
    imp_xml_line(xml);
    imp_xml_element(xml, NULL, "span", "id", "all", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        imp_xml_element(xml, NULL, "span", "id", kinds[i].id, NULL);
    imp_xml_line(xml);
}

static void search_field(ImpXml *xml)
{
    imp_xml_open(xml, "p", "class", "search", "hidden", "hidden", NULL);
    imp_xml_element(xml, imp_xml_say(xml, "Search these articles"), "label", "for", "search", NULL);
    imp_xml_text(xml, " ");
    imp_xml_element(xml, NULL, "input", "type", "search", "id", "search", "autocomplete", "off",
                    NULL);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

/* Tables */

static void moment_cell(ImpXml *xml, gint64 moment_us, const char *label)
{
    imp_xml_open(xml, "td", "data-label", imp_xml_say(xml, label), NULL);
    if (moment_us)
        imp_site_time(xml, moment_us);
    else
        imp_xml_text(xml, "\342\200\223");
    imp_xml_close(xml);
}

static void table_row(ImpXml *xml, const ImpSiteRow *row, const char *up)
{
    const Kind *kind = kind_of(row->which);
    g_autofree char *address = g_strconcat(up, row->page, "index.html", NULL);
    imp_xml_open(xml, "tr", "class", kind ? kind->id : "other", NULL);
    imp_xml_open(xml, "th", "scope", "row", NULL);
    imp_xml_element(xml, row->title, "a", "href", address, NULL);
    imp_xml_close(xml);
    imp_xml_open(xml, "td", "data-label", imp_xml_say(xml, "State"), NULL);
    imp_xml_element(xml, imp_xml_say(xml, state_label(row)), "span", "class", "state", NULL);
    imp_xml_close(xml);
    moment_cell(xml, row->reviewed_us, "Last reviewed");
    moment_cell(xml, row->approved_until_us, "Next review");
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static void table(ImpXml *xml, const char *caption, ImpSiteRow *const *rows, guint count,
                  const char *up)
{
    imp_xml_open(xml, "table", "class", "board", NULL);
    imp_xml_element(xml, caption, "caption", NULL);
    imp_xml_open(xml, "thead", NULL);
    imp_xml_open(xml, "tr", NULL);
    static const char *const heads[] = {"Article", "State", "Last reviewed", "Next review"};
    for (gsize i = 0; i < G_N_ELEMENTS(heads); i++)
        imp_xml_element(xml, imp_xml_say(xml, heads[i]), "th", "scope", "col", NULL);
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_open(xml, "tbody", NULL);
    imp_xml_line(xml);
    for (guint i = 0; i < count; i++)
        table_row(xml, rows[i], up);
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static char *caption_of(const ImpSite *site, const Folder *folder)
{
    return g_strdup(*folder->name ? folder->name : imp_caption(imp_site_language(site), "General"));
}

static void other_pages(ImpXml *xml, const Folder *folder, guint here)
{
    if (pages_of(folder) < 2)
        return;
    imp_xml_open(xml, "nav", "class", "pages", "aria-label", imp_xml_say(xml, "Pages"), NULL);
    for (guint page = 0; page < pages_of(folder); page++) {
        g_autofree char *address =
            page == 0 ? g_strdup("index.html") : g_strdup_printf("%u.html", page + 1);
        g_autofree char *label = g_strdup_printf("%u", page + 1);
        imp_xml_element(xml, label, "a", "href", address, "aria-current",
                        page == here ? "page" : NULL, NULL);
        imp_xml_text(xml, " ");
    }
    imp_xml_close(xml);
}

static bool put_list_page(ImpSite *site, const Folder *folder, guint page, GError **error)
{
    g_autofree char *name = page_name(folder->name, page);
    g_autofree char *up = imp_site_way_up(name);
    g_autofree char *caption = caption_of(site, folder);
    const ImpSitePage head = {.name = name, .title = caption, .where = "list", .script = true};
    guint first = page * PAGE_ROWS, count = MIN(folder->rows->len - first, PAGE_ROWS);
    g_autoptr(ImpXml) xml = imp_site_page_begin(site, &head);
    imp_xml_element(xml, caption, "h1", NULL);
    if (pages_of(folder) == 1)
        state_links(xml, &folder->rows, 1);
    search_field(xml);
    table(xml, caption, (ImpSiteRow **)folder->rows->pdata + first, count, up);
    other_pages(xml, folder, page);
    return imp_site_page_end(site, &head, xml, error);
}

/* The first page */

static void all_tables(const ImpSite *site, ImpXml *xml, GPtrArray *folders)
{
    for (guint i = 0; i < folders->len; i++) {
        const Folder *folder = folders->pdata[i];
        g_autofree char *caption = caption_of(site, folder);
        table(xml, caption, (ImpSiteRow **)folder->rows->pdata, folder->rows->len, "");
    }
}

static void folder_links(const ImpSite *site, ImpXml *xml, GPtrArray *folders)
{
    imp_xml_open(xml, "ul", "class", "folders", NULL);
    for (guint i = 0; i < folders->len; i++) {
        const Folder *folder = folders->pdata[i];
        g_autofree char *name = page_name(folder->name, 0);
        g_autofree char *address = imp_site_link(name);
        g_autofree char *caption = caption_of(site, folder);
        imp_xml_open(xml, "li", NULL);
        imp_xml_element(xml, caption, "a", "href", address, NULL);
        imp_xml_textf(xml, " %u", folder->count);
        imp_xml_close(xml);
        imp_xml_line(xml);
    }
    imp_xml_close(xml);
}

static bool put_first_page(ImpSite *site, GPtrArray *folders, GError **error)
{
    const ImpSitePage head = {.name = "index.html",
                              .title = imp_caption(imp_site_language(site), "Articles"),
                              .where = "index.html",
                              .script = true};
    g_autofree GPtrArray **lists = g_new0(GPtrArray *, folders->len + 1);
    guint all = 0;
    for (guint i = 0; i < folders->len; i++)
        all += ((const Folder *)folders->pdata[i])->count;
    for (guint i = 0; i < folders->len && all <= PAGE_ROWS; i++) {
        Folder *folder = folders->pdata[i];
        if (!folder->rows)
            read_rows(site, folder);
        lists[i] = folder->rows;
    }
    g_autoptr(ImpXml) xml = imp_site_page_begin(site, &head);
    imp_xml_element(xml, imp_xml_say(xml, "Articles"), "h1", NULL);
    imp_xml_open(xml, "p", "class", "lead", NULL);
    imp_xml_text(xml, imp_xml_say(xml, "All articles are reviewed for accuracy by "));
    imp_xml_element(xml, imp_xml_say(xml, "our board"), "a", "href", "people.html", NULL);
    imp_xml_text(xml, imp_xml_say(xml, ". Until that has happened, each of them says so."));
    imp_xml_close(xml);
    if (site->options->view == IMP_SITE_EDITORS && !imp_site_put_editors_board(site, xml, error))
        return false;
    if (all == 0)
        imp_xml_element(xml, imp_xml_say(xml, "There are no articles yet."), "p", NULL);
    if (all > 0 && all <= PAGE_ROWS)
        state_links(xml, lists, folders->len);
    if (all > 0)
        search_field(xml);
    if (all <= PAGE_ROWS)
        all_tables(site, xml, folders);
    else
        folder_links(site, xml, folders);
    return imp_site_page_end(site, &head, xml, error);
}

bool imp_site_put_lists(ImpSite *site, GHashTable *touched, GError **error)
{
    g_autoptr(GPtrArray) folders = folders_of(site);
    for (guint i = 0; i < folders->len; i++) {
        Folder *folder = folders->pdata[i];
        if (touched && !g_hash_table_contains(touched, folder->name))
            continue;
        read_rows(site, folder);
        for (guint page = 0; page < pages_of(folder); page++)
            if (!put_list_page(site, folder, page, error))
                return false;
    }
    return put_first_page(site, folders, error);
}
