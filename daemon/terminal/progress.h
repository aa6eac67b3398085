#pragma once

#include <glib.h>

/* How far long work is, as one line on a terminal that is drawn again and again: what it does, a
 * bar, a rate, and how long it will go on. */

typedef struct ImpProgress ImpProgress;

/* NULL where standard error is not a terminal: then nobody looks, and nothing is shown. */
ImpProgress *imp_progress_new(void);
/* Takes the line away; nothing for NULL. */
void imp_progress_free(ImpProgress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpProgress, imp_progress_free)

/* `progress` is an ImpProgress, or NULL; as ImpWork (articles/work.h) has it. Draws at most ten
 * times a second, and nothing in the first half second. */
void imp_progress_show(const char *what, guint done, guint of, gpointer progress);

/* The line for `done` of `of` (0: not known) after `passed_us`; the caller frees. */
char *imp_progress_line(const char *what, guint done, guint of, gint64 passed_us);
