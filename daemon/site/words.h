#pragma once

#include "daemon/site/article.h"

/* The sentence that warns of what is shown; NULL where nothing has to be warned of. The caller
 * frees. */
char *imp_site_caution(ImpSite *site, const ImpPast *past, const ImpShown *shown);

/* The tracker of three steps; nothing where no text is shown. */
void imp_site_tracker(ImpXml *xml, const ImpPast *past, const ImpShown *shown);
/* The caution, or who reviewed the text. */
void imp_site_standing(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article);
/* Last updated, last reviewed, next review. */
void imp_site_dates(ImpXml *xml, const ImpSiteArticle *article);
