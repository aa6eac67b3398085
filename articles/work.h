#pragma once

#include "articles/repository.h"

#include <gio/gio.h>

/* Work that takes long: who may end it, and who is told how far it is. It belongs to a repository's
 * handle, since whatever takes long reads many objects or entries by one. */

typedef struct {
    GCancellable *cancellable; /* ends it, from any thread; or NULL */
    /* Told in the thread that works, often, in words for people. `of` is 0 where the end is not
     * known. Or NULL. */
    void (*progress)(const char *what, guint done, guint of, gpointer data);
    gpointer data;
} ImpWork;

/* Sets what the handle's work is seen and ended by (nothing, as long as this is not called). The
 * cancellable is kept. Once it is cancelled no object is read by this handle and no ref moved: all
 * that was begun fails with G_IO_ERROR_CANCELLED, and leaves what a kill would leave. */
void imp_repository_set_work(ImpRepository *repository, const ImpWork *work);

/* The same cancellable for another handle, of a thread that helps; it tells nothing by itself. */
void imp_repository_share_work(ImpRepository *helper, const ImpRepository *repository);

/* Whether the work goes on; if not, false with the error. What was found out since this was last
 * true may be wrong, where somebody took an object that could not be read for one that is not
 * there: ask before anything is decided by it. */
bool imp_repository_goes_on(const ImpRepository *repository, GError **error);

/* Tells how far the work is. */
void imp_repository_tell(const ImpRepository *repository, const char *what, guint done, guint of);
