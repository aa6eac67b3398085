#include "articles/pack.h"

#include <string.h>
#include <zlib.h>

/* Each object is compressed by itself, and the pack goes out in pieces. libgit2's own way to a pack
 * (mempack) looks for similar objects first: for the ledger of an adoption those were two fifths of
 * all instructions, everything was held three times in memory, and it could not be stopped. Git
 * finds them when it packs the repository again. */

#define PIECE_BYTES 16384
#define VERSION     2
/* Objects are small and alike: a large window and table would only have to be cleared for each. */
#define LEVEL        1
#define WINDOW_BITS  12
#define MEMORY_LEVEL 2

typedef struct {
    git_odb_writepack *out;
    git_indexer_progress progress;
    GChecksum *checksum;
    z_stream deflating;
} Pack;

static void pack_clear(Pack *pack)
{
    if (pack->out)
        pack->out->free(pack->out);
    g_clear_pointer(&pack->checksum, g_checksum_free);
    deflateEnd(&pack->deflating);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pack, pack_clear)

static bool append(Pack *pack, const void *data, gsize length, GError **error)
{
    g_checksum_update(pack->checksum, data, (gssize)length);
    return pack->out->append(pack->out, data, length, &pack->progress) == 0 ||
           imp_git_fail(error, "cannot write the pack");
}

static bool append_compressed(Pack *pack, const guint8 *data, gsize length, GError **error)
{
    guint8 piece[PIECE_BYTES];
    z_stream *deflating = &pack->deflating;
    int result = deflateReset(deflating);
    deflating->next_in = (guint8 *)data;
    deflating->avail_in = (uInt)length;
    while (result == Z_OK) {
        deflating->next_out = piece;
        deflating->avail_out = sizeof piece;
        result = deflate(deflating, Z_FINISH);
        if (!append(pack, piece, sizeof piece - deflating->avail_out, error))
            return false;
    }
    g_assert(result == Z_STREAM_END);
    return true;
}

/* Four bits of the size beside the type, then seven at a time. */
static bool append_object(Pack *pack, const ImpPackObject *object, GError **error)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(object->bytes, &length);
    guint8 head[1 + sizeof length * 8 / 7 + 1];
    gsize used = 0, rest = length >> 4;
    head[used] = (guint8)((guint)object->type << 4 | (length & 0xf));
    for (; rest; rest >>= 7) {
        head[used++] |= 0x80;
        head[used] = rest & 0x7f;
    }
    return append(pack, head, used + 1, error) &&
           append_compressed(pack, data ? data : (const guint8 *)"", length, error);
}

bool imp_pack_write(ImpRepository *repository, const GPtrArray *objects, GError **error)
{
    guint8 head[] = {'P', 'A', 'C', 'K', 0, 0, 0, VERSION, 0, 0, 0, 0}, sum[20];
    guint32 count = GUINT32_TO_BE(objects->len);
    gsize length = sizeof sum;
    g_auto(Pack) pack = {.checksum = g_checksum_new(G_CHECKSUM_SHA1)};
    memcpy(head + 8, &count, sizeof count);
    if (deflateInit2(&pack.deflating, LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK ||
        git_odb_write_pack(&pack.out, repository->odb, NULL, NULL) < 0)
        return imp_git_fail(error, "cannot write a pack");
    if (!append(&pack, head, sizeof head, error))
        return false;
    for (guint i = 0; i < objects->len; i++) {
        if (!imp_repository_goes_on(repository, error) ||
            !append_object(&pack, objects->pdata[i], error))
            return false;
        imp_repository_tell(repository, "writing entries", i + 1, objects->len);
    }
    g_checksum_get_digest(pack.checksum, sum, &length);
    if (pack.out->append(pack.out, sum, sizeof sum, &pack.progress) != 0 ||
        pack.out->commit(pack.out, &pack.progress) != 0)
        return imp_git_fail(error, "cannot write the pack");
    return true;
}
