#pragma once

#include "articles/passage.h"

/* Sentences and words of passages, numbered so that equal ones have one number. */

typedef struct {
    const ImpPassage *passage;
    char *text;
    guint id;    /* of its passage's kind and its text */
    guint likes; /* the same for sentences that differ in numbers, units, negations and short words,
                    or stand in the same cell */
} ImpSentence;

/* Numbers for texts, given as they first occur, from 0. */
typedef GHashTable ImpNumbers;
ImpNumbers *imp_numbers_new(void);
guint imp_numbers_of(ImpNumbers *numbers, char *text); /* takes `text` */

/* The sentences of passages (of ImpPassage*, which must outlive them), as ImpSentence*s freed with
 * the array. */
GPtrArray *imp_sentences_find(GPtrArray *passages, ImpNumbers *numbers);

typedef struct {
    const char *text; /* in the sentence */
    gsize length;
    bool blank; /* before it */
    guint id;
} ImpWord;

/* The words of a sentence, marks at their ends apart, as ImpWords. */
GArray *imp_words_find(const char *sentence, ImpNumbers *numbers);
