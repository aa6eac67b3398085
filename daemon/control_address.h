#pragma once

#include <stdbool.h>

struct sockaddr_un;

/* A Unix socket's address for a path of any length: where that does not fit, by way of a descriptor of its folder,
 * which is stored in *folder, to be closed after use (-1: none). False: the folder cannot be opened; errno says why. */
bool imp_control_address(const char *path, struct sockaddr_un *address, int *folder);
