#pragma once

#include <glib.h>
#include <stdbool.h>

/* Something in a text that is wrong (an error) or odd (a warning), for its author. */

typedef struct {
    guint line; /* from 1; 0: of the whole text */
    bool is_error;
    char *text; /* without a full stop */
} ImpTextFinding;

/* An array of ImpTextFinding*, freed with it. */
GPtrArray *imp_text_findings_new(void);
void imp_text_finding_add(GPtrArray *findings, guint line, bool is_error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* Puts them into the order of their lines; those of one line stay in theirs. */
void imp_text_findings_sort(GPtrArray *findings);
