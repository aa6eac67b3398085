#pragma once

#include <glib.h>
#include <stdbool.h>

/* As much of Markdown's blocks (CommonMark 0.30) as reading a heading or a citation needs. */

/* A fenced code block that is open; zero: none is. */
typedef struct {
    char mark; /* '`' or '~'; 0 outside of a fenced block */
    gsize length;
} ImpFence;

/* Follows fenced code blocks line by line (section 4.5); true if this line, without its
 * indentation, is of one. */
bool imp_fence_takes(ImpFence *fence, const char *text, gsize length);

/* Takes up to three spaces of indentation off (section 4.2); false if there are more, or a tab,
 * which make indented code where a paragraph cannot go on. */
bool imp_unindent(const char **text, gsize *length);
