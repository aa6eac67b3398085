#include "daemon/index/fold_batch.h"
#include "articles/place.h"
#include "articles/work.h"
#include "workflow/base/hex.h"

#include <string.h>

/* So many articles, of some 600 bytes, and entries, of 32, are kept at most. */
#define ARTICLES_MAX 131072
#define ENTRIES_MAX  1048576

#define ID_BYTES 20

typedef struct {
    gint64 place;
    guint8 id[ID_BYTES];
} ImpFoldEntry;

struct ImpFoldBatch {
    ImpDatabase *database;
    ImpRepository *repository;
    ImpFoldDescribe describe;
    gpointer data;
    GHashTable *articles; /* path, the article's own -> ImpFolded* */
    guint entries;
};

static void folded_free(gpointer data)
{
    ImpFolded *folded = data;
    imp_article_free(folded->article);
    g_array_unref(folded->entries);
    g_free(folded);
}

ImpFoldBatch *imp_fold_batch_new(ImpDatabase *database, ImpRepository *repository,
                                 ImpFoldDescribe describe, gpointer data)
{
    ImpFoldBatch *batch = g_new0(ImpFoldBatch, 1);
    batch->database = database;
    batch->repository = repository;
    batch->describe = describe;
    batch->data = data;
    batch->articles = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, folded_free);
    return batch;
}

void imp_fold_batch_free(ImpFoldBatch *batch)
{
    if (!batch)
        return;
    g_hash_table_unref(batch->articles);
    g_free(batch);
}

ImpFolded *imp_fold_batch_article(ImpFoldBatch *batch, const char *path, GError **error)
{
    ImpFolded *folded = g_hash_table_lookup(batch->articles, path);
    if (folded)
        return folded;
    ImpArticle *article = imp_index_load(batch->database, path, error);
    if (!article)
        return NULL;
    folded = g_new0(ImpFolded, 1);
    folded->article = article;
    folded->entries = g_array_new(FALSE, FALSE, sizeof(ImpFoldEntry));
    g_hash_table_insert(batch->articles, article->path, folded);
    return folded;
}

void imp_fold_batch_add_entry(ImpFoldBatch *batch, ImpFolded *folded, const char *id, gint64 place)
{
    ImpFoldEntry entry = {.place = place};
    imp_hex_read(id, ID_BYTES, entry.id);
    g_array_append_val(folded->entries, entry);
    batch->entries++;
}

bool imp_fold_batch_is_full(const ImpFoldBatch *batch)
{
    return batch->entries >= ENTRIES_MAX || g_hash_table_size(batch->articles) >= ARTICLES_MAX;
}

static bool write_entries(ImpFoldBatch *batch, const ImpFolded *folded, GError **error)
{
    char id[2 * ID_BYTES + 1];
    for (guint i = 0; i < folded->entries->len; i++) {
        const ImpFoldEntry *entry = &g_array_index(folded->entries, ImpFoldEntry, i);
        imp_hex_write(entry->id, ID_BYTES, id);
        if (!imp_index_add_entry(batch->database, folded->article->path, id, entry->place, error))
            return false;
    }
    return true;
}

typedef struct {
    guint64 place;
    ImpFolded *folded;
} Undescribed;

static int by_place(gconstpointer a, gconstpointer b)
{
    guint64 one = ((const Undescribed *)a)->place, other = ((const Undescribed *)b)->place;
    return one < other ? -1 : one > other;
}

/* Reads the texts in the order in which they lie: each may be a difference to the one before. */
static bool describe_all(ImpFoldBatch *batch, GError **error)
{
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(Undescribed));
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, batch->articles);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Undescribed undescribed = {.folded = value};
        if (!undescribed.folded->undescribed)
            continue;
        undescribed.place =
            imp_repository_place(batch->repository, undescribed.folded->article->version);
        g_array_append_val(open, undescribed);
    }
    g_array_sort(open, by_place);
    for (guint i = 0; i < open->len; i++) {
        ImpFolded *folded = g_array_index(open, Undescribed, i).folded;
        if (!imp_repository_goes_on(batch->repository, error))
            return false;
        imp_repository_tell(batch->repository, "reading articles", i + 1, open->len);
        batch->describe(folded->article, batch->data);
        folded->undescribed = false;
    }
    return true;
}

static bool write_article(ImpFoldBatch *batch, const ImpFolded *folded, const ImpPolicy *policy,
                          GError **error)
{
    return imp_index_save(batch->database, folded->article, policy, folded->at_us, error) &&
           write_entries(batch, folded, error) &&
           (!folded->unpublished ||
            imp_index_mark_unpublished(batch->database, folded->article->path, error));
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool imp_fold_batch_write(ImpFoldBatch *batch, const ImpPolicy *policy, GError **error)
{
    guint count;
    if (!describe_all(batch, error))
        return false;
    g_autofree gpointer *paths = g_hash_table_get_keys_as_array(batch->articles, &count);
    qsort(paths, count, sizeof *paths, by_text);
    for (guint i = 0; i < count; i++) {
        if (!imp_repository_goes_on(batch->repository, error))
            return false;
        imp_repository_tell(batch->repository, "writing articles", i + 1, count);
        if (!write_article(batch, g_hash_table_lookup(batch->articles, paths[i]), policy, error))
            return false;
    }
    g_hash_table_remove_all(batch->articles);
    batch->entries = 0;
    return true;
}
