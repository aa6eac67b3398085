#pragma once

#include "articles/document.h"

/* An article as passages of plain words, one for each paragraph, heading, item, cell of a table,
 * line of code and line of front matter; for comparing, not for reading. */

typedef enum {
    IMP_PASSAGE_TEXT,
    IMP_PASSAGE_HEADING,
    IMP_PASSAGE_CELL,
    IMP_PASSAGE_CODE,
    IMP_PASSAGE_FRONT_MATTER,
} ImpPassageKind;

typedef struct {
    ImpPassageKind kind;
    char *text;  /* one line in which nothing is hidden, single blanks; never empty. A link or an
                    image  is followed by its address in "<>" */
    char *where; /* the heading above; NULL: none */
    char *cell;  /* "Table 1, Methotrexate, Dose": its row by the first cell, its column by the
                    heading; NULL for other kinds */
} ImpPassage;

void imp_passage_free(gpointer passage);
