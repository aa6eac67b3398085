#pragma once

#include "daemon/pass/clock_doubt.h"
#include "daemon/pass/pass.h"

/* Whether the clock can be believed: what a pass decides at a wrong moment (everything expired,
 * every deadline over) stands for ever.
 *
 * A clock that is more than a day ahead of the last pass and of every date seen, in the ledger and
 * at the tips of the branches, is in doubt: the daemon may have been off for so long, or the
 * machine's clock may be wrong. Nothing is decided then, until a date is seen that confirms it (a
 * push of today), until somebody says so (a reload, or `once --trust-clock`), or until it has run
 * on for an hour without being set. */

/* Why the moment of the pass is not believed, a sentence that the caller frees, or NULL.
 * `monotonic_us` is the other clock's, `ledger` the tip of the ledger or NULL. */
char *imp_clock_doubt(ImpClockDoubt *doubt, const ImpPass *pass, const char *ledger,
                      gint64 monotonic_us);
