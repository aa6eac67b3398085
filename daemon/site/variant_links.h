#pragma once

#include "daemon/site/article.h"

/* On an article's page: that it is behind what it was made from, and links to the other texts for
 * the same question: for other readers ("Which best describes you?"), and in other languages. `up`
 * is the way from the page to the folder. */
void imp_site_variant_links(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article,
                            const char *up);
