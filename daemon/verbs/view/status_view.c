#include "daemon/verbs/view/status_view.h"
#include "daemon/verbs/view/uncounted.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>

void imp_status_view_clear(ImpStatusView *view)
{
    imp_selection_clear(&view->selection);
    imp_reader_free(view->reader);
    g_clear_pointer(&view->loop, g_main_loop_unref);
    g_clear_pointer(&view->watch, imp_watch_free);
    g_clear_pointer(&view->told, g_hash_table_unref);
    g_free(view->ledger);
}

GPtrArray *imp_status_view_wanted(const ImpStatusView *view, GPtrArray *all)
{
    GPtrArray *wanted = g_ptr_array_new();
    for (guint i = 0; i < all->len; i++)
        if (imp_selection_wants(&view->selection, all->pdata[i]))
            g_ptr_array_add(wanted, all->pdata[i]);
    return wanted;
}

void imp_status_view_print(const ImpStatusView *view, const ImpStatus *status)
{
    g_autoptr(json_t) line = imp_status_json(status, view->reader);
    imp_print_json(line);
}

void imp_status_view_print_whole(const ImpStatusView *view)
{
    g_autoptr(json_t) whole = imp_status_whole_json(view->reader, view->now_us);
    json_object_set_new(whole, "unrecorded", imp_uncounted_json(view->reader, NULL, view->now_us));
    imp_print_json(whole);
}

int imp_status_view_exit(const ImpStatusView *view, bool all_approved)
{
    bool unapproved = imp_command_has(view->command, "exit-code") && !all_approved;
    return view->reader->diverged || unapproved ? IMP_EXIT_NO : IMP_EXIT_DONE;
}

bool imp_status_view_all_approved(GPtrArray *statuses)
{
    for (guint i = 0; i < statuses->len; i++)
        if (((ImpStatus *)statuses->pdata[i])->article->state != IMP_STATE_APPROVED)
            return false;
    return true;
}

bool imp_status_view_open(ImpStatusView *view)
{
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&view->reader, imp_reader_free);
    view->reader = imp_reader_open(view->command, &error);
    if (!view->reader)
        view->status = imp_command_fail_with(error);
    return view->reader != NULL;
}

bool imp_status_view_resolve(ImpStatusView *view, GPtrArray *paths)
{
    view->status = imp_selection_resolve(&view->selection, view->reader, paths, view->arguments);
    return !view->status || (view->selection.names && view->selection.names->len > 0);
}

bool imp_status_view_resolve_all(ImpStatusView *view)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) paths =
        view->arguments[0] ? imp_index_live(view->reader->database, &error) : NULL;
    if (error)
        view->status = imp_command_fail_with(error);
    return !error && imp_status_view_resolve(view, paths);
}

GPtrArray *imp_status_view_load(ImpStatusView *view)
{
    g_autoptr(GError) error = NULL;
    if (!imp_status_view_resolve_all(view))
        return NULL;
    g_autoptr(GPtrArray) all = imp_status_load_all(view->reader, view->now_us, &error);
    if (!all)
        view->status = imp_command_fail_with(error);
    return g_steal_pointer(&all);
}

/* Nobody is kept waiting for a terminal that does not take it. */
static gboolean end(gpointer data)
{
    ImpStatusView *view = data;
    g_main_loop_quit(view->loop);
    return G_SOURCE_REMOVE;
}

/* Before anybody can see that it watches, so that who sees it can end it well; what comes before
 * ends it as any command. */
static void heed_signals(ImpStatusView *view)
{
    view->loop = g_main_loop_new(NULL, FALSE);
    view->signals[0] = g_unix_signal_add(SIGINT, end, view);
    view->signals[1] = g_unix_signal_add(SIGTERM, end, view);
}

void imp_status_view_write_out(ImpStatusView *view, ImpPage **page)
{
    if (imp_command_has(view->command, "watch") && !view->loop)
        heed_signals(view);
    imp_reader_let_go(view->reader);
    g_clear_pointer(page, imp_page_end);
    fflush(stdout);
}

/* What is told, for the next time, if there is one. */

GHashTable *imp_status_view_told_new(const ImpStatusView *view)
{
    return imp_command_has(view->command, "watch")
               ? g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)
               : NULL;
}

void imp_status_view_told_add(const ImpStatusView *view, GHashTable *told, const ImpStatus *status)
{
    g_autoptr(json_t) line = told ? imp_status_json(status, view->reader) : NULL;
    if (line)
        g_hash_table_insert(told, g_strdup(status->article->path), imp_json_dump_line(line));
}

void imp_status_view_told_keep(ImpStatusView *view, GHashTable *told)
{
    g_clear_pointer(&view->told, g_hash_table_unref);
    view->told = told;
    g_free(view->ledger);
    view->ledger = g_strdup(view->reader->ledger);
}

void imp_status_view_told_keep_all(ImpStatusView *view, GPtrArray *statuses)
{
    GHashTable *told = imp_status_view_told_new(view);
    for (guint i = 0; i < statuses->len; i++)
        imp_status_view_told_add(view, told, statuses->pdata[i]);
    imp_status_view_told_keep(view, told);
}
