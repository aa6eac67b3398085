#include "articles/brought.h"
#include "articles/raw_tree.h"
#include "articles/text_key.h"

#include <string.h>

/* The walk that is done for every commit of a history, and so does nothing but compare: trees
 * beside one another, in git's order, entries that any parent has passed over, and of a path no
 * more than its key. Names that nobody would check out count here too: a text can be brought under
 * any. */

/* How often one commit may bring the same folder at different places. A tree that is made of itself
 * unfolds without end. */
#define REPEATS_MAX 16
/* A commit that opens fewer folders than these is not asked. */
#define OPENED_FEW 64
/* Folders within one another. A tree can be deeper than any stack. */
#define DEPTH_MAX 1000
/* Things that differ at the top, each with its deepest common folder, before all is said to. */
#define TOUCHED_MAX 64

typedef struct {
    ImpRepository *repository;
    ImpBroughtFunc brought;
    ImpTouchedFunc touched;
    gpointer data;
    guint found, most;
    bool whole;
    guint opened;        /* folders, */
    GHashTable *repeats; /* and how often each: hex id -> number; NULL as long as they are few */
    GError **error;
} Walk;

/* A folder with those of the parents in its place; parents without one have none. */
typedef struct {
    GBytes *tree;
    GPtrArray *bases; /* of GBytes* */
} Folder;

static void bytes_free(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static void folder_clear(Folder *folder)
{
    g_clear_pointer(&folder->tree, g_bytes_unref);
    g_clear_pointer(&folder->bases, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Folder, folder_clear)

static GBytes *read_tree(Walk *walk, const unsigned char *id)
{
    git_oid oid;
    git_oid_fromraw(&oid, id);
    return imp_git_read_tree(walk->repository, &oid, walk->error);
}

static bool add_base(Walk *walk, Folder *folder, const unsigned char *id)
{
    GBytes *base = read_tree(walk, id);
    if (base)
        g_ptr_array_add(folder->bases, base);
    return base != NULL;
}

typedef struct {
    const Folder *folder;
    ImpTreeCursor own;
    ImpTreeCursor *bases;
} Beside;

/* Moves the base to where it is not before `own`; whether it has that there. */
static bool has_same(ImpTreeCursor *base, const ImpRawEntry *own)
{
    int order = 1;
    while (base->valid && (order = imp_raw_entry_compare(&base->entry, own)) < 0)
        imp_tree_cursor_next(base);
    return base->valid && order == 0 && base->entry.kind == own->kind &&
           memcmp(base->entry.id, own->id, GIT_OID_RAWSZ) == 0;
}

/* At the first entry of `beside` that no base has; false: there is no more. Most of two trees is
 * the same, and is passed over without a look at each entry. */
static bool next_own(Beside *beside)
{
    for (; beside->own.valid; imp_tree_cursor_next(&beside->own)) {
        bool same = false;
        gsize passed = 0;
        for (guint i = 0; i < beside->folder->bases->len; i++) {
            ImpTreeCursor *base = &beside->bases[i];
            if (!has_same(base, &beside->own.entry))
                continue;
            gsize alike = imp_tree_cursor_alike(base, &beside->own);
            base->at += alike;
            passed = MAX(passed, alike);
            same = true;
        }
        if (!same)
            return true;
        beside->own.at += passed;
    }
    return false;
}

static ImpTreeCursor *cursors_of(const Folder *folder)
{
    ImpTreeCursor *cursors = g_new(ImpTreeCursor, folder->bases->len + 1);
    for (guint i = 0; i < folder->bases->len; i++)
        cursors[i] = imp_tree_cursor(folder->bases->pdata[i]);
    return cursors;
}

/* Opens the folder that `beside` is at. */
static bool open_folder(Walk *walk, const Beside *beside, Folder *inside)
{
    const ImpRawEntry *own = &beside->own.entry;
    inside->bases = g_ptr_array_new_with_free_func(bytes_free);
    inside->tree = read_tree(walk, own->id);
    bool fine = inside->tree != NULL;
    for (guint i = 0; fine && i < beside->folder->bases->len; i++) {
        const ImpTreeCursor *base = &beside->bases[i];
        if (base->valid && imp_raw_entry_compare(&base->entry, own) == 0)
            fine = add_base(walk, inside, base->entry.id);
    }
    return fine;
}

static bool is_repeated(Walk *walk, const unsigned char *id)
{
    git_oid oid;
    char hex[GIT_OID_HEXSZ + 1];
    if (++walk->opened < OPENED_FEW)
        return false;
    if (!walk->repeats)
        walk->repeats = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    git_oid_fromraw(&oid, id);
    git_oid_tostr(hex, sizeof hex, &oid);
    guint times = GPOINTER_TO_UINT(g_hash_table_lookup(walk->repeats, hex)) + 1;
    g_hash_table_insert(walk->repeats, g_strdup(hex), GUINT_TO_POINTER(times));
    return times > REPEATS_MAX;
}

static bool walk_folder(Walk *walk, const Folder *folder, guint64 key, guint depth)
{
    g_autofree ImpTreeCursor *cursors = cursors_of(folder);
    Beside beside = {folder, imp_tree_cursor(folder->tree), cursors};
    for (; walk->whole && next_own(&beside); imp_tree_cursor_next(&beside.own)) {
        const ImpRawEntry *own = &beside.own.entry;
        guint64 path = imp_path_key_add(key, own->name, own->length);
        walk->whole = own->is_folder ? depth < DEPTH_MAX && !is_repeated(walk, own->id)
                                     : walk->found++ < walk->most;
        if (walk->whole && !own->is_folder)
            walk->brought(path, own->id, walk->data);
        if (!walk->whole || !own->is_folder)
            continue;
        g_auto(Folder) inside = {0};
        if (!open_folder(walk, &beside, &inside) ||
            !walk_folder(walk, &inside, imp_path_key_add(path, "/", 1), depth + 1))
            return false;
    }
    return true;
}

static bool open_root(Walk *walk, const ImpTreeBeside *trees, Folder *root)
{
    root->bases = g_ptr_array_new_with_free_func(bytes_free);
    root->tree = read_tree(walk, trees->tree.id);
    bool fine = root->tree != NULL;
    for (guint i = 0; fine && i < trees->parent_count; i++)
        fine = add_base(walk, root, trees->parents[i].id);
    return fine;
}

static bool is_a_parents(const ImpTreeBeside *trees)
{
    for (guint i = 0; i < trees->parent_count; i++)
        if (git_oid_equal(&trees->tree, &trees->parents[i]))
            return true;
    return false;
}

bool imp_tree_brought(ImpRepository *repository, const ImpTreeBeside *trees, guint most,
                      ImpBroughtFunc brought, gpointer data, bool *whole, GError **error)
{
    Walk walk = {.repository = repository,
                 .brought = brought,
                 .data = data,
                 .most = most,
                 .whole = true,
                 .error = error};
    g_auto(Folder) root = {0};
    *whole = true;
    if (is_a_parents(trees))
        return true;
    bool fine = open_root(&walk, trees, &root) && walk_folder(&walk, &root, imp_path_key("", 0), 0);
    g_clear_pointer(&walk.repeats, g_hash_table_unref);
    *whole = walk.whole;
    return fine;
}

/* The key of the deepest folder that holds all that differs in the folder with this key. */
static bool touch(Walk *walk, const Folder *folder, guint64 key, guint depth)
{
    g_autofree ImpTreeCursor *cursors = cursors_of(folder);
    Beside beside = {folder, imp_tree_cursor(folder->tree), cursors};
    g_auto(Folder) inside = {0};
    guint64 only = key;
    guint count = 0;
    for (; count < 2 && next_own(&beside); imp_tree_cursor_next(&beside.own)) {
        const ImpRawEntry *own = &beside.own.entry;
        if (++count == 1 && own->is_folder && depth < DEPTH_MAX) {
            guint64 separated = imp_path_key_add(key, "/", 1);
            only = imp_path_key_add(separated, own->name, own->length);
            if (!open_folder(walk, &beside, &inside))
                return false;
        }
    }
    if (count == 1 && inside.tree)
        return touch(walk, &inside, only, depth + 1);
    walk->touched(key, walk->data);
    return true;
}

bool imp_tree_touched(ImpRepository *repository, const ImpTreeBeside *trees, ImpTouchedFunc touched,
                      gpointer data, GError **error)
{
    Walk walk = {.repository = repository, .touched = touched, .data = data, .error = error};
    g_auto(Folder) root = {0};
    if (!open_root(&walk, trees, &root))
        return false;
    g_autofree ImpTreeCursor *cursors = cursors_of(&root);
    Beside beside = {&root, imp_tree_cursor(root.tree), cursors};
    for (; next_own(&beside); imp_tree_cursor_next(&beside.own)) {
        const ImpRawEntry *own = &beside.own.entry;
        guint64 key = imp_path_key(own->name, own->length);
        if (++walk.found > TOUCHED_MAX) {
            touched(imp_path_key("", 0), data);
            return true;
        }
        g_auto(Folder) inside = {0};
        if (!own->is_folder)
            touched(key, data);
        else if (!open_folder(&walk, &beside, &inside) || !touch(&walk, &inside, key, 1))
            return false;
    }
    return true;
}
