#pragma once

#include "articles/document.h"
#include "daemon/site/work.h"
#include "daemon/site/xml.h"

/* What is said of an article, found once for all the files that say it. */

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
    json_t *object;        /* what data/articles.json says of it */
    bool variant;          /* that has variant_of */
} ImpSiteArticle;

/* One thing that happened to it. */
typedef struct {
    char *id; /* of the ledger's commit */
    ImpEntryKind kind;
    ImpState state, previous;
    ImpReason reason;
    ImpRefusal refusal;
    char *version, *person, *of, *why;
    char *sentence; /* for editors: why a decision was refused; or NULL */
    gint64 at_us, valid_until_us;
} ImpSiteEvent;

/* The article as it stands now. NULL with an error alone. */
ImpSiteArticle *imp_site_article_load(ImpSite *site, const char *path, GError **error);
void imp_site_article_free(ImpSiteArticle *article);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpSiteArticle, imp_site_article_free)

/* What lists and data say of it. The caller frees. */
ImpSiteRow *imp_site_article_row(const ImpSiteArticle *article);

/* Reads a text of the repository; *text is NULL where it is not there, or too large. */
bool imp_site_read_text(ImpSite *site, const char *version, GBytes **text, GError **error);

/* A person for the view: "Oncologist One, MD", or "a member of the board". `name` is what the
 * ledger calls them, or NULL. `*person` is set to what may be said of them, or NULL; it may be
 * NULL. The caller frees. */
char *imp_site_person(ImpSite *site, const char *id, const char *name, const ImpPerson **person);

/* The language of the site's captions: what readers are told by themselves; editors' pages are in
 * English. Static. */
const char *imp_site_language(const ImpSite *site);
/* The language of a text, to be named where it differs from that of the captions around it; NULL:
 * it does not. `document` may be NULL: then it is the policy's own. */
const char *imp_site_text_language(const ImpSite *site, const ImpDocument *document);
/* "23 November 2026", UTC. The caller frees. */
char *imp_site_day(gint64 moment_us);
/* <time datetime="...">23 November 2026</time> */
void imp_site_time(ImpXml *xml, gint64 moment_us);
/* A path as a key: itself, or in C quotes where it is not UTF-8. The caller frees. */
char *imp_site_key(const char *path);
