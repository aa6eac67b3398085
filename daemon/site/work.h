#pragma once

#include "articles/document.h"
#include "articles/render.h"
#include "daemon/index/past.h"
#include "daemon/site/mark.h"
#include "daemon/site/site.h"
#include "daemon/site/xml.h"
#include "daemon/verbs/view/contributors.h"

/* An export under way, and what its parts give one another. */

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
    GHashTable *variants; /* path -> GPtrArray of paths: the others of its group, ordered */
    GHashTable *checking; /* name -> GBytes: nothing is written, it is noted here; or NULL */
} ImpSite;

/* An article as a page shows it. */
typedef struct {
    ImpPast *past;
    ImpShown shown;
    GPtrArray *history;    /* of ImpSiteEvent*, oldest first */
    GBytes *text;          /* that is shown, or NULL */
    ImpDocument *document; /* of it, or NULL */
    char *title;           /* in one visible line */
    char *stem;            /* see imp_site_stem() */
    char *caution;         /* a sentence, or NULL */
} ImpSiteArticle;
/* One thing that happened to it. */
typedef struct {
    char *id; /* of the ledger's commit */
    ImpEntryKind kind;
    ImpState state, previous;
    ImpReason reason;
    ImpRefusal refusal;
    char *version, *person, *of, *why;
    gint64 at_us, valid_until_us;
} ImpSiteEvent;

ImpSiteArticle *imp_site_article_load(ImpSite *site, const char *path, GError **error);
void imp_site_article_free(ImpSiteArticle *article);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpSiteArticle, imp_site_article_free)

ImpSiteRow *imp_site_article_row(ImpSite *site, const ImpSiteArticle *article);
/* A text of the repository, NULL without an error where it is too large. */
GBytes *imp_site_text(ImpSite *site, const char *version, GError **error);
/* A person for the view: "Oncologist One, MD", or "a member of the board". `name` is what the
 * ledger calls them, or NULL. `*person` is set to what may be said of them, or NULL; it may be
 * NULL. The caller frees. */
char *imp_site_person(ImpSite *site, const char *id, const char *name, const ImpPerson **person);
/* "23 November 2026", UTC; the caller frees. */
char *imp_site_day(gint64 moment_us);
/* <time datetime="...">23 November 2026</time> */
void imp_site_time(ImpXml *xml, gint64 moment_us);
/* Trust, in order of gravity: a sentence, or NULL. `exported` is the entry exported last, or NULL.
 */
bool imp_site_find_doubt(ImpSite *site, const char *exported, char **doubt, bool *cut,
                         GError **error);

/* Files. Each puts one or more files into the folder. */
bool imp_site_put(ImpSite *site, const char *name, char *text, GError **error); /* takes the text */
bool imp_site_put_article(ImpSite *site, const char *path, GError **error);
bool imp_site_put_lists(ImpSite *site, GHashTable *folders, GError **error);
bool imp_site_put_people(ImpSite *site, GError **error);
bool imp_site_put_policy(ImpSite *site, GError **error);
bool imp_site_put_assets(ImpSite *site, GError **error);
const char *imp_site_assets(void); /* their text */
bool imp_site_put_status(ImpSite *site, const ImpSiteArticle *article, const ImpSiteRow *row,
                         GError **error);
bool imp_site_put_data(ImpSite *site, GError **error);
bool imp_site_put_alive(ImpSite *site, GError **error);
/* data/articles.json keyed for `kind`; NULL: there is no such kind. The caller frees. */
char *imp_site_data_of(ImpSite *site, const char *kind);
bool imp_site_put_feeds(ImpSite *site, GError **error);

/* The names of an article's files, with those of its pictures; of texts, freed with the array. */
GPtrArray *imp_site_article_files(const ImpSite *site, const ImpSiteRow *row);
/* The names of the list pages, ordered. */
GPtrArray *imp_site_list_files(const ImpSite *site);

/* The groups of variants in a mark: root -> GPtrArray of paths. */
GHashTable *imp_site_groups(const ImpSiteMark *mark);
/* Fills site->variants, says of each row in `touched` (a set of paths) whether it is behind, and
 * adds to the set who shares a group with one of it, now or `earlier` (NULL: all are touched). */
bool imp_site_find_variants(ImpSite *site, GHashTable *touched, GHashTable *earlier,
                            GError **error);

/* Items for the feeds from one article's past, or from the entries of the ledger since another. */
bool imp_site_find_news(ImpSite *site, const char *since, GError **error);

/* A page: its head and the site's own heading; what follows stands in <main>. `name` is its file,
 * `where` the part of the site that is marked as the current one (or NULL). imp_site_page_end()
 * closes it and puts it there. */
typedef struct {
    const char *name;
    const char *title;
    const char *description; /* or NULL */
    const char *lang;        /* of the text; NULL: the site's */
    const char *where;
    const char *json_ld; /* ready to stand in a script element, or NULL */
    const char *version; /* of the text, for embeds; or NULL */
    bool hidden_from_search;
    bool script;
} ImpSitePage;
ImpXml *imp_site_page_begin(ImpSite *site, const ImpSitePage *page);
bool imp_site_page_end(ImpSite *site, const ImpSitePage *page, ImpXml *xml, GError **error);

void imp_site_tracker(ImpXml *xml, const ImpPast *past, const ImpShown *shown);
/* The caution, or who reviewed it; `way` leads to the folder ("../../"). */
void imp_site_standing(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article);
/* Last updated, last reviewed, next review. */
void imp_site_dates(ImpXml *xml, const ImpSiteArticle *article);

/* The sentence that warns of what is shown, NULL where nothing has to be warned of. The caller
 * frees. */
char *imp_site_caution(ImpSite *site, const ImpPast *past, const ImpShown *shown);

/* JSON-LD for the article's page, to stand in a script element; NULL where nothing is shown. The
 * caller frees. */
char *imp_site_json_ld(ImpSite *site, const ImpSiteArticle *article, const ImpRendered *rendered);

bool imp_site_put_editors_article(ImpSite *site, ImpXml *xml, const ImpSiteArticle *article,
                                  GError **error);
bool imp_site_put_editors_board(ImpSite *site, ImpXml *xml, GError **error);

json_t *imp_site_moment(gint64 moment_us); /* RFC 3339, or null */
/* A path as a key: in C quotes where it is not UTF-8. The caller frees. */
char *imp_site_key(const char *path);
