#pragma once

#include "daemon/site/work.h"

/* Puts the files that are the same for every site. */
bool imp_site_put_assets(ImpSite *site, GError **error);

/* Their text, by which one program's can be told from another's. The caller frees. */
char *imp_site_assets(void);
