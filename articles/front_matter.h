#pragma once

#include "workflow/reference.h"
#include "workflow/review_in.h"

#include <glib.h>

/* What an article says about itself in YAML at its top (imprimatur-record(7), ARTICLES). */

typedef enum {
    IMP_KEY_OTHER,   /* another program's */
    IMP_KEY_READ,    /* one of those below */
    IMP_KEY_ODD,     /* likewise, but its value is not of its type, and therefore left alone */
    IMP_KEY_IGNORED, /* claims a status (status, lastReviewed, reviewedBy), which anybody can type
                      */
} ImpKeyKind;

typedef struct {
    char *name;
    guint line;
    ImpKeyKind kind;
} ImpFrontMatterKey;

void imp_front_matter_key_free(gpointer key);

typedef struct {
    char *title;           /* as written; or NULL */
    char *specialty;       /* or NULL */
    char **reviewers;      /* ids as written; never NULL */
    ImpReviewIn review_in; /* count 0: none */
    /* What readers are told, as written, without blanks around it; or NULL. Never decisive, and
     * what is not a text is left alone. */
    char *audience, *lang, *variant_of, *description;
    GPtrArray *keys;       /* of ImpFrontMatterKey*: each key, in their order; never NULL */
    GPtrArray *references; /* of ImpReference*, whatever they hold: they are not a problem of the
                              front matter; or NULL */
    char *nocite;          /* or NULL */
    guint nocite_line;
} ImpFrontMatter;

void imp_front_matter_free(ImpFrontMatter *front_matter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpFrontMatter, imp_front_matter_free)

/* Parses YAML: nothing, or one document that is a mapping; at most IMP_FRONT_MATTER_MAX_DEPTH
 * levels deep, without anchors, aliases and tags, keys plain text and never twice. A null is as if
 * the key were not there; other values of the keys that are read must be of their type (`reviewers`
 * a list of texts, the rest text, `review_in` "N days|weeks|months"). `first_line` is the number of
 * the YAML's first line in the article. Else NULL and in `detail` a sentence that begins with
 * "Front matter, line N: ", which the caller frees. */
ImpFrontMatter *imp_front_matter_parse(const char *yaml, gsize length, guint first_line,
                                       char **detail);
