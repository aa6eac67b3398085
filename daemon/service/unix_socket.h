#pragma once

#include <glib.h>

/* Makes a Unix socket of that type (SOCK_STREAM, SOCK_DGRAM) at `path`, in the place of what a
 * former process left there; it does not block and is not inherited. From its first moment it is
 * for the daemon's user and group alone (mode 0660). Returns the descriptor, which the caller
 * closes; -1: errno says why not. */
int imp_unix_socket_bind(const char *path, int type);

/* The path of a socket of that name: in the first of $RUNTIME_DIRECTORY's folders, else (NULL or
 * empty) in the state directory. The caller frees. */
char *imp_unix_socket_path(const char *runtime_directory, const char *state_directory,
                           const char *name);
