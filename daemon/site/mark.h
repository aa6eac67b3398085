#pragma once

#include "daemon/site/folder.h"
#include "daemon/site/part.h"

/* What a site was written from: the file .imprimatur-site. It lets the next export write what has
 * changed and nothing else, take away what it wrote, and notice a ledger that was cut. Articles
 * stand in parts, files of their own that are read when something in them is asked for. */

typedef struct {
    char *settings;   /* a hash of all that a site depends on beside the ledger; "" : unfinished */
    char *ledger;     /* the entry exported last, or NULL */
    GPtrArray *parts; /* of ImpSitePart*, ordered by path */
    GPtrArray *news;  /* of char*: items of the feeds, one object a line, the newest first */
    GPtrArray *files; /* of char*: files beside those of articles, ordered */
    bool damaged;     /* a part could not be read: its articles seem not to be there */
    ImpSiteFolder *folder; /* private: where parts are; or NULL: nowhere */
} ImpSiteMark;

/* A mark without articles. `folder` is borrowed; NULL: it is written nowhere. */
ImpSiteMark *imp_site_mark_new(ImpSiteFolder *folder);
void imp_site_mark_free(ImpSiteMark *mark);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpSiteMark, imp_site_mark_free)

/* Reads the folder's mark; *mark is NULL where there is none, this program did not write it, or it
 * is damaged. */
bool imp_site_mark_read(ImpSiteFolder *folder, ImpSiteMark **mark, GError **error);
/* Writes the folder's mark, after the parts of it that have changed. */
bool imp_site_mark_put(ImpSiteMark *mark, const ImpPolicy *policy, GError **error);
/* Brings what parts say of their rows to what these are now. */
void imp_site_mark_settle(ImpSiteMark *mark, const ImpPolicy *policy);
/* Takes the files of parts away that the mark does not have. */
bool imp_site_mark_sweep(const ImpSiteMark *mark, GError **error);

/* The row of a path, or NULL; with _change, to be changed. */
const ImpSiteRow *imp_site_mark_find(ImpSiteMark *mark, const char *path);
ImpSiteRow *imp_site_mark_change(ImpSiteMark *mark, const char *path);
/* Adds rows (of ImpSiteRow*, of paths that it does not have) and takes them. */
void imp_site_mark_add(ImpSiteMark *mark, GPtrArray *rows);

/* The rows of a part (of ImpSiteRow*), which are read unless they are there. */
const GPtrArray *imp_site_mark_rows(ImpSiteMark *mark, ImpSitePart *part);
/* Calls `each` with every row, in their order. */
typedef void (*ImpSiteEach)(const ImpSiteRow *row, gpointer data);
void imp_site_mark_each(ImpSiteMark *mark, ImpSiteEach each, gpointer data);
/* How many rows there are. */
guint imp_site_mark_count(const ImpSiteMark *mark);

/* Puts a part, which is taken, where it belongs among the others, divided where that is due. */
void imp_site_mark_place(ImpSiteMark *mark, guint index, ImpSitePart *part);

/* The mark's own text, for the caller to free, and the way back: NULL where that is not
 * one. The text is written to. */
char *imp_site_mark_print(const ImpSiteMark *mark, gsize *length);
ImpSiteMark *imp_site_mark_parse(ImpSiteFolder *folder, char *text, gsize length);
