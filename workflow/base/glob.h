#pragma once

#include <glib.h>
#include <stdbool.h>

/* Patterns of paths, branch names and event types (imprimatur-record(7), ARTICLES). A pattern is
 * matched from beginning to end. `*` stands for any characters, `?` for one character of UTF-8,
 * `[a-z]` for one of those listed, and none of them for "/"; `**`, as a whole segment, stands for
 * any number of segments, also none. What has no "/" is one segment. Bytes are compared, so case
 * matters. */

/* Longest pattern, in bytes. */
#define IMP_GLOB_MAX_BYTES 1024

/* Whether `pattern` is one: no "/" at its beginning or end, no empty, "." or ".." segment, `**`
 * only as a whole segment, no negation (a leading "!", "[!...]", "[^...]"), no "\" (a literal "*"
 * is "[*]"), no control characters. If not, *why is a sentence that says what is wrong and what to
 * do, which the caller frees; `why` may be NULL. */
bool imp_glob_is_valid(const char *pattern, char **why);

/* Whether what somebody typed is a valid pattern that can match more than one path. */
bool imp_glob_is_pattern(const char *text);

/* Whether the whole of `path` (bytes as in git; what is not UTF-8 counts as a character for each
 * byte) matches a valid pattern. The time is bounded by the product of the two lengths, whatever
 * they contain. */
bool imp_glob_matches(const char *pattern, const char *path);

/* Whether `path` matches one of the valid patterns; false for no pattern. */
bool imp_glob_matches_any(char *const *patterns, const char *path);

/* The folder in which everything lies that the pattern can match, with its "/": "content/" of
 * "content/2026-*.md"; "" where the first segment is not a literal folder. The caller frees. */
char *imp_glob_literal_folder(const char *pattern);
