#pragma once

#include <glib.h>
#include <stdbool.h>

/* A reader's question, as a page of the publisher sends it. It may be a patient's words: it is
 * handed on and kept nowhere. */

typedef struct {
    char *article; /* the path */
    char *text;    /* clean: imp_question_clean() */
} ImpQuestion;

/* Reads it from a body of `content_type`: "application/json" (an object with the strings "article"
 * and "question") or "application/x-www-form-urlencoded" (a form with these fields). False: it
 * cannot be read, is empty, or is too long; *sentence says what is wrong, static. */
bool imp_question_read(const char *content_type, const char *body, gsize length,
                       ImpQuestion *question, const char **sentence);
void imp_question_clear(ImpQuestion *question);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpQuestion, imp_question_clear)
