#include "daemon/nearest.h"
#include "daemon/status.h"

#include <stdio.h>
#include <string.h>

/* The editor's daily view. */

/* Which articles are wanted. */
typedef struct {
    ImpState state; /* IMP_STATE_REMOVED: any */
    const char *reviewer;
    bool overdue;
} Filter;

/* "under_review", "Under Review", "under-review". */
static bool read_state(const char *text, ImpState *state)
{
    g_autofree char *key = g_ascii_strdown(text, -1);
    g_strdelimit(key, " -", '_');
    return imp_state_from_key(key, state) && *state != IMP_STATE_REMOVED;
}

static bool is_wanted(const ImpStatus *status, const Filter *filter)
{
    return (!filter->state || status->article->state == filter->state) && (!filter->overdue || status->overdue) &&
           (!filter->reviewer || g_strv_contains((const char *const *)status->waiting_for, filter->reviewer));
}

/* Somebody whom neither the policy nor anything that is waited for knows is a typing error. */
static int check_reviewer(const ImpReader *reader, const char *id)
{
    if (strcmp(id, "author") == 0 || strcmp(id, "reviewer") == 0 || !reader->policy ||
        imp_policy_person(reader->policy, id))
        return IMP_EXIT_DONE;
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (guint i = 0; i < reader->policy->people->len; i++)
        g_ptr_array_add(ids, ((ImpPerson *)reader->policy->people->pdata[i])->id);
    const char *nearest = imp_nearest(id, (const char *const *)ids->pdata, ids->len);
    return imp_command_fail(IMP_EXIT_NO, "there is nobody with the id \"%s\" in policy %u%s%s%s", id,
                            reader->policy_version, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                            nearest ? "\"?" : "");
}

/* What the table is made from. */
typedef struct {
    ImpReader *reader;
    const ImpCommand *command;
    Filter filter;
    ImpScreen screen;
} View;

static GPtrArray *wanted_of(const View *view, GPtrArray *all)
{
    GPtrArray *wanted = g_ptr_array_new();
    for (guint i = 0; i < all->len; i++)
        if (is_wanted(all->pdata[i], &view->filter))
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

static void print_json(const View *view, GPtrArray *statuses)
{
    for (guint i = 0; i < statuses->len; i++) {
        g_autoptr(json_t) line = imp_status_json(statuses->pdata[i], view->reader);
        imp_print_json(line);
    }
    g_autoptr(json_t) whole = imp_status_whole_json(view->reader, view->command->now_us);
    imp_print_json(whole);
}

static int exit_status(const View *view, GPtrArray *statuses)
{
    bool unapproved = imp_command_has(view->command, "exit-code") && !all_are_approved(statuses);
    return view->reader->diverged || unapproved ? IMP_EXIT_NO : IMP_EXIT_DONE;
}

static int list(const View *view)
{
    g_autoptr(GError) error = NULL;
    gint64 now_us = view->command->now_us;
    g_autoptr(GPtrArray) all = imp_status_load_all(view->reader, now_us, &error);
    if (!all)
        return imp_command_fail_with(error);
    g_autoptr(GPtrArray) wanted = wanted_of(view, all);
    if (view->command->json) {
        print_json(view, wanted);
        return exit_status(view, wanted);
    }
    imp_status_print_warnings(view->reader, &view->screen);
    imp_status_warn_of_deliveries(view->reader, now_us, &view->screen);
    imp_status_sort_by_attention(wanted);
    imp_status_print_table(wanted, now_us, &view->screen);
    if (wanted->len > 0)
        puts("");
    imp_status_print_summary(view->reader, all, wanted->len, now_us, &view->screen);
    return exit_status(view, wanted);
}

static int by_path(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ImpStatus *const *)a)->article->path, (*(const ImpStatus *const *)b)->article->path);
}

/* The named articles, each once, ordered by path. `status` becomes that of unknown names. */
static GPtrArray *find_named(const View *view, char *const *names, int *status, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)imp_status_free);
    for (; *names; names++) {
        GError *fault = NULL;
        ImpArticle *article = imp_reader_find(view->reader, *names, &fault);
        if (fault) {
            g_propagate_error(error, fault);
            return NULL;
        }
        if (!article) {
            *status = imp_reader_refuse_article(view->reader, *names);
            continue;
        }
        g_ptr_array_add(found, imp_status_new(article, view->reader->policy, view->command->now_us));
    }
    g_ptr_array_sort(found, by_path);
    for (guint i = found->len; i-- > 1;)
        if (by_path(&found->pdata[i], &found->pdata[i - 1]) == 0)
            g_ptr_array_remove_index(found, i);
    return g_steal_pointer(&found);
}

static int tell(const View *view, char *const *names)
{
    g_autoptr(GError) error = NULL;
    int status = IMP_EXIT_DONE;
    g_autoptr(GPtrArray) named = find_named(view, names, &status, &error);
    if (!named)
        return imp_command_fail_with(error);
    g_autoptr(GPtrArray) wanted = wanted_of(view, named);
    if (view->command->json)
        print_json(view, wanted);
    else
        imp_status_print_warnings(view->reader, &view->screen);
    for (guint i = 0; !view->command->json && i < wanted->len; i++) {
        if (i > 0)
            puts("");
        if (!imp_status_print_story(view->reader, wanted->pdata[i], view->command->now_us, &view->screen, &error))
            return imp_command_fail_with(error);
    }
    return status ? status : exit_status(view, named);
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    g_autoptr(GError) error = NULL;
    View view = {.command = command, .screen = imp_screen()};
    const char *state = imp_command_text(command, "state");
    if (state && !read_state(state, &view.filter.state))
        return imp_command_fail(IMP_EXIT_USAGE,
                                "there is no state \"%s\"; there is submitted, under_review and approved", state);
    view.filter.reviewer = imp_command_text(command, "reviewer");
    view.filter.overdue = imp_command_has(command, "overdue");
    g_autoptr(ImpReader) reader = imp_reader_open(command, &error);
    if (!reader)
        return imp_command_fail_with(error);
    view.reader = reader;
    int status = view.filter.reviewer ? check_reviewer(reader, view.filter.reviewer) : IMP_EXIT_DONE;
    if (status)
        return status;
    return arguments[0] ? tell(&view, arguments) : list(&view);
}

static const GOptionEntry options[] = {
    {"state", 0, 0, G_OPTION_ARG_STRING, NULL, "only submitted, under_review or approved ones", "STATE"},
    {"reviewer", 0, 0, G_OPTION_ARG_STRING, NULL, "only those that wait for this person", "ID"},
    {"overdue", 0, 0, G_OPTION_ARG_NONE, NULL, "only those whose deadline is over", NULL},
    {"exit-code", 0, 0, G_OPTION_ARG_NONE, NULL, "exit with 1 unless all of them are Approved", NULL},
    {0},
};

const ImpVerb imp_verb_status = {
    .name = "status",
    .arguments = "[ARTICLE...]",
    .summary = "say where each article stands, or tell the story of some",
    .help = "A line for each article, what needs attention first: its state, round, approvals\n"
            "(OK), for whom it waits, since when, what is due next, and its path. With\n"
            "names: each one's story. IMPRIMATUR_NOW sets the moment: \"what will be due?\"\n",
    .options = options,
    .most = -1,
    .judges_by_time = true,
    .run = run,
};
