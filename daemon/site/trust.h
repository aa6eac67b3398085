#pragma once

#include "daemon/site/work.h"

/* Whether what the ledger says may be told to readers as true. `exported` is the entry that was
 * exported last, or NULL. *doubt becomes a sentence, for the caller to free, or stays NULL; *cut
 * says whether that entry is not in the ledger any more. False with an error for faults. */
bool imp_site_find_doubt(ImpSite *site, const char *exported, char **doubt, bool *cut,
                         GError **error);
