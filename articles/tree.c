#include "articles/tree.h"
#include "articles/git.h"
#include "workflow/base/limits.h"
#include "workflow/base/path.h"

#include <string.h>

/* One walk serves both questions. It goes down the tree in question beside any number of base trees
 * and passes over an entry as soon as one base has the same object under the same name: with one
 * base that is a diff, with a merge's parents it is "changed against all parents", with none it is
 * a listing. Whole folders are passed over by their ids, so the cost is that of what changed. With
 * gone set, what only the (one) base has is told too. */

typedef struct {
    ImpRepository *repository;
    void (*found)(const char *path, ImpTreeEntryKind kind, const git_oid *id, gpointer data);
    gpointer data;
    bool gone;
    guint entries; /* looked at until now */
    GString *path;
    GError **error;
} Walk;

git_tree *imp_git_commit_tree(ImpRepository *repository, const char *commit, GError **error)
{
    git_oid id;
    g_autoptr(git_commit) object = NULL;
    git_tree *tree = NULL;
    if (git_oid_fromstr(&id, commit) < 0 ||
        (git_commit_lookup(&object, repository->git, &id) == 0
             ? git_commit_tree(&tree, object)
             : git_tree_lookup(&tree, repository->git, &id)) < 0)
        imp_git_fail(error, "%s: cannot read the commit", commit);
    return tree;
}

static ImpTreeEntryKind kind_of(const git_tree_entry *entry)
{
    switch (git_tree_entry_filemode(entry)) {
    case GIT_FILEMODE_BLOB:
    case GIT_FILEMODE_BLOB_EXECUTABLE:
        return IMP_TREE_ENTRY_FILE;
    case GIT_FILEMODE_LINK:
    case GIT_FILEMODE_COMMIT:
        return IMP_TREE_ENTRY_LINK;
    default:
        return IMP_TREE_ENTRY_NONE;
    }
}

static bool is_tree(const git_tree_entry *entry)
{
    return git_tree_entry_type(entry) == GIT_OBJECT_TREE;
}

/* What HFS+ takes for nothing in a name (git-config(1), core.protectHFS): joiners, marks and
 * controls of direction. */
static bool is_ignored_by_hfs(gunichar character)
{
    return (character >= 0x200c && character <= 0x200f) ||
           (character >= 0x202a && character <= 0x202e) ||
           (character >= 0x206a && character <= 0x206f) || character == 0xfeff;
}

/* Whether some system's file named so is the folder ".git": in other letters, with blanks, dots or
 * a stream's name behind it, by its short name, or with characters that are none (git-config(1),
 * core.protectNTFS, core.protectHFS). No tree with such a name can be checked out or written, so it
 * must not come into the approved one. */
static bool means_dot_git(const char *name)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    bool text = g_utf8_validate(name, -1, NULL);
    for (const char *at = name; *at && *at != ':' && *at != '\\';
         at = text ? g_utf8_next_char(at) : at + 1)
        if (!text)
            g_string_append_c(plain, *at);
        else if (!is_ignored_by_hfs(g_utf8_get_char(at)))
            g_string_append_unichar(plain, g_utf8_get_char(at));
    while (plain->len > 0 && strchr(". ", plain->str[plain->len - 1]))
        g_string_truncate(plain, plain->len - 1);
    return g_ascii_strcasecmp(plain->str, ".git") == 0 ||
           g_ascii_strcasecmp(plain->str, "git~1") == 0;
}

static bool is_checked_out(const char *name)
{
    if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    /* Nearly all names are spared the closer look: each of those that it is for begins with one of
     * these, or is not ASCII. */
    return (*name != '.' && *name != 'g' && *name != 'G' && !(*name & 0x80)) ||
           !means_dot_git(name);
}

static bool walk_tree(Walk *walk, git_tree *tree, git_tree *const *bases, guint base_count);

/* Goes into the folder `name`, which stands at the end of the path; `entry` is NULL where only
 * bases have it. */
static bool walk_subtree(Walk *walk, const char *name, const git_tree_entry *entry,
                         git_tree *const *bases, guint base_count)
{
    g_autoptr(GPtrArray) below = g_ptr_array_new_with_free_func((GDestroyNotify)git_tree_free);
    git_tree *own = NULL;
    if (entry && git_tree_lookup(&own, walk->repository->git, git_tree_entry_id(entry)) < 0)
        return imp_git_fail(walk->error, "cannot read a tree");
    g_autoptr(git_tree) tree = own;
    for (guint i = 0; i < base_count; i++) {
        const git_tree_entry *other = git_tree_entry_byname(bases[i], name);
        git_tree *base = NULL;
        if (!other || !is_tree(other))
            continue;
        if (git_tree_lookup(&base, walk->repository->git, git_tree_entry_id(other)) < 0)
            return imp_git_fail(walk->error, "cannot read a tree");
        g_ptr_array_add(below, base);
    }
    g_string_append_c(walk->path, '/');
    return walk_tree(walk, tree, (git_tree *const *)below->pdata, below->len);
}

/* The base's entry of the same name. Neighbouring trees hold much the same names in the same order,
 * so it is looked for first where the last one was found. */
static const git_tree_entry *same_name(git_tree *base, const char *name, size_t *hint)
{
    const git_tree_entry *entry = git_tree_entry_byindex(base, *hint);
    if (!entry || strcmp(git_tree_entry_name(entry), name) != 0) {
        if (entry && git_tree_entrycount(base) > *hint + 1) {
            const git_tree_entry *next = git_tree_entry_byindex(base, *hint + 1);
            if (strcmp(git_tree_entry_name(next), name) == 0) {
                *hint += 2;
                return next;
            }
        }
        return git_tree_entry_byname(base, name);
    }
    ++*hint;
    return entry;
}

static bool is_in_a_base(const git_tree_entry *entry, git_tree *const *bases, guint base_count,
                         size_t *hints)
{
    const char *name = git_tree_entry_name(entry);
    bool found = false;
    for (guint i = 0; i < base_count; i++) {
        const git_tree_entry *other = same_name(bases[i], name, &hints[i]);
        found =
            found || (other && git_oid_equal(git_tree_entry_id(entry), git_tree_entry_id(other)) &&
                      is_tree(entry) == is_tree(other) && kind_of(entry) == kind_of(other));
    }
    return found;
}

/* What the base has and the tree has no more. */
static bool walk_gone(Walk *walk, git_tree *tree, git_tree *base)
{
    gsize length = walk->path->len;
    for (size_t i = 0; i < git_tree_entrycount(base); i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(base, i);
        const char *name = git_tree_entry_name(entry);
        const git_tree_entry *own = tree ? git_tree_entry_byname(tree, name) : NULL;
        if (!is_checked_out(name) || (own && is_tree(own) == is_tree(entry)))
            continue;
        if (++walk->entries > IMP_TREE_ENTRIES_MAX)
            return true;
        g_string_append(walk->path, name);
        bool fine = true;
        if (is_tree(entry))
            fine = walk_subtree(walk, name, NULL, &base, 1);
        else
            walk->found(walk->path->str, IMP_TREE_ENTRY_NONE, NULL, walk->data);
        g_string_truncate(walk->path, length);
        if (!fine)
            return false;
    }
    return true;
}

static bool is_exhausted(const Walk *walk)
{
    return walk->entries > IMP_TREE_ENTRIES_MAX;
}

static bool walk_tree(Walk *walk, git_tree *tree, git_tree *const *bases, guint base_count)
{
    gsize length = walk->path->len;
    g_autofree size_t *hints = base_count ? g_new0(size_t, base_count) : NULL;
    for (size_t i = 0; tree && i < git_tree_entrycount(tree); i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        if (is_in_a_base(entry, bases, base_count, hints))
            continue;
        if (++walk->entries > IMP_TREE_ENTRIES_MAX)
            return true;
        const char *name = git_tree_entry_name(entry);
        if (!is_checked_out(name) || length + strlen(name) >= IMP_PATH_MAX_BYTES)
            continue;
        g_string_append(walk->path, name);
        bool fine = true;
        if (is_tree(entry))
            fine = walk_subtree(walk, name, entry, bases, base_count);
        else
            walk->found(walk->path->str, kind_of(entry), git_tree_entry_id(entry), walk->data);
        g_string_truncate(walk->path, length);
        if (!fine)
            return false;
    }
    return !walk->gone || base_count == 0 || walk_gone(walk, tree, bases[0]);
}

ImpTreeChange *imp_tree_change_new(const char *path, ImpTreeEntryKind kind, const char *id)
{
    ImpTreeChange *change = g_new0(ImpTreeChange, 1);
    change->path = g_strdup(path);
    change->kind = kind;
    change->id = g_strdup(id);
    return change;
}

void imp_tree_change_free(gpointer data)
{
    ImpTreeChange *change = data;
    g_free(change->path);
    g_free(change->id);
    g_free(change);
}

static void add_change(const char *path, ImpTreeEntryKind kind, const git_oid *id, gpointer data)
{
    g_ptr_array_add(data, imp_tree_change_new(path, kind, id ? git_oid_tostr_s(id) : NULL));
}

int imp_tree_change_compare(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ImpTreeChange *const *)a)->path,
                  (*(const ImpTreeChange *const *)b)->path);
}

GPtrArray *imp_tree_changes(ImpRepository *repository, const char *base, const char *commit,
                            GError **error)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(imp_tree_change_free);
    g_autoptr(git_tree) tree = imp_git_commit_tree(repository, commit, error);
    g_autoptr(git_tree) before = NULL;
    if (!tree || (base && !(before = imp_git_commit_tree(repository, base, error))))
        return NULL;
    g_autoptr(GString) path = g_string_new(NULL);
    Walk walk = {.repository = repository,
                 .found = add_change,
                 .data = changes,
                 .gone = true,
                 .path = path,
                 .error = error};
    if (!walk_tree(&walk, tree, &before, before ? 1 : 0))
        return NULL;
    if (is_exhausted(&walk)) {
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED,
                    "%.12s: more than %d files and folders have changed; nothing is decided until "
                    "there are fewer",
                    commit, IMP_TREE_ENTRIES_MAX);
        return NULL;
    }
    g_ptr_array_sort(changes, imp_tree_change_compare);
    return g_steal_pointer(&changes);
}

bool imp_tree_lookup(ImpRepository *repository, const char *commit, const char *path,
                     ImpTreeEntryKind *kind, char **id, GError **error)
{
    *kind = IMP_TREE_ENTRY_NONE;
    if (id)
        *id = NULL;
    g_autoptr(git_tree) tree = imp_git_commit_tree(repository, commit, error);
    if (!tree)
        return false;
    g_autoptr(git_tree_entry) entry = NULL;
    int result = git_tree_entry_bypath(&entry, tree, path);
    if (result == GIT_ENOTFOUND || (result == 0 && is_tree(entry)))
        return false;
    if (result < 0)
        return imp_git_fail(error, "%s: cannot read the tree", path);
    *kind = kind_of(entry);
    if (id)
        *id = g_strdup(git_oid_tostr_s(git_tree_entry_id(entry)));
    return true;
}

typedef struct {
    ImpTreeBroughtFunc brought;
    gpointer data;
} Brought;

static void add_brought(const char *path, ImpTreeEntryKind kind, const git_oid *id, gpointer data)
{
    const Brought *brought = data;
    if (kind == IMP_TREE_ENTRY_FILE)
        brought->brought(path, git_oid_tostr_s(id), brought->data);
}

bool imp_tree_brought(ImpRepository *repository, const char *tree, char *const *parent_trees,
                      ImpTreeBroughtFunc brought, gpointer data, GError **error)
{
    g_autoptr(GPtrArray) bases = g_ptr_array_new_with_free_func((GDestroyNotify)git_tree_free);
    git_oid id;
    git_tree *own = NULL;
    if (git_oid_fromstr(&id, tree) < 0 || git_tree_lookup(&own, repository->git, &id) < 0)
        return imp_git_fail(error, "%s: cannot read the tree", tree);
    g_autoptr(git_tree) result = own;
    for (; *parent_trees; parent_trees++) {
        git_tree *base = NULL;
        if (strcmp(*parent_trees, tree) == 0)
            return true;
        if (git_oid_fromstr(&id, *parent_trees) < 0 ||
            git_tree_lookup(&base, repository->git, &id) < 0)
            return imp_git_fail(error, "%s: cannot read the tree", *parent_trees);
        g_ptr_array_add(bases, base);
    }
    g_autoptr(GString) path = g_string_new(NULL);
    Brought collect = {brought, data};
    Walk walk = {.repository = repository,
                 .found = add_brought,
                 .data = &collect,
                 .path = path,
                 .error = error};
    return walk_tree(&walk, result, (git_tree *const *)bases->pdata, bases->len);
}

typedef struct {
    ImpRepository *repository;
    const char *path; /* that what is found is not to be */
    GPtrArray *found; /* of texts */
    GError **error;
} Colliding;

/* Looks in `tree`, whose path is `above`, for what folds to the first of `names` and, in that, to
 * the rest. */
static bool find_colliding(Colliding *colliding, git_tree *tree, const char *above,
                           char *const *names)
{
    for (size_t i = 0; i < git_tree_entrycount(tree); i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        const char *name = git_tree_entry_name(entry);
        g_autofree char *fold = imp_path_fold(name);
        if (is_tree(entry) != (names[1] != NULL) || !is_checked_out(name) ||
            strcmp(fold, *names) != 0)
            continue;
        g_autofree char *path = *above ? g_strconcat(above, "/", name, NULL) : g_strdup(name);
        git_tree *own = NULL;
        if (!is_tree(entry)) {
            if (strcmp(path, colliding->path) != 0)
                g_ptr_array_add(colliding->found, g_steal_pointer(&path));
            continue;
        }
        if (git_tree_lookup(&own, colliding->repository->git, git_tree_entry_id(entry)) < 0)
            return imp_git_fail(colliding->error, "%s: cannot read the tree", path);
        g_autoptr(git_tree) below = own;
        if (!find_colliding(colliding, below, path, names + 1))
            return false;
    }
    return true;
}

GPtrArray *imp_tree_colliding(ImpRepository *repository, const char *commit, const char *path,
                              GError **error)
{
    g_autoptr(git_tree) tree = imp_git_commit_tree(repository, commit, error);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *fold = imp_path_fold(path);
    g_auto(GStrv) names = g_strsplit(fold, "/", -1);
    Colliding colliding = {repository, path, found, error};
    return tree && *names && find_colliding(&colliding, tree, "", names) ? g_steal_pointer(&found)
                                                                         : NULL;
}
