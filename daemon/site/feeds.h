#pragma once

#include "daemon/site/article.h"

/* Brings the mark's news to where the ledger is. `since` is the entry that they are at; NULL: there
 * are none yet. With site->news that has to be what all articles have. */
bool imp_site_find_news(ImpSite *site, const char *since, GError **error);

/* Notes in site->news what of an article's history is news; nothing where that is NULL. */
void imp_site_note_news(ImpSite *site, const ImpSiteArticle *article);

/* The feeds and the sitemap. */
bool imp_site_put_feeds(ImpSite *site, GError **error);
