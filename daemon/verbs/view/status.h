#pragma once

#include "daemon/terminal/print.h"
#include "daemon/verbs/view/reader.h"
#include "notify/event.h"

/* Where an article stands, as `imprimatur status` says it: for programs, in a table, or as its
 * whole story. */

typedef struct {
    ImpArticle *article;
    ImpReview *review;
    char **waiting_for; /* whose turn it is: ids, ordered; or "author", or "reviewer" (nobody is
                           asked); or nobody */
    gint64 due_us;      /* the next deadline; 0: none */
    bool overdue;       /* that is over, and something else than an approval's end */
    guint attention;    /* the lower, the sooner somebody has to look */
} ImpStatus;

/* Takes the article. `policy` may be NULL. */
ImpStatus *imp_status_new(ImpArticle *article, const ImpPolicy *policy, gint64 now_us);
void imp_status_free(ImpStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpStatus, imp_status_free)

/* Gives away the status of each article that is not Removed, ordered by path. Meanwhile the index
 * may be asked for anything but this. */
bool imp_status_each(ImpReader *reader, gint64 now_us,
                     void (*take)(ImpStatus *status, gpointer data), gpointer data, GError **error);
/* The same, together: of ImpStatus*. */
GPtrArray *imp_status_load_all(ImpReader *reader, gint64 now_us, GError **error);

/* Orders statuses by what needs attention first: problems, changes requested, overdue, Under
 * Review, Submitted, adopted and nobody asked, then Approved; among equals what is due first, then
 * what has waited longest. */
void imp_status_sort_by_attention(GPtrArray *statuses);
void imp_status_sort_by_path(GPtrArray *statuses);

/* What that order is made by. */
typedef struct {
    guint attention;
    gint64 due_us, since_us;
    const char *path; /* borrowed */
} ImpStatusKey;

ImpStatusKey imp_status_key(const ImpStatus *status);
int imp_status_compare(const ImpStatusKey *one, const ImpStatusKey *other);

/* The line of --json for one article, and the last one for the whole. */
json_t *imp_status_json(const ImpStatus *status, const ImpReader *reader);
json_t *imp_status_whole_json(const ImpReader *reader, gint64 now_us);

/* Prints what somebody has to know before anything else: no policy, a rejected one, a ledger that
 * is not trusted. */
void imp_status_print_warnings(const ImpReader *reader, const ImpScreen *screen);
/* That the daemon has been silent for several polls, and what to type. */
void imp_status_warn_of_silence(const ImpReader *reader, gint64 now_us, const ImpScreen *screen);
/* Which commits mean to be decisions about the article at `path` (NULL: any) and never become one.
 */
void imp_status_warn_of_uncounted(ImpReader *reader, const char *path, gint64 now_us,
                                  const ImpScreen *screen);
/* And which messages do not get out. */
void imp_status_warn_of_deliveries(const ImpReader *reader, gint64 now_us, const ImpScreen *screen);

/* How many there are of what; zeroed at first. */
typedef struct {
    guint all, states[IMP_STATE_APPROVED + 1], overdue, authors;
} ImpStatusCounts;

void imp_status_count(ImpStatusCounts *counts, const ImpStatus *status);
/* Prints that. `shown` is how many of all the table had. */
void imp_status_print_summary(const ImpReader *reader, const ImpStatusCounts *counts, guint shown,
                              gint64 now_us, const ImpScreen *screen);

/* Prints one article's story: where it stands, the people, and what happened. */
bool imp_status_print_story(const ImpReader *reader, const ImpStatus *status, gint64 now_us,
                            const ImpScreen *screen, GError **error);

/* Prints figures about these articles: how long they have been in their states, and for each
 * reviewer what is open of them, overdue, and decided in the last 30 days. `screen` NULL: as a line
 * of JSON. */
bool imp_status_print_figures(const ImpReader *reader, GPtrArray *statuses, gint64 now_us,
                              const ImpScreen *screen, GError **error);
