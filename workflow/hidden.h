#pragma once

#include <glib.h>
#include <stdbool.h>

/* Characters that readers cannot see, and that make a text look other than it is (Unicode Technical
 * Report 36, section 2). Most of them belong to some script, so each is judged by what stands
 * around it: a joiner between Persian letters is spelling, between Latin ones it hides. */

/* Which letters a whole text holds. */
typedef struct {
    bool from_right; /* some that are written from right to left */
    bool joined;     /* some that joiners or breaks between words belong to */
} ImpScripts;

ImpScripts imp_hidden_survey(const char *text, gsize length);

/* The first character in a line (UTF-8) that has no business where it stands, in a text with these
 * scripts. Returns what it is, for a sentence ("a zero-width character"), and sets `character`;
 * NULL where there is none. The time is in proportion to the line. */
const char *imp_hidden_find(const char *line, gsize length, const ImpScripts *scripts,
                            gunichar *character);

/* Whether the line holds any character that could have none, wherever it stands: a quick look, with
 * which most lines are done. */
bool imp_hidden_is_suspect(const char *line, gsize length);
