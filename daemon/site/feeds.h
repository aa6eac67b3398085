#pragma once

#include "daemon/site/work.h"

/* Brings the mark's news to where the ledger is. `since` is the entry that they are at; NULL: there
 * are none yet. */
bool imp_site_find_news(ImpSite *site, const char *since, GError **error);

/* The feeds and the sitemap. */
bool imp_site_put_feeds(ImpSite *site, GError **error);
