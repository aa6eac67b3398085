#pragma once

#include <glib.h>
#include <stdbool.h>

/* Lines of text that others wrote: bytes with a length, which may hold anything, NUL included. */

typedef struct {
    const char *text; /* the line last read, without its newline */
    gsize length;
    guint number; /* of that line, from 1; 0 before the first */
    /* private */
    const char *next;
    const char *end;
} ImpLines;

/* Iterates over `length` bytes at `text`, which stay the caller's; nothing may be at NULL. */
ImpLines imp_lines(const char *text, gsize length);
/* Reads the next line; false after the last. A final newline ends a line and begins none. */
bool imp_lines_next(ImpLines *lines);

/* Whether a line holds nothing but spaces and tabs. */
bool imp_line_is_blank(const char *text, gsize length);

/* Takes spaces and tabs off both ends, in place of the two variables. */
void imp_trim(const char **text, gsize *length);

/* Whether the text starts with `prefix` (ASCII), in any case of letters. */
bool imp_starts_with_word(const char *text, gsize length, const char *prefix);

/* A quotation for a sentence: in double quotes, valid UTF-8, control characters as U+FFFD, at most
 * 60 characters, the rest as an ellipsis. The caller frees. */
char *imp_excerpt(const char *text, gsize length);

/* A copy in one line: valid UTF-8, each control character as a space, no blanks at the ends. The
 * caller frees. */
char *imp_one_line(const char *text, gsize length);
/* True only where that would give the same text; of a text that is not ASCII it says nothing. */
bool imp_is_one_line(const char *text, gsize length);

/* Whether a character has no look of its own and could hide others or turn them around: controls
 * but tab and newline, bidirectional controls, zero-width ones, tags (Unicode Technical Report 36,
 * section 2). Soft hyphens are not, nor are the joiners of scripts and emoji behind a
 * character (`before`; 0: none) that is not of Latin script. */
bool imp_is_hidden(gunichar c, gunichar before);

/* A copy in one line in which nothing is hidden: as imp_one_line(), and each hidden character as
 * its number, "[U+202E]". For titles and other people's words on a page. The caller frees. */
char *imp_visible_line(const char *text, gsize length);
