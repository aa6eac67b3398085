#include "daemon/verbs/check/check_files.h"
#include "articles/condition.h"
#include "articles/tree.h"
#include "articles/work_tree.h"
#include "daemon/index/problem.h"
#include "daemon/pass/approved_data.h"
#include "daemon/verbs/check/check_front_matter.h"
#include "daemon/verbs/check/check_removals.h"
#include "daemon/verbs/view/uncounted.h"
#include "workflow/base/limits.h"
#include "workflow/base/path.h"
#include "workflow/forge_keys.h"

#include <glib/gstdio.h>
#include <string.h>

void imp_checking_clear(ImpChecking *checking)
{
    imp_config_free(checking->config);
    g_clear_pointer(&checking->authority, g_ptr_array_unref);
    imp_repository_free(checking->repository);
    g_free(checking->tip);
    g_free(checking->base);
    g_clear_pointer(&checking->changed, g_hash_table_unref);
    g_clear_pointer(&checking->policy, imp_policy_unref);
    g_clear_pointer(&checking->folded, g_hash_table_unref);
    g_clear_pointer(&checking->files, g_hash_table_unref);
    g_clear_pointer(&checking->published, g_hash_table_unref);
    g_strfreev(checking->paths);
}

/* The policy */

/* Whether its version is one that can take effect after what the ledger knows. */
static void check_version(ImpChecking *checking, const ImpPolicySource *source, ImpReader *reader)
{
    g_autofree char *manifest = imp_index_policy_manifest(reader->database);
    guint version = source->policy->version;
    if (version > reader->policy_version || g_strcmp0(manifest, source->manifest) == 0)
        return;
    g_autofree char *message =
        g_strdup_printf("version %u is not greater than %u, which was in force; raise it and "
                        "have the manifest signed again",
                        version, reader->policy_version);
    imp_check_report(&checking->check, IMP_SEVERITY_ERROR, ".imprimatur/policy.json", 0, message);
}

/* Without an authority nobody can say what a signature is worth, but whether it is of these files
 * can be seen. */
static void check_manifest(ImpChecking *checking, const ImpPolicySource *source)
{
    if (checking->authority || (checking->config && checking->config->signatures_off))
        return;
    if (!source->has_manifest)
        imp_check_report(&checking->check, IMP_SEVERITY_WARNING, ".imprimatur/manifest", 0,
                         "is missing: this policy takes effect only where signatures are off");
    else if (source->manifest_fault)
        imp_check_report_sentence(&checking->check, IMP_SEVERITY_ERROR, ".imprimatur",
                                  source->manifest_fault);
}

static void check_forge_keys(ImpChecking *checking, const ImpPolicy *policy)
{
    g_autofree char *fault =
        imp_forge_key_in_policy(policy, checking->config ? checking->config->forge_keys : NULL);
    if (fault)
        imp_check_report_sentence(&checking->check, IMP_SEVERITY_ERROR, ".imprimatur", fault);
}

static ImpPolicySource *read_policy(const ImpChecking *checking, GError **error)
{
    const char *name = checking->config ? checking->config->name : NULL;
    gint64 now_us = checking->command->now_us;
    if (!checking->work_tree)
        return imp_policy_source_read(checking->repository, checking->tip, name,
                                      checking->authority, now_us, error);
    return imp_policy_source_read_work_tree(checking->repository, name, checking->authority, now_us,
                                            error);
}

/* Of two paths that collide the one that was an article first is the article. */
static void reserve_paths(ImpChecking *checking, ImpReader *reader)
{
    g_autoptr(GPtrArray) articles = imp_index_load_live(reader->database, NULL);
    for (guint i = 0; articles && i < articles->len; i++) {
        const ImpArticle *article = articles->pdata[i];
        if (article->published)
            g_hash_table_add(checking->published, g_strdup(article->path));
        if (article->problem != IMP_PROBLEM_PATH_COLLISION)
            g_hash_table_insert(checking->folded, imp_path_fold(article->path),
                                g_strdup(article->path));
    }
}

/* What is wrong with a policy that was there before is not a fault of what is changed now. */
static bool is_of_concern(const ImpChecking *checking, const ImpPolicySource *source)
{
    if (!checking->changes)
        return true;
    g_autofree char *before = NULL;
    if (checking->base)
        imp_policy_source_find_folder(checking->repository, checking->base, &before, NULL);
    return g_strcmp0(before, source->folder) != 0;
}

/* What somebody pushed as a decision and nobody counts. */
static void check_uncounted(ImpChecking *checking, ImpReader *reader)
{
    g_autoptr(GPtrArray) found = imp_uncounted_find(reader, checking->command->now_us);
    for (guint i = 0; i < found->len; i++) {
        const ImpUncounted *uncounted = found->pdata[i];
        imp_check_report(&checking->check, IMP_SEVERITY_WARNING, uncounted->attempt->branch, 0,
                         uncounted->sentence);
    }
}

static bool check_policy(ImpChecking *checking, GError **error)
{
    g_autoptr(ImpPolicySource) source = read_policy(checking, error);
    g_autoptr(ImpReader) reader = source ? imp_reader_open(checking->command, NULL) : NULL;
    if (!source)
        return false;
    if (!is_of_concern(checking, source)) {
        /* The one that was there serves, or that of the ledger. */
    } else if (!source->policy) {
        bool absent =
            !source->folder && !source->policy_json && !source->has_manifest && !source->signers;
        imp_check_report_sentence(&checking->check,
                                  absent ? IMP_SEVERITY_WARNING : IMP_SEVERITY_ERROR, ".imprimatur",
                                  source->rejected);
    } else {
        check_manifest(checking, source);
        check_forge_keys(checking, source->policy);
        if (checking->config && !checking->changes) /* for hooks it is read without its secrets */
            imp_check_ledger_key(&checking->check, checking->config, source->policy);
        if (reader)
            check_version(checking, source, reader);
    }
    if (reader)
        reserve_paths(checking, reader);
    if (reader && !checking->changes)
        check_uncounted(checking, reader);
    const ImpPolicy *policy = source->policy ? source->policy : reader ? reader->policy : NULL;
    checking->policy = policy ? imp_policy_ref((ImpPolicy *)policy) : NULL;
    return true;
}

/* Articles */

static bool is_named(const ImpChecking *checking, const char *path)
{
    for (char **name = checking->paths; *name; name++) {
        gsize length = strlen(*name);
        if (length == 0 ||
            (strncmp(path, *name, length) == 0 && (path[length] == '\0' || path[length] == '/')))
            return true;
    }
    return !checking->paths[0];
}

static void check_bytes(ImpChecking *checking, const ImpTreeChange *file, GBytes *bytes, gsize size)
{
    const char *text = bytes ? g_bytes_get_data(bytes, NULL) : NULL;
    if (bytes) {
        text = text ? text : "";
        g_autoptr(ImpDocument) document = imp_document_parse(text, size);
        imp_check_text(&checking->check, file->path, document, text, size);
        imp_check_front_matter(checking, file->path, document);
        return;
    }
    g_autofree char *message =
        g_strdup_printf("the file has %" G_GSIZE_FORMAT " bytes; an article has at most %d; "
                        "divide it",
                        size, IMP_ARTICLE_MAX_BYTES);
    imp_check_report(&checking->check, IMP_SEVERITY_ERROR, file->path, 0, message);
}

bool imp_checking_read(const ImpChecking *checking, const ImpTreeChange *file, GBytes **bytes,
                       gsize *size, GError **error)
{
    return file->id ? imp_repository_read(checking->repository, file->id, IMP_ARTICLE_MAX_BYTES,
                                          bytes, size, error)
                    : imp_work_tree_read(checking->repository, file->path, IMP_ARTICLE_MAX_BYTES,
                                         bytes, size, error);
}

/* Whether another article has the path, but for case and normalization; if none has, it is this
 * one's. */
static bool collides(ImpChecking *checking, const char *path)
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

static bool check_article(ImpChecking *checking, const ImpTreeChange *file, GError **error)
{
    gsize size = 0;
    bool second = collides(checking, file->path);
    ImpProblem problem = imp_path_problem(file->path, strlen(file->path));
    if (file->kind == IMP_TREE_ENTRY_LINK ||
        (file->id && !imp_repository_has_text(checking->repository, file->id) &&
         !imp_repository_lacks(checking->repository, file->id)))
        problem = IMP_PROBLEM_LINK;
    else if (file->kind == IMP_TREE_ENTRY_TWICE)
        problem = IMP_PROBLEM_PATH;
    else if (!problem && second)
        problem = IMP_PROBLEM_PATH_COLLISION;
    if (!is_named(checking, file->path) ||
        (checking->changed && !g_hash_table_contains(checking->changed, file->path)))
        return true;
    checking->articles++;
    if (problem) {
        imp_check_report(&checking->check, IMP_SEVERITY_ERROR, file->path, 0,
                         imp_problem_advice(problem, file->path));
        return true;
    }
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) fault = NULL; /* some kinds of it are findings */
    if (imp_checking_read(checking, file, &bytes, &size, &fault)) {
        check_bytes(checking, file, bytes, size);
        return true;
    }
    if (fault->domain != IMP_WORK_TREE_ERROR) {
        g_propagate_prefixed_error(error, g_steal_pointer(&fault), "%s: ", file->path);
        return false;
    }
    imp_check_report_sentence(&checking->check,
                              fault->code == IMP_WORK_TREE_ERROR_FILTERED ? IMP_SEVERITY_WARNING
                                                                          : IMP_SEVERITY_ERROR,
                              file->path, fault->message);
    return true;
}

static bool lies_at(const char *path, const char *name, gsize length)
{
    return strncmp(path, name, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* What is told of a name that is nothing; the caller frees. */
static char *unknown_name(const char *name, GPtrArray *files)
{
    g_autofree char *folded = imp_path_fold(name);
    for (guint i = 0; i < files->len; i++) {
        const char *path = ((ImpTreeChange *)files->pdata[i])->path;
        g_autofree char *other = imp_path_fold(path);
        if (strcmp(other, folded) == 0)
            return g_strdup_printf(
                "there is no such file, but one whose name differs only by letter "
                "case or Unicode normalization: %s",
                path);
    }
    return g_strdup("there is no such file");
}

/* A name that is nothing here is a typing error, or a hook's that was told of a removed file. */
static void check_names(ImpChecking *checking, GPtrArray *files)
{
    for (char **name = checking->paths; *name; name++) {
        gsize length = strlen(*name);
        bool found = length == 0;
        for (guint i = 0; i < files->len && !found; i++)
            found = lies_at(((ImpTreeChange *)files->pdata[i])->path, *name, length);
        if (found)
            continue;
        g_autofree char *message = unknown_name(*name, files);
        imp_check_report(&checking->check, IMP_SEVERITY_ERROR, *name, 0, message);
    }
}

/* Without a policy what is named, and is Markdown, is taken for one. */
static bool is_article(const ImpChecking *checking, const char *path)
{
    return checking->policy ? imp_policy_is_article(checking->policy, path)
                            : checking->paths[0] && imp_path_markdown_ending(path);
}

static bool find_changes(ImpChecking *checking, GError **error)
{
    g_autoptr(GPtrArray) changes =
        imp_tree_changes(checking->repository, checking->base, checking->tip, NULL, NULL, error);
    checking->changed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; changes && i < changes->len; i++)
        g_hash_table_add(checking->changed, g_strdup(((ImpTreeChange *)changes->pdata[i])->path));
    if (changes)
        imp_check_removals(checking, changes);
    return changes != NULL;
}

/* What the data file of the approved branch leaves no place for there. */
static void check_beside_data(ImpChecking *checking, const char *path)
{
    const char *data = checking->config ? checking->config->approved_data : NULL;
    if (!data || !checking->policy || !imp_approved_data_collides(data, path) ||
        !(imp_policy_is_article(checking->policy, path) ||
          imp_policy_is_carried(checking->policy, path)))
        return;
    g_autofree char *sentence = g_strdup_printf(
        "is left out of the approved branch, where the configuration's approved_data puts %s; give "
        "one of them another name",
        data);
    imp_check_report(&checking->check, IMP_SEVERITY_WARNING, path, 0, sentence);
}

static bool check_articles(ImpChecking *checking, GError **error)
{
    if (checking->changes && !find_changes(checking, error))
        return false;
    g_autoptr(GPtrArray) files =
        checking->work_tree
            ? imp_work_tree_files(checking->repository, error)
            : imp_tree_changes(checking->repository, NULL, checking->tip, NULL, NULL, error);
    if (!files)
        return false;
    checking->files = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < files->len; i++)
        g_hash_table_insert(checking->files, ((ImpTreeChange *)files->pdata[i])->path,
                            files->pdata[i]);
    check_names(checking, files);
    if (!checking->policy && !checking->paths[0] && !checking->changes)
        imp_check_report(&checking->check, IMP_SEVERITY_NOTE, ".imprimatur", 0,
                         "no policy says what an article is, so none was looked at");
    for (guint i = 0; i < files->len; i++) {
        const ImpTreeChange *file = files->pdata[i];
        check_beside_data(checking, file->path);
        if (is_article(checking, file->path) && !check_article(checking, file, error))
            return false;
    }
    g_clear_pointer(&checking->files, g_hash_table_unref); /* its paths are those of `files` */
    return true;
}

bool imp_check_files(ImpChecking *checking, GError **error)
{
    checking->folded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    checking->published = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return check_policy(checking, error) && check_articles(checking, error);
}
