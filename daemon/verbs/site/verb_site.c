#include "articles/ledger.h"
#include "articles/watch.h"
#include "articles/work.h"
#include "daemon/site/site.h"
#include "daemon/terminal/print.h"
#include "daemon/terminal/progress.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "workflow/base/json_write.h"
#include "workflow/signers.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* The folders that a site is written into: the one named, else those of the configuration. With
 * --watch it stays, and writes again when the ledger has moved, when an approval ends, and each
 * hour, so that alive.json never gets old while this runs. */

#define HOUR_S      3600
#define ALIVE_HOURS 24

typedef struct {
    const ImpCommand *command;
    char **arguments;
    const char *data_kind, *data_file; /* or NULL */
    const char *directory;             /* or NULL: the configuration's */
    gint64 now_us;
    int status;
    gint64 next_us; /* when something changes by itself; 0: never */
    bool stays;
    /* While watching: */
    GMainLoop *loop;
    ImpWatch *watch;
    char *ledger;
    char *git_directory;
    guint timer;
} Run;

static void run_clear(Run *run)
{
    g_clear_pointer(&run->loop, g_main_loop_unref);
    g_clear_pointer(&run->watch, imp_watch_free);
    g_free(run->ledger);
    g_free(run->git_directory);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* "--data KIND FILE": the file's name stands among the arguments, behind the kind. */
static int take_arguments(Run *run)
{
    const char *file = NULL;
    run->data_kind = imp_command_text(run->command, "data");
    for (char **word = run->command->all; run->data_kind && *word && !file; word++)
        if (strcmp(*word, "--data") == 0 && word[1])
            file = word[2];
        else if (g_str_has_prefix(*word, "--data="))
            file = word[1];
    for (char **argument = run->arguments; *argument; argument++) {
        if (file && !run->data_file && strcmp(*argument, file) == 0)
            run->data_file = *argument;
        else if (!run->directory)
            run->directory = *argument;
        else
            return imp_command_fail(IMP_EXIT_USAGE, "site takes one folder: imprimatur site DIR");
    }
    if (run->data_kind && !run->data_file)
        return imp_command_fail(IMP_EXIT_USAGE, "--data needs a kind and a file, such as: --data "
                                                "hugo data/imprimatur.json");
    return IMP_EXIT_DONE;
}

/* What is decided for one folder, with the texts of its files. */
typedef struct {
    ImpSiteOptions options;
    char *url, *style, *header, *footer;
} Folder;

static void folder_clear(Folder *folder)
{
    g_free(folder->url);
    g_free(folder->style);
    g_free(folder->header);
    g_free(folder->footer);
    g_clear_pointer(&folder->options.authority, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Folder, folder_clear)

/* The file that an option names, else the configuration. */
static bool read_file(const Run *run, const char *option, const char *configured, char **text,
                      GError **error)
{
    const char *path = imp_command_text(run->command, option);
    if (!path)
        path = configured;
    if (!path || g_file_get_contents(path, text, NULL, error))
        return true;
    g_prefix_error(error, "%s: ", option);
    return false;
}

static bool read_authority(const ImpCommand *command, const ImpConfig *config,
                           GPtrArray **authority, GError **error)
{
    const char *file = imp_command_text(command, "authority");
    if (!file && config)
        file = config->authority;
    g_autofree char *text = NULL;
    gsize length;
    *authority = NULL;
    if (!file)
        return true;
    if (g_file_get_contents(file, &text, &length, error))
        *authority = imp_signers_parse_authority(file, text, length, error);
    if (!*authority)
        g_prefix_error(error, "authority: ");
    return *authority != NULL;
}

static int take_words(const Run *run, ImpSiteOptions *options)
{
    const char *view = imp_command_text(run->command, "view");
    const char *pending = imp_command_text(run->command, "pending");
    if (view && !imp_site_view_from_word(view, &options->view))
        return imp_command_fail(IMP_EXIT_USAGE, "--view: \"%s\" is neither readers nor editors",
                                view);
    if (pending && strcmp(pending, "show") != 0 && strcmp(pending, "notice") != 0)
        return imp_command_fail(IMP_EXIT_USAGE, "--pending: \"%s\" is neither show nor notice",
                                pending);
    if (pending)
        options->notice = strcmp(pending, "notice") == 0;
    return IMP_EXIT_DONE;
}

/* Options of the command line stand before what the configuration says of that folder. */
static bool fill_folder(const Run *run, const ImpReader *reader, const ImpConfigSite *site,
                        Folder *folder, GError **error)
{
    static const ImpConfigSite none = {.alive_hours = ALIVE_HOURS};
    const ImpCommand *command = run->command;
    ImpSiteOptions *options = &folder->options;
    const char *url = imp_command_text(command, "url");
    if (site)
        imp_site_view_from_word(site->view, &options->view);
    site = site ? site : &none;
    url = url ? url : site->url;
    folder->url = url ? g_strconcat(url, g_str_has_suffix(url, "/") ? "" : "/", NULL) : NULL;
    if (!read_file(run, "style", site->style, &folder->style, error) ||
        !read_file(run, "header", site->header, &folder->header, error) ||
        !read_file(run, "footer", site->footer, &folder->footer, error) ||
        !read_authority(command, reader->config, &options->authority, error))
        return false;
    options->directory = run->directory ? run->directory : site->directory;
    options->url = folder->url;
    options->notice = site->notice;
    take_words(run, options);
    options->alive_hours = site->alive_hours;
    options->style = folder->style;
    options->header = folder->header;
    options->footer = folder->footer;
    options->unproved = imp_command_has(command, "unsigned");
    options->full = imp_command_has(command, "full");
    return true;
}

static int fail_with(const GError *error)
{
    if (g_error_matches(error, IMP_SITE_ERROR, IMP_SITE_ERROR_BUSY))
        return imp_command_fail(IMP_EXIT_AGAIN, "%s", error->message);
    return error->domain == IMP_SITE_ERROR ? imp_command_fail(IMP_EXIT_NO, "%s", error->message)
                                           : imp_command_fail_with(error);
}

static void print_json(const ImpSiteOptions *options, const ImpSiteResult *result)
{
    g_autoptr(json_t) line = json_object();
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "directory", options->directory);
    imp_json_set_text(line, "view", options->view == IMP_SITE_EDITORS ? "editors" : "readers");
    imp_json_set_text(line, "ledger", result->ledger);
    imp_json_set_text(line, "doubt", result->doubt);
    imp_json_set_number(line, "articles", result->articles);
    imp_json_set_number(line, "approved", result->approved);
    imp_json_set_number(line, "written", result->written);
    imp_json_set_number(line, "removed", result->removed);
    imp_print_json(line);
}

static void print_result(const Run *run, const ImpSiteOptions *options, const ImpSiteResult *result)
{
    if (run->command->json) {
        print_json(options, result);
        return;
    }
    g_autofree char *directory = imp_print_path(options->directory);
    printf("%s: %u article%s, %u of them approved; %u file%s written, %u removed\n", directory,
           result->articles, result->articles == 1 ? "" : "s", result->approved, result->written,
           result->written == 1 ? "" : "s", result->removed);
}

static int export(Run *run, ImpReader *reader, const ImpSiteOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_auto(ImpSiteResult) result = {0};
    if (!imp_site_export(reader, options, run->now_us, &result, &error))
        return fail_with(error);
    print_result(run, options, &result);
    if (result.next_us && (!run->next_us || result.next_us < run->next_us))
        run->next_us = result.next_us;
    if (!result.doubt)
        return IMP_EXIT_DONE;
    return imp_command_fail(IMP_EXIT_NO, "everything reads pending: %s", result.doubt);
}

static int check(const Run *run, ImpReader *reader, const ImpSiteOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = imp_site_check(reader, options, run->now_us, &error);
    if (!found)
        return fail_with(error);
    for (guint i = 0; i < found->len; i++) {
        const char *finding = found->pdata[i], *end = strstr(finding, ": ");
        g_autofree char *clean = imp_print_clean(finding);
        if (!run->command->json) {
            puts(clean);
            continue;
        }
        g_autofree char *name = g_strndup(finding, (gsize)(end - finding));
        g_autoptr(json_t) line = json_object();
        imp_json_set_number(line, "schema", 1);
        imp_json_set_text(line, "file", name);
        imp_json_set_text(line, "what", end + 2);
        imp_print_json(line);
    }
    return found->len > 0 ? IMP_EXIT_NO : IMP_EXIT_DONE;
}

static int put_data(const Run *run, ImpReader *reader, const ImpSiteOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autofree char *there = NULL;
    if (!imp_site_data(reader, options, run->data_kind, run->now_us, &text, &error))
        return fail_with(error);
    if (!text)
        return imp_command_fail(IMP_EXIT_USAGE,
                                "--data: \"%s\" is not one of hugo, jekyll, eleventy, astro, map",
                                run->data_kind);
    if (g_file_get_contents(run->data_file, &there, NULL, NULL) && strcmp(there, text) == 0)
        return IMP_EXIT_DONE;
    if (!g_file_set_contents_full(run->data_file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
                                  &error))
        return imp_command_fail(IMP_EXIT_NO, "--data: %s", error->message);
    return IMP_EXIT_DONE;
}

/* One folder: `site` is what the configuration says of it, or NULL. */
static int treat(Run *run, ImpReader *reader, const ImpConfigSite *site)
{
    g_autoptr(GError) error = NULL;
    g_auto(Folder) folder = {0};
    if (!fill_folder(run, reader, site, &folder, &error))
        return imp_command_fail(IMP_EXIT_CONFIGURATION, "%s", error->message);
    if (imp_command_has(run->command, "check"))
        return check(run, reader, &folder.options);
    int status = folder.options.directory ? export(run, reader, &folder.options) : IMP_EXIT_DONE;
    if (run->data_kind && (status == IMP_EXIT_DONE || status == IMP_EXIT_NO)) {
        int data = put_data(run, reader, &folder.options);
        status = data ? data : status;
    }
    return status;
}

/* What the configuration says of the folder on the command line. */
static const ImpConfigSite *find_site(const Run *run, const ImpReader *reader)
{
    g_autofree char *absolute = g_canonicalize_filename(run->directory, NULL);
    for (guint i = 0; reader->config && i < reader->config->sites->len; i++) {
        const ImpConfigSite *site = reader->config->sites->pdata[i];
        if (strcmp(absolute, site->directory) == 0)
            return site;
    }
    return NULL;
}

static int treat_all(Run *run, ImpReader *reader)
{
    const GPtrArray *sites = reader->config ? reader->config->sites : NULL;
    if (run->directory)
        return treat(run, reader, find_site(run, reader));
    if ((!sites || sites->len == 0) && run->data_kind)
        return treat(run, reader, NULL);
    if (!sites || sites->len == 0)
        return imp_command_fail(IMP_EXIT_USAGE, "which folder? imprimatur site DIR, or \"site\" in "
                                                "the configuration");
    int status = IMP_EXIT_DONE;
    for (guint i = 0; i < sites->len; i++) {
        int one = treat(run, reader, sites->pdata[i]);
        status = status ? status : one;
    }
    return status;
}

static void write_once(Run *run)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpReader) reader = imp_reader_open(run->command, &error);
    run->next_us = 0;
    if (!reader) {
        run->status = imp_command_fail_with(error);
        return;
    }
    g_free(run->ledger);
    run->ledger = g_strdup(reader->ledger);
    g_free(run->git_directory);
    run->git_directory = g_strdup(imp_repository_git_directory(reader->repository));
    ImpProgress *progress = imp_progress_new();
    imp_repository_set_work(reader->repository,
                            &(ImpWork){.progress = imp_progress_show, .data = progress});
    run->status = treat_all(run, reader);
    imp_progress_free(progress);
    fflush(stdout);
}

/* Watching */

static gboolean time_is_up(gpointer data);

static void set_timer(Run *run)
{
    gint64 left_s = run->next_us ? (run->next_us - run->now_us) / IMP_SECOND_US + 1 : HOUR_S;
    if (run->timer)
        g_source_remove(run->timer);
    run->timer = g_timeout_add_seconds((guint)CLAMP(left_s, 1, HOUR_S), time_is_up, run);
}

static void write_again(Run *run)
{
    if (!g_getenv("IMPRIMATUR_NOW"))
        run->now_us = g_get_real_time();
    write_once(run);
    set_timer(run);
}

static gboolean time_is_up(gpointer data)
{
    Run *run = data;
    run->timer = 0;
    write_again(run);
    return G_SOURCE_REMOVE;
}

static void refs_moved(gpointer data)
{
    Run *run = data;
    g_autoptr(ImpConfig) config = NULL;
    imp_watch_look(run->watch, run->git_directory, NULL);
    g_autoptr(ImpRepository) repository = imp_reader_open_repository(run->command, &config, NULL);
    g_autofree char *ledger = repository ? imp_repository_tip(repository, IMP_LEDGER_REF) : NULL;
    if (g_strcmp0(ledger, run->ledger) != 0)
        write_again(run);
}

static gboolean end(gpointer data)
{
    Run *run = data;
    g_main_loop_quit(run->loop);
    return G_SOURCE_CONTINUE;
}

static int follow(Run *run)
{
    g_autoptr(GError) error = NULL;
    run->loop = g_main_loop_new(NULL, FALSE);
    run->watch = imp_watch_new(refs_moved, run, &error);
    if (!run->watch)
        return imp_command_fail_with(error);
    guint signals[] = {g_unix_signal_add(SIGINT, end, run), g_unix_signal_add(SIGTERM, end, run)};
    set_timer(run);
    refs_moved(run); /* what moved since it was read */
    g_main_loop_run(run->loop);
    for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
        g_source_remove(signals[i]);
    if (run->timer)
        g_source_remove(run->timer);
    return IMP_EXIT_DONE;
}

static int run_site(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    ImpSiteOptions unused = {0};
    g_auto(Run) run = {.command = command, .arguments = arguments, .now_us = command->now_us};
    int status = take_arguments(&run);
    if (!status)
        status = take_words(&run, &unused);
    if (status)
        return status;
    run.stays = imp_command_has(command, "watch");
    write_once(&run);
    bool goes_on = run.git_directory && (run.status == IMP_EXIT_DONE || run.status == IMP_EXIT_NO ||
                                         run.status == IMP_EXIT_AGAIN);
    return run.stays && goes_on ? follow(&run) : run.status;
}

static const GOptionEntry options[] = {
    {"view", 0, 0, G_OPTION_ARG_STRING, NULL, "what readers see (the default), or editors", "VIEW"},
    {"url", 0, 0, G_OPTION_ARG_STRING, NULL, "the address that the folder will have", "URL"},
    {"pending", 0, 0, G_OPTION_ARG_STRING, NULL,
     "\"show\" texts that are not approved, or a \"notice\" in their place", "WORD"},
    {"data", 0, 0, G_OPTION_ARG_STRING, NULL,
     "also write FILE for hugo, jekyll, eleventy, astro, or a map", "KIND FILE"},
    {"authority", 0, 0, G_OPTION_ARG_FILENAME, NULL, "the keys that may publish policies", "FILE"},
    {"unsigned", 0, 0, G_OPTION_ARG_NONE, NULL, "believe a ledger that is not proved", NULL},
    {"style", 0, 0, G_OPTION_ARG_FILENAME, NULL, "CSS behind the site's own", "FILE"},
    {"header", 0, 0, G_OPTION_ARG_FILENAME, NULL, "markup for the top of each page", "FILE"},
    {"footer", 0, 0, G_OPTION_ARG_FILENAME, NULL, "markup for the end of each page", "FILE"},
    {"full", 0, 0, G_OPTION_ARG_NONE, NULL, "look at everything again", NULL},
    {"check", 0, 0, G_OPTION_ARG_NONE, NULL, "write nothing; name what is not as it should be",
     NULL},
    {"watch", 0, 0, G_OPTION_ARG_NONE, NULL, "stay, and write what changes", NULL},
    {0},
};

const ImpVerb imp_verb_site = {
    .name = "site",
    .arguments = "[DIR]",
    .summary = "write pages that say what is reviewed, for any web server",
    .help = "Writes the articles with their state into DIR, or into the folders of \"site\" in\n"
            "the configuration: pages, lists, feeds, and files for programs. What has not\n"
            "changed is left alone. The folder is empty at first, and imprimatur's own then.\n"
            "Without the authority's keys, or where the ledger is not signed as the policy\n"
            "says, everything reads pending, and the exit status is 1.\n",
    .options = options,
    .most = 2,
    .judges_by_time = true,
    .run = run_site,
};
