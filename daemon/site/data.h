#pragma once

#include "daemon/site/article.h"

/* What programs read of an article: its status, badges and fragment. */
bool imp_site_put_status(ImpSite *site, const ImpSiteArticle *article, const ImpSiteRow *row,
                         GError **error);
/* data/articles.json, of which what has not changed is copied where site->data_stands, and
 * alive.json with what belongs to it. */
bool imp_site_put_data(ImpSite *site, GError **error);
bool imp_site_put_alive(ImpSite *site, GError **error);

/* How many bytes of data/articles.json are the row's. */
gsize imp_site_data_bytes(const ImpSiteRow *row);
/* Whether the folder has the data/articles.json that was written with the mark. */
bool imp_site_data_stands(const ImpSiteMark *mark, ImpSiteFolder *folder);

/* data/articles.json keyed for `kind`; NULL: there is no such kind. The caller frees. */
char *imp_site_data_of(ImpSite *site, const char *kind);
