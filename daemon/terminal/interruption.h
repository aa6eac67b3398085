#pragma once

#include <gio/gio.h>

/* SIGINT and SIGTERM as the end of long work: the first one cancels a GCancellable, at once,
 * whatever the main thread is doing; a second one ends the process. */

typedef struct ImpInterruption ImpInterruption;

/* From now on the two signals cancel; once in a process. */
ImpInterruption *imp_interruption_new(void);
/* Borrowed. */
GCancellable *imp_interruption_cancellable(const ImpInterruption *interruption);
/* The signals do again what they did before. */
void imp_interruption_free(ImpInterruption *interruption);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpInterruption, imp_interruption_free)

/* Which of the two came first; 0: none. The default main context wakes up when it has come. */
int imp_interruption_signal(const ImpInterruption *interruption);
