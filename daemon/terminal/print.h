#pragma once

#include "workflow/base/json.h"

#include <stdio.h>

/* What the command prints, made fit for a terminal: nothing that others wrote (paths, titles,
 * names, reasons) can move the cursor, change colours, hide or reorder text, or begin a line. */

/* One line of valid UTF-8: tabs and newlines are spaces, what cannot be seen is U+FFFD, no blanks
 * at the ends. */
char *imp_print_clean(const char *text);

/* A path: as it is where every character can be seen, else in C quotes as git shows it. */
char *imp_print_path(const char *path);

/* How many columns clean text takes: two for wide characters, none for combining ones. */
guint imp_print_columns(const char *text);

/* Text cut to at most `columns`, with "..." for what was taken from its end, or, with `keep_end`,
 * from its beginning. */
char *imp_print_fit(const char *text, guint columns, bool keep_end);

/* Prints clean text on standard output, filled up with spaces to `columns`. */
void imp_print_padded(const char *text, guint columns);

/* Prints clean text on standard output in lines of at most `columns`, broken at spaces. The first
 * begins where the cursor is, in column `indent`; the others are indented that far. Ends with a
 * newline. */
void imp_print_wrapped(const char *text, guint indent, guint columns);
/* The same to another stream. */
void imp_print_wrapped_to(FILE *to, const char *text, guint indent, guint columns);

/* Prints clean text on standard output as one line; on a terminal in lines of its width, broken at
 * spaces, the further ones indented. */
void imp_print_line(const char *text);

/* Prints one JSON object as a line; what a terminal could take for a command is escaped. */
void imp_print_json(const json_t *object);

/* "2026-11-23 09:14", UTC; "20 Nov", or "Nov 2027" where the day is half a year or more from now.
 * The caller frees. */
char *imp_print_minute(gint64 moment_us);
char *imp_print_day(gint64 moment_us, gint64 now_us);
/* A span of time in its largest unit: "12 d", "5 h", "3 min", "40 s". */
char *imp_print_span(gint64 span_us);

/* Where standard output goes. */
typedef struct {
    guint columns; /* a terminal's width, else 80 */
    guint rows;    /* a terminal's height; 0: not a terminal, or not known */
    bool colour;   /* a terminal, and NO_COLOR is not set */
} ImpScreen;

ImpScreen imp_screen(void);

/* The width of the terminal that standard error is; 0: it is not one. */
guint imp_screen_error_columns(void);

/* The sequence that begins a style, "" without colour; IMP_STYLE_PLAIN ends it. */
typedef enum {
    IMP_STYLE_PLAIN,
    IMP_STYLE_BOLD,
    IMP_STYLE_FAINT,
    IMP_STYLE_GOOD,
    IMP_STYLE_WARN,
    IMP_STYLE_BAD,
} ImpStyle;
const char *imp_screen_style(const ImpScreen *screen, ImpStyle style);
