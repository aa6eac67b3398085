#include "daemon/index/fold_batch.h"

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

ImpFoldBatch *imp_fold_batch_new(ImpDatabase *database, ImpFoldDescribe describe, gpointer data)
{
    ImpFoldBatch *batch = g_new0(ImpFoldBatch, 1);
    batch->database = database;
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
    for (gsize i = 0; i < ID_BYTES; i++)
        entry.id[i] =
            (guint8)(g_ascii_xdigit_value(id[2 * i]) << 4 | g_ascii_xdigit_value(id[2 * i + 1]));
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
        for (gsize at = 0; at < ID_BYTES; at++)
            g_snprintf(id + 2 * at, 3, "%02x", entry->id[at]);
        if (!imp_index_add_entry(batch->database, folded->article->path, id, entry->place, error))
            return false;
    }
    return true;
}

static bool write_article(ImpFoldBatch *batch, ImpFolded *folded, const ImpPolicy *policy,
                          GError **error)
{
    if (folded->undescribed)
        batch->describe(folded->article, batch->data);
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
    g_autofree gpointer *paths = g_hash_table_get_keys_as_array(batch->articles, &count);
    qsort(paths, count, sizeof *paths, by_text);
    for (guint i = 0; i < count; i++)
        if (!write_article(batch, g_hash_table_lookup(batch->articles, paths[i]), policy, error))
            return false;
    g_hash_table_remove_all(batch->articles);
    batch->entries = 0;
    return true;
}
