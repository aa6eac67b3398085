#pragma once

#include <glib.h>
#include <stdbool.h>

/* A reader's question, as it is handed on, whichever way it came. It may be a patient's words. */

typedef enum {
    IMP_QUESTION_FINE,
    IMP_QUESTION_UNREADABLE, /* not UTF-8 */
    IMP_QUESTION_EMPTY,
    IMP_QUESTION_LONG, /* more than IMP_QUESTION_MAX_CHARACTERS (workflow/base/limits.h) */
} ImpQuestionFlaw;

/* The text with one kind of line end ("\n"), no other control or invisible format character but the
 * tab, and no white space around it; NULL with *flaw where it cannot be handed on. The caller
 * frees. */
char *imp_question_clean(const char *text, ImpQuestionFlaw *flaw);
