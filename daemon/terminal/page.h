#pragma once

#include <glib.h>

/* What is printed while something is held that others wait for (a view of the database, above all)
 * is kept in memory until that has been let go: the terminal, a pager or a pipe may take it only
 * tomorrow. */

typedef struct ImpPage ImpPage;

/* From here on standard output goes to memory. One at a time. */
ImpPage *imp_page_begin(void);

/* How many lines it has so far. */
guint imp_page_lines(ImpPage *page);

/* Writes it out, to where standard output goes now; it is standard output again. Takes NULL. */
void imp_page_end(ImpPage *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpPage, imp_page_end)
