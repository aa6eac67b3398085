#include "daemon/verbs/view/status_list.h"
#include "daemon/verbs/view/status_table.h"

#include <stdio.h>

/* Many articles: a line for each, or figures about them. */

static void print_warnings(const ImpStatusView *view)
{
    imp_status_warn_of_silence(view->reader, view->now_us, &view->screen);
    imp_status_print_warnings(view->reader, &view->screen);
    imp_status_warn_of_uncounted(view->reader, NULL, view->now_us, &view->screen);
    imp_status_warn_of_deliveries(view->reader, view->now_us, &view->screen);
}

static int print_figures(const ImpStatusView *view, GPtrArray *wanted)
{
    g_autoptr(GError) error = NULL;
    const bool json = view->command->json;
    if (!json)
        print_warnings(view);
    if (!imp_status_print_figures(view->reader, wanted, view->now_us, json ? NULL : &view->screen,
                                  &error))
        return imp_command_fail_with(error);
    if (json)
        imp_status_view_print_whole(view);
    return imp_status_view_exit(view, imp_status_view_all_approved(wanted));
}

/* A line for each */

/* Below the table: what is not shown, a blank line, the summary, two words, and where the cursor
 * is. */
#define LINES_BELOW 9

/* What there is of all articles, taken from one after the other: none is kept. */
typedef struct {
    const ImpStatusView *view;
    ImpStatusCounts counts; /* of all */
    /* Of those that are wanted: */
    ImpStatusTable *table; /* NULL: they are printed as JSON at once */
    guint wanted;
    bool unapproved, adopted; /* whether there is one */
    GHashTable *told;         /* NULL: not watching */
} List;

static void list_clear(List *list)
{
    g_clear_pointer(&list->table, imp_status_table_free);
    g_clear_pointer(&list->told, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(List, list_clear)

static void take_into_list(ImpStatus *given, gpointer data)
{
    List *list = data;
    const ImpStatusView *view = list->view;
    g_autoptr(ImpStatus) status = given;
    imp_status_count(&list->counts, status);
    if (!imp_selection_wants(&view->selection, status))
        return;
    list->wanted++;
    list->unapproved = list->unapproved || status->article->state != IMP_STATE_APPROVED;
    list->adopted = list->adopted || status->article->reason == IMP_REASON_ADOPTED;
    imp_status_view_told_add(view, list->told, status);
    if (list->table)
        imp_status_table_add(list->table, status);
    else
        imp_status_view_print(view, status);
}

/* Prints the table; of what stays on a terminal, as many lines as it shows. */
static void print_table(const ImpStatusView *view, const ImpStatusTable *table)
{
    const bool cut = imp_command_has(view->command, "watch") && view->screen.rows > 0;
    guint used = cut ? imp_page_lines(view->page) + 1 + LINES_BELOW : 0;
    guint left = view->screen.rows > used ? view->screen.rows - used : 1;
    guint length = imp_status_table_length(table), most = cut ? MIN(left, length) : length;
    imp_status_table_print(table, most, &view->screen);
    if (most < length)
        printf("and %u more\n", length - most);
}

/* Who reads it on a terminal may read it for the first time. */
static void explain_words(const ImpStatusView *view, bool adopted)
{
    fputs(imp_screen_style(&view->screen, IMP_STYLE_FAINT), stdout);
    imp_print_wrapped("RND is the round, OK the approvals, of those that are needed.", 2,
                      view->screen.columns);
    if (adopted)
        imp_print_wrapped("Any reviewer: it was there before the policy (adopted), so nobody is "
                          "asked, and whoever wants takes it up.",
                          2, view->screen.columns);
    fputs(imp_screen_style(&view->screen, IMP_STYLE_PLAIN), stdout);
}

static void print_list(const ImpStatusView *view, const List *list)
{
    print_warnings(view);
    imp_status_table_sort(list->table);
    print_table(view, list->table);
    if (list->wanted > 0)
        puts("");
    imp_status_print_summary(view->reader, &list->counts, list->wanted, view->now_us,
                             &view->screen);
    if (list->wanted > 0 && view->screen.rows > 0)
        explain_words(view, list->adopted);
}

int imp_status_list_show(ImpStatusView *view)
{
    g_autoptr(GError) error = NULL;
    g_auto(List) list = {.view = view, .told = imp_status_view_told_new(view)};
    if (!view->command->json)
        list.table = imp_status_table_new(view->now_us);
    if (!imp_status_each(view->reader, view->now_us, take_into_list, &list, &error))
        return imp_command_fail_with(error);
    if (list.table)
        print_list(view, &list);
    else
        imp_status_view_print_whole(view);
    imp_status_view_told_keep(view, g_steal_pointer(&list.told));
    return imp_status_view_exit(view, !list.unapproved);
}

int imp_status_list_show_figures(ImpStatusView *view)
{
    g_autoptr(GPtrArray) all = imp_status_view_load(view);
    if (!all)
        return view->status;
    g_autoptr(GPtrArray) wanted = imp_status_view_wanted(view, all);
    int status = print_figures(view, wanted);
    imp_status_view_told_keep_all(view, wanted);
    return status;
}
