#pragma once

#include "articles/repository.h"

/* The record as a clone fetches it: never by force, so that what a clone has seen of the ledger
 * stays its evidence, whatever happens to the repository that it came from. */

#define IMP_FETCH_REFSPEC "refs/imprimatur/*:refs/imprimatur/*"

/* Fetches the record from a remote of the repository, by the user's git in `directory`. Where the
 * remote's ledger does not continue the one that is here: IMP_REPOSITORY_ERROR_MOVED, which says so
 * and what to do, and nothing has moved here. */
bool imp_fetch_record(ImpRepository *repository, const char *directory, const char *remote,
                      GError **error);
