#pragma once

#include <glib.h>
#include <stdbool.h>

/* Bytes of open files, whatever number of calls they take. A failure leaves errno. */

/* The first `size` bytes; NULL where there are fewer. */
GBytes *imp_descriptor_read(int fd, gsize size);
/* Up to `length` bytes from `offset` on; how many there are, or -1. */
gssize imp_descriptor_read_at(int fd, char *bytes, gsize length, gsize offset);
bool imp_descriptor_write(int fd, const char *bytes, gsize length);
/* Appends `length` bytes of one file, from `offset` on, to another; they have to be there. */
bool imp_descriptor_copy(int from, gsize offset, int to, gsize length);
