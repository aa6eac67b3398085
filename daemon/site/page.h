#pragma once

#include "daemon/site/work.h"
#include "daemon/site/xml.h"

/* A page: its head and the site's own heading; what follows stands in <main>. `name` is its file,
 * `where` the part of the site that is marked as the current one (or NULL). imp_site_page_end()
 * closes it and puts it there. */
typedef struct {
    const char *name;
    const char *title;
    const char *description; /* or NULL */
    const char *where;
    const char *json_ld; /* ready to stand in a script element, or NULL */
    const char *version; /* of the text, for embeds; or NULL */
    bool hidden_from_search;
    bool script;
} ImpSitePage;
ImpXml *imp_site_page_begin(ImpSite *site, const ImpSitePage *page);
bool imp_site_page_end(ImpSite *site, const ImpSitePage *page, ImpXml *xml, GError **error);

/* Puts a file into the folder, or, while checking, among what is compared with it. Takes the text.
 */
bool imp_site_put(ImpSite *site, const char *name, char *text, GError **error);
