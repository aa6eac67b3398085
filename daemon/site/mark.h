#pragma once

#include "workflow/base/json.h"
#include "workflow/shown.h"

/* What a site was written from: the file .imprimatur-site. It lets the next export write what has
 * changed and nothing else, take away what it wrote, and notice a ledger that was cut. A line for
 * each article, so that one can be exchanged without reading the others. */

/* What lists, data and feeds need of an article. */
typedef struct {
    char *path;
    ImpState state;
    ImpShownCase which;
    bool worse;               /* see imp_shown_is_worse() */
    bool variant;             /* its `json` has variant_of */
    gint64 valid_until_us;    /* when it becomes IMP_SHOWN_EXPIRED by itself; 0: never */
    gint64 changed_us;        /* the later of last updated and last reviewed; 0: nothing is shown */
    gint64 reviewed_us;       /* last reviewed; 0: no text is shown that was */
    gint64 approved_until_us; /* while it is approved; else 0 */
    char *title;              /* in one visible line */
    char *page;               /* the address of its page in the folder: "a/x/" */
    char *json;   /* one object in one line: the article's value in data/articles.json */
    char *images; /* names of its pictures in its folder, with spaces between; "" : none */

    /* private */
    const char *line; /* as it was read, in which members stand; or NULL */
    gsize length;
    const char *facts, *quoted; /* parts of it that need not be made again; or NULL */
} ImpSiteRow;

ImpSiteRow *imp_site_row_new(const char *path);
void imp_site_row_free(ImpSiteRow *row);
/* Gives a member of the row, which is a text, another, and takes that. */
void imp_site_row_set(ImpSiteRow *row, char **member, char *text);

typedef struct {
    char *settings;   /* a hash of all that a site depends on beside the ledger; "" : unfinished */
    char *ledger;     /* the entry exported last, or NULL */
    GPtrArray *rows;  /* of ImpSiteRow*, ordered by path */
    GPtrArray *news;  /* of char*: items of the feeds, one object a line, the newest first */
    GPtrArray *files; /* of char*: files beside those of articles, ordered */
    char *text;       /* private: as it was read, in which the rows' members stand; or NULL */
} ImpSiteMark;

ImpSiteMark *imp_site_mark_new(void);
void imp_site_mark_free(ImpSiteMark *mark);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpSiteMark, imp_site_mark_free)

/* Reads a mark, of which it takes the text; NULL where this program did not write it, or it is
 * damaged. */
ImpSiteMark *imp_site_mark_parse(char *text, gsize length);
/* The file's text, for the caller to free. */
char *imp_site_mark_print(const ImpSiteMark *mark, gsize *length);

/* The row of a path, or NULL. */
ImpSiteRow *imp_site_mark_find(const ImpSiteMark *mark, const char *path);

/* For sorting rows (ImpSiteRow**) by path. */
int imp_site_row_compare(gconstpointer a, gconstpointer b);

/* The row's object. */
json_t *imp_site_row_object(const ImpSiteRow *row);
