#pragma once

#include <glib.h>

/* Bytes as hex digits, two each, small letters, as git writes ids. */

/* Writes `length` bytes, and a NUL behind them, into `hex`, which has room for 2 * length + 1. */
void imp_hex_write(const guint8 *bytes, gsize length, char *hex);

/* Reads `length` bytes from as many pairs of hex digits; what is not one counts as anything. */
void imp_hex_read(const char *hex, gsize length, guint8 *bytes);
