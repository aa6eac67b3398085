#include "articles/raw_tree.h"
#include "articles/tree_quota.h"
#include "workflow/base/limits.h"
#include "workflow/base/path.h"

#include <string.h>

/* One walk serves both questions. It goes down the tree in question beside any number of base trees
 * and passes over an entry as soon as one base has the same object under the same name: with one
 * base that is a diff, with a merge's parents it is "changed against all parents", with none it is
 * a listing. All of them are in git's order, so that they are gone through side by side. Whole
 * folders are passed over by their ids, so the cost is that of what changed. With gone set, what
 * only the (one) base has is told too.
 *
 * What is below a folder of another mode, or one whose name appears twice, counts as the folder
 * does: a walk goes into it, but nothing in there is a text. */

typedef struct {
    ImpRepository *repository;
    void (*found)(const char *path, ImpTreeEntryKind kind, const unsigned char *id, gpointer data);
    gpointer data;
    bool gone;
    GHashTable *over, *base_over; /* sets of folders that are passed over; NULL: none */
    guint entries;                /* looked at until now */
    guint entries_most;           /* no more than these */
    GString *path;
    GError **error;
} Walk;

/* A folder on the way down: what is in it, and what that counts as. */
typedef struct {
    GBytes *tree; /* NULL: there is none */
    ImpTreeEntryKind kind;
    ImpTreeCursor cursor;
    bool meets; /* of a base: its cursor is at the entry of the same name and type */
} Folder;

static void folder_clear(gpointer data)
{
    g_clear_pointer(&((Folder *)data)->tree, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Folder, folder_clear)

/* What HFS+ takes for nothing in a name (git-config(1), core.protectHFS): joiners, marks and
 * controls of direction. */
static bool is_ignored_by_hfs(gunichar character)
{
    return (character >= 0x200c && character <= 0x200f) ||
           (character >= 0x202a && character <= 0x202e) ||
           (character >= 0x206a && character <= 0x206f) || character == 0xfeff;
}

/* Whether some system's file named so is the folder ".git": in other letters, with blanks, dots or
 * a stream's name behind it, by its short name, or with characters that do not count
 * (git-config(1), core.protectNTFS, core.protectHFS). No tree with such a name can be checked out
 * or written, so it must not come into the approved one. */
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

static bool is_exhausted(const Walk *walk)
{
    return walk->entries > walk->entries_most;
}

/* Of a folder and of what is in it, what the thing in it counts as. */
static ImpTreeEntryKind kind_within(const Folder *folder, const ImpRawEntry *entry)
{
    return folder->kind == IMP_TREE_ENTRY_FILE ? entry->kind : folder->kind;
}

static bool open_folder(Walk *walk, const Folder *above, const ImpRawEntry *entry, Folder *folder)
{
    git_oid id;
    git_oid_fromraw(&id, entry->id);
    folder->kind = kind_within(above, entry);
    folder->tree = imp_git_read_tree(walk->repository, &id, walk->error);
    folder->cursor = imp_tree_cursor(folder->tree);
    return folder->tree != NULL;
}

static bool walk_tree(Walk *walk, Folder *folder, const GArray *bases);

static bool is_over(GHashTable *over, const GString *path)
{
    return over && g_hash_table_contains(over, path->str);
}

/* Goes into a folder, whose name stands at the end of the path. `own` is NULL where only the base
 * has it. */
static bool walk_folder(Walk *walk, const Folder *folder, const ImpRawEntry *own,
                        const GArray *bases)
{
    g_autoptr(GArray) below = g_array_new(FALSE, TRUE, sizeof(Folder));
    g_array_set_clear_func(below, folder_clear);
    g_auto(Folder) inside = {0};
    if (own && !open_folder(walk, folder, own, &inside))
        return false;
    if (is_over(walk->over, walk->path))
        inside.cursor = imp_tree_cursor(NULL);
    for (guint i = 0; i < bases->len && !is_over(walk->base_over, walk->path); i++) {
        const Folder *base = &g_array_index(bases, Folder, i);
        Folder opened = {0};
        if (own && !base->meets)
            continue;
        if (!open_folder(walk, base, &base->cursor.entry, &opened))
            return false;
        g_array_append_val(below, opened);
    }
    g_string_append_c(walk->path, '/');
    return walk_tree(walk, &inside, below);
}

/* Tells of one entry, `own` or, where that is NULL, the one that only the base has; goes into
 * folders. */
static bool visit(Walk *walk, const Folder *folder, const ImpRawEntry *own, const GArray *bases)
{
    const ImpRawEntry *entry = own ? own : &g_array_index(bases, Folder, 0).cursor.entry;
    gsize length = walk->path->len;
    if (++walk->entries > walk->entries_most || !is_checked_out(entry->name) ||
        length + entry->length >= IMP_PATH_MAX_BYTES)
        return true;
    g_string_append_len(walk->path, entry->name, (gssize)entry->length);
    bool fine = true;
    if (entry->is_folder)
        fine = walk_folder(walk, folder, own, bases);
    else
        walk->found(walk->path->str, own ? kind_within(folder, own) : IMP_TREE_ENTRY_NONE,
                    own ? own->id : NULL, walk->data);
    g_string_truncate(walk->path, length);
    return fine;
}

/* Moves the bases to `own`, or to their ends; what they have before it is gone. *same: one of them
 * has it too. */
static bool catch_up(Walk *walk, const Folder *folder, const ImpRawEntry *own, const GArray *bases,
                     bool *same)
{
    *same = false;
    for (guint i = 0; i < bases->len; i++) {
        Folder *base = &g_array_index(bases, Folder, i);
        int order = -1;
        while (base->cursor.valid &&
               (!own || (order = imp_raw_entry_compare(&base->cursor.entry, own)) < 0)) {
            if (walk->gone && !visit(walk, folder, NULL, bases))
                return false;
            imp_tree_cursor_next(&base->cursor);
        }
        base->meets = base->cursor.valid && order == 0;
        *same =
            *same || (base->meets && memcmp(own->id, base->cursor.entry.id, GIT_OID_RAWSZ) == 0 &&
                      kind_within(folder, own) == kind_within(base, &base->cursor.entry));
    }
    return true;
}

static bool walk_tree(Walk *walk, Folder *folder, const GArray *bases)
{
    ImpTreeCursor *cursor = &folder->cursor;
    bool same;
    for (; cursor->valid && !is_exhausted(walk); imp_tree_cursor_next(cursor)) {
        if (!catch_up(walk, folder, &cursor->entry, bases, &same) ||
            (!same && !visit(walk, folder, &cursor->entry, bases)))
            return false;
        for (guint i = 0; i < bases->len; i++)
            if (g_array_index(bases, Folder, i).meets)
                imp_tree_cursor_next(&g_array_index(bases, Folder, i).cursor);
    }
    return !walk->gone || is_exhausted(walk) || catch_up(walk, folder, NULL, bases, &same);
}

static bool open_root(Walk *walk, const git_oid *tree, Folder *folder)
{
    folder->kind = IMP_TREE_ENTRY_FILE;
    folder->tree = imp_git_read_tree(walk->repository, tree, walk->error);
    folder->cursor = imp_tree_cursor(folder->tree);
    return folder->tree != NULL;
}

static bool walk_all(Walk *walk, const git_oid *tree, const git_oid *base_trees, guint base_count)
{
    g_autoptr(GArray) bases = g_array_new(FALSE, TRUE, sizeof(Folder));
    g_array_set_clear_func(bases, folder_clear);
    g_auto(Folder) root = {0};
    if (!open_root(walk, tree, &root))
        return false;
    for (guint i = 0; i < base_count; i++) {
        Folder base = {0};
        if (!open_root(walk, &base_trees[i], &base))
            return false;
        g_array_append_val(bases, base);
    }
    g_autoptr(GString) path = g_string_new(NULL);
    walk->path = path;
    return walk_tree(walk, &root, bases);
}

static char *hex_of(const unsigned char *id)
{
    char hex[GIT_OID_HEXSZ + 1];
    git_oid oid;
    git_oid_fromraw(&oid, id);
    return g_strdup(git_oid_tostr(hex, sizeof hex, &oid));
}

static ImpTreeChange *change_new(const char *path, ImpTreeEntryKind kind, char *id)
{
    ImpTreeChange *change = g_new0(ImpTreeChange, 1);
    *change = (ImpTreeChange){g_strdup(path), kind, id};
    return change;
}

ImpTreeChange *imp_tree_change_new(const char *path, ImpTreeEntryKind kind, const char *id)
{
    return change_new(path, kind, g_strdup(id));
}

void imp_tree_change_free(gpointer data)
{
    ImpTreeChange *change = data;
    g_free(change->path);
    g_free(change->id);
    g_free(change);
}

int imp_tree_change_compare(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ImpTreeChange *const *)a)->path,
                  (*(const ImpTreeChange *const *)b)->path);
}

typedef struct {
    ImpTreeWantedFunc wanted;
    gpointer data;
    GPtrArray *changes;
} Changes;

static void add_change(const char *path, ImpTreeEntryKind kind, const unsigned char *id,
                       gpointer data)
{
    const Changes *changes = data;
    if (!changes->wanted || changes->wanted(path, changes->data))
        g_ptr_array_add(changes->changes, change_new(path, kind, id ? hex_of(id) : NULL));
}

/* Once more, without what unfolds into more than there is room for. */
static bool walk_within_quota(Walk *walk, const git_oid *tree, const git_oid *before,
                              GPtrArray *changes)
{
    g_autoptr(GHashTable) over =
        imp_tree_over_quota(walk->repository, tree, IMP_TREE_ENTRIES_MAX, walk->error);
    g_autoptr(GHashTable) base_over =
        over && before
            ? imp_tree_over_quota(walk->repository, before, IMP_TREE_ENTRIES_MAX, walk->error)
            : NULL;
    if (!over || (before && !base_over))
        return false;
    g_ptr_array_set_size(changes, 0);
    walk->over = over;
    walk->base_over = base_over;
    walk->entries = 0;
    walk->entries_most = 2 * IMP_TREE_ENTRIES_MAX; /* of both together */
    return walk_all(walk, tree, before, before ? 1 : 0);
}

GPtrArray *imp_tree_changes(ImpRepository *repository, const char *base, const char *commit,
                            ImpTreeWantedFunc wanted, gpointer data, GError **error)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(imp_tree_change_free);
    git_oid tree, before;
    if (!imp_git_tree_id(repository, commit, &tree, error) ||
        (base && !imp_git_tree_id(repository, base, &before, error)))
        return NULL;
    Changes collect = {wanted, data, changes};
    Walk walk = {.repository = repository,
                 .found = add_change,
                 .data = &collect,
                 .gone = true,
                 .entries_most = IMP_TREE_ENTRIES_MAX,
                 .error = error};
    if (!walk_all(&walk, &tree, base ? &before : NULL, base ? 1 : 0) ||
        (is_exhausted(&walk) && !walk_within_quota(&walk, &tree, base ? &before : NULL, changes)))
        return NULL;
    g_ptr_array_sort(changes, imp_tree_change_compare);
    return g_steal_pointer(&changes);
}

/* The entry named so, *found false where there is none. */
static bool find_entry(ImpRepository *repository, const git_oid *tree, const char *name,
                       ImpRawEntry *entry, GBytes **held, bool *found, GError **error)
{
    *found = false;
    *held = imp_git_read_tree(repository, tree, error);
    if (!*held)
        return false;
    for (ImpTreeCursor cursor = imp_tree_cursor(*held); cursor.valid && !*found;
         imp_tree_cursor_next(&cursor)) {
        *found = strcmp(cursor.entry.name, name) == 0;
        *entry = cursor.entry;
    }
    return true;
}

bool imp_tree_lookup(ImpRepository *repository, const char *commit, const char *path,
                     ImpTreeEntryKind *kind, char **id, GError **error)
{
    git_oid tree;
    *kind = IMP_TREE_ENTRY_NONE;
    if (id)
        *id = NULL;
    if (!imp_git_tree_id(repository, commit, &tree, error))
        return false;
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    ImpTreeEntryKind within = IMP_TREE_ENTRY_FILE;
    for (char **name = names; *name; name++) {
        g_autoptr(GBytes) held = NULL;
        ImpRawEntry entry;
        bool found;
        if (!find_entry(repository, &tree, *name, &entry, &held, &found, error))
            return false;
        if (!found || entry.is_folder != (name[1] != NULL))
            return true;
        within = within == IMP_TREE_ENTRY_FILE ? entry.kind : within;
        git_oid_fromraw(&tree, entry.id);
    }
    if (!*names)
        return true;
    *kind = within;
    if (id)
        *id = g_strdup(git_oid_tostr_s(&tree));
    return true;
}

typedef struct {
    ImpRepository *repository;
    const char *path; /* that what is found is not to be */
    GPtrArray *found; /* of texts */
    GError **error;
} Colliding;

/* Looks in `tree`, whose path is `above`, for what folds to the first of `names` and, in that, to
 * the rest. */
static bool find_colliding(Colliding *colliding, const git_oid *tree, const char *above,
                           char *const *names)
{
    g_autoptr(GBytes) held = imp_git_read_tree(colliding->repository, tree, colliding->error);
    if (!held)
        return false;
    for (ImpTreeCursor cursor = imp_tree_cursor(held); cursor.valid;
         imp_tree_cursor_next(&cursor)) {
        const ImpRawEntry *entry = &cursor.entry;
        if (entry->is_folder != (names[1] != NULL) || entry->length >= IMP_PATH_MAX_BYTES ||
            !is_checked_out(entry->name))
            continue;
        g_autofree char *fold = imp_path_fold(entry->name);
        if (strcmp(fold, *names) != 0)
            continue;
        g_autofree char *path = g_strconcat(above, entry->name, names[1] ? "/" : "", NULL);
        git_oid below;
        git_oid_fromraw(&below, entry->id);
        if (entry->is_folder ? !find_colliding(colliding, &below, path, names + 1) : false)
            return false;
        if (!entry->is_folder && strcmp(path, colliding->path) != 0)
            g_ptr_array_add(colliding->found, g_steal_pointer(&path));
    }
    return true;
}

GPtrArray *imp_tree_colliding(ImpRepository *repository, const char *commit, const char *path,
                              GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *fold = imp_path_fold(path);
    g_auto(GStrv) names = g_strsplit(fold, "/", -1);
    git_oid tree;
    Colliding colliding = {repository, path, found, error};
    return imp_git_tree_id(repository, commit, &tree, error) && *names &&
                   find_colliding(&colliding, &tree, "", names)
               ? g_steal_pointer(&found)
               : NULL;
}
