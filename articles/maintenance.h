#pragma once

#include "articles/repository.h"

/* Keeping a repository small that is written to for years: a child git packs what lies about
 * loose, and packs that are many and small, into fewer. */

/* What lies in a repository: packs, but those that are to be kept as they are (FILE.keep), and
 * about how many loose objects (git's own estimate: those in one of the 256 folders stand for all).
 */
typedef struct {
    guint packs, loose;
    guint refs; /* files below refs/, counted up to IMP_CLUTTER_REFS_MOST + 1 */
} ImpClutter;

/* A ref of its own file costs a read at each look at all refs, ten times what a line costs. */
#define IMP_CLUTTER_REFS_MOST 1000

ImpClutter imp_maintenance_look(const ImpRepository *repository);

/* Whether whoever owns the repository wants nobody to do this by himself: gc.auto is 0, or
 * maintenance.auto is false (git-gc(1), git-maintenance(1)). */
bool imp_maintenance_is_unwanted(ImpRepository *repository);

/* A child that packs. */
typedef struct ImpMaintenance ImpMaintenance;

/* Begins to pack, the refs or else the objects, and returns; `done` is told in the default main
 * context, with a sentence if it failed, else NULL. No object is ever lost by this, also none that
 * no ref reaches: what is taken away lies in another pack by then (git-repack(1), --geometric).
 * NULL with an error where git does not run. */
ImpMaintenance *imp_maintenance_begin(ImpRepository *repository, bool refs,
                                      void (*done)(const char *fault, gpointer data), gpointer data,
                                      GError **error);
/* Ends it without a word to `done`; what it has done stays, and is whole. After `done` was told, it
 * only frees. Nothing happens for NULL. */
void imp_maintenance_free(ImpMaintenance *maintenance);
