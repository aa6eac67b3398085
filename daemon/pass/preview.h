#pragma once

#include "daemon/pass/workplace.h"
#include "notify/status.h"

/* What would become of a head (a review branch, a pull request) if it were merged now: what its
 * commit's status says (imprimatur.json(5), THE REMOTE, STATUSES). Nothing is recorded: the pass is
 * made in a transaction that is rolled back. */

typedef struct {
    ImpStatus status;
    GPtrArray *paths; /* of texts: the articles that it changes */
} ImpPreview;

void imp_preview_clear(ImpPreview *preview);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpPreview, imp_preview_clear)

/* Looks at `head`, which the watched branch does not have. *preview is for the caller to clear;
 * its status has no commit where there is nothing to say, since no policy is in force or nothing is
 * watched yet. The workplace has caught up with its ledger, and no transaction is open. */
bool imp_preview_make(ImpWorkplace *place, const ImpRef *head, gint64 now_us, ImpPreview *preview,
                      GError **error);
