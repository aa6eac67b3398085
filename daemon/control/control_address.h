#pragma once

#include <stdbool.h>

struct sockaddr_un;

/* A Unix socket's address for a path of any length: where that does not fit, by way of a descriptor
 * of its folder, which is stored in *folder, to be closed after use (-1: none). False: the folder
 * cannot be opened; errno says why. */
bool imp_control_address(const char *path, struct sockaddr_un *address, int *folder);

/* Beside the socket lies, while the daemon cannot do its work, a file with the reason: in the
 * runtime directory, which is not on the disk that may be full. The path of it for a socket's, and
 * for a reader who knows the state directory. The caller frees. */
char *imp_control_trouble_path(const char *socket_path);
char *imp_control_find_trouble(const char *state_directory);
