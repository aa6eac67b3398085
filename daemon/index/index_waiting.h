#pragma once

#include "workflow/base/database.h"

/* Tips of review branches with decisions that wait until what is below them is merged: whether that
 * is so, and none of what it was said to wait for has been merged since. With another policy other
 * commits are decisions, and nothing is known to wait. */
bool imp_index_is_waiting(ImpDatabase *database, const char *tip);
bool imp_index_set_waiting(ImpDatabase *database, const char *tip, const char *const *below,
                           guint count, GError **error);
bool imp_index_clear_waiting(ImpDatabase *database, GError **error);
