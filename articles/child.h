#pragma once

#include <glib.h>
#include <stdbool.h>

/* Runs a program that judges something, and waits for it, at most 10 s.
 *
 * `inputs` (NULL-terminated, at most IMP_CHILD_INPUTS_MAX) are what it reads: the first on its
 * standard input, the others as the files IMP_CHILD_FILE(0), IMP_CHILD_FILE(1) ... With `output`,
 * what it writes to descriptor IMP_CHILD_OUTPUT is returned there, as text. All of them are memory
 * files: nothing is written to disk, nothing has a name that somebody could guess, and nothing is
 * left over. The environment is PATH=/usr/bin:/bin, LC_ALL=C, TZ=UTC and a home that does not
 * exist, so that nobody's settings are in the verdict.
 *
 * Sets `status`, the exit status. Fails, with the outputs untouched, where nothing was found out:
 * no such program in PATH (G_IO_ERROR_NOT_FOUND), it took too long (G_IO_ERROR_TIMED_OUT), could
 * not run, or was ended by a signal. */
#define IMP_CHILD_INPUTS_MAX 3
#define IMP_CHILD_FILE(n)    "/proc/self/fd/" n
#define IMP_CHILD_FIRST_FILE "3"
#define IMP_CHILD_OTHER_FILE "4"
#define IMP_CHILD_OUTPUT     "5"

bool imp_child_run(const char *const *arguments, GBytes *const *inputs, char **output, int *status,
                   GError **error);
