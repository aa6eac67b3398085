#include "articles/work_tree.h"
#include "articles/git.h"
#include "articles/tree.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

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
