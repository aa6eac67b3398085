#pragma once

#include "articles/watch.h"
#include "daemon/terminal/page.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/status_select.h"

/* For the files of `imprimatur status` alone: one run of it, and what it shares with the next one
 * while it watches. */

typedef struct {
    const ImpCommand *command;
    char *const *arguments;
    ImpSelection selection;
    ImpScreen screen;
    gint64 now_us;
    ImpReader *reader;
    ImpPage *page; /* that is being printed, borrowed */
    /* While watching: */
    GMainLoop *loop; /* NULL: not watching */
    ImpWatch *watch;
    guint signals[2]; /* sources of the signals that end it */
    GHashTable *told; /* path -> line of JSON, as it was told last */
    char *ledger;     /* that was told last */
    int status;
} ImpStatusView;

void imp_status_view_clear(ImpStatusView *view);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpStatusView, imp_status_view_clear)

/* Reads the index as it is now; says why where that fails. */
bool imp_status_view_open(ImpStatusView *view);

/* Finds what is wanted, among the `paths` of all articles or, where no argument names several
 * (NULL), without; or among all if there are arguments. False after a fault, and where nothing can
 * be wanted. */
bool imp_status_view_resolve(ImpStatusView *view, GPtrArray *paths);
bool imp_status_view_resolve_all(ImpStatusView *view);

/* The latter, and then the statuses of all articles; NULL likewise. */
GPtrArray *imp_status_view_load(ImpStatusView *view);

/* Those that are wanted of `all`, which are borrowed. */
GPtrArray *imp_status_view_wanted(const ImpStatusView *view, GPtrArray *all);

/* Lets go of the index, and then prints the page. */
void imp_status_view_write_out(ImpStatusView *view, ImpPage **page);

/* Prints the line of JSON for one article, and the last one, for the whole. */
void imp_status_view_print(const ImpStatusView *view, const ImpStatus *status);
void imp_status_view_print_whole(const ImpStatusView *view);

/* The exit status where all that was asked about are Approved, or not. */
int imp_status_view_exit(const ImpStatusView *view, bool all_approved);
bool imp_status_view_all_approved(GPtrArray *statuses);

/* What is told, for the next time: a new note of it, or NULL if there is no next time; one article
 * more in it; the note that holds from now on, which is taken; the same of all these at once. */
GHashTable *imp_status_view_told_new(const ImpStatusView *view);
void imp_status_view_told_add(const ImpStatusView *view, GHashTable *told, const ImpStatus *status);
void imp_status_view_told_keep(ImpStatusView *view, GHashTable *told);
void imp_status_view_told_keep_all(ImpStatusView *view, GPtrArray *statuses);
