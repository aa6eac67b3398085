#pragma once

#include "daemon/pass/workplace.h"

/* How it stands with the remote, kept in the index for whoever asks (status, metrics); and the
 * mirror, tidied where a killed child left it untidy. */

/* The remote was fetched at this moment. */
bool imp_remote_note_fetched(ImpWorkplace *place, gint64 now_us, GError **error);
/* What the remote does not have yet, in words; NULL: it has everything. Written only when it
 * changes. */
bool imp_remote_note_unpushed(ImpWorkplace *place, const char *what, GError **error);

/* Takes away what a git that died left in the mirror: locks that have not changed for a minute, and
 * temporary files that nobody has open. */
void imp_remote_tidy(const char *mirror, gint64 now_us);
