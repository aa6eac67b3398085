#pragma once

#include "daemon/pass/workplace.h"

/* What looks moved back at the remote, and for how long it has: a replica may be behind for a while
 * (imprimatur.json(5), settle_s). The zero value doubts nothing. */

typedef struct {
    char *what;      /* as a text; NULL: nothing that was seen since the start */
    gint64 since_us; /* monotonic */
} ImpDoubt;

void imp_doubt_clear(ImpDoubt *doubt);

/* Sees `what` at this moment, on both clocks. *settled: new connections have shown just that for
 * settle_s. It is noted in the index, so that one command goes on where the last one was. */
bool imp_doubt_see(ImpDoubt *doubt, ImpWorkplace *place, const char *what, gint64 now_us,
                   gint64 monotonic_us, bool *settled, GError **error);
/* Sees that nothing looks moved back. */
bool imp_doubt_dispel(ImpDoubt *doubt, ImpWorkplace *place, GError **error);
