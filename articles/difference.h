#pragma once

#include "articles/passage.h"
#include "workflow/change.h"

/* What changed between two texts of an article, for people who do not read patches (imprimatur(1),
 * DIFFERENCES): by passages, in them by sentences, in these by words. A paragraph that was broken
 * into other lines is the same. */

typedef enum {
    IMP_PIECE_SAME,
    IMP_PIECE_REMOVED,
    IMP_PIECE_ADDED,
    IMP_PIECE_LEFT_OUT, /* sentences that are the same, too many to show; without words */
} ImpPieceMark;

typedef struct {
    ImpPieceMark mark;
    bool blank; /* stands before it */
    char *text;
} ImpDifferencePiece;

typedef struct {
    ImpPassageKind kind;
    char *where; /* the heading above; NULL: none */
    char *cell;  /* "Table 1, Methotrexate, Dose"; NULL unless a cell */
    /* Of ImpDifferencePiece*: a sentence that is the same is one of them; one that changed is words
     * with marks, or where more than 60 % of it changed, all of it removed and added. */
    GPtrArray *pieces;
} ImpDifferencePassage;

#define IMP_DIFFERENCE_CHANGES_MAX 200

typedef struct {
    bool unreadable;     /* one of them is not UTF-8 text: nothing was compared */
    GPtrArray *passages; /* of ImpDifferencePassage*: those in which something changed, in order */
    ImpChanges
        *changes; /* what must not be missed; at most IMP_DIFFERENCE_CHANGES_MAX and a count */
} ImpDifference;

/* Compares two whole articles, front matter and all. `terms` may be NULL. Never NULL. Time and
 * memory stay far below the product of the lengths, whatever the texts hold. */
ImpDifference *imp_difference_new(const char *before, gsize before_length, const char *after,
                                  gsize after_length, const ImpTerms *terms);
void imp_difference_free(ImpDifference *difference);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpDifference, imp_difference_free)
