#include "articles/difference_markup.h"
#include "daemon/index/compare.h"
#include "daemon/site/editors.h"
#include "daemon/site/page.h"
#include "workflow/base/limits.h"
#include "workflow/base/text.h"

#include <string.h>

/* What changed since the text last approved: a page beside the article's, for whoever has to look
 * at it again. */

const char *imp_site_changed_from(const ImpSite *site, const ImpSiteArticle *article)
{
    const ImpArticle *now = article->past->article;
    bool changed = site->options->view == IMP_SITE_EDITORS && site->policy &&
                   now->state != IMP_STATE_REMOVED && now->approved_text &&
                   strcmp(now->approved_text, now->version) != 0 &&
                   imp_repository_has_object(site->reader->repository, now->approved_text) &&
                   imp_repository_has_object(site->reader->repository, now->version);
    return changed ? now->approved_text : NULL;
}

static void put(ImpXml *xml, const ImpArticle *now, const ImpDifference *difference)
{
    imp_xml_open(xml, "p", NULL);
    imp_xml_text(xml, "From the text last approved, ");
    imp_xml_textf(xml, "%.12s, to the current one, %.12s. ", now->approved_text, now->version);
    imp_xml_element(xml, "Back to the article", "a", "href", "index.html", NULL);
    imp_xml_close(xml);
    if (difference->changes->list->len > 0)
        imp_xml_element(xml, "Not to be missed", "h2", NULL);
    g_autofree char *changes = imp_changes_markup(difference->changes);
    g_autofree char *passages = imp_passages_markup(difference);
    imp_xml_raw(xml, changes);
    imp_xml_element(xml, "What changed", "h2", NULL);
    imp_xml_raw(xml, passages);
}

/* A text that is too large has no such page, and nothing else to say. */
static ImpDifference *compare(ImpSite *site, const ImpArticle *now)
{
    return imp_compare_versions(site->reader->repository, now->approved_text, now->version,
                                site->policy, IMP_ARTICLE_MAX_BYTES, NULL);
}

bool imp_site_put_changes(ImpSite *site, const ImpSiteArticle *article, GError **error)
{
    g_autofree char *name = g_strconcat("a/", article->stem, "/changes.html", NULL);
    const ImpArticle *now = article->past->article;
    g_autoptr(ImpDifference) difference =
        imp_site_changed_from(site, article) ? compare(site, now) : NULL;
    if (!difference)
        return site->checking || imp_site_folder_remove(site->folder, name, error);
    g_autofree char *title = g_strconcat("What changed: ", article->title, NULL);
    const ImpSitePage page = {.name = name, .title = title, .hidden_from_search = true};
    g_autoptr(ImpXml) xml = imp_site_page_begin(site, &page);
    imp_xml_open(xml, "article", "class", "changes-page", NULL);
    imp_xml_element(xml, title, "h1", NULL);
    put(xml, now, difference);
    imp_xml_close(xml);
    return imp_site_page_end(site, &page, xml, error);
}
