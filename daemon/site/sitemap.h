#pragma once

#include "daemon/site/work.h"

/* sitemap.xml, and above SITEMAP_MAX addresses the files that it names then, of which those are
 * written in which something is not as it was; nothing where the folder's address is not known. */
bool imp_site_put_sitemap(ImpSite *site, GError **error);

/* Notes in which file each part of the mark stands. */
void imp_site_find_maps(const ImpSiteMark *mark);

/* Adds the names of those files to `names` (of char*). */
void imp_site_add_map_files(const ImpSite *site, GPtrArray *names);
