#pragma once

#include "daemon/index/past.h"
#include "daemon/site/folder.h"
#include "daemon/site/mark.h"
#include "daemon/site/options.h"
#include "daemon/verbs/view/contributors.h"

/* An export under way: what its parts give one another. */

typedef struct {
    ImpReader *reader;
    const ImpSiteOptions *options;
    const ImpPolicy *policy; /* NULL: none yet */
    gint64 now_us;
    ImpShowing showing;
    char *doubt; /* or NULL */
    ImpPasts *pasts;
    ImpContributors *history; /* once it was needed; NULL also where there is none here */
    bool history_sought;
    ImpSiteFolder *folder;
    ImpSiteMark *mark;    /* as it will be */
    bool data_stands;     /* see imp_site_data_stands() */
    GHashTable *news;     /* id -> path: entries that are news, of all articles read; or NULL */
    GHashTable *variants; /* path -> GPtrArray of paths: the others of its group, ordered */
    GHashTable *checking; /* name -> GBytes: nothing is written, it is noted here; or NULL */
} ImpSite;
