#pragma once

#include "articles/render.h"
#include "daemon/site/article.h"

/* JSON-LD for the article's page, fit to stand in a script element; NULL where nothing is shown.
 * The caller frees. */
char *imp_site_json_ld(ImpSite *site, const ImpSiteArticle *article, const ImpRendered *rendered);
