#include "daemon/site/page.h"
#include "articles/render.h"
#include "daemon/site/article.h"
#include "daemon/site/names.h"

#include <string.h>

/* What all pages share. Nothing in a page is loaded from elsewhere, and no page needs a script. */

static const char *name_of(const ImpSite *site)
{
    return site->reader->name ? site->reader->name : "imprimatur";
}

static void head(ImpSite *site, ImpXml *xml, const ImpSitePage *page, const char *up)
{
    g_autofree char *title = g_strdup_printf("%s \342\200\223 %s", page->title, name_of(site));
    g_autofree char *style = g_strconcat(up, "imprimatur.css", NULL);
    g_autofree char *script = g_strconcat(up, "imprimatur.js", NULL);
    g_autofree char *feed = g_strconcat(up, "feed.atom", NULL);
    imp_xml_open(xml, "head", NULL);
    imp_xml_element(xml, NULL, "meta", "charset", "utf-8", NULL);
    imp_xml_element(xml, NULL, "meta", "name", "viewport", "content",
                    "width=device-width, initial-scale=1", NULL);
    imp_xml_element(xml, title, "title", NULL);
    if (page->description)
        imp_xml_element(xml, NULL, "meta", "name", "description", "content", page->description,
                        NULL);
    if (page->hidden_from_search || site->options->view == IMP_SITE_EDITORS)
        imp_xml_element(xml, NULL, "meta", "name", "robots", "content", "noindex", NULL);
    if (page->version)
        imp_xml_element(xml, NULL, "meta", "name", "imprimatur-version", "content", page->version,
                        NULL);
    imp_xml_element(xml, NULL, "meta", "name", "color-scheme", "content", "light dark", NULL);
    imp_xml_element(xml, NULL, "link", "rel", "stylesheet", "href", style, NULL);
    if (site->options->view == IMP_SITE_READERS)
        imp_xml_element(xml, NULL, "link", "rel", "alternate", "type", "application/atom+xml",
                        "href", feed, NULL);
    if (page->json_ld) {
        imp_xml_open(xml, "script", "type", "application/ld+json", NULL);
        imp_xml_raw(xml, page->json_ld);
        imp_xml_close(xml);
    }
    if (page->script)
        imp_xml_element(xml, NULL, "script", "src", script, "defer", "defer", NULL);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static void way(ImpXml *xml, const char *up, const char *file, const char *label, bool here)
{
    g_autofree char *address = g_strconcat(up, file, NULL);
    imp_xml_element(xml, imp_xml_say(xml, label), "a", "href", address, "aria-current",
                    here ? "page" : NULL, NULL);
    imp_xml_text(xml, " ");
}

static void heading(ImpSite *site, ImpXml *xml, const ImpSitePage *page, const char *up)
{
    g_autofree char *home = g_strconcat(up, "index.html", NULL);
    imp_xml_element(xml, imp_xml_say(xml, "Skip to the content"), "a", "class", "skip", "href",
                    "#content", NULL);
    imp_xml_open(xml, "header", "class", "site", NULL);
    if (site->options->header)
        imp_xml_raw(xml, site->options->header);
    imp_xml_element(xml, name_of(site), "a", "class", "home", "href", home, NULL);
    imp_xml_open(xml, "nav", "aria-label", imp_xml_say(xml, "Site"), NULL);
    way(xml, up, "index.html", "Articles", g_strcmp0(page->where, "index.html") == 0);
    way(xml, up, "people.html", "The board", g_strcmp0(page->where, "people.html") == 0);
    way(xml, up, "policy.html", "Editorial policy", g_strcmp0(page->where, "policy.html") == 0);
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

ImpXml *imp_site_page_begin(ImpSite *site, const ImpSitePage *page)
{
    ImpXml *xml = imp_xml_new(true);
    g_autofree char *up = imp_site_way_up(page->name);
    imp_xml_set_language(xml, imp_site_language(site));
    imp_xml_open(xml, "html", "lang", imp_site_language(site), NULL);
    head(site, xml, page, up);
    imp_xml_open(xml, "body", "class",
                 site->options->view == IMP_SITE_EDITORS ? "editors" : "readers", NULL);
    heading(site, xml, page, up);
    imp_xml_open(xml, "main", "id", "content", NULL);
    imp_xml_line(xml);
    return xml;
}

static void foot(ImpSite *site, ImpXml *xml, const char *up)
{
    g_autofree char *policy = g_strconcat(up, "policy.html", NULL);
    imp_xml_open(xml, "footer", "class", "site", NULL);
    if (site->policy && site->policy->disclaimer) {
        g_autofree char *disclaimer = imp_render_fragment(site->policy->disclaimer);
        imp_xml_open(xml, "div", "class", "disclaimer", "lang", imp_site_text_language(site, NULL),
                     NULL);
        imp_xml_raw(xml, disclaimer);
        imp_xml_close(xml);
    }
    imp_xml_open(xml, "p", NULL);
    imp_xml_text(
        xml, imp_xml_say(
                 xml, "What these pages say of reviews follows from a signed record that anybody "
                      "can check. "));
    imp_xml_element(xml, imp_xml_say(xml, "View editorial policy"), "a", "href", policy, NULL);
    imp_xml_close(xml);
    if (site->options->footer)
        imp_xml_raw(xml, site->options->footer);
    imp_xml_close(xml);
}

bool imp_site_page_end(ImpSite *site, const ImpSitePage *page, ImpXml *xml, GError **error)
{
    g_autofree char *up = imp_site_way_up(page->name);
    imp_xml_close(xml); /* main */
    imp_xml_line(xml);
    foot(site, xml, up);
    return imp_site_put(site, page->name, imp_xml_finish(xml), error);
}

bool imp_site_put(ImpSite *site, const char *name, char *text, GError **error)
{
    g_autofree char *own = text;
    gsize length = strlen(own);
    if (site->checking) {
        g_hash_table_replace(site->checking, g_strdup(name),
                             g_bytes_new_take(g_steal_pointer(&own), length));
        return true;
    }
    return imp_site_folder_write(site->folder, name, own, length, error);
}
