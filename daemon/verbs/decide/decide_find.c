#include "articles/commit.h"
#include "articles/document.h"
#include "articles/tree.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/decide/decide.h"
#include "daemon/verbs/failure.h"
#include "workflow/base/glob.h"
#include "workflow/base/limits.h"

#include <string.h>

/* A decision stands on the watched branch as it was last fetched, and is about the texts there. The
 * ledger as last fetched may be behind or before: an article whose text it does not know yet is
 * taken with the text of the base, as the daemon will take it. */

void imp_deciding_clear(ImpDeciding *deciding)
{
    imp_reader_free(deciding->reader);
    g_free(deciding->remote);
    g_free(deciding->base_name);
    g_free(deciding->base);
    g_free(deciding->tree);
    g_clear_pointer(&deciding->articles, g_ptr_array_unref);
    imp_decision_free(deciding->decision);
    g_clear_pointer(&deciding->parts, g_ptr_array_unref);
    g_free(deciding->branch);
}

/* Takes the word behind a bare --push out of the arguments if that names a remote and no article.
 */
static int take_remote(ImpDeciding *deciding, char *const *remotes, char ***arguments)
{
    g_autoptr(GError) error = NULL;
    const char *word = imp_command_word_behind(deciding->command, "push");
    if (!word || !g_strv_contains((const char *const *)remotes, word))
        return IMP_EXIT_DONE;
    g_autoptr(ImpArticle) article = NULL;
    if (!imp_reader_find(deciding->reader, word, &article, &error))
        return imp_command_fail_with(error);
    if (article)
        return IMP_EXIT_DONE;
    deciding->remote = g_strdup(word);
    g_autoptr(GStrvBuilder) others = g_strv_builder_new();
    for (char **argument = *arguments; *argument; argument++)
        if (strcmp(*argument, word) != 0)
            g_strv_builder_add(others, *argument);
    g_strfreev(*arguments);
    *arguments = g_strv_builder_end(others);
    return **arguments ? IMP_EXIT_DONE
                       : imp_command_fail(IMP_EXIT_USAGE, "which article? %s is a remote", word);
}

int imp_decide_find_remote(ImpDeciding *deciding, char ***arguments)
{
    g_auto(GStrv) remotes = imp_repository_remotes(deciding->reader->repository);
    const char *named = imp_command_text(deciding->command, "push");
    g_autofree char *all = g_strjoinv(", ", remotes);
    if (named && !*remotes)
        return imp_command_fail(
            IMP_EXIT_USAGE,
            "there is no remote here to send to; without --push the decision is a branch here");
    if (named && *named) {
        if (!g_strv_contains((const char *const *)remotes, named))
            return imp_command_fail(
                IMP_EXIT_USAGE, "--push: there is no remote \"%s\" here; there is %s", named, all);
        deciding->remote = g_strdup(named);
        return IMP_EXIT_DONE;
    }
    int status = named ? take_remote(deciding, remotes, arguments) : IMP_EXIT_DONE;
    if (!deciding->remote)
        deciding->remote = g_strdup(
            g_strv_contains((const char *const *)remotes, "origin") ? "origin" : remotes[0]);
    return status;
}

static bool find_base(ImpDeciding *deciding, GError **error)
{
    const ImpReader *reader = deciding->reader;
    const char *branch = reader->branch ? reader->branch : "main";
    g_autofree char *tracked =
        g_strconcat(deciding->remote ? deciding->remote : "", "/", branch, NULL);
    g_autofree char *remote_ref = g_strconcat("refs/remotes/", tracked, NULL);
    g_autofree char *local_ref = g_strconcat("refs/heads/", branch, NULL);
    if (deciding->remote &&
        !imp_repository_find_tip(reader->repository, remote_ref, &deciding->base, error))
        return false;
    deciding->base_name = g_strdup(deciding->base ? tracked : branch);
    if (!deciding->base &&
        !imp_repository_find_tip(reader->repository, local_ref, &deciding->base, error))
        return false;
    if (!deciding->base) {
        if (deciding->remote)
            g_set_error(error, IMP_READER_ERROR, IMP_READER_ERROR_NO_LEDGER,
                        "this clone has neither %s nor a branch %s; type: git fetch %s", tracked,
                        branch, deciding->remote);
        else
            g_set_error(error, IMP_READER_ERROR, IMP_READER_ERROR_NO_LEDGER,
                        "there is no branch %s here", branch);
        return false;
    }
    deciding->tree = imp_repository_tree_of(reader->repository, deciding->base);
    if (!deciding->tree)
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED,
                    "%s: the commit %s cannot be read", deciding->base_name, deciding->base);
    return deciding->tree != NULL;
}

int imp_decide_find_base(ImpDeciding *deciding, const char *remote)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) remotes = imp_repository_remotes(deciding->reader->repository);
    const char *usual =
        g_strv_contains((const char *const *)remotes, "origin") ? "origin" : remotes[0];
    const char *work_tree = imp_repository_work_tree(deciding->reader->repository);
    deciding->directory =
        work_tree ? work_tree : imp_repository_git_directory(deciding->reader->repository);
    if (!deciding->remote)
        deciding->remote = g_strdup(remote && *remote ? remote : usual);
    return find_base(deciding, &error) ? IMP_EXIT_DONE : imp_command_fail_with(error);
}

static void take_text(const ImpReader *reader, ImpArticle *article, ImpTreeEntryKind kind,
                      const char *version)
{
    g_autoptr(GBytes) bytes =
        imp_repository_peek(reader->repository, version, IMP_ARTICLE_MAX_BYTES);
    g_autoptr(ImpDocument) document =
        bytes ? imp_document_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;
    g_free(article->version);
    g_free(article->title);
    article->version = g_strdup(version);
    article->title = document ? g_strdup(document->title) : NULL;
    article->problem = kind == IMP_TREE_ENTRY_LINK ? IMP_PROBLEM_LINK
                       : document                  ? document->problem
                                                   : IMP_PROBLEM_TOO_LARGE;
    if (article->state == IMP_STATE_REMOVED)
        article->state = IMP_STATE_SUBMITTED;
}

/* The article as the base has it; it is Removed where the base has none. */
static bool take_from_base(const ImpDeciding *deciding, ImpArticle *article, GError **error)
{
    const ImpReader *reader = deciding->reader;
    ImpTreeEntryKind kind;
    g_autofree char *version = NULL;
    if (!imp_tree_lookup(reader->repository, deciding->base, article->path, &kind, &version, error))
        return false;
    if (kind == IMP_TREE_ENTRY_NONE || !imp_policy_is_article(reader->policy, article->path))
        article->state = IMP_STATE_REMOVED;
    else if (article->state == IMP_STATE_REMOVED || g_strcmp0(article->version, version) != 0)
        take_text(reader, article, kind, version);
    return true;
}

static bool add(ImpDeciding *deciding, ImpArticle *taken, GError **error)
{
    g_autoptr(ImpArticle) article = taken;
    if (!take_from_base(deciding, article, error))
        return false;
    g_ptr_array_add(deciding->articles, g_steal_pointer(&article));
    return true;
}

/* All live articles that match; false with an error where something broke. */
static bool add_matching(ImpDeciding *deciding, const char *pattern, GError **error)
{
    g_autoptr(GPtrArray) paths = imp_index_live(deciding->reader->database, error);
    for (guint i = 0; paths && i < paths->len; i++) {
        if (!imp_glob_matches(pattern, paths->pdata[i]))
            continue;
        ImpArticle *article = imp_index_load(deciding->reader->database, paths->pdata[i], error);
        if (!article || !add(deciding, article, error))
            return false;
    }
    return paths != NULL;
}

/* An article that the ledger, as last fetched, does not know yet. */
static ImpArticle *unknown_to_ledger(const ImpDeciding *deciding, const char *path)
{
    ImpTreeEntryKind kind = IMP_TREE_ENTRY_NONE;
    if (!imp_policy_is_article(deciding->reader->policy, path) ||
        !imp_tree_lookup(deciding->reader->repository, deciding->base, path, &kind, NULL, NULL) ||
        kind == IMP_TREE_ENTRY_NONE)
        return NULL;
    return imp_article_new(path);
}

/* Whether articles lie below. */
static bool is_folder(const ImpDeciding *deciding, const char *argument)
{
    g_autoptr(GPtrArray) paths = imp_index_live(deciding->reader->database, NULL);
    g_autofree char *prefix = g_strconcat(argument, "/", NULL);
    for (guint i = 0; paths && i < paths->len; i++)
        if (g_str_has_prefix(paths->pdata[i], prefix))
            return true;
    return false;
}

static int find_one(ImpDeciding *deciding, const char *argument)
{
    g_autoptr(GError) error = NULL;
    ImpArticle *article = NULL;
    if (!imp_reader_find(deciding->reader, argument, &article, &error))
        return imp_command_fail_with(error);
    if (!article)
        article = unknown_to_ledger(deciding, argument);
    if (article)
        return add(deciding, article, &error) ? IMP_EXIT_DONE : imp_command_fail_with(error);
    if (imp_glob_is_pattern(argument)) {
        guint before = deciding->articles->len;
        if (!add_matching(deciding, argument, &error))
            return imp_command_fail_with(error);
        return deciding->articles->len > before
                   ? IMP_EXIT_DONE
                   : imp_command_fail(IMP_EXIT_NO, "no article matches %s", argument);
    }
    return is_folder(deciding, argument)
               ? imp_command_fail(IMP_EXIT_NO,
                                  "%s is a folder; for all articles in it, type the pattern "
                                  "'%s/**'",
                                  argument, argument)
               : imp_reader_refuse_article(deciding->reader, argument);
}

static int by_path(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ImpArticle *const *)a)->path, (*(const ImpArticle *const *)b)->path);
}

/* By path, and each once, however often it was named. */
static void sort(GPtrArray *articles)
{
    g_ptr_array_sort(articles, by_path);
    for (guint i = articles->len; i > 1; i--)
        if (by_path(&articles->pdata[i - 1], &articles->pdata[i - 2]) == 0)
            g_ptr_array_remove_index(articles, i - 1);
}

/* That the user has the same text in front of them. */
static int compare_with_head(const ImpDeciding *deciding, const ImpArticle *article,
                             const char *head)
{
    g_autoptr(GError) error = NULL;
    ImpTreeEntryKind kind = IMP_TREE_ENTRY_NONE;
    g_autofree char *here = NULL;
    g_autofree char *path = imp_print_path(article->path);
    const ImpScreen screen = imp_screen();
    if (head &&
        !imp_tree_lookup(deciding->reader->repository, head, article->path, &kind, &here, &error))
        return imp_command_fail_with(error);
    if (g_strcmp0(here, article->version) == 0 || article->state == IMP_STATE_REMOVED)
        return IMP_EXIT_DONE;
    if (!here)
        return imp_command_fail(
            IMP_EXIT_NO,
            "%s is not in HEAD of this clone, so you have not read it here; type: git merge %s",
            path, deciding->base_name);
    if (!imp_decide_print_difference(deciding, here, article->version, &screen, &error))
        return imp_command_fail_with(error);
    return imp_command_fail(
        IMP_EXIT_NO,
        "%s: HEAD of this clone has version %.12s, but %s as last fetched has %.12s; the "
        "difference "
        "is shown. Bring HEAD to that text (git merge %s), read it, and approve it then",
        path, here, deciding->base_name, article->version, deciding->base_name);
}

static void add_target(ImpDeciding *deciding, const ImpArticle *article)
{
    ImpTarget *target = g_new0(ImpTarget, 1);
    target->path = g_strdup(article->path);
    if (deciding->decision->verdict == IMP_DECISION_APPROVE)
        target->version = g_strdup(article->version);
    g_ptr_array_add(deciding->decision->targets, target);
}

int imp_decide_find(ImpDeciding *deciding, char *const *arguments)
{
    g_autoptr(GError) error = NULL;
    int status = IMP_EXIT_DONE;
    deciding->articles = g_ptr_array_new_with_free_func((GDestroyNotify)imp_article_free);
    if (!deciding->tree && !find_base(deciding, &error))
        return imp_command_fail_with(error);
    for (; *arguments; arguments++) {
        int found = find_one(deciding, *arguments);
        status = MAX(status, found);
    }
    g_autofree char *head = imp_repository_tip(deciding->reader->repository, "HEAD");
    sort(deciding->articles);
    for (guint i = 0; i < deciding->articles->len && !status; i++) {
        add_target(deciding, deciding->articles->pdata[i]);
        if (deciding->decision->verdict == IMP_DECISION_APPROVE)
            status = compare_with_head(deciding, deciding->articles->pdata[i], head);
    }
    return status;
}
