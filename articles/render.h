#pragma once

#include "articles/document.h"

#include <glib.h>
#include <stdbool.h>

/* An article's Markdown (CommonMark, with tables, strikethrough, tasks and bare web addresses) as
 * markup that stands within a page.
 *
 * Safe by construction: only the elements and attributes listed here come out, all else is escaped
 * text. HTML in the text is text. Well-formed XML, every element closed, so that it can be written
 * raw into a page (xmlTextWriterWriteRaw) inside of an element such as <div class="text">; no
 * script, style, event or `style=`, no address but those below.
 *
 *     h2-h6 p ul ol[start] li blockquote pre[tabindex] code hr br em strong s
 *     div.table[role tabindex aria-label] table thead tbody tr th[scope class] td[class]
 *                                              class: left, center, right
 *     a[href rel title]            http, https, mailto, relative; "#place"
 *     a.citation[href id]          a number, to "#ref-N"; id="cite-N" on the first one
 *     span.dangling[title]         "?" for a citation that no reference answers
 *     span.task[role aria-label]   a box, done or not
 *     span.hidden-character        U+202E, for a character that could not be seen
 *     span.image                   the words for an image that is not shown
 *     img[src alt title loading]
 *     p.cut                        where the text was cut; see `cut`
 *
 * Headings: the page's title is its h1, so the outline of the text begins at h2 and skips no level.
 * Ids that come from the text begin with "text-"; a page uses other ones. */

typedef struct {
    const char *path;  /* of the article, in the repository: relative addresses begin there */
    const char *title; /* of the page: a heading at the text's beginning that says the same is left
                          out; or NULL */
    /* What stands for a picture or for another file of the repository: its address as seen from
     * the page, which is freed after use, or NULL: then there is no image, or no link, and the
     * words alone stay. `path` is resolved, in the repository, and a picture's has the end of one.
     * Without the function: no image; a relative link as it was written. */
    char *(*image)(gpointer data, const char *path);
    char *(*link)(gpointer data, const char *path);
    gpointer data;
} ImpRenderOptions;

typedef struct {
    guint level; /* of the element: 2 to 6 */
    char *id;    /* "text-doses" */
    char *text;
} ImpRenderedHeading;

/* A source, for the page's list: write each as <li id="ref-N">. All text is one clean line in which
 * nothing is hidden, not escaped; addresses are http or https in ASCII. What is not known is NULL.
 */
typedef struct {
    guint number;            /* from 1 */
    bool cited;              /* false: the text does not cite it; those come last */
    char *id;                /* the author's own word for it */
    const char *kind;        /* "Guideline", "Research" ... */
    char *title, *container; /* container: journal, book or publisher */
    guint year;              /* 0: not known */
    char *doi, *doi_url;
    char *pmid, *pmid_url;
    char *url;
} ImpRenderedReference;

typedef struct {
    char *html;
    GPtrArray *headings;   /* of ImpRenderedHeading*, in their order */
    GPtrArray *references; /* of ImpRenderedReference*, by number: in the order of first citation */
    GPtrArray *images;     /* of char*: paths of the pictures that are shown, each once */
    guint dangling;        /* citations that no reference answers */
    /* The markup grew beyond IMP_RENDER_FACTOR times the text, or the text is not one that can be
     * read: the rest is missing, and a paragraph says so. */
    bool cut;
} ImpRendered;

/* Renders the article's `length` bytes at `text` below its front matter, of which `document` was
 * parsed. Never NULL. Time and memory are in proportion to the text; elements more than
 * IMP_RENDER_MAX_DEPTH deep are left out, their words stay. */
ImpRendered *imp_render(const char *text, gsize length, const ImpDocument *document,
                        const ImpRenderOptions *options);
void imp_rendered_free(ImpRendered *rendered);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpRendered, imp_rendered_free)

/* Renders Markdown that is not an article (a disclaimer): as above, without references. The caller
 * frees. */
char *imp_render_fragment(const char *markdown);

/* The passages of the article's `length` bytes at `text`, of which `document` was parsed, in their
 * order, freed with the array. A text that is not UTF-8 has none. Time and memory are in proportion
 * to the text: one that the parser would blow up is taken line by line. (Implemented by
 * articles/render.c, which has the parser.) */
GPtrArray *imp_passages_find(const char *text, gsize length, const ImpDocument *document);
