#pragma once

#include <glib.h>

#define IMP_ALIGN_NONE G_MAXUINT

/* Sets two sequences side by side, by the algorithm that git compares files with. `partner` has a
 * place for each of the `before_count` items: the index of the equal item in `after` that it stands
 * beside, rising, or IMP_ALIGN_NONE. Takes less than the product of the lengths, however little
 * they have in common. */
void imp_align(const guint *before, guint before_count, const guint *after, guint after_count,
               guint *partner);
