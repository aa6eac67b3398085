#pragma once

#include <glib.h>
#include <stdbool.h>

/* What the service manager is told (sd_notify(3)), without ever waiting for it: nobody who does not
 * read can stop the loop. Without $NOTIFY_SOCKET nothing is told. */

typedef struct ImpManager ImpManager;

ImpManager *imp_manager_new(void);
/* What still waits to be told is dropped. */
void imp_manager_free(ImpManager *manager);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpManager, imp_manager_free)

/* Tells assignments ("WATCHDOG=1"), one a line, if they are taken now; else they are dropped, since
 * the next ones say the same or more. */
void imp_manager_tell(ImpManager *manager, const char *assignments);

/* STATUS= with a sentence, which may hold anybody's words: it becomes one clean line. If it is not
 * taken now, it is told as soon as it is, unless another has come. */
void imp_manager_tell_status(ImpManager *manager, const char *sentence);

/* Tells how far a long pass is, at most ten times a second (as ImpWork in articles/work.h has it;
 * `manager` is an ImpManager). Such a pass keeps the loop from feeding the watchdog; that it gets
 * on is as good. */
void imp_manager_show_progress(const char *what, guint done, guint of, gpointer manager);

/* Tells assignments that must arrive (READY, RELOADING): in their order, and again until they are
 * taken. */
void imp_manager_insist(ImpManager *manager, const char *assignments);
