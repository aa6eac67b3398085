#pragma once

#include <glib.h>

/* How a program says that it failed. */

/* Prints "imprimatur: MESSAGE" on standard error, safe for a terminal whatever is in it, and
 * returns `status`. */
int imp_command_fail(int status, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same for an error, with the status that its kind has. */
int imp_command_fail_with(const GError *error);
