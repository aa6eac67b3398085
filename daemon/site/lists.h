#pragma once

#include "daemon/site/work.h"

/* Puts the lists of the folders in the set `touched` (NULL: all) and the first page. */
bool imp_site_put_lists(ImpSite *site, GHashTable *touched, GError **error);

/* The names of all lists; of texts, freed with the array. */
GPtrArray *imp_site_list_files(const ImpSite *site);
