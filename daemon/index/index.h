#pragma once

#include "daemon/index/index_values.h"
#include "workflow/article.h"
#include "workflow/base/database.h"

/* The index: articles as the ledger's fold left them, so that a pass loads only those it touches
 * and a reader lists them all at once. Its tables are written through: what is saved is seen by the
 * next query. */

/* How changes are found by path. A walk over a whole history makes it afterwards, in one sort. */
#define IMP_INDEX_HISTORY_INDEXES                                                                  \
    "CREATE INDEX IF NOT EXISTS history_file_path ON history_file(path);"

/* Creates what is missing. A file of another schema is emptied, which loses nothing (but deliveries
 * keep their own tables). */
bool imp_index_open(ImpDatabase *database, GError **error);

/* Whether the file already has this program's schema, so that it can be read without
 * imp_index_open(). */
bool imp_index_is_current(ImpDatabase *database);

/* Empties everything that is folded from the ledger; which reminders were sent stays. */
bool imp_index_clear(ImpDatabase *database, GError **error);

/* Named single values. NULL for none; the caller frees. */
#define IMP_INDEX_LEDGER  "ledger"  /* the ledger commit that the index is at */
#define IMP_INDEX_LAST_AT "last_at" /* its At, microseconds */
#define IMP_INDEX_PLACE   "place"   /* how many entries there are up to it */
#define IMP_INDEX_TIP                                                                              \
    "tip" /* the watched tip of the last pass: its texts and decisions are taken */
#define IMP_INDEX_SOURCE          "source"          /* Source of the last entry */
#define IMP_INDEX_ADOPTION_TIP    "adoption_tip"    /* Source of the first policy */
#define IMP_INDEX_ADOPTION_AT     "adoption_at"     /* its At, microseconds */
#define IMP_INDEX_POLICY_FOLDER   "policy_folder"   /* the .imprimatur tree that was judged last */
#define IMP_INDEX_POLICY_REJECTED "policy_rejected" /* why that is not in force */
#define IMP_INDEX_APPROVED_TIP    "approved_tip"    /* where the approved branch was put */
#define IMP_INDEX_APPROVED_NEXT   "approved_next"   /* where it is being put */
#define IMP_INDEX_APPROVED_WHOLE  "approved_whole"  /* set: all of it is to be looked at again */
#define IMP_INDEX_REPOSITORY      "repository"      /* as the ledger says: name, */
#define IMP_INDEX_BRANCH          "branch"          /* watched branch, */
#define IMP_INDEX_REVIEW_BRANCHES "review_branches" /* patterns, one a line, */
#define IMP_INDEX_VERIFIED        "verified"        /* and "no" where signatures are off */
#define IMP_INDEX_PASS_AT         "pass_at"         /* moment of the last pass, microseconds */
#define IMP_INDEX_SERVED_AT       "served_at"       /* the same, if it was a daemon's */
#define IMP_INDEX_FIRST_EDITION                                                                    \
    "first_edition" /* set: the last pass followed by the first edition of the rules */
#define IMP_INDEX_COMPARED_AT                                                                      \
    "compared_at" /* when the statuses of all heads were compared last, microseconds */
#define IMP_INDEX_FETCHED_AT "fetched_at" /* when the remote was fetched last, microseconds */
#define IMP_INDEX_UNPUSHED   "unpushed"   /* what the remote does not have yet, in words */
#define IMP_INDEX_REMOTE_DOUBT                                                                     \
    "remote_doubt" /* since when, microseconds, and what looks moved back there */
#define IMP_INDEX_DIVERGED "diverged" /* why the ledger is not trusted, while it is not */
char *imp_index_get(ImpDatabase *database, const char *key);
gint64 imp_index_get_moment(ImpDatabase *database, const char *key);
bool imp_index_set(ImpDatabase *database, const char *key, const char *value, GError **error);
bool imp_index_unset(ImpDatabase *database, const char *key, GError **error);
/* When the daemon looked last, if it should have looked again since, by the seconds between its
 * polls
 * (`elsewhere`: of a repository that is on another host); 0: it does, or no daemon works here. */
gint64 imp_index_silent_since_us(ImpDatabase *database, guint poll_seconds, bool elsewhere,
                                 gint64 now_us);
bool imp_index_set_moment(ImpDatabase *database, const char *key, gint64 moment_us, GError **error);

/* The article at `path`; a new, empty one where the ledger knows none. NULL only with an error. */
ImpArticle *imp_index_load(ImpDatabase *database, const char *path, GError **error);
/* `policy` says whom the article lacks at the moment of the pass, and when it may lack somebody
 * again because an approval is too old; NULL: nobody knows. */
bool imp_index_save(ImpDatabase *database, const ImpArticle *article, const ImpPolicy *policy,
                    gint64 now_us, GError **error);

/* Gives away all articles that are not Removed, one after the other, ordered by path, for showing:
 * with what stands, the requests and IMP_ARTICLE_SHOWN_COLUMNS (article_columns.h), without what
 * only judging needs. Not to be saved. Meanwhile `take` may ask the index for anything but this. */
bool imp_index_each_live(ImpDatabase *database, void (*take)(ImpArticle *article, gpointer data),
                         gpointer data, GError **error);
/* The same, together: of ImpArticle*, freed with the array. */
GPtrArray *imp_index_load_live(ImpDatabase *database, GError **error);

/* Paths, ordered bytewise; freed with the array. */
GPtrArray *imp_index_all(ImpDatabase *database, GError **error);  /* all that ever were */
GPtrArray *imp_index_live(ImpDatabase *database, GError **error); /* all that are not Removed */
GPtrArray *imp_index_unapproved(ImpDatabase *database,
                                GError **error); /* Submitted or Under Review */
GPtrArray *imp_index_expired(ImpDatabase *database, gint64 now_us, GError **error);
/* Of those, the ones with an approval that has become too old. */
GPtrArray *imp_index_too_old(ImpDatabase *database, gint64 now_us, GError **error);
GPtrArray *imp_index_colliding(ImpDatabase *database, const char *path,
                               GError **error); /* live, equal but for case; not itself */
GPtrArray *imp_index_published(ImpDatabase *database, GError **error); /* on the approved branch */
/* Articles that lack reviewers, the oldest submission first. */
GPtrArray *imp_index_vacant(ImpDatabase *database, GError **error);

/* How many articles there are in each state (by ImpState), and how many of those that are not
 * Approved somebody should have answered about before `now_us`. */
bool imp_index_count(ImpDatabase *database, gint64 now_us, gint64 articles[IMP_STATE_APPROVED + 1],
                     gint64 *overdue, GError **error);

/* id -> number of open requests, as GUINT_TO_POINTER. */
GHashTable *imp_index_open_requests(ImpDatabase *database, GError **error);

/* The next moment at which something is due by itself (an approval ends, a reminder); 0: none. */
gint64 imp_index_next_deadline(ImpDatabase *database);
