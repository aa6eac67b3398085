#include "articles/watch.h"
#include "daemon/terminal/page.h"
#include "daemon/terminal/pager.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/status_select.h"
#include "daemon/verbs/view/uncounted.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The editor's daily view. With --watch it stays: each time that the ledger has moved everything is
 * read again, as if the command had been typed again, and what is different from before is told. */

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
} View;

static void view_clear(View *view)
{
    imp_selection_clear(&view->selection);
    imp_reader_free(view->reader);
    g_clear_pointer(&view->loop, g_main_loop_unref);
    g_clear_pointer(&view->watch, imp_watch_free);
    g_clear_pointer(&view->told, g_hash_table_unref);
    g_free(view->ledger);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(View, view_clear)

static GPtrArray *wanted_of(const View *view, GPtrArray *all)
{
    GPtrArray *wanted = g_ptr_array_new();
    for (guint i = 0; i < all->len; i++)
        if (imp_selection_wants(&view->selection, all->pdata[i]))
            g_ptr_array_add(wanted, all->pdata[i]);
    return wanted;
}

static bool all_are_approved(GPtrArray *statuses)
{
    for (guint i = 0; i < statuses->len; i++)
        if (((ImpStatus *)statuses->pdata[i])->article->state != IMP_STATE_APPROVED)
            return false;
    return true;
}

static void print_whole(const View *view)
{
    g_autoptr(json_t) whole = imp_status_whole_json(view->reader, view->now_us);
    json_object_set_new(whole, "unrecorded", imp_uncounted_json(view->reader, NULL, view->now_us));
    imp_print_json(whole);
}

static void print_json(const View *view, GPtrArray *statuses)
{
    for (guint i = 0; i < statuses->len; i++) {
        g_autoptr(json_t) line = imp_status_json(statuses->pdata[i], view->reader);
        imp_print_json(line);
    }
    print_whole(view);
}

static int exit_status(const View *view, GPtrArray *statuses)
{
    bool unapproved = imp_command_has(view->command, "exit-code") && !all_are_approved(statuses);
    return view->reader->diverged || unapproved ? IMP_EXIT_NO : IMP_EXIT_DONE;
}

/* Notes what was told, for the next time, if there is one. */
static void note_told(View *view, GPtrArray *statuses)
{
    if (!imp_command_has(view->command, "watch"))
        return;
    g_clear_pointer(&view->told, g_hash_table_unref);
    view->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < statuses->len; i++) {
        const ImpStatus *status = statuses->pdata[i];
        g_autoptr(json_t) line = imp_status_json(status, view->reader);
        g_hash_table_insert(view->told, g_strdup(status->article->path), imp_json_dump_line(line));
    }
    g_free(view->ledger);
    view->ledger = g_strdup(view->reader->ledger);
}

/* Many */

static void print_warnings(const View *view)
{
    imp_status_warn_of_silence(view->reader, view->now_us, &view->screen);
    imp_status_print_warnings(view->reader, &view->screen);
    imp_status_warn_of_uncounted(view->reader, NULL, view->now_us, &view->screen);
    imp_status_warn_of_deliveries(view->reader, view->now_us, &view->screen);
}

static int print_figures(const View *view, GPtrArray *wanted)
{
    g_autoptr(GError) error = NULL;
    const bool json = view->command->json;
    if (!json)
        print_warnings(view);
    if (!imp_status_print_figures(view->reader, wanted, view->now_us, json ? NULL : &view->screen,
                                  &error))
        return imp_command_fail_with(error);
    if (json)
        print_whole(view);
    return exit_status(view, wanted);
}

/* Below the table: what is not shown, a blank line, the summary, two words, and where the cursor
 * is. */
#define LINES_BELOW 9

/* Prints a line for each; of what stays on a terminal, as many as it shows. */
static void print_table(const View *view, GPtrArray *wanted)
{
    const bool cut = imp_command_has(view->command, "watch") && view->screen.rows > 0;
    guint used = cut ? imp_page_lines(view->page) + 1 + LINES_BELOW : 0;
    guint left = view->screen.rows > used ? view->screen.rows - used : 1;
    guint most = cut && wanted->len > left ? left : wanted->len;
    g_autoptr(GPtrArray) shown = g_ptr_array_new();
    for (guint i = 0; i < most; i++)
        g_ptr_array_add(shown, wanted->pdata[i]);
    imp_status_print_table(shown, view->now_us, &view->screen);
    if (most < wanted->len)
        printf("and %u more\n", wanted->len - most);
}

/* Who reads it on a terminal may read it for the first time. */
static void explain_words(const View *view, GPtrArray *wanted)
{
    bool adopted = false;
    for (guint i = 0; i < wanted->len && !adopted; i++)
        adopted = ((const ImpStatus *)wanted->pdata[i])->article->reason == IMP_REASON_ADOPTED;
    fputs(imp_screen_style(&view->screen, IMP_STYLE_FAINT), stdout);
    imp_print_wrapped("RND is the round, OK the approvals, of those that are needed.", 2,
                      view->screen.columns);
    if (adopted)
        imp_print_wrapped("Any reviewer: it was there before the policy (adopted), so nobody is "
                          "asked, and whoever wants takes it up.",
                          2, view->screen.columns);
    fputs(imp_screen_style(&view->screen, IMP_STYLE_PLAIN), stdout);
}

static int print_list(const View *view, GPtrArray *all, GPtrArray *wanted)
{
    if (view->command->json) {
        print_json(view, wanted);
        return exit_status(view, wanted);
    }
    print_warnings(view);
    imp_status_sort_by_attention(wanted);
    print_table(view, wanted);
    if (wanted->len > 0)
        puts("");
    imp_status_print_summary(view->reader, all, wanted->len, view->now_us, &view->screen);
    if (wanted->len > 0 && view->screen.rows > 0)
        explain_words(view, wanted);
    return exit_status(view, wanted);
}

/* Each one's story */

static bool print_stories(const View *view, GPtrArray *wanted, GError **error)
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
static bool add_named(const View *view, GPtrArray *named, GError **error)
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

static int by_path(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ImpStatus *const *)a)->article->path,
                  (*(const ImpStatus *const *)b)->article->path);
}

static int tell_stories(View *view)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) named = g_ptr_array_new_with_free_func((GDestroyNotify)imp_status_free);
    if (!add_named(view, named, &error))
        return imp_command_fail_with(error);
    g_ptr_array_sort(named, by_path);
    g_autoptr(GPtrArray) wanted = wanted_of(view, named);
    if (view->command->json)
        print_json(view, wanted);
    else if (!print_stories(view, wanted, &error))
        return imp_command_fail_with(error);
    note_told(view, wanted);
    return exit_status(view, named);
}

/* All of it, once */

static bool open_reader(View *view)
{
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&view->reader, imp_reader_free);
    view->reader = imp_reader_open(view->command, &error);
    if (!view->reader)
        view->status = imp_command_fail_with(error);
    return view->reader != NULL;
}

static bool resolve(View *view, GPtrArray *all)
{
    view->status = imp_selection_resolve(&view->selection, view->reader, all, view->arguments);
    return !view->status || (view->selection.names && view->selection.names->len > 0);
}

/* All articles, with what is wanted of them resolved. NULL after a fault, and where nothing can be
 * wanted. */
static GPtrArray *load(View *view)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) all = imp_status_load_all(view->reader, view->now_us, &error);
    if (!all)
        view->status = imp_command_fail_with(error);
    return all && resolve(view, all) ? g_steal_pointer(&all) : NULL;
}

static int show_many(View *view)
{
    g_autoptr(GPtrArray) all = load(view);
    if (!all)
        return view->status;
    g_autoptr(GPtrArray) wanted = wanted_of(view, all);
    int status = imp_command_has(view->command, "summary") ? print_figures(view, wanted)
                                                           : print_list(view, all, wanted);
    note_told(view, wanted);
    return status;
}

/* Nobody is kept waiting for a terminal that does not take it. */
static gboolean end(gpointer data)
{
    View *view = data;
    g_main_loop_quit(view->loop);
    return G_SOURCE_REMOVE;
}

/* Before anybody can see that it watches, so that who sees it can end it well; what comes before
 * ends it as any command. */
static void heed_signals(View *view)
{
    view->loop = g_main_loop_new(NULL, FALSE);
    view->signals[0] = g_unix_signal_add(SIGINT, end, view);
    view->signals[1] = g_unix_signal_add(SIGTERM, end, view);
}

static void write_out(View *view, ImpPage **page)
{
    if (imp_command_has(view->command, "watch") && !view->loop)
        heed_signals(view);
    imp_reader_let_go(view->reader);
    g_clear_pointer(page, imp_page_end);
    fflush(stdout);
}

/* Everything as if it were asked for the first time. Stories of some cost nothing for all the
 * others. */
static void show(View *view)
{
    if (!open_reader(view))
        return;
    const bool stays = imp_command_has(view->command, "watch");
    G_GNUC_UNUSED g_autoptr(ImpPager) pager = stays ? NULL : imp_command_pager(view->command);
    g_autoptr(ImpPage) page = imp_page_begin();
    int status;
    view->page = page;
    if (!view->arguments[0] || imp_command_has(view->command, "summary") ||
        imp_selection_names_several(view->reader, view->arguments))
        status = show_many(view);
    else
        status = resolve(view, NULL) ? tell_stories(view) : view->status;
    view->status = view->status ? view->status : status;
    write_out(view, &page);
}

/* What is different now */

/* An article that is not wanted any more was told about, and is told about once more. */
static bool add_gone(const View *view, GPtrArray *all, GPtrArray *wanted, GPtrArray *changed,
                     GError **error)
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

static bool is_news(const View *view, const ImpStatus *status)
{
    g_autoptr(json_t) line = imp_status_json(status, view->reader);
    g_autofree char *text = imp_json_dump_line(line);
    return g_strcmp0(g_hash_table_lookup(view->told, status->article->path), text) != 0;
}

static void print_news(const View *view, GPtrArray *changed)
{
    for (guint i = 0; view->command->json && i < changed->len; i++) {
        g_autoptr(json_t) line = imp_status_json(changed->pdata[i], view->reader);
        imp_print_json(line);
    }
    if (view->command->json || changed->len == 0)
        return;
    puts("");
    imp_status_print_table(changed, view->now_us, &view->screen);
}

static void show_news(View *view)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) all = open_reader(view) ? load(view) : NULL;
    if (!all)
        return;
    g_autoptr(ImpPage) page = imp_page_begin();
    g_autoptr(GPtrArray) wanted = wanted_of(view, all);
    g_autoptr(GPtrArray) changed = g_ptr_array_new();
    for (guint i = 0; i < wanted->len; i++)
        if (is_news(view, wanted->pdata[i]))
            g_ptr_array_add(changed, wanted->pdata[i]);
    if (!add_gone(view, all, wanted, changed, &error)) {
        view->status = imp_command_fail_with(error);
        return;
    }
    g_ptr_array_sort(changed, by_path);
    print_news(view, changed);
    note_told(view, wanted);
    write_out(view, &page);
}

/* Watching */

static bool has_moved(const View *view)
{
    g_autofree char *ledger = imp_repository_tip(view->reader->repository, IMP_LEDGER_REF);
    return g_strcmp0(ledger, view->ledger) != 0;
}

/* Terminals are painted again; what reads a pipe or a file gets what is different. */
static void ledger_moved(gpointer data)
{
    View *view = data;
    imp_watch_look(view->watch, imp_repository_git_directory(view->reader->repository), NULL);
    if (!has_moved(view))
        return;
    if (!g_getenv("IMPRIMATUR_NOW"))
        view->now_us = g_get_real_time();
    if (isatty(STDOUT_FILENO) && !view->command->json) {
        fputs("\033[H\033[2J", stdout);
        show(view);
    } else if (imp_command_has(view->command, "summary")) {
        show(view);
    } else {
        show_news(view);
    }
    if (!view->reader)
        g_main_loop_quit(view->loop);
}

static int follow(View *view)
{
    g_autoptr(GError) error = NULL;
    view->watch = imp_watch_new(ledger_moved, view, &error);
    if (!view->watch)
        return imp_command_fail_with(error);
    /* What moved since it was read is told by nobody. */
    ledger_moved(view);
    if (view->reader)
        g_main_loop_run(view->loop);
    for (gsize i = 0; i < G_N_ELEMENTS(view->signals); i++)
        if (g_main_context_find_source_by_id(NULL, view->signals[i]))
            g_source_remove(view->signals[i]);
    return view->status;
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    g_auto(View) view = {.command = command,
                         .arguments = arguments,
                         .screen = imp_screen(),
                         .now_us = command->now_us};
    view.status = imp_selection_read(&view.selection, command);
    if (view.status)
        return view.status;
    show(&view);
    return imp_command_has(command, "watch") && view.told ? follow(&view) : view.status;
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
