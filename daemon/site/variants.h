#pragma once

#include "daemon/site/work.h"

/* The groups of variants in a mark in which one of `paths` (a set) stands: root -> GPtrArray of
 * paths. */
GHashTable *imp_site_groups(ImpSiteMark *mark, GHashTable *paths);

/* Fills site->variants, says of each row in `touched` (a set of paths) whether it is behind, and
 * adds to the set who shares a group with one of it, now or `earlier` (NULL: all are touched). */
bool imp_site_find_variants(ImpSite *site, GHashTable *touched, GHashTable *earlier,
                            GError **error);
