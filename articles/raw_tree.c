#include "articles/raw_tree.h"
#include "articles/commit.h"

#include <string.h>

/* A tree is MODE SPACE NAME NUL ID, again and again. Nearly all are in order, and are used as they
 * lie in the repository; the others are written again in the same form, with modes of our own for
 * what has no single meaning, so that there is one form to walk.
 *
 * The cache has two halves. What is asked for moves into the young one; when that is full, the old
 * one is forgotten and the young one takes its place. So it is bounded, and costs nothing to keep.
 */

#define MODE_FILE         0100644
#define MODE_PROGRAM      0100755
#define MODE_FOLDER       0040000
#define MODE_FILE_TWICE   0177001
#define MODE_FOLDER_TWICE 0047001
#define MODE_TYPE         0170000

/* Half of what one handle keeps of trees: the folders along the path of some thousand articles, or
 * two folders of 100,000 files. */
#define HALF_MAX_BYTES (8 * 1024 * 1024)

struct ImpTreeCache {
    GHashTable *young, *old; /* git_oid -> GBytes* */
    gsize bytes;             /* of the young */
};

static void bytes_free(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static GHashTable *half_new(void)
{
    return g_hash_table_new_full(imp_git_id_hash, imp_git_id_equal, g_free, bytes_free);
}

void imp_tree_cache_free(ImpTreeCache *cache)
{
    if (!cache)
        return;
    g_hash_table_unref(cache->young);
    g_hash_table_unref(cache->old);
    g_free(cache);
}

static void keep(ImpTreeCache *cache, const git_oid *id, GBytes *tree)
{
    g_hash_table_insert(cache->young, g_memdup2(id, sizeof *id), g_bytes_ref(tree));
    cache->bytes += g_bytes_get_size(tree) + sizeof *id;
    if (cache->bytes < HALF_MAX_BYTES)
        return;
    g_hash_table_unref(cache->old);
    cache->old = g_steal_pointer(&cache->young);
    cache->young = half_new();
    cache->bytes = 0;
}

static GBytes *find_kept(ImpRepository *repository, const git_oid *id)
{
    if (!repository->trees) {
        repository->trees = g_new0(ImpTreeCache, 1);
        repository->trees->young = half_new();
        repository->trees->old = half_new();
    }
    ImpTreeCache *cache = repository->trees;
    GBytes *tree = g_hash_table_lookup(cache->young, id);
    if (tree)
        return g_bytes_ref(tree);
    tree = g_hash_table_lookup(cache->old, id);
    if (!tree)
        return NULL;
    g_bytes_ref(tree);
    keep(cache, id, tree);
    return tree;
}

static void set_kind(ImpRawEntry *entry, guint mode)
{
    entry->is_folder = (mode & MODE_TYPE) == MODE_FOLDER;
    switch (mode) {
    case MODE_FILE:
    case MODE_PROGRAM:
    case MODE_FOLDER:
        entry->kind = IMP_TREE_ENTRY_FILE;
        break;
    case MODE_FILE_TWICE:
    case MODE_FOLDER_TWICE:
        entry->kind = IMP_TREE_ENTRY_TWICE;
        break;
    default:
        entry->kind = IMP_TREE_ENTRY_LINK;
    }
}

static bool begins_with(const guint8 *at, const guint8 *end, const char *text, gsize length)
{
    return (gsize)(end - at) > length && memcmp(at, text, length) == 0;
}

/* Reads a mode and the space behind it; NULL: there is none. Nearly all are one of two. */
static const guint8 *read_mode(const guint8 *at, const guint8 *end, guint *mode)
{
    static const char file[] = "100644 ", folder[] = "40000 ";
    if (begins_with(at, end, file, strlen(file))) {
        *mode = MODE_FILE;
        return at + strlen(file);
    }
    if (begins_with(at, end, folder, strlen(folder))) {
        *mode = MODE_FOLDER;
        return at + strlen(folder);
    }
    const guint8 *start = at;
    for (*mode = 0; at < end && *at >= '0' && *at <= '7'; at++)
        *mode = (*mode << 3 | (guint)(*at - '0')) & 0xffff; /* git keeps sixteen bits */
    return at == start || at == end || *at != ' ' ? NULL : at + 1;
}

/* Reads the entry at `at`; NULL: it is not one. */
static const guint8 *read_entry(const guint8 *at, const guint8 *end, ImpRawEntry *entry)
{
    guint mode;
    at = read_mode(at, end, &mode);
    if (!at)
        return NULL;
    const guint8 *nul = memchr(at, '\0', (gsize)(end - at));
    if (!nul || nul == at || end - nul <= GIT_OID_RAWSZ)
        return NULL;
    entry->name = (const char *)at;
    entry->length = (gsize)(nul - at);
    entry->id = nul + 1;
    set_kind(entry, mode);
    return nul + 1 + GIT_OID_RAWSZ;
}

ImpTreeCursor imp_tree_cursor(GBytes *tree)
{
    ImpTreeCursor cursor = {0};
    gsize length = 0;
    cursor.at = tree ? g_bytes_get_data(tree, &length) : NULL;
    cursor.end = cursor.at ? cursor.at + length : NULL;
    imp_tree_cursor_next(&cursor);
    return cursor;
}

void imp_tree_cursor_next(ImpTreeCursor *cursor)
{
    const guint8 *next =
        cursor->at == cursor->end ? NULL : read_entry(cursor->at, cursor->end, &cursor->entry);
    cursor->valid = next != NULL;
    cursor->at = next ? next : cursor->end;
}

/* How many bytes both begin with. */
static gsize common_bytes(const guint8 *one, const guint8 *other, gsize most)
{
    gsize same = 0;
    guint64 a, b;
    for (; same + sizeof a <= most; same += sizeof a) {
        memcpy(&a, one + same, sizeof a);
        memcpy(&b, other + same, sizeof b);
        if (a != b)
            break;
    }
    while (same < most && one[same] == other[same])
        same++;
    return same;
}

gsize imp_tree_cursor_alike(const ImpTreeCursor *one, const ImpTreeCursor *other)
{
    gsize most = MIN((gsize)(one->end - one->at), (gsize)(other->end - other->at));
    const guint8 *at = one->at, *nul;
    if (most == 0)
        return 0;
    const guint8 *end = at + common_bytes(at, other->at, most);
    while ((nul = memchr(at, '\0', (gsize)(end - at))) && end - nul > GIT_OID_RAWSZ)
        at = nul + 1 + GIT_OID_RAWSZ;
    return (gsize)(at - one->at);
}

int imp_raw_entry_compare(const ImpRawEntry *a, const ImpRawEntry *b)
{
    gsize common = MIN(a->length, b->length);
    int order = memcmp(a->name, b->name, common);
    if (order)
        return order;
    guint8 one = a->length > common ? (guint8)a->name[common] : a->is_folder ? '/' : 0;
    guint8 other = b->length > common ? (guint8)b->name[common] : b->is_folder ? '/' : 0;
    return (int)one - (int)other;
}

static bool is_prefix(const ImpRawEntry *prefix, const ImpRawEntry *entry)
{
    return prefix->length <= entry->length &&
           memcmp(prefix->name, entry->name, prefix->length) == 0;
}

static bool is_named_alike(const ImpRawEntry *a, const ImpRawEntry *b)
{
    return a->length == b->length && memcmp(a->name, b->name, a->length) == 0;
}

/* Whether the first bytes of two names tell that the one comes before the other and is not its
 * beginning. Behind a name there is always an id, so that there are as many to look at. */
static bool is_plainly_before(const ImpRawEntry *one, const ImpRawEntry *other)
{
    guint64 a, b;
    memcpy(&a, one->name, sizeof a);
    memcpy(&b, other->name, sizeof b);
    a = GUINT64_FROM_BE(a);
    b = GUINT64_FROM_BE(b);
    gsize same = a == b ? sizeof a : (gsize)__builtin_clzll(a ^ b) / 8;
    return a < b && same < one->length && same < other->length;
}

typedef enum { TREE_IN_ORDER, TREE_ODD, TREE_UNREADABLE } TreeForm;

/* A file and a folder of one name need not be neighbours ("a", "a.b", "a/"), so the files whose
 * names begin those that follow are kept until one does not. */
static TreeForm form_of(GBytes *tree)
{
    TreeForm form = TREE_IN_ORDER;
    ImpTreeCursor cursor = imp_tree_cursor(tree);
    ImpRawEntry last = {0};
    gsize size = 0, read = 0;
    const guint8 *start = g_bytes_get_data(tree, &size);
    g_autoptr(GArray) beginnings = g_array_new(FALSE, FALSE, sizeof(ImpRawEntry));
    for (; cursor.valid; imp_tree_cursor_next(&cursor)) {
        const ImpRawEntry *entry = &cursor.entry;
        read = (gsize)(cursor.at - start);
        if (last.name && beginnings->len == 0 && is_plainly_before(&last, entry)) {
            last = *entry;
            continue;
        }
        if (last.name && imp_raw_entry_compare(&last, entry) >= 0)
            form = TREE_ODD;
        if (last.name && !last.is_folder && is_prefix(&last, entry))
            g_array_append_val(beginnings, last);
        while (beginnings->len > 0 &&
               !is_prefix(&g_array_index(beginnings, ImpRawEntry, beginnings->len - 1), entry))
            g_array_set_size(beginnings, beginnings->len - 1);
        if (beginnings->len > 0 &&
            is_named_alike(&g_array_index(beginnings, ImpRawEntry, beginnings->len - 1), entry))
            form = TREE_ODD;
        last = *entry;
    }
    return read == size ? form : TREE_UNREADABLE;
}

/* By name, and of one name in the order of the tree. */
static int by_name(gconstpointer a, gconstpointer b)
{
    const ImpRawEntry *one = a, *other = b;
    int order = memcmp(one->name, other->name, MIN(one->length, other->length));
    if (order)
        return order;
    if (one->length != other->length)
        return one->length < other->length ? -1 : 1;
    return one->id < other->id ? -1 : one->id > other->id;
}

static int in_git_order(gconstpointer a, gconstpointer b)
{
    return imp_raw_entry_compare(a, b);
}

static void append_entry(GByteArray *out, const ImpRawEntry *entry)
{
    guint mode = entry->is_folder ? (entry->kind == IMP_TREE_ENTRY_FILE    ? MODE_FOLDER
                                     : entry->kind == IMP_TREE_ENTRY_TWICE ? MODE_FOLDER_TWICE
                                                                           : MODE_FOLDER | 1)
                                  : (entry->kind == IMP_TREE_ENTRY_FILE    ? MODE_FILE
                                     : entry->kind == IMP_TREE_ENTRY_TWICE ? MODE_FILE_TWICE
                                                                           : MODE_TYPE);
    g_autofree char *head = g_strdup_printf("%o ", mode);
    g_byte_array_append(out, (const guint8 *)head, (guint)strlen(head));
    g_byte_array_append(out, (const guint8 *)entry->name, (guint)entry->length + 1);
    g_byte_array_append(out, entry->id, GIT_OID_RAWSZ);
}

static GBytes *put_in_order(GBytes *tree)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(ImpRawEntry));
    for (ImpTreeCursor cursor = imp_tree_cursor(tree); cursor.valid; imp_tree_cursor_next(&cursor))
        g_array_append_val(all, cursor.entry);
    g_array_sort(all, by_name);
    g_autoptr(GArray) once = g_array_new(FALSE, FALSE, sizeof(ImpRawEntry));
    for (guint i = 0; i < all->len; i++) {
        const ImpRawEntry *entry = &g_array_index(all, ImpRawEntry, i);
        ImpRawEntry *last = once->len > 0 ? &g_array_index(once, ImpRawEntry, once->len - 1) : NULL;
        if (last && is_named_alike(last, entry))
            last->kind = IMP_TREE_ENTRY_TWICE;
        else
            g_array_append_val(once, *entry);
    }
    g_array_sort(once, in_git_order);
    GByteArray *out = g_byte_array_new();
    for (guint i = 0; i < once->len; i++)
        append_entry(out, &g_array_index(once, ImpRawEntry, i));
    return g_byte_array_free_to_bytes(out);
}

GBytes *imp_git_read_tree(ImpRepository *repository, const git_oid *id, GError **error)
{
    GBytes *kept = find_kept(repository, id);
    if (kept)
        return kept;
    git_object_t type;
    g_autoptr(GBytes) raw = NULL;
    if (!imp_git_read(repository, id, &type, &raw, error))
        return NULL;
    TreeForm form = raw && type == GIT_OBJECT_TREE ? form_of(raw) : TREE_UNREADABLE;
    if (form == TREE_UNREADABLE)
        imp_git_skip(repository, "tree", id);
    GBytes *tree = form == TREE_IN_ORDER ? g_steal_pointer(&raw)
                   : form == TREE_ODD    ? put_in_order(raw)
                                         : g_bytes_new(NULL, 0);
    keep(repository->trees, id, tree);
    return tree;
}

bool imp_git_tree_id(ImpRepository *repository, const char *commit, git_oid *tree, GError **error)
{
    git_oid id;
    git_object_t type;
    g_autoptr(GBytes) object = NULL;
    if (git_oid_fromstr(&id, commit) < 0)
        return imp_git_fail(error, "%s: not an object id", commit);
    if (!imp_git_read(repository, &id, &type, &object, error))
        return false;
    gsize length = 0;
    const char *text = object ? g_bytes_get_data(object, &length) : NULL;
    ImpCommitLinks links;
    if (text && type == GIT_OBJECT_COMMIT && imp_commit_links(text, length, &links) &&
        git_oid_fromstrn(tree, links.tree, GIT_OID_HEXSZ) == 0)
        return true;
    git_oid_cpy(tree, &id);
    if (object && type == GIT_OBJECT_TREE)
        return true;
    g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED,
                "%s: cannot read the commit", commit);
    return false;
}
