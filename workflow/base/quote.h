#pragma once

#include <glib.h>

/* Paths in text, quoted as git does (git-config(1), core.quotePath, whose default is true). */

/* The path as git would print it; in C quotes if it holds a control character, '"', '\\', DEL or a
 * byte from 0x80 on, and beyond git also if it is empty or begins or ends with a space, which
 * trailers would lose. `path` is bytes. The result is ASCII without control characters; the caller
 * frees. */
char *imp_path_quote(const char *path);

/* Reads a quoted text that begins at `quoted` with '"': the bytes it stands for, which the caller
 * frees, and in `end` the place after the closing quote. NULL, leaving `end` alone, for an unknown
 * escape, an octal one that is not three digits up to \377, a NUL (no path holds one), a control
 * character, or no closing quote. */
char *imp_path_unquote(const char *quoted, const char **end);
