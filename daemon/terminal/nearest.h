#pragma once

#include <glib.h>

/* What somebody may have meant. */

/* The number of characters to put in, take out, replace or exchange with their neighbour to make
 * one text of the other; of long texts only the last 256 bytes count. Bytes are compared, letters
 * of ASCII without their case. */
guint imp_nearest_distance(const char *one, const char *other);

/* The one of `count` candidates that is nearest to `word`, borrowed; NULL where none is near enough
 * to be meant. Where paths are asked for, a candidate that ends in "/WORD" is nearest of all. */
const char *imp_nearest(const char *word, const char *const *candidates, gsize count);
