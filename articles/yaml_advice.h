#pragma once

#include <glib.h>

/* What somebody has to do about YAML that cannot be parsed, where it can be told better than by the
 * parser: it knows what it wanted, not what the author meant.
 *
 * `text` is the YAML, whose first line has the number `first_line`, and `line` that in which the
 * parser met the `problem`; it becomes the line that is to be mended. Returns a sentence without a
 * full stop, for the caller to free. */
char *imp_yaml_advice(const char *text, gsize length, guint first_line, guint *line,
                      const char *problem);

/* The same where the cause is a blank or an end of a line that nobody sees and that is not one;
 * NULL: there is none. */
char *imp_yaml_lookalike(const char *text, gsize length, guint first_line, guint *line);
