#pragma once

#include "daemon/site/work.h"

/* Which articles an export has to look at. */

typedef struct {
    GHashTable *paths; /* set */
    bool everything;
} ImpSiteTouched;

ImpSiteTouched imp_site_touched(bool everything);
void imp_site_touched_clear(ImpSiteTouched *touched);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpSiteTouched, imp_site_touched_clear)

/* Adds what has changed since the mark `before`: articles with entries since, and those whose time
 * is over meanwhile. */
bool imp_site_touch_what_moved(ImpSite *site, ImpSiteMark *before, ImpSiteTouched *touched,
                               GError **error);
/* Adds all articles of the ledger. */
bool imp_site_touch_everything(ImpSite *site, ImpSiteTouched *touched, GError **error);

/* The paths of a set, ordered and borrowed. */
GPtrArray *imp_site_sorted(GHashTable *set);
