#include "articles/condition.h"
#include "articles/repository_graph.h"
#include "articles/tree.h"
#include "articles/work_tree.h"
#include "daemon/verbs/check/check_files.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "workflow/base/glob.h"

#include <stdio.h>
#include <string.h>

/* Looks at everything that somebody writes by hand, and starts nothing. Articles and policy are
 * looked at where they are about to be used: in a work tree as they lie there; in a bare
 * repository, and with a configuration, on the watched branch; for hooks and CI, in what is about
 * to be committed, was committed since, or is being pushed. There only what changes is looked at:
 * nobody is kept from working by what others did before. */

/* What to look at */

static char *watched_branch(const ImpChecking *checking)
{
    if (checking->config)
        return g_strdup(checking->config->branch);
    g_autoptr(ImpReader) reader = imp_reader_open(checking->command, NULL);
    return reader ? g_strdup(reader->branch) : NULL;
}

/* Finds the tip of the watched branch. Where there is nothing to look at yet it says so, and the
 * tip stays NULL. */
static bool find_tip(ImpChecking *checking, GError **error)
{
    g_autofree char *branch = watched_branch(checking);
    g_autofree char *named = branch ? g_strconcat("refs/heads/", branch, NULL) : g_strdup("HEAD");
    const bool elsewhere = checking->config && checking->config->remote;
    g_autofree char *ref =
        elsewhere ? imp_config_watched_ref(checking->config, named) : g_strdup(named);
    if (!imp_repository_find_tip(checking->repository, ref, &checking->tip, error))
        return false;
    if (checking->tip)
        return true;
    g_autofree char *missing =
        elsewhere
            ? g_strdup_printf("the branch \"%s\" of the remote has not been fetched yet; look "
                              "at it by: imprimatur remote check",
                              branch)
        : branch ? imp_repository_missing_branch(checking->repository, branch)
                 : NULL;
    imp_check_report(&checking->check, IMP_SEVERITY_WARNING,
                     imp_repository_git_directory(checking->repository), 0,
                     missing ? missing : "there is no commit on the watched branch yet");
    return true;
}

/* Opens the repository that all is in. */
static bool open_repository(ImpChecking *checking, GError **error)
{
    g_autoptr(ImpConfig) ignored = NULL;
    checking->repository = imp_reader_open_repository(checking->command, &ignored, error);
    return checking->repository != NULL;
}

/* The arguments as paths from the root; in a work tree they are from the directory that the command
 * works in. */
static char **paths_of(const ImpChecking *checking, char *const *arguments)
{
    g_autoptr(GStrvBuilder) paths = g_strv_builder_new();
    const char *directory = checking->command->directory,
               *work_tree = imp_repository_work_tree(checking->repository);
    g_autofree char *base = g_canonicalize_filename(directory ? directory : ".", NULL);
    g_autofree char *root =
        work_tree && !checking->config ? g_canonicalize_filename(work_tree, NULL) : g_strdup("/");
    for (; *arguments; arguments++) {
        g_autofree char *absolute =
            g_canonicalize_filename(*arguments, work_tree && !checking->config ? base : "/");
        gsize length = strcmp(root, "/") == 0 ? 0 : strlen(root);
        bool inside = strncmp(absolute, root, length) == 0 && strchr("/", absolute[length]);
        g_strv_builder_add(paths,
                           inside ? absolute + length + (absolute[length] == '/') : *arguments);
    }
    return g_strv_builder_end(paths);
}

/* A house that gives references gives them everywhere; one that gives none does not want to hear of
 * it. */
static void print_summary(const ImpChecking *checking)
{
    const guint *counts = checking->check.counts;
    guint errors = counts[IMP_SEVERITY_ERROR], warnings = counts[IMP_SEVERITY_WARNING];
    guint without = checking->check.without_references;
    printf("%u article%s checked: %u error%s, %u warning%s", checking->articles,
           checking->articles == 1 ? "" : "s", errors, errors == 1 ? "" : "s", warnings,
           warnings == 1 ? "" : "s");
    guint citing = checking->check.citing_without;
    if (without > 0 && checking->check.with_references > 0) {
        printf("; %u without references", without);
        if (citing > 0)
            printf(" (%u cite%s something)", citing, citing == 1 ? "s" : "");
    }
    puts("");
}

/* Hooks say nothing when all is well. */
static int finish(const ImpChecking *checking)
{
    const guint *counts = checking->check.counts;
    bool quiet =
        checking->changes && counts[IMP_SEVERITY_ERROR] + counts[IMP_SEVERITY_WARNING] == 0;
    if (!checking->check.json && !quiet)
        print_summary(checking);
    return counts[IMP_SEVERITY_ERROR] ? IMP_EXIT_CONFIGURATION : IMP_EXIT_DONE;
}

/* Before a commit, and in CI */

static int check_tree(ImpChecking *checking, char *const *arguments)
{
    g_autoptr(GError) error = NULL;
    checking->paths = paths_of(checking, arguments);
    return imp_check_files(checking, &error) ? finish(checking) : imp_command_fail_with(error);
}

static int check_staged(ImpChecking *checking, char *const *arguments)
{
    g_autoptr(GError) error = NULL;
    bool configured = checking->command->config_path != NULL;
    if (!configured && !open_repository(checking, &error))
        return imp_command_fail_with(error);
    if (configured || !imp_repository_work_tree(checking->repository))
        return imp_command_fail(IMP_EXIT_USAGE,
                                "--staged is for a clone with a work tree, without -c");
    /* While a commit is being made git names another index to its hooks (githooks(5)). */
    checking->tip = imp_work_tree_staged(checking->repository, g_getenv("GIT_INDEX_FILE"), &error);
    if (!checking->tip)
        return imp_command_fail_with(error);
    checking->base = imp_repository_commit_named(checking->repository, "HEAD");
    return check_tree(checking, arguments);
}

static int check_since(ImpChecking *checking, const char *since, char *const *arguments)
{
    g_autoptr(GError) error = NULL;
    if (!open_repository(checking, &error))
        return imp_command_fail_with(error);
    g_autofree char *commit = imp_repository_commit_named(checking->repository, since);
    g_autofree char *branch = checking->config ? watched_branch(checking) : NULL;
    checking->tip = imp_repository_commit_named(checking->repository, branch ? branch : "HEAD");
    if ((!commit || !checking->tip) && !imp_repository_check_whole(checking->repository, &error))
        return imp_command_fail(IMP_EXIT_NO, "there is no commit %s here\n%s",
                                commit ? "at HEAD" : since, error->message);
    if (!commit || !checking->tip)
        return imp_command_fail(IMP_EXIT_NO,
                                "there is no commit %s here; in CI, fetch the whole history first",
                                commit ? "at HEAD" : since);
    checking->base = imp_repository_merge_base(checking->repository, commit, checking->tip);
    if (!checking->base)
        checking->base = g_steal_pointer(&commit);
    return check_tree(checking, arguments);
}

/* Before a push is accepted */

/* A line of pre-receive's standard input (githooks(5)). */
typedef struct {
    char *old, *new, *ref; /* ids in hex; NULL: the ref did not exist, or is deleted */
} Update;

static void update_clear(Update *update)
{
    g_free(update->old);
    g_free(update->new);
    g_free(update->ref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Update, update_clear)

static char *id_or_null(const char *text)
{
    return text[strspn(text, "0")] ? g_strdup(text) : NULL;
}

/* Reads the next line; at the end there is no ref. What is none is said; returns the exit status.
 */
static int read_update(Update *update)
{
    char old[65], new[65], ref[IMP_PATH_MAX_BYTES + 1];
    int read = scanf("%64[0-9a-f] %64[0-9a-f] %4096[^\n]%*c", old, new, ref);
    if (read == 3)
        *update = (Update){id_or_null(old), id_or_null(new), g_strdup(ref)};
    else if (read != EOF)
        return imp_command_fail(
            IMP_EXIT_USAGE,
            "standard input is not \"OLD NEW REF\" lines, as git writes them to pre-receive");
    return IMP_EXIT_DONE;
}

/* What is pushed to which branch concerns the daemon. */
typedef struct {
    ImpReader *reader; /* NULL: there is no ledger yet */
    char *watched;     /* full ref names; NULL: none */
    char **reviewed;   /* patterns of branches */
} Receiving;

static void receiving_clear(Receiving *receiving)
{
    imp_reader_free(receiving->reader);
    g_free(receiving->watched);
    g_strfreev(receiving->reviewed);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Receiving, receiving_clear)

static void open_receiving(const ImpChecking *checking, Receiving *receiving)
{
    static const char *const usual[] = {"review/**", NULL};
    const ImpConfig *config = checking->config;
    receiving->reader = imp_reader_open(checking->command, NULL);
    const char *branch = receiving->reader ? receiving->reader->branch : NULL;
    receiving->watched = branch ? g_strconcat("refs/heads/", branch, NULL)
                                : imp_repository_head(checking->repository);
    receiving->reviewed = g_strdupv(config ? config->review_branches : (char **)usual);
}

static bool is_review_branch(const Receiving *receiving, const char *ref)
{
    return g_str_has_prefix(ref, "refs/heads/") &&
           imp_glob_matches_any(receiving->reviewed, ref + strlen("refs/heads/"));
}

/* Neither warnings, nor that no warning can be given, are a reason to refuse a push. */
static void warn_of_decisions(ImpChecking *checking, const Receiving *receiving,
                              const Update *update)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);
    if (!receiving->reader || !receiving->reader->policy)
        return;
    if (!imp_check_decisions(&checking->check, checking->repository, receiving->reader, update->new,
                             checking->changed ? checking->changed : none, &error))
        imp_check_report(&checking->check, IMP_SEVERITY_NOTE, update->ref, 0, error->message);
}

static bool check_update(ImpChecking *checking, const Receiving *receiving, Update *update,
                         GError **error)
{
    bool watched = g_strcmp0(update->ref, receiving->watched) == 0 && !checking->tip;
    if (watched && !update->new)
        imp_check_report(&checking->check, IMP_SEVERITY_WARNING, update->ref, 0,
                         "the watched branch is being deleted");
    if (!update->new || (!watched && !is_review_branch(receiving, update->ref)))
        return true;
    if (watched) {
        checking->tip = g_strdup(update->new);
        checking->base = g_strdup(update->old);
        if (!imp_check_files(checking, error))
            return false;
    }
    warn_of_decisions(checking, receiving, update);
    return true;
}

/* The objects of a push wait in a directory of their own until it is accepted. */
static bool add_quarantine(ImpChecking *checking, GError **error)
{
    const char *objects = g_getenv("GIT_QUARANTINE_PATH");
    return !objects || imp_repository_add_objects(checking->repository, objects, error);
}

static int check_push(ImpChecking *checking)
{
    g_autoptr(GError) error = NULL;
    g_auto(Receiving) receiving = {0};
    if (!open_repository(checking, &error) || !add_quarantine(checking, &error))
        return imp_command_fail_with(error);
    checking->paths = g_new0(char *, 1);
    if (checking->config)
        checking->authority = imp_check_authority(&checking->check, checking->config);
    open_receiving(checking, &receiving);
    for (;;) {
        g_auto(Update) update = {0};
        int status = read_update(&update);
        if (status || !update.ref)
            return status ? status : finish(checking);
        if (!check_update(checking, &receiving, &update, &error))
            return imp_command_fail_with(error);
    }
}

/* The verb */

static int check_all(ImpChecking *checking, char *const *arguments)
{
    g_autoptr(GError) error = NULL;
    if (checking->command->config_path) {
        checking->config = imp_check_config(&checking->check, checking->command->config_path,
                                            &checking->authority);
        if (!checking->config)
            return finish(checking);
    }
    if (!open_repository(checking, &error)) /* said already by the configuration's check */
        return checking->config ? finish(checking) : imp_command_fail_with(error);
    checking->work_tree = checking->config ? NULL : imp_repository_work_tree(checking->repository);
    if (!checking->work_tree && !find_tip(checking, &error))
        return imp_command_fail_with(error);
    return checking->work_tree || checking->tip ? check_tree(checking, arguments)
                                                : finish(checking);
}

/* Hooks look at what is changed, and take the configuration as it is. */
static int load_config(ImpChecking *checking)
{
    g_autoptr(GError) error = NULL;
    const char *path = checking->command->config_path;
    checking->changes = true;
    if (path)
        checking->config =
            imp_config_load_without_secrets(path, g_getenv("STATE_DIRECTORY"), &error);
    return path && !checking->config ? imp_command_fail_with(error) : IMP_EXIT_DONE;
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    g_auto(ImpChecking) checking = {.check = {.json = command->json, .now_us = command->now_us},
                                    .command = command};
    const char *since = imp_command_text(command, "since");
    bool staged = imp_command_has(command, "staged"),
         push = imp_command_has(command, "pre-receive");
    if (staged + push + (since != NULL) > 1)
        return imp_command_fail(IMP_EXIT_USAGE,
                                "only one of --staged, --since and --pre-receive can be looked at");
    if (push && arguments[0])
        return imp_command_fail(IMP_EXIT_USAGE,
                                "--pre-receive takes no names: standard input says what is pushed");
    if (!staged && !push && !since)
        return check_all(&checking, arguments);
    int status = load_config(&checking);
    if (status)
        return status;
    return push    ? check_push(&checking)
           : since ? check_since(&checking, since, arguments)
                   : check_staged(&checking, arguments);
}

static const GOptionEntry options[] = {
    {"staged", 0, 0, G_OPTION_ARG_NONE, NULL, "what git would commit now: for pre-commit", NULL},
    {"since", 0, 0, G_OPTION_ARG_STRING, NULL, "what HEAD changes since COMMIT: for CI", "COMMIT"},
    {"pre-receive", 0, 0, G_OPTION_ARG_NONE, NULL, "what is pushed, as git tells that hook", NULL},
    {0},
};

const ImpVerb imp_verb_check = {
    .name = "check",
    .arguments = "[PATH...]",
    .summary = "check configuration, policy and articles, starting nothing",
    .help = "Says FILE:LINE: SEVERITY: REASON for everything that is wrong or odd, and exits\n"
            "with 3 if there is an error: for hooks and CI. In a work tree the files as they\n"
            "are on disk; with -c, or in a bare repository, those on the watched branch.\n"
            "With names only those articles (or folders), and the policy in any case.\n"
            "With an option only what is changed, and nothing is said when all is well.\n",
    .options = options,
    .most = -1,
    .judges_by_time = true,
    .run = run,
};
