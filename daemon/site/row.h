#pragma once

#include "workflow/base/json.h"
#include "workflow/shown.h"

/* What lists, data and feeds need of an article: a line of a site's mark. */

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
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpSiteRow, imp_site_row_free)

/* Gives a member of the row, which is a text, another, and takes that. */
void imp_site_row_set(ImpSiteRow *row, char **member, char *text);

/* Reads a line of `length` bytes (and a NUL), which it divides into members: it has to outlive the
 * row. NULL where imp_site_row_print() did not write it. */
ImpSiteRow *imp_site_row_read(char *line, gsize length);
/* Appends the line, with its newline. */
void imp_site_row_print(const ImpSiteRow *row, GString *text);

/* For sorting rows (ImpSiteRow**) by path. */
int imp_site_row_compare(gconstpointer a, gconstpointer b);

/* The row of a path among `rows` (of ImpSiteRow*, ordered by path), or NULL. */
ImpSiteRow *imp_site_row_find(const GPtrArray *rows, const char *path);

/* A path that may stand in C quotes, for the caller to free; NULL where they are wrong. */
char *imp_site_unquote(const char *text);

/* The row's object. */
json_t *imp_site_row_object(const ImpSiteRow *row);
