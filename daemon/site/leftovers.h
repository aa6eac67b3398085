#pragma once

#include "daemon/site/work.h"

/* What earlier exports wrote and this one does not. */

/* The names of an article's files, with those of its pictures; of texts, freed with the array. */
GPtrArray *imp_site_article_files(const ImpSite *site, const ImpSiteRow *row);

/* Notes in the mark what earlier exports wrote under names that have changed, or about paths that
 * the ledger does not have: so that it is taken away, by the next export if this one is killed. */
void imp_site_list_leftovers(ImpSite *site, ImpSiteMark *before);

/* The names of the lists and of the sitemap's files, ordered; of texts, freed with the array. */
GPtrArray *imp_site_frame_files(const ImpSite *site);
/* Whether they are others than the mark lists. */
bool imp_site_frame_has_moved(const ImpSite *site);

/* Takes away what the mark lists beside articles, but for the lists and the sitemap. */
bool imp_site_remove_leftovers(ImpSite *site, GError **error);

/* Pictures of earlier exports (`before` may be NULL) are known by their rows, so that they can be
 * taken away. */
void imp_site_keep_images(ImpSite *site, ImpSiteMark *before);
