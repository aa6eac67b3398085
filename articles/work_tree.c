#include "articles/work_tree.h"
#include "articles/document.h"
#include "articles/git.h"
#include "articles/tree.h"
#include "workflow/base/fault.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

G_DEFINE_QUARK(imp_work_tree_error, imp_work_tree_error)

typedef struct {
    ImpRepository *repository;
    git_index *index;
    const char *root;
    GPtrArray *files;
} Walk;

static bool is_tracked(const Walk *walk, const char *path, bool directory)
{
    g_autofree char *prefix = g_strconcat(path, "/", NULL);
    size_t position;
    return (directory ? git_index_find_prefix(&position, walk->index, prefix)
                      : git_index_find(&position, walk->index, path)) == 0;
}

/* What is ignored but tracked is git's all the same. */
static bool is_passed_over(const Walk *walk, const char *path, bool directory)
{
    g_autofree char *name = g_strconcat(path, directory ? "/" : "", NULL);
    int ignored = 0;
    return git_ignore_path_is_ignored(&ignored, walk->repository->git, name) == 0 && ignored &&
           !is_tracked(walk, path, directory);
}

static bool is_repository(const char *absolute)
{
    g_autofree char *inner = g_build_filename(absolute, ".git", NULL);
    return g_file_test(inner, G_FILE_TEST_EXISTS);
}

static void add(const Walk *walk, const char *path, ImpTreeEntryKind kind)
{
    g_ptr_array_add(walk->files, imp_tree_change_new(path, kind, NULL));
}

static bool walk_directory(const Walk *walk, const char *directory, GError **error);

static bool walk_entry(const Walk *walk, const char *path, GError **error)
{
    g_autofree char *absolute = g_build_filename(walk->root, path, NULL);
    GStatBuf status;
    if (strlen(path) > IMP_PATH_MAX_BYTES || g_lstat(absolute, &status) < 0)
        return true; /* gone since it was listed */
    bool directory = S_ISDIR(status.st_mode);
    if (is_passed_over(walk, path, directory))
        return true;
    if (S_ISREG(status.st_mode))
        add(walk, path, IMP_TREE_ENTRY_FILE);
    else if (S_ISLNK(status.st_mode) || (directory && is_repository(absolute)))
        add(walk, path, IMP_TREE_ENTRY_LINK);
    else if (directory)
        return walk_directory(walk, path, error);
    return true;
}

static bool walk_directory(const Walk *walk, const char *directory, GError **error)
{
    g_autofree char *absolute = g_build_filename(walk->root, directory, NULL);
    g_autoptr(GDir) listing = g_dir_open(absolute, 0, error);
    const char *name;
    if (!listing)
        return false;
    while ((name = g_dir_read_name(listing))) {
        if (strcmp(name, ".git") == 0)
            continue;
        g_autofree char *path =
            *directory ? g_strconcat(directory, "/", name, NULL) : g_strdup(name);
        if (!walk_entry(walk, path, error))
            return false;
    }
    return true;
}

GPtrArray *imp_work_tree_files(ImpRepository *repository, GError **error)
{
    git_index *index = NULL;
    if (git_repository_index(&index, repository->git) < 0) {
        imp_git_fail(error, "cannot read git's index");
        return NULL;
    }
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(imp_tree_change_free);
    const Walk walk = {repository, index, git_repository_workdir(repository->git), files};
    bool fine = walk_directory(&walk, "", error);
    git_index_free(index);
    if (!fine)
        return NULL;
    g_ptr_array_sort(files, imp_tree_change_compare);
    return g_steal_pointer(&files);
}

/* As git would store it */

static const char *attribute(ImpRepository *repository, const char *path, const char *name)
{
    const char *value = NULL;
    if (git_attr_get(&value, repository->git, 0, path, name) < 0 ||
        git_attr_value(value) != GIT_ATTR_VALUE_STRING)
        return NULL;
    return value;
}

/* The filter that git would run on the file; one that is not set up here git does not run. */
static const char *program_for(ImpRepository *repository, const char *path)
{
    const char *filter = attribute(repository, path, "filter");
    if (!filter)
        return NULL;
    g_autofree char *clean_key = g_strdup_printf("filter.%s.clean", filter);
    g_autofree char *process_key = g_strdup_printf("filter.%s.process", filter);
    g_autofree char *by_clean = imp_repository_setting(repository, clean_key);
    g_autofree char *by_process = imp_repository_setting(repository, process_key);
    return by_clean || by_process ? filter : NULL;
}

/* Takes `text` into UTF-8. What UTF-16 begins with is a mark of its byte order, no text. */
static bool decode(GByteArray *text, const char *encoding, const char *path, GError **error)
{
    gsize length;
    /* "UTF-16LE-BOM" is git's own name for one that begins with a mark. */
    gsize name = strlen(encoding) - (g_str_has_suffix(encoding, "-BOM") ? strlen("-BOM") : 0);
    g_autofree char *known = g_strndup(encoding, name);
    g_autofree char *decoded = g_convert((const char *)text->data, (gssize)text->len, "UTF-8",
                                         known, NULL, &length, error);
    if (!decoded)
        return imp_fault_reword(error, IMP_WORK_TREE_ERROR, IMP_WORK_TREE_ERROR_ENCODING,
                                "%s: .gitattributes says that it is in %s, which it is not; git "
                                "would not store it: save it so, or change working-tree-encoding",
                                path, encoding);
    const char *start = g_str_has_prefix(decoded, IMP_BYTE_ORDER_MARK) ? decoded + 3 : decoded;
    g_byte_array_set_size(text, 0);
    g_byte_array_append(text, (const guint8 *)start, (guint)(length - (gsize)(start - decoded)));
    return true;
}

/* Line ends and idents, by libgit2. */
static GBytes *clean(ImpRepository *repository, const char *path, GByteArray *text, GError **error)
{
    git_filter_list *filters = NULL;
    g_auto(git_buf) cleaned = GIT_BUF_INIT;
    int result = git_filter_list_load(&filters, repository->git, NULL, path, GIT_FILTER_TO_ODB,
                                      GIT_FILTER_ALLOW_UNSAFE);
    if (result == 0 && filters)
        result =
            git_filter_list_apply_to_buffer(&cleaned, filters, (const char *)text->data, text->len);
    bool unchanged = result == 0 && !filters;
    git_filter_list_free(filters);
    if (unchanged)
        return g_byte_array_free_to_bytes(g_byte_array_ref(text));
    if (result == 0)
        return g_bytes_new(cleaned.ptr, cleaned.size);
    imp_git_fail(error, "%s: cannot make of it what git would store", path);
    return NULL;
}

bool imp_work_tree_read(ImpRepository *repository, const char *path, gsize max_bytes,
                        GBytes **bytes, gsize *size, GError **error)
{
    g_autofree char *absolute =
        g_build_filename(git_repository_workdir(repository->git), path, NULL);
    GStatBuf status = {0};
    char *content = NULL;
    if (g_lstat(absolute, &status) == 0 && (gsize)status.st_size > max_bytes) {
        *size = (gsize)status.st_size;
        *bytes = NULL;
        return true;
    }
    if (!g_file_get_contents(absolute, &content, size, error))
        return false;
    g_autoptr(GByteArray) text = g_byte_array_new_take((guint8 *)content, *size);
    const char *program = program_for(repository, path);
    const char *encoding = attribute(repository, path, "working-tree-encoding");
    if (program) {
        g_set_error(
            error, IMP_WORK_TREE_ERROR, IMP_WORK_TREE_ERROR_FILTERED,
            "%s: the filter \"%s\" of .gitattributes makes what git stores of it, and is not "
            "run here; look at it once it is added: imprimatur check --staged",
            path, program);
        return false;
    }
    if (encoding && !decode(text, encoding, path, error))
        return false;
    GBytes *stored = clean(repository, path, text, error);
    if (!stored)
        return false;
    *size = g_bytes_get_size(stored);
    *bytes = stored;
    return true;
}

char *imp_work_tree_staged(ImpRepository *repository, const char *index_file, GError **error)
{
    git_index *index = NULL;
    git_oid id;
    int opened = index_file ? git_index_open(&index, index_file)
                            : git_repository_index(&index, repository->git);
    if (opened < 0 || git_index_write_tree_to(&id, index, repository->git) < 0)
        imp_git_fail(error, "what is staged cannot be read");
    else
        opened = 1;
    git_index_free(index);
    return opened == 1 ? g_strdup(git_oid_tostr_s(&id)) : NULL;
}
