#pragma once

#include "articles/repository.h"
#include "workflow/base/database.h"

/* What is known of heads (review branches, pull requests) beside the history: which of them have
 * decisions that may be looked at when an article gets another text, and who wrote what there. */

/* The tip has decisions about these articles (texts) that wait. */
bool imp_index_set_waiting_texts(ImpDatabase *database, const char *tip, const GPtrArray *paths,
                                 GError **error);
/* Adds to the set `tips` those that have such decisions about the article. */
bool imp_index_add_waiting_tips(ImpDatabase *database, const char *path, GHashTable *tips,
                                GError **error);

/* The articles of what was signed that were judged, of a decision about several
 * (IMP_SEEN_PAIR). */
bool imp_index_mark_pair(ImpDatabase *database, const char *payload, const char *path,
                         GError **error);
bool imp_index_has_pair(ImpDatabase *database, const char *payload, const char *path);
guint imp_index_count_pairs(ImpDatabase *database, const char *payload);

/* Whether the commit is in the history, or was read of a head. */
bool imp_heads_have(ImpDatabase *database, const char *commit);

/* Reads what the head `tip` has beyond the history and beyond what was read of heads before, at
 * most `most` commits: of one that has more those that are nearest to the tip; the others count as
 * read. *read is increased. */
bool imp_heads_read(ImpDatabase *database, ImpRepository *repository, const char *tip, guint most,
                    guint *read, GError **error);

/* The addresses of all who wrote something in the history or on a head, as far as these were read:
 * texts, each once, freed with the array. */
GPtrArray *imp_heads_writers(ImpDatabase *database, GError **error);

/* Adds to the set `addresses` the authors and co-authors of commits of heads that brought the text
 * `version` to any path, and of those below such a commit, on that head, that changed `path`. */
bool imp_heads_add_authors(ImpDatabase *database, ImpRepository *repository, const char *path,
                           const char *version, GHashTable *addresses, GError **error);
