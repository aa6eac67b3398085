#include "daemon/verbs/view/status_watch.h"
#include "daemon/verbs/view/status_table.h"

#include <stdio.h>
#include <unistd.h>

/* Staying: each time that the ledger has moved everything is read again, as if the command had been
 * typed again, and what is different from before is told. */

/* What is different now */

/* An article that is not wanted any more was told about, and is told about once more. */
static bool add_gone(const ImpStatusView *view, GPtrArray *all, GPtrArray *wanted,
                     GPtrArray *changed, GError **error)
{
    g_autoptr(GHashTable) still = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter iter;
    gpointer path;
    for (guint i = 0; i < wanted->len; i++)
        g_hash_table_add(still, ((ImpStatus *)wanted->pdata[i])->article->path);
    g_hash_table_iter_init(&iter, view->told);
    while (g_hash_table_iter_next(&iter, &path, NULL)) {
        if (g_hash_table_contains(still, path))
            continue;
        ImpArticle *article = imp_index_load(view->reader->database, path, error);
        if (!article)
            return false;
        ImpStatus *gone = imp_status_new(article, view->reader->policy, view->now_us);
        g_ptr_array_add(all, gone);
        g_ptr_array_add(changed, gone);
    }
    return true;
}

static bool is_news(const ImpStatusView *view, const ImpStatus *status)
{
    g_autoptr(json_t) line = imp_status_json(status, view->reader);
    g_autofree char *text = imp_json_dump_line(line);
    return g_strcmp0(g_hash_table_lookup(view->told, status->article->path), text) != 0;
}

static void print_news(const ImpStatusView *view, GPtrArray *changed)
{
    g_autoptr(ImpStatusTable) table = imp_status_table_new(view->now_us);
    for (guint i = 0; i < changed->len; i++) {
        if (view->command->json)
            imp_status_view_print(view, changed->pdata[i]);
        else
            imp_status_table_add(table, changed->pdata[i]);
    }
    if (view->command->json || changed->len == 0)
        return;
    puts("");
    imp_status_table_print(table, changed->len, &view->screen);
}

static void show_news(ImpStatusView *view)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) all = imp_status_view_open(view) ? imp_status_view_load(view) : NULL;
    if (!all)
        return;
    g_autoptr(ImpPage) page = imp_page_begin();
    g_autoptr(GPtrArray) wanted = imp_status_view_wanted(view, all);
    g_autoptr(GPtrArray) changed = g_ptr_array_new();
    for (guint i = 0; i < wanted->len; i++)
        if (is_news(view, wanted->pdata[i]))
            g_ptr_array_add(changed, wanted->pdata[i]);
    if (!add_gone(view, all, wanted, changed, &error)) {
        view->status = imp_command_fail_with(error);
        return;
    }
    imp_status_sort_by_path(changed);
    print_news(view, changed);
    imp_status_view_told_keep_all(view, wanted);
    imp_status_view_write_out(view, &page);
}

/* Watching */

static bool has_moved(const ImpStatusView *view)
{
    g_autofree char *ledger = imp_repository_tip(view->reader->repository, IMP_LEDGER_REF);
    return g_strcmp0(ledger, view->ledger) != 0;
}

/* What the watch calls with. */
typedef struct {
    ImpStatusView *view;
    void (*show)(ImpStatusView *view);
} Watching;

/* Terminals are painted again; what reads a pipe or a file gets what is different. */
static void ledger_moved(gpointer data)
{
    const Watching *watching = data;
    ImpStatusView *view = watching->view;
    imp_watch_look(view->watch, imp_repository_git_directory(view->reader->repository), NULL);
    if (!has_moved(view))
        return;
    if (!g_getenv("IMPRIMATUR_NOW"))
        view->now_us = g_get_real_time();
    if (isatty(STDOUT_FILENO) && !view->command->json) {
        fputs("\033[H\033[2J", stdout);
        watching->show(view);
    } else if (imp_command_has(view->command, "summary")) {
        watching->show(view);
    } else {
        show_news(view);
    }
    if (!view->reader)
        g_main_loop_quit(view->loop);
}

int imp_status_watch_follow(ImpStatusView *view, void (*show)(ImpStatusView *view))
{
    g_autoptr(GError) error = NULL;
    Watching watching = {view, show};
    view->watch = imp_watch_new(ledger_moved, &watching, &error);
    if (!view->watch)
        return imp_command_fail_with(error);
    /* What moved since it was read is told by nobody. */
    ledger_moved(&watching);
    if (view->reader)
        g_main_loop_run(view->loop);
    for (gsize i = 0; i < G_N_ELEMENTS(view->signals); i++)
        if (g_main_context_find_source_by_id(NULL, view->signals[i]))
            g_source_remove(view->signals[i]);
    g_clear_pointer(&view->watch, imp_watch_free);
    return view->status;
}
