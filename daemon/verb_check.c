#include "articles/path.h"
#include "articles/policy_source.h"
#include "articles/tree.h"
#include "articles/work_tree.h"
#include "daemon/check.h"
#include "daemon/print.h"
#include "daemon/problem.h"
#include "daemon/reader.h"
#include "workflow/limits.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* Looks at everything that somebody writes by hand, and starts nothing. Articles and policy are looked at where they
 * are about to be used: in a work tree as they lie there, so that a hook can ask before the commit; in a bare
 * repository, and with a configuration, on the watched branch. */

typedef struct {
    ImpCheck check;
    const ImpCommand *command;
    ImpConfig *config; /* or NULL */
    GPtrArray *authority;
    ImpRepository *repository;
    const char *work_tree; /* NULL: the branch is looked at */
    char *branch, *tip;    /* the branch's */
    ImpPolicy *policy;     /* by which articles are found; NULL: there is none */
    GHashTable *folded;    /* folded path -> path: whose it is, when two collide */
    char **paths;          /* from the root; empty: all */
    guint articles;
} Checking;

static void checking_clear(Checking *checking)
{
    imp_config_free(checking->config);
    g_clear_pointer(&checking->authority, g_ptr_array_unref);
    imp_repository_free(checking->repository);
    g_free(checking->branch);
    g_free(checking->tip);
    g_clear_pointer(&checking->policy, imp_policy_unref);
    g_clear_pointer(&checking->folded, g_hash_table_unref);
    g_strfreev(checking->paths);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Checking, checking_clear)

/* The policy */

/* Whether its version is one that can take effect after what the ledger knows. */
static void check_version(Checking *checking, const ImpPolicySource *source, ImpReader *reader)
{
    g_autofree char *manifest = imp_index_policy_manifest(reader->store);
    guint version = source->policy->version;
    if (version > reader->policy_version || g_strcmp0(manifest, source->manifest) == 0)
        return;
    g_autofree char *message = g_strdup_printf("version %u is not greater than %u, which was in force; raise it and "
                                               "have the manifest signed again",
                                               version, reader->policy_version);
    imp_check_find(&checking->check, IMP_SEVERITY_ERROR, ".imprimatur/policy.json", 0, message);
}

/* Without an authority nobody can say what a signature is worth, but whether it is of these files can be seen. */
static void check_manifest(Checking *checking, const ImpPolicySource *source)
{
    if (checking->authority || (checking->config && checking->config->signatures_off))
        return;
    if (!source->has_manifest)
        imp_check_find(&checking->check, IMP_SEVERITY_WARNING, ".imprimatur/manifest", 0,
                       "is missing: this policy takes effect only where signatures are off");
    else if (source->manifest_fault)
        imp_check_find_sentence(&checking->check, IMP_SEVERITY_ERROR, ".imprimatur", source->manifest_fault);
}

static ImpPolicySource *read_policy(const Checking *checking, GError **error)
{
    const char *name = checking->config ? checking->config->name : NULL;
    gint64 now_us = checking->command->now_us;
    if (!checking->work_tree)
        return imp_policy_source_read(checking->repository, checking->tip, name, checking->authority, now_us, error);
    g_autofree char *directory = g_build_filename(checking->work_tree, ".imprimatur", NULL);
    return imp_policy_source_read_directory(directory, name, checking->authority, now_us, error);
}

/* Of two paths that collide the one that was an article first is the article. */
static void reserve_paths(Checking *checking, ImpReader *reader)
{
    g_autoptr(GPtrArray) articles = imp_index_load_live(reader->store, NULL);
    for (guint i = 0; articles && i < articles->len; i++) {
        const ImpArticle *article = articles->pdata[i];
        if (article->problem != IMP_PROBLEM_PATH_COLLISION)
            g_hash_table_insert(checking->folded, imp_path_fold(article->path), g_strdup(article->path));
    }
}

static bool check_policy(Checking *checking, GError **error)
{
    g_autoptr(ImpPolicySource) source = read_policy(checking, error);
    g_autoptr(ImpReader) reader = source ? imp_reader_open(checking->command, NULL) : NULL;
    if (!source)
        return false;
    if (!source->policy) {
        bool absent = !source->folder && !source->policy_json && !source->has_manifest && !source->signers;
        imp_check_find_sentence(&checking->check, absent ? IMP_SEVERITY_WARNING : IMP_SEVERITY_ERROR, ".imprimatur",
                                source->rejected);
    } else {
        check_manifest(checking, source);
        if (reader)
            check_version(checking, source, reader);
        if (checking->config)
            imp_check_ledger_key(&checking->check, checking->config, source->policy);
    }
    if (reader)
        reserve_paths(checking, reader);
    const ImpPolicy *policy = source->policy ? source->policy : reader ? reader->policy : NULL;
    checking->policy = policy ? imp_policy_ref((ImpPolicy *)policy) : NULL;
    return true;
}

/* Articles */

static bool is_named(const Checking *checking, const char *path)
{
    for (char **name = checking->paths; *name; name++) {
        gsize length = strlen(*name);
        if (length == 0 || (strncmp(path, *name, length) == 0 && (path[length] == '\0' || path[length] == '/')))
            return true;
    }
    return !checking->paths[0];
}

static void check_bytes(Checking *checking, const ImpTreeChange *file, GBytes *bytes, gsize size)
{
    const char *text = bytes ? g_bytes_get_data(bytes, NULL) : NULL;
    if (bytes) {
        imp_check_text(&checking->check, file->path, text ? text : "", size);
        return;
    }
    g_autofree char *message = g_strdup_printf("the file has %" G_GSIZE_FORMAT " bytes; an article has at most %d; "
                                               "divide it",
                                               size, IMP_ARTICLE_MAX_BYTES);
    imp_check_find(&checking->check, IMP_SEVERITY_ERROR, file->path, 0, message);
}

/* The text of a file, NULL without an error where it is too large; `size` is set even so. */
static GBytes *read_file(const Checking *checking, const ImpTreeChange *file, gsize *size, GError **error)
{
    if (file->id)
        return imp_repository_read(checking->repository, file->id, IMP_ARTICLE_MAX_BYTES, size, error);
    g_autofree char *path = g_build_filename(checking->work_tree, file->path, NULL);
    GStatBuf status = {0};
    char *text = NULL;
    if (g_lstat(path, &status) == 0 && status.st_size > IMP_ARTICLE_MAX_BYTES) {
        *size = (gsize)status.st_size;
        return NULL;
    }
    return g_file_get_contents(path, &text, size, error) ? g_bytes_new_take(text, *size) : NULL;
}

/* Whether another article has the path, but for case and normalization; if none has, it is this one's. */
static bool collides(Checking *checking, const char *path)
{
    char *key = imp_path_fold(path);
    const char *owner = g_hash_table_lookup(checking->folded, key);
    if (!owner)
        g_hash_table_insert(checking->folded, key, g_strdup(path));
    bool others = owner && strcmp(owner, path) != 0;
    if (owner)
        g_free(key);
    return others;
}

static bool check_article(Checking *checking, const ImpTreeChange *file, GError **error)
{
    GError *fault = NULL;
    gsize size = 0;
    bool second = collides(checking, file->path);
    ImpProblem problem = imp_path_problem(file->path, strlen(file->path));
    if (file->kind == IMP_TREE_ENTRY_LINK)
        problem = IMP_PROBLEM_LINK;
    else if (!problem && second)
        problem = IMP_PROBLEM_PATH_COLLISION;
    if (!is_named(checking, file->path))
        return true;
    checking->articles++;
    if (problem) {
        imp_check_find(&checking->check, IMP_SEVERITY_ERROR, file->path, 0, imp_problem_advice(problem));
        return true;
    }
    g_autoptr(GBytes) bytes = read_file(checking, file, &size, &fault);
    if (fault) {
        g_propagate_prefixed_error(error, fault, "%s: ", file->path);
        return false;
    }
    check_bytes(checking, file, bytes, size);
    return true;
}

/* A name that is nothing here is a typing error, or a hook's that was told of a removed file. */
static void check_names(Checking *checking, GPtrArray *files)
{
    for (char **name = checking->paths; *name; name++) {
        gsize length = strlen(*name);
        bool found = length == 0;
        for (guint i = 0; i < files->len && !found; i++) {
            const char *path = ((ImpTreeChange *)files->pdata[i])->path;
            found = strncmp(path, *name, length) == 0 && (path[length] == '\0' || path[length] == '/');
        }
        if (!found)
            imp_check_find(&checking->check, IMP_SEVERITY_ERROR, *name, 0, "there is no such file");
    }
}

/* Without a policy what is named, and is Markdown, is taken for one. */
static bool is_article(const Checking *checking, const char *path)
{
    return checking->policy ? imp_policy_is_article(checking->policy, path)
                            : checking->paths[0] && g_str_has_suffix(path, ".md");
}

static bool check_articles(Checking *checking, GError **error)
{
    g_autoptr(GPtrArray) files = checking->work_tree
                                     ? imp_work_tree_files(checking->repository, error)
                                     : imp_tree_changes(checking->repository, NULL, checking->tip, error);
    if (!files)
        return false;
    check_names(checking, files);
    if (!checking->policy && !checking->paths[0])
        imp_check_find(&checking->check, IMP_SEVERITY_NOTE, ".imprimatur", 0,
                       "no policy says what is an article, so that none was looked at");
    for (guint i = 0; i < files->len; i++) {
        const ImpTreeChange *file = files->pdata[i];
        if (is_article(checking, file->path) && !check_article(checking, file, error))
            return false;
    }
    return true;
}

/* What to look at */

static char *watched_branch(const Checking *checking)
{
    if (checking->config)
        return g_strdup(checking->config->branch);
    g_autoptr(ImpReader) reader = imp_reader_open(checking->command, NULL);
    return reader ? g_strdup(reader->branch) : NULL;
}

/* Opens the repository and finds the tip, or the work tree. False without an error where there is nothing to look at
 * yet. */
static bool open_place(Checking *checking, GError **error)
{
    g_autoptr(ImpConfig) ignored = NULL;
    GError *fault = NULL;
    checking->repository = imp_reader_open_repository(checking->command, &ignored, &fault);
    if (!checking->repository) {
        if (checking->config) /* said by the configuration's check */
            g_clear_error(&fault);
        else
            g_propagate_error(error, fault);
        return false;
    }
    checking->work_tree = checking->config ? NULL : imp_repository_work_tree(checking->repository);
    if (checking->work_tree)
        return true;
    checking->branch = watched_branch(checking);
    g_autofree char *ref = checking->branch ? g_strconcat("refs/heads/", checking->branch, NULL) : g_strdup("HEAD");
    checking->tip = imp_repository_tip(checking->repository, ref, error);
    if (!checking->tip && !*error)
        imp_check_find(&checking->check, IMP_SEVERITY_WARNING, imp_repository_git_directory(checking->repository), 0,
                       "there is no commit on the watched branch yet");
    return checking->tip != NULL;
}

/* The arguments as paths from the root; in a work tree they are from the directory that the command works in. */
static char **paths_of(const Checking *checking, char *const *arguments)
{
    g_autoptr(GStrvBuilder) paths = g_strv_builder_new();
    const char *directory = checking->command->directory;
    g_autofree char *base = g_canonicalize_filename(directory ? directory : ".", NULL);
    g_autofree char *root = checking->work_tree ? g_canonicalize_filename(checking->work_tree, NULL) : g_strdup("/");
    for (; *arguments; arguments++) {
        g_autofree char *absolute = g_canonicalize_filename(*arguments, checking->work_tree ? base : "/");
        gsize length = strcmp(root, "/") == 0 ? 0 : strlen(root);
        bool inside = strncmp(absolute, root, length) == 0 && strchr("/", absolute[length]);
        g_strv_builder_add(paths, inside ? absolute + length + (absolute[length] == '/') : *arguments);
    }
    return g_strv_builder_end(paths);
}

/* A house that gives references gives them everywhere; one that gives none does not want to hear of it. */
static void print_summary(const Checking *checking)
{
    const guint *counts = checking->check.counts;
    guint errors = counts[IMP_SEVERITY_ERROR], warnings = counts[IMP_SEVERITY_WARNING];
    guint without = checking->check.without_references;
    printf("%u article%s checked: %u error%s, %u warning%s", checking->articles, checking->articles == 1 ? "" : "s",
           errors, errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
    if (without > 0 && checking->check.with_references > 0)
        printf("; %u without references", without);
    puts("");
}

static int finish(const Checking *checking)
{
    if (!checking->check.json)
        print_summary(checking);
    return checking->check.counts[IMP_SEVERITY_ERROR] ? IMP_EXIT_CONFIGURATION : IMP_EXIT_DONE;
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    g_autoptr(GError) error = NULL;
    g_auto(Checking) checking = {.check = {.json = command->json, .now_us = command->now_us}, .command = command};
    checking.folded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (command->config_path) {
        checking.config = imp_check_config(&checking.check, command->config_path, &checking.authority);
        if (!checking.config)
            return finish(&checking);
    }
    if (open_place(&checking, &error)) {
        checking.paths = paths_of(&checking, arguments);
        if (check_policy(&checking, &error) && check_articles(&checking, &error))
            return finish(&checking);
    }
    return error ? imp_command_fail_with(error) : finish(&checking);
}

const ImpVerb imp_verb_check = {
    .name = "check",
    .arguments = "[PATH...]",
    .summary = "check configuration, policy and articles, starting nothing",
    .help = "Says FILE:LINE: SEVERITY: REASON for everything that is wrong or odd, and exits\n"
            "with 3 if there is an error: for hooks and CI. In a work tree the files as they\n"
            "are on disk; with -c, or in a bare repository, those on the watched branch.\n"
            "With names only those articles (or folders), and the policy in any case.\n",
    .most = -1,
    .judges_by_time = true,
    .run = run,
};
