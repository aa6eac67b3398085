#include "daemon/site/article_page.h"
#include "articles/render.h"
#include "articles/tree.h"
#include "daemon/site/article.h"
#include "daemon/site/data.h"
#include "daemon/site/editors.h"
#include "daemon/site/json_ld.h"
#include "daemon/site/names.h"
#include "daemon/site/page.h"
#include "daemon/site/variant_links.h"
#include "daemon/site/words.h"
#include "workflow/base/text.h"

#include <string.h>

/* The pages of one article: the text that readers may rely on or are warned of, and, beside it, a
 * newer one that waits for its review. */

#define IMAGE_MAX_BYTES (16 * 1024 * 1024)

/* Rendering one text: where its pictures and links lead. */
typedef struct {
    ImpSite *site;
    const char *stem;
    const char *tree;  /* commit that pictures are taken from, or NULL */
    GPtrArray *images; /* of char*: names in the article's folder */
} Rendering;

static const char *ending_of(const char *path)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", NULL};
    for (const char *const *ending = endings; *ending; ending++)
        if (g_str_has_suffix(path, *ending))
            return *ending;
    return NULL;
}

/* A picture is copied beside the page, under the name of its bytes. */
static char *put_image(gpointer data, const char *path)
{
    Rendering *rendering = data;
    ImpSite *site = rendering->site;
    ImpTreeEntryKind kind;
    g_autofree char *id = NULL;
    const char *ending = ending_of(path);
    if (!rendering->tree || !ending ||
        !imp_tree_lookup(site->reader->repository, rendering->tree, path, &kind, &id, NULL) ||
        kind != IMP_TREE_ENTRY_FILE)
        return NULL;
    g_autoptr(GBytes) bytes = imp_repository_peek(site->reader->repository, id, IMAGE_MAX_BYTES);
    if (!bytes)
        return NULL;
    g_autofree char *image = g_strconcat(id, ending, NULL);
    g_autofree char *name = g_strconcat("a/", rendering->stem, "/", image, NULL);
    gsize size;
    const char *content = g_bytes_get_data(bytes, &size);
    if (site->checking)
        g_hash_table_replace(site->checking, g_strdup(name), g_bytes_ref(bytes));
    else if (!imp_site_folder_write(site->folder, name, content ? content : "", size, NULL))
        return NULL;
    if (!g_ptr_array_find_with_equal_func(rendering->images, image, g_str_equal, NULL))
        g_ptr_array_add(rendering->images, g_strdup(image));
    return g_steal_pointer(&image);
}

/* A link to another article leads to its page; to any other file, nowhere. */
static char *link_to(gpointer data, const char *path)
{
    Rendering *rendering = data;
    if (!imp_site_mark_find(rendering->site->mark, path))
        return NULL;
    g_autofree char *stem = imp_site_stem(rendering->site->policy, path);
    g_autofree char *page = g_strconcat("a/", stem, "/index.html", NULL);
    g_autofree char *address = imp_site_link(page);
    g_autofree char *own = g_strconcat("a/", rendering->stem, "/index.html", NULL);
    g_autofree char *up = imp_site_way_up(own);
    return g_strconcat(up, address, NULL);
}

static ImpRendered *render(Rendering *rendering, const char *path, const char *title, GBytes *text,
                           const ImpDocument *document)
{
    gsize length;
    const char *bytes = g_bytes_get_data(text, &length);
    const ImpRenderOptions options = {
        .path = path, .title = title, .image = put_image, .link = link_to, .data = rendering};
    return imp_render(bytes ? bytes : "", length, document, &options);
}

static void reference(ImpXml *xml, const ImpRenderedReference *source)
{
    g_autofree char *id = g_strdup_printf("ref-%u", source->number);
    const char *title = source->title ? source->title : source->id;
    imp_xml_open(xml, "li", "id", id, NULL);
    if (source->kind) {
        imp_xml_element(xml, imp_xml_say(xml, source->kind), "span", "class", "kind", NULL);
        imp_xml_text(xml, " ");
    }
    if (source->url)
        imp_xml_element(xml, title, "a", "href", source->url, "rel", "nofollow noopener", NULL);
    else
        imp_xml_element(xml, title, "cite", NULL);
    if (source->container)
        imp_xml_textf(xml, ". %s", source->container);
    if (source->year)
        imp_xml_textf(xml, ". %u", source->year);
    if (source->doi) {
        imp_xml_text(xml, ". ");
        g_autofree char *label = g_strconcat("doi:", source->doi, NULL);
        imp_xml_element(xml, label, source->doi_url ? "a" : "span", "href", source->doi_url, "rel",
                        source->doi_url ? "nofollow noopener" : NULL, NULL);
    }
    if (source->pmid) {
        imp_xml_text(xml, ". ");
        g_autofree char *label = g_strconcat("PMID ", source->pmid, NULL);
        imp_xml_element(xml, label, source->pmid_url ? "a" : "span", "href", source->pmid_url,
                        "rel", source->pmid_url ? "nofollow noopener" : NULL, NULL);
    }
    imp_xml_text(xml, ".");
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static void references(ImpXml *xml, const ImpRendered *rendered)
{
    if (rendered->references->len == 0)
        return;
    imp_xml_open(xml, "section", "class", "references", "aria-labelledby", "references", NULL);
    imp_xml_element(xml, imp_xml_say(xml, "References"), "h2", "id", "references", NULL);
    imp_xml_open(xml, "ol", NULL);
    for (guint i = 0; i < rendered->references->len; i++)
        reference(xml, rendered->references->pdata[i]);
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static void text(ImpXml *xml, const ImpRendered *rendered, const char *lang)
{
    imp_xml_open(xml, "div", "class", "text", "lang", lang, NULL);
    imp_xml_line(xml);
    imp_xml_raw(xml, rendered->html);
    imp_xml_close(xml);
    imp_xml_line(xml);
    references(xml, rendered);
}

/* What stands below the text. */

static const char *what_happened(const ImpSiteEvent *event)
{
    switch (event->kind) {
    case IMP_ENTRY_SUBMISSION:
        return event->reason == IMP_REASON_REVISED ? "A new version was submitted" : "Submitted";
    case IMP_ENTRY_EXPIRY:
        return "The review expired";
    case IMP_ENTRY_RETRACTION:
        return "Retracted";
    case IMP_ENTRY_REMOVAL:
        return "Removed";
    default:
        return event->state == IMP_STATE_APPROVED && event->previous != IMP_STATE_APPROVED
                   ? "Approved"
               : event->state == IMP_STATE_APPROVED     ? "Reviewed again"
               : event->state == IMP_STATE_UNDER_REVIEW ? "Under review"
               : event->previous == IMP_STATE_APPROVED  ? "No longer approved"
                                                        : "Submitted again";
    }
}

static bool is_told(const ImpSiteEvent *event)
{
    return event->kind == IMP_ENTRY_SUBMISSION || event->kind == IMP_ENTRY_RETRACTION ||
           event->state != event->previous ||
           (event->kind == IMP_ENTRY_APPROVAL && event->state == IMP_STATE_APPROVED);
}

static void history(ImpXml *xml, const ImpSiteArticle *article)
{
    imp_xml_open(xml, "details", "class", "history", NULL);
    imp_xml_element(xml, imp_xml_say(xml, "History of this article"), "summary", NULL);
    imp_xml_open(xml, "ol", NULL);
    for (guint i = 0; i < article->history->len; i++) {
        const ImpSiteEvent *event = article->history->pdata[i];
        if (!is_told(event))
            continue;
        imp_xml_open(xml, "li", NULL);
        imp_site_time(xml, event->at_us);
        imp_xml_textf(xml, " %s", imp_xml_say(xml, what_happened(event)));
        if (event->version && event->kind != IMP_ENTRY_REMOVAL)
            imp_xml_textf(xml, " (%s %.12s)", imp_xml_say(xml, "version"), event->version);
        imp_xml_close(xml);
        imp_xml_line(xml);
    }
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static char *escaped(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    return g_uri_escape_string(valid, NULL, true);
}

static void contact(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article)
{
    if (!site->policy || !site->policy->contact)
        return;
    g_autofree char *path = escaped(article->past->article->path);
    g_autofree char *version = escaped(article->shown.version);
    g_autofree char *title = escaped(article->title);
    g_autoptr(GString) address = g_string_new(site->policy->contact);
    g_string_replace(address, "{path}", path, 0);
    g_string_replace(address, "{version}", version, 0);
    g_string_replace(address, "{title}", title, 0);
    imp_xml_open(xml, "p", "class", "contact", NULL);
    imp_xml_text(xml, imp_xml_say(xml, "Have a follow-up question? "));
    imp_xml_element(xml, imp_xml_say(xml, "Ask about this article"), "a", "href", address->str,
                    "rel", "nofollow noopener", NULL);
    imp_xml_close(xml);
}

static void below(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article)
{
    imp_xml_open(xml, "footer", "class", "about", NULL);
    contact(site, xml, article);
    if (article->shown.version) {
        imp_xml_open(xml, "p", "class", "version", NULL);
        imp_xml_text(xml, imp_xml_say(xml, "Version "));
        imp_xml_element(xml, article->shown.version, "code", NULL);
        imp_xml_close(xml);
    }
    history(xml, article);
    imp_xml_close(xml);
}

/* Pages */

static void say_update(ImpXml *xml, const ImpSiteArticle *article)
{
    bool revised = g_strcmp0(article->past->article->version, article->shown.version) != 0;
    if (!article->shown.version || article->shown.which == IMP_SHOWN_PENDING || !revised)
        return;
    imp_xml_open(xml, "p", "class", "update", NULL);
    imp_xml_text(xml, imp_xml_say(xml, "An update of this article is under review"));
    if (article->shown.waiting) {
        imp_xml_text(xml, ": ");
        imp_xml_element(xml, imp_xml_say(xml, "read the text that is not approved yet"), "a",
                        "href", "pending.html", NULL);
    }
    imp_xml_text(xml, ".");
    imp_xml_close(xml);
}

static void article_heading(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article,
                            const char *up)
{
    imp_xml_open(xml, "header", NULL);
    imp_xml_element(xml, article->title, "h1", "lang",
                    imp_site_text_language(site, article->document), NULL);
    imp_site_tracker(xml, article->past, &article->shown);
    imp_site_dates(xml, article);
    imp_site_standing(site, xml, article);
    say_update(xml, article);
    imp_site_variant_links(site, xml, article, up);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static bool put_page(ImpSite *site, const ImpSiteArticle *article, GPtrArray *images,
                     GError **error)
{
    g_autofree char *name = g_strconcat("a/", article->stem, "/index.html", NULL);
    g_autofree char *up = imp_site_way_up(name);
    const ImpArticle *now = article->past->article;
    Rendering rendering = {.site = site,
                           .stem = article->stem,
                           .images = images,
                           .tree = article->shown.which == IMP_SHOWN_PENDING
                                       ? site->reader->tip
                                       : now->approved_source};
    g_autoptr(ImpRendered) rendered = article->text ? render(&rendering, now->path, article->title,
                                                             article->text, article->document)
                                                    : NULL;
    g_autofree char *json_ld = imp_site_json_ld(site, article, rendered);
    const char *lang = imp_site_text_language(site, article->document);
    bool editors = site->options->view == IMP_SITE_EDITORS;
    const ImpSitePage page = {.name = name,
                              .title = article->title,
                              .description =
                                  article->document ? article->document->description : NULL,
                              .json_ld = json_ld,
                              .version = article->shown.version,
                              .hidden_from_search = article->shown.which == IMP_SHOWN_NOTHING};
    g_autoptr(ImpXml) xml = imp_site_page_begin(site, &page);
    imp_xml_open(xml, "article", NULL);
    article_heading(site, xml, article, up);
    if (editors && !imp_site_put_editors_head(site, xml, article, error))
        return false;
    if (rendered)
        text(xml, rendered, lang);
    below(site, xml, article);
    if (editors && !imp_site_put_editors_foot(site, xml, article, error))
        return false;
    imp_xml_close(xml);
    return imp_site_page_end(site, &page, xml, error);
}

/* The text that waits, with nothing that could be taken for a review of it. */
static bool put_waiting(ImpSite *site, const ImpSiteArticle *article, const char *name,
                        GPtrArray *images, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    if (!imp_site_read_text(site, article->shown.waiting, &bytes, error))
        return false;
    if (!bytes)
        return true;
    gsize length;
    const char *content = g_bytes_get_data(bytes, &length);
    g_autoptr(ImpDocument) document = imp_document_parse(content ? content : "", length);
    const ImpArticle *now = article->past->article;
    g_autofree char *title = document->title
                                 ? imp_visible_line(document->title, strlen(document->title))
                                 : g_strdup(article->title);
    Rendering rendering = {
        .site = site, .stem = article->stem, .images = images, .tree = site->reader->tip};
    g_autoptr(ImpRendered) rendered = render(&rendering, now->path, title, bytes, document);
    const ImpSitePage page = {.name = name, .title = title, .hidden_from_search = true};
    g_autoptr(ImpXml) xml = imp_site_page_begin(site, &page);
    const ImpShown pending = {.which = IMP_SHOWN_PENDING};
    imp_xml_open(xml, "article", NULL);
    imp_xml_open(xml, "header", NULL);
    const char *lang = imp_site_text_language(site, document);
    imp_xml_element(xml, title, "h1", "lang", lang, NULL);
    imp_site_tracker(xml, article->past, &pending);
    imp_xml_open(xml, "div", "class", "imprimatur-caution", "role", "note", "aria-label",
                 imp_xml_say(xml, "Caution"), NULL);
    imp_xml_open(xml, "p", NULL);
    imp_xml_element(xml, imp_xml_say(xml, "Pending human review: exercise caution."), "strong",
                    NULL);
    imp_xml_text(xml, imp_xml_say(xml, " This text has not been approved. "));
    imp_xml_element(xml, imp_xml_say(xml, "Go to the text that was"), "a", "href", "index.html",
                    NULL);
    imp_xml_text(xml, ".");
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_close(xml);
    text(xml, rendered, lang);
    imp_xml_close(xml);
    return imp_site_page_end(site, &page, xml, error);
}

static bool put_pending(ImpSite *site, const ImpSiteArticle *article, GPtrArray *images,
                        GError **error)
{
    g_autofree char *name = g_strconcat("a/", article->stem, "/pending.html", NULL);
    if (article->shown.waiting)
        return put_waiting(site, article, name, images, error);
    return site->checking || imp_site_folder_remove(site->folder, name, error);
}

/* Pictures that no text of the article shows any more. */
static bool remove_old_images(ImpSite *site, const ImpSiteArticle *article, const ImpSiteRow *row,
                              GPtrArray *images, GError **error)
{
    g_auto(GStrv) before = g_strsplit(row->images, " ", -1);
    for (char **image = before; *image && !site->checking; image++) {
        g_autofree char *name = g_strconcat("a/", article->stem, "/", *image, NULL);
        if (**image && !g_ptr_array_find_with_equal_func(images, *image, g_str_equal, NULL) &&
            !imp_site_folder_remove(site->folder, name, error))
            return false;
    }
    g_ptr_array_add(images, NULL);
    g_autofree char *names = g_strjoinv(" ", (char **)images->pdata);
    if (strcmp(names, row->images) == 0)
        return true;
    ImpSiteRow *own = imp_site_mark_change(site->mark, row->path);
    imp_site_row_set(own, &own->images, g_steal_pointer(&names));
    return true;
}

bool imp_site_put_article(ImpSite *site, const char *path, GError **error)
{
    const ImpSiteRow *row = imp_site_mark_find(site->mark, path);
    g_autoptr(ImpSiteArticle) article = imp_site_article_load(site, path, error);
    return article && imp_site_put_loaded(site, article, row, error);
}

bool imp_site_put_loaded(ImpSite *site, const ImpSiteArticle *article, const ImpSiteRow *row,
                         GError **error)
{
    g_autoptr(GPtrArray) images = g_ptr_array_new_with_free_func(g_free);
    return put_pending(site, article, images, error) && put_page(site, article, images, error) &&
           imp_site_put_changes(site, article, error) &&
           imp_site_put_status(site, article, row, error) &&
           remove_old_images(site, article, row, images, error);
}
