#include "daemon/terminal/pager.h"
#include "daemon/verbs/view/status_list.h"
#include "daemon/verbs/view/status_watch.h"
#include "daemon/verbs/view/uncounted.h"

#include <stdio.h>

/* The editor's daily view: many articles are a list (status_list.c), named ones tell their stories,
 * and with --watch it stays (status_watch.c). */

/* Each one's story */

static bool print_stories(const ImpStatusView *view, GPtrArray *wanted, GError **error)
{
    imp_status_warn_of_silence(view->reader, view->now_us, &view->screen);
    imp_status_print_warnings(view->reader, &view->screen);
    for (guint i = 0; i < wanted->len; i++) {
        const ImpStatus *status = wanted->pdata[i];
        if (i > 0)
            puts("");
        imp_status_warn_of_uncounted(view->reader, status->article->path, view->now_us,
                                     &view->screen);
        if (!imp_status_print_story(view->reader, wanted->pdata[i], view->now_us, &view->screen,
                                    error))
            return false;
    }
    return true;
}

/* The named articles, also those that were removed, each once, ordered by path. */
static bool add_named(const ImpStatusView *view, GPtrArray *named, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (char *const *name = view->arguments; *name; name++) {
        ImpArticle *article = NULL;
        if (!imp_reader_find(view->reader, *name, &article, error))
            return false;
        if (article && g_hash_table_add(seen, g_strdup(article->path)))
            g_ptr_array_add(named, imp_status_new(article, view->reader->policy, view->now_us));
        else
            imp_article_free(article);
    }
    return true;
}

static int tell_stories(ImpStatusView *view)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) named = g_ptr_array_new_with_free_func((GDestroyNotify)imp_status_free);
    if (!add_named(view, named, &error))
        return imp_command_fail_with(error);
    imp_status_sort_by_path(named);
    g_autoptr(GPtrArray) wanted = imp_status_view_wanted(view, named);
    for (guint i = 0; view->command->json && i < wanted->len; i++)
        imp_status_view_print(view, wanted->pdata[i]);
    if (view->command->json)
        imp_status_view_print_whole(view);
    else if (!print_stories(view, wanted, &error))
        return imp_command_fail_with(error);
    imp_status_view_told_keep_all(view, wanted);
    return imp_status_view_exit(view, imp_status_view_all_approved(named));
}

/* Everything as if it were asked for the first time. Stories of some cost nothing for all the
 * others. */
static void show(ImpStatusView *view)
{
    if (!imp_status_view_open(view))
        return;
    const bool stays = imp_command_has(view->command, "watch");
    G_GNUC_UNUSED g_autoptr(ImpPager) pager = stays ? NULL : imp_command_pager(view->command);
    g_autoptr(ImpPage) page = imp_page_begin();
    int status;
    view->page = page;
    if (imp_command_has(view->command, "summary"))
        status = imp_status_list_show_figures(view);
    else if (!view->arguments[0] || imp_selection_names_several(view->reader, view->arguments))
        status = imp_status_view_resolve_all(view) ? imp_status_list_show(view) : view->status;
    else
        status = imp_status_view_resolve(view, NULL) ? tell_stories(view) : view->status;
    view->status = view->status ? view->status : status;
    imp_status_view_write_out(view, &page);
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    g_auto(ImpStatusView) view = {.command = command,
                                  .arguments = arguments,
                                  .screen = imp_screen(),
                                  .now_us = command->now_us};
    view.status = imp_selection_read(&view.selection, command);
    if (view.status)
        return view.status;
    show(&view);
    return imp_command_has(command, "watch") && view.told ? imp_status_watch_follow(&view, show)
                                                          : view.status;
}

static const GOptionEntry options[] = {
    {"state", 0, 0, G_OPTION_ARG_STRING, NULL, "only submitted, under_review or approved ones",
     "STATE"},
    {"reviewer", 0, 0, G_OPTION_ARG_STRING, NULL, "only those that wait for this person", "ID"},
    {"mine", 0, 0, G_OPTION_ARG_NONE, NULL, "only those that wait for you, by git's user.email",
     NULL},
    {"overdue", 0, 0, G_OPTION_ARG_NONE, NULL, "only those whose deadline has passed", NULL},
    {"changed-since", 0, 0, G_OPTION_ARG_STRING, NULL, "only those of which the ledger has news",
     "WHEN"},
    {"summary", 0, 0, G_OPTION_ARG_NONE, NULL, "days in each state, and each reviewer's load",
     NULL},
    {"watch", 0, 0, G_OPTION_ARG_NONE, NULL, "stay, and tell what changes", NULL},
    {"exit-code", 0, 0, G_OPTION_ARG_NONE, NULL, "exit with 1 unless all of them are Approved",
     NULL},
    {0},
};

const ImpVerb imp_verb_status = {
    .name = "status",
    .arguments = "[ARTICLE...]",
    .summary = "say where each article stands, or tell the story of some",
    .help = "A line for each article, what needs attention first: its state, round, approvals\n"
            "(OK), for whom it waits, since when, what is due next, and its path. With\n"
            "names: each one's story. A pattern ('content/oncology/**') or a folder lists\n"
            "what is in it. WHEN is a day, a moment, or how long ago (\"2 days\").\n"
            "IMPRIMATUR_NOW sets the moment: \"what will be due?\"\n",
    .options = options,
    .most = -1,
    .judges_by_time = true,
    .run = run,
};
