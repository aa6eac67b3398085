#include "articles/tree_quota.h"
#include "articles/raw_tree.h"
#include "workflow/base/quote.h"

#include <string.h>

/* How much a folder holds is found once for each object, whatever number of places it stands at.
 * Then room is given away from the top: in each folder first to what fits, the smallest first, so
 * that something that unfolds endlessly takes nothing away from what is beside it. */

#define COUNT_MAX (G_GUINT64_CONSTANT(1) << 60)
/* Deeper than a path can be. */
#define DEPTH_MAX (IMP_PATH_MAX_BYTES / 2)

typedef struct {
    ImpRepository *repository;
    GHashTable *counts; /* id -> guint64* */
    GHashTable *over;   /* set of paths */
    guint64 room;
    GError **error;
} Quota;

typedef struct {
    guint64 count;
    char *path;
    git_oid id;
} Inside;

static guint id_hash(gconstpointer key)
{
    guint hash;
    memcpy(&hash, ((const git_oid *)key)->id, sizeof hash);
    return hash;
}

static gboolean id_equal(gconstpointer a, gconstpointer b)
{
    return git_oid_equal(a, b);
}

static bool count(Quota *quota, const git_oid *id, guint depth, guint64 *all)
{
    const guint64 *known = g_hash_table_lookup(quota->counts, id);
    *all = known ? *known : 0;
    if (known || depth > DEPTH_MAX)
        return true;
    g_autoptr(GBytes) tree = imp_git_read_tree(quota->repository, id, quota->error);
    for (ImpTreeCursor cursor = imp_tree_cursor(tree); cursor.valid;
         imp_tree_cursor_next(&cursor)) {
        guint64 below = 0;
        git_oid folder;
        git_oid_fromraw(&folder, cursor.entry.id);
        if (cursor.entry.is_folder && !count(quota, &folder, depth + 1, &below))
            return false;
        *all = MIN(*all + below + 1, COUNT_MAX);
    }
    if (tree)
        g_hash_table_insert(quota->counts, g_memdup2(id, sizeof *id), g_memdup2(all, sizeof *all));
    return tree != NULL;
}

static void inside_clear(gpointer data)
{
    g_free(((Inside *)data)->path);
}

static int smallest_first(gconstpointer a, gconstpointer b)
{
    const Inside *one = a, *other = b;
    if (one->count != other->count)
        return one->count < other->count ? -1 : 1;
    return strcmp(one->path, other->path);
}

static void pass_over(Quota *quota, const char *path)
{
    g_autofree char *quoted = imp_path_quote(path);
    g_autofree char *text =
        g_strdup_printf("the folder %.200s unfolds into too many files and", quoted);
    imp_git_skip_text(quota->repository, text);
    g_hash_table_add(quota->over, g_strdup(path));
}

/* Lists the folders in one, with what they hold; *files is how many other things there are. */
static bool list(Quota *quota, const git_oid *id, const char *path, guint depth, GArray *folders,
                 guint64 *files)
{
    g_autoptr(GBytes) tree = imp_git_read_tree(quota->repository, id, quota->error);
    for (ImpTreeCursor cursor = imp_tree_cursor(tree); cursor.valid;
         imp_tree_cursor_next(&cursor)) {
        const ImpRawEntry *entry = &cursor.entry;
        Inside inside = {0};
        ++*files;
        if (!entry->is_folder || entry->length + strlen(path) >= IMP_PATH_MAX_BYTES)
            continue;
        git_oid_fromraw(&inside.id, entry->id);
        if (!count(quota, &inside.id, depth + 1, &inside.count))
            return false;
        inside.path = g_strconcat(path, *path ? "/" : "", entry->name, NULL);
        g_array_append_val(folders, inside);
    }
    return tree != NULL;
}

/* Gives room to a folder that does not fit as a whole. */
static bool give_room(Quota *quota, const git_oid *id, const char *path, guint depth)
{
    g_autoptr(GArray) folders = g_array_new(FALSE, FALSE, sizeof(Inside));
    g_array_set_clear_func(folders, inside_clear);
    guint64 files = 0;
    if (!list(quota, id, path, depth, folders, &files))
        return false;
    if (files > quota->room) {
        pass_over(quota, path);
        return true;
    }
    quota->room -= files;
    g_array_sort(folders, smallest_first);
    for (guint i = 0; i < folders->len; i++) {
        const Inside *inside = &g_array_index(folders, Inside, i);
        if (inside->count <= quota->room)
            quota->room -= inside->count;
        else if (!give_room(quota, &inside->id, inside->path, depth + 1))
            return false;
    }
    return true;
}

GHashTable *imp_tree_over_quota(ImpRepository *repository, const git_oid *tree, guint64 most,
                                GError **error)
{
    g_autoptr(GHashTable) counts = g_hash_table_new_full(id_hash, id_equal, g_free, g_free);
    g_autoptr(GHashTable) over = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Quota quota = {repository, counts, over, most, error};
    guint64 all;
    return count(&quota, tree, 0, &all) && (all <= most || give_room(&quota, tree, "", 0))
               ? g_steal_pointer(&over)
               : NULL;
}
