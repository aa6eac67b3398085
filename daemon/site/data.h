#pragma once

#include "daemon/site/article.h"

/* What programs read of an article: its status, badges and fragment. */
bool imp_site_put_status(ImpSite *site, const ImpSiteArticle *article, const ImpSiteRow *row,
                         GError **error);
/* data/articles.json, and alive.json with what belongs to it. */
bool imp_site_put_data(ImpSite *site, GError **error);
bool imp_site_put_alive(ImpSite *site, GError **error);

/* data/articles.json keyed for `kind`; NULL: there is no such kind. The caller frees. */
char *imp_site_data_of(ImpSite *site, const char *kind);
