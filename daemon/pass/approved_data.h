#pragma once

#include "daemon/pass/workplace.h"

/* The file in the approved branch that says where each article stands (imprimatur-site(7), DATA FOR
 * SITE GENERATORS). It follows from the ledger's entries alone, never from the moment: a site
 * compares `valid_until` with its own clock. */

/* Whether a file at `path` cannot be in the branch beside the data file at `data`: it is the same,
 * or one of them would have to be a folder. */
bool imp_approved_data_collides(const char *data, const char *path);

/* The file's text, for the caller to free. `before` is the text that it follows, of which only the
 * articles at `paths` (of texts) are looked at again; NULL, or one that cannot be read: all are. */
char *imp_approved_data(ImpWorkplace *place, const char *before, GPtrArray *paths, GError **error);
