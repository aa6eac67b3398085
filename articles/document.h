#pragma once

#include "articles/front_matter.h"
#include "workflow/words.h"

/* An article's text: what of it the workflow needs (imprimatur-record(7), ARTICLES). */

/* What may stand before the first line, and is not a part of it. */
#define IMP_BYTE_ORDER_MARK "\xef\xbb\xbf"

typedef struct {
    /* IMP_PROBLEM_TOO_LARGE, IMP_PROBLEM_ENCODING, IMP_PROBLEM_FRONT_MATTER or IMP_PROBLEM_NONE.
     * With a problem, what front matter would say is absent, and a title may still come from a
     * heading. */
    ImpProblem problem;
    char *detail; /* a sentence about the problem, with the line; NULL without one */
    /* From the front matter, else the first "# " heading, in one line of at most 256 characters;
     * NULL where there is none (then the path serves). */
    char *title;
    char *specialty;       /* or NULL */
    char **reviewers;      /* ids as written, in the order to ask; never NULL */
    ImpReviewIn review_in; /* count 0: none */
    /* What readers are told by front matter; each may be NULL. `variant_of` and `audience` are as
     * the author typed them: whether there is such an article or audience is not looked at.
     * `description` is one line of at most 1024 characters. */
    char *audience, *lang, *variant_of, *description;
    GPtrArray *keys;       /* of ImpFrontMatterKey*: the keys of front matter; never NULL */
    GPtrArray *references; /* of ImpReference*, as written; NULL: front matter has none */
    char *nocite; /* Pandoc's key for what is used without being cited in the text; or NULL */
    guint nocite_line;
    gsize body; /* where the text begins, behind front matter, in bytes, */
    guint body_line;
} ImpDocument;

/* Reads an article from its bytes. Never NULL: what is wrong with an article is its problem.
 * Whoever knows the size beforehand need not read what is longer than IMP_ARTICLE_MAX_BYTES. */
ImpDocument *imp_document_parse(const char *text, gsize length);
/* The line of a key of front matter; 0 where it is not there. */
guint imp_document_key_line(const ImpDocument *document, const char *key);
void imp_document_free(ImpDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpDocument, imp_document_free)
