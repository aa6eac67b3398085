#pragma once

#include "daemon/verbs/view/reader.h"

/* Who wrote what an article says now, for verbs that work without a daemon. */

typedef struct ImpContributors ImpContributors;

/* Brings the table of who brought which text up to the commit `tip`. An index of the reader's own
 * keeps it, so that only the first time costs a walk over the whole history; beside a daemon's
 * index it is made in memory, unless that is there already. The reader is borrowed. Fails where
 * history is missing (a shallow clone). */
ImpContributors *imp_contributors_new(ImpReader *reader, const char *tip, GError **error);
void imp_contributors_free(ImpContributors *contributors);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpContributors, imp_contributors_free)

/* The contributors of the article's current text, a set of folded addresses (imprimatur-record(7),
 * DECISIONS). */
GHashTable *imp_contributors_of(ImpContributors *contributors, const ImpArticle *article,
                                GError **error);

/* When the text `version` was brought to `path` (imp_history_brought()); 0: not known. */
gint64 imp_contributors_brought(ImpContributors *contributors, const char *path,
                                const char *version);
