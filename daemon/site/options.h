#pragma once

#include <glib.h>
#include <stdbool.h>

/* What an export is asked for, and what has become of it. */

typedef enum {
    IMP_SITE_READERS,
    IMP_SITE_EDITORS, /* everything that the record holds, for a folder behind a login */
} ImpSiteView;

bool imp_site_view_from_word(const char *word, ImpSiteView *view);

/* What a publisher decides; strings are borrowed. */
typedef struct {
    const char *directory;
    const char *url; /* of the folder, ending in "/"; NULL: not known, then there is no sitemap */
    ImpSiteView view;
    bool notice;          /* a notice stands for texts that are not approved */
    guint alive_hours;    /* how long alive.json lasts */
    const char *style;    /* CSS behind imprimatur.css; these three are texts, or NULL */
    const char *header;   /* markup in the place of the site's own heading */
    const char *footer;   /* markup at the end of each page */
    GPtrArray *authority; /* of ImpSigner*: who signs policies; NULL: not known */
    bool unproved;        /* policy and ledger are taken as they are */
    bool full;            /* everything is written as if for the first time */
} ImpSiteOptions;

typedef struct {
    char *doubt; /* why everything reads pending, a sentence; NULL: nothing is doubted */
    char *ledger;
    guint articles, approved;
    guint written, removed; /* files */
    gint64 next_us;         /* when something changes by itself; 0: never */
} ImpSiteResult;

void imp_site_result_clear(ImpSiteResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpSiteResult, imp_site_result_clear)
