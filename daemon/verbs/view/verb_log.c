#include "articles/ledger.h"
#include "daemon/terminal/nearest.h"
#include "daemon/terminal/pager.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/entry_view.h"
#include "daemon/verbs/view/status.h"
#include "daemon/verbs/view/uncounted.h"
#include "workflow/base/json_write.h"
#include "workflow/base/quote.h"

#include <stdio.h>
#include <string.h>

/* The ledger, newest first. It is walked as it is, so that nothing but the ledger is needed;
 * reading stops with the last entry that is wanted. What lies on branches and will never be an
 * entry is told beside it. */

typedef struct {
    const ImpCommand *command;
    ImpRepository *repository;
    ImpScreen screen;
    const char *article; /* or NULL: all */
    guint left;
    guint shown;
    GHashTable *others; /* set of paths that were passed over */
} Log;

static bool read_count(const char *text, guint *count)
{
    guint64 number;
    if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT, &number, NULL))
        return false;
    *count = (guint)number;
    return true;
}

static void show(Log *log, const char *id, const ImpEntry *entry)
{
    log->left--;
    log->shown++;
    if (!log->command->json) {
        imp_entry_print(entry, !log->article, 0, &log->screen);
        return;
    }
    g_autoptr(json_t) line = imp_entry_json(id, entry);
    imp_print_json(line);
}

static bool walk(Log *log, const char *tip, GError **error)
{
    g_autofree char *id = g_strdup(tip);
    while (id && log->left > 0) {
        char *parent = NULL;
        g_autoptr(ImpEntry) entry = imp_ledger_read_entry(log->repository, id, &parent, error);
        if (!entry)
            return false;
        if (!log->article || g_strcmp0(entry->article, log->article) == 0)
            show(log, id, entry);
        else if (entry->article)
            g_hash_table_add(log->others, g_strdup(entry->article));
        g_free(id);
        id = parent;
    }
    return true;
}

/* What lies on branches and never gets into the ledger. Where no index can be opened the ledger is
 * shown even so, and a clone without branches gets none. */
static void show_unrecorded(const Log *log)
{
    char *const all[] = {(char *)"**", NULL};
    g_autoptr(GPtrArray) fetched = imp_repository_branches(log->repository, true, all, NULL);
    if (!log->command->config_path && (!fetched || fetched->len == 0))
        return;
    g_autoptr(ImpReader) reader = imp_reader_open(log->command, NULL);
    if (!reader)
        return;
    gint64 now_us = log->command->now_us;
    if (!log->command->json) {
        imp_status_warn_of_uncounted(reader, log->article, now_us, &log->screen);
        return;
    }
    g_autoptr(json_t) found = imp_uncounted_json(reader, log->article, now_us);
    gsize index;
    json_t *one;
    json_array_foreach(found, index, one)
    {
        g_autoptr(json_t) line = json_object();
        imp_json_set_number(line, "schema", 1);
        imp_json_set_text(line, "event", "unrecorded");
        json_object_update(line, one);
        imp_print_json(line);
    }
}

static int refuse(const Log *log)
{
    g_autofree char *shown = imp_print_path(log->article);
    guint count;
    g_autofree const char **paths =
        (const char **)g_hash_table_get_keys_as_array(log->others, &count);
    const char *nearest = imp_nearest(log->article, paths, count);
    g_autofree char *meant = nearest ? imp_print_path(nearest) : NULL;
    return imp_command_fail(IMP_EXIT_NO, "the ledger has no article %s%s%s%s", shown,
                            meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    Log log = {
        .command = command, .screen = imp_screen(), .article = arguments[0], .left = G_MAXUINT};
    const char *count = imp_command_text(command, "count");
    if (count && !read_count(count, &log.left))
        return imp_command_fail(IMP_EXIT_USAGE, "-n: \"%s\" is not a number from 1 up", count);
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpConfig) config = NULL;
    g_autoptr(ImpRepository) repository = imp_reader_open_repository(command, &config, &error);
    g_autofree char *tip = NULL;
    if (!repository || !imp_repository_find_tip(repository, IMP_LEDGER_REF, &tip, &error))
        return imp_command_fail_with(error);
    if (!tip && !config) {
        imp_reader_refuse_without_ledger(repository, &error);
        return imp_command_fail_with(error);
    }
    g_autoptr(GHashTable) others = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    log.repository = repository;
    log.others = others;
    G_GNUC_UNUSED g_autoptr(ImpPager) pager = imp_command_pager(command);
    /* For people first, since it is to be mended now; programs read the ledger first. */
    if (!command->json)
        show_unrecorded(&log);
    if (!walk(&log, tip, &error))
        return imp_command_fail_with(error);
    if (command->json)
        show_unrecorded(&log);
    return log.article && log.shown == 0 ? refuse(&log) : IMP_EXIT_DONE;
}

static const GOptionEntry options[] = {
    {"count", 'n', 0, G_OPTION_ARG_STRING, NULL, "at most this many entries", "COUNT"},
    {0},
};

const ImpVerb imp_verb_log = {
    .name = "log",
    .arguments = "[ARTICLE]",
    .summary = "show the ledger, or an article's part of it, newest first",
    .help = "Each entry with its moment (UTC), what happened, its article, and the first line\n"
            "of the reason that was given. On top stands what lies on branches and never\n"
            "counts, and what to do.\n",
    .options = options,
    .most = 1,
    .judges_by_time = true,
    .run = run,
};
