#pragma once

#include <glib.h>

/* What may be longer than a terminal is read in a pager, as git does it. */

typedef struct ImpPager ImpPager;

/* From here on standard output goes through the user's pager: git's choice (GIT_PAGER, core.pager,
 * PAGER) in `directory` (NULL: the current one). Returns NULL, and nothing changes, where standard
 * output is not a terminal, and without a pager that can be run. While it runs interrupts are the
 * pager's, and leaving it early is not an error. Ask imp_screen() before. */
ImpPager *imp_pager_begin(const char *directory);

/* Waits until the user has left the pager; standard output is then the terminal again. Takes NULL.
 */
void imp_pager_end(ImpPager *pager);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpPager, imp_pager_end)
