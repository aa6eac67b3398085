#pragma once

#include "daemon/site/row.h"
#include "workflow/policy.h"

/* A part of a site's mark: some hundred articles that stand side by side, in a file of their own,
 * and what everybody has to know of them who does not read that. Where a part begins depends on the
 * paths alone, and its file is named by its content: the same ledger leaves the same files, and
 * one that is there never changes. */

/* Articles of a part that stand in one list. */
typedef struct {
    char *folder; /* see imp_site_folder_of() */
    guint count;
} ImpSiteListed;

typedef struct {
    char *path, *root; /* the article, and of which other it is a variant */
} ImpSiteVariant;

typedef struct {
    char *name;          /* of its file; NULL: not known yet */
    char *first;         /* the first article's path */
    guint count;         /* of rows */
    guint articles;      /* that are not removed */
    guint approved;      /* of them */
    guint addresses;     /* in the sitemap */
    gsize data_bytes;    /* in data/articles.json, each with what separates it from the next */
    gint64 ends_us;      /* when the first of them becomes IMP_SHOWN_EXPIRED by itself; 0: never */
    GPtrArray *listed;   /* of ImpSiteListed*, in the order of their first article */
    GPtrArray *variants; /* of ImpSiteVariant*, likewise */
    GPtrArray *worse;    /* of char*: numbers in alive.json, likewise */

    GPtrArray *rows; /* of ImpSiteRow*, ordered by path; NULL: not read */
    GBytes *text;    /* private: as they were read, in which their members stand; or NULL */
    bool changed;    /* what is above may no longer be true of the rows */
    bool fresh;      /* it is not as it was exported last; */
    bool unwritten;  /* and has no file yet */
    gsize data_at;   /* where it begins in the last data/articles.json; 0: not there */
    guint map;       /* in which file of the last sitemap it stands; */
    bool ends_map;   /* as the last of it */
} ImpSitePart;

/* A part without a row. */
ImpSitePart *imp_site_part_new(void);
void imp_site_part_free(ImpSitePart *part);

/* Reads the rows from the text of the part's file, of which it takes a reference. False where that
 * is not what imp_site_part_print() wrote of as many rows. */
bool imp_site_part_read(ImpSitePart *part, GBytes *text);
/* The file's text, for the caller to free. */
char *imp_site_part_print(const ImpSitePart *part, gsize *length);

/* Finds what stands above the rows out again, and the file's name. */
void imp_site_part_sum_up(ImpSitePart *part, const ImpPolicy *policy, const char *text,
                          gsize length);

/* Divides a part, which is taken, where others begin; of ImpSitePart*, freed with the array. */
GPtrArray *imp_site_part_divide(ImpSitePart *part);
