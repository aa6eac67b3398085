#pragma once

#include "daemon/pass/workplace.h"

/* What a daemon that runs for years tidies up after itself (imprimatur.json(5), HOUSEKEEPING):
 * memory after a large pass, and the repository when its own passes have left many small packs and
 * loose objects. Runs beside everything else, in the default main context. */

typedef struct ImpHousekeeping ImpHousekeeping;

/* The place is borrowed. */
ImpHousekeeping *imp_housekeeping_new(ImpWorkplace *place);
/* A git that packs is ended; that leaves nothing half done. */
void imp_housekeeping_free(ImpHousekeeping *keeping);

/* A pass is over, which read so many commits and made so many entries. */
void imp_housekeeping_after_pass(ImpHousekeeping *keeping, guint commits_read, guint entries);
