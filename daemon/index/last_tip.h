#pragma once

#include <glib.h>
#include <stdbool.h>

/* The daemon's memory of the ledger: the file `tip` in its state directory, which says what this
 * daemon wrote last, so that it knows a ledger that somebody else wrote or moved. */

typedef struct {
    char *tip;      /* the last commit of the last batch, NULL: there is no memory */
    char *previous; /* the one before that batch; NULL: the ledger began with it */
} ImpLastTip;

void imp_last_tip_clear(ImpLastTip *memory);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpLastTip, imp_last_tip_clear)

/* Reads the file; without one the memory is empty. */
bool imp_last_tip_read(const char *state_directory, ImpLastTip *memory, GError **error);

/* Where this daemon left the ledger, whose ref is at `ledger` now (NULL: it is gone). There, if
 * that is remembered as the tip, or as the one before a batch that the index has not seen, or if
 * nothing is remembered. Else somebody else moved the ref, and it is `indexed`, up to where the
 * index has followed the ledger; without an index the one before the last batch. Borrowed. */
const char *imp_last_tip_left_at(const ImpLastTip *memory, const char *ledger, const char *indexed);

/* Notes, durably, the tip that the ref is about to be moved to from `previous` (may be NULL). */
bool imp_last_tip_write(const char *state_directory, const char *tip, const char *previous,
                        GError **error);
