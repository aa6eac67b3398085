#pragma once

#include "daemon/site/article.h"

/* Puts all the files of an article into the folder: its pages and pictures, and what programs read.
 * The row of the mark is given the names of the pictures. */
bool imp_site_put_article(ImpSite *site, const char *path, GError **error);
/* The same of one that is loaded already. */
bool imp_site_put_loaded(ImpSite *site, const ImpSiteArticle *article, const ImpSiteRow *row,
                         GError **error);
