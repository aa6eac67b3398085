#pragma once

#include "articles/repository.h"
#include "articles/scan.h"
#include "workflow/article.h"
#include "workflow/base/database.h"

/* Who brought which text: a table of what each commit reachable from the watched tip brought,
 * extended by one walk over the commits that are new. It serves every article of a pass, and a new
 * text costs nothing to trace even when it is as old as the repository. */

/* A commit of the walk, kept where attempts among them have to be put in order. */
typedef struct {
    char *id;
    char **parents;
    ImpAttempt *attempt; /* or NULL */
} ImpNewCommit;

void imp_new_commit_free(ImpNewCommit *commit);

/* Adds (to an array of ImpNewCommit*) those of the scan that are new, with their attempts, but for
 * those that are marked in `but` (by index; may be NULL). */
void imp_new_commits_take(GPtrArray *commits, ImpScan *scan, const guint8 *but);

/* When the first policy took effect, for what is as old as that: the committer date of the tip
 * then, or, where that was ahead, the moment itself. */
gint64 imp_history_adoption_date(ImpDatabase *database, ImpRepository *repository, const char *tip);

/* A walk under way. */
typedef struct ImpHistoryWalk ImpHistoryWalk;

/* Begins to bring the table up to `tip`. A walk over a whole history, which an adoption needs, goes
 * on beside the caller in a thread with a repository handle of its own; what is new since the last
 * pass is read here and now. `adoption_tip` is the tip at which the first policy took effect (`tip`
 * itself in that pass). */
ImpHistoryWalk *imp_history_begin(ImpDatabase *database, ImpRepository *repository, const char *tip,
                                  const char *adoption_tip, GError **error);
/* The same for a tip that the watched branch has not and may get: the table then knows both. To be
 * rolled back. */
ImpHistoryWalk *imp_history_begin_beside(ImpDatabase *database, ImpRepository *repository,
                                         const char *tip, const char *adoption_tip, GError **error);

/* Ends the walk, which it frees, and writes the table. Where there are attempts among them, returns
 * the commits that no pass has looked at (of ImpNewCommit*), else none. Not among them is what the
 * adoption's tip reaches, nor, when the table began again (it was empty, or held commits that `tip`
 * does not reach, because the branch was forced elsewhere), what the tip of the last pass does.
 * `commits_read` is increased. */
GPtrArray *imp_history_end(ImpHistoryWalk *walk, ImpDatabase *database, guint *commits_read,
                           GError **error);

/* Abandons a walk, which may be NULL. */
void imp_history_walk_free(ImpHistoryWalk *walk);

/* Whether the commit is reachable from the tip that the table is at. */
bool imp_history_has(ImpDatabase *database, const char *commit);

/* Who counts as a contributor. */
typedef struct {
    gint64 adopted_since_us; /* of commits from before the adoption those since then */
    bool first_edition;      /* by the first edition of the rules (imprimatur-record(7)) */
} ImpContributorRule;

/* The contributors of an article's current text (imprimatur-record(7), "Contributors"): a set of
 * folded addresses, for the caller. */
GHashTable *imp_history_contributors(ImpDatabase *database, ImpRepository *repository,
                                     const ImpArticle *article, const ImpContributorRule *rule,
                                     GError **error);

/* The committer date of the commit that brought the text `version` to `path`, the latest if there
 * are several; 0: the table knows none. */
gint64 imp_history_brought(ImpDatabase *database, const char *path, const char *version);
