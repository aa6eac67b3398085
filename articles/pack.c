#include "articles/pack.h"
#include "articles/repository_refs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* Each object is compressed by itself, and the pack and its index are written from beginning to
 * end. libgit2's own ways to a pack do more than is needed here: mempack looks for similar objects
 * and holds everything three times; the indexer unpacks, hashes and maps again whatever it is
 * given, which for the ledger of an adoption was half of all the time. Git finds similar objects
 * when it packs the repository again. */

#define PACK_VERSION 2
/* Objects are small and alike: a large window and table would only have to be cleared for each. */
#define LEVEL        1
#define WINDOW_BITS  12
#define MEMORY_LEVEL 4

/* As git itself makes them. */
#define MODE 0444

/* From here on an offset stands in a table of its own (gitformat-pack(5)). */
#define OFFSET_LARGE (G_GUINT64_CONSTANT(1) << 31)

#define BUFFER_BYTES (256 * 1024)

/* A file that is being written, under a name that git's own housekeeping takes away if it is left
 * over. */
typedef struct {
    char *path;
    int descriptor;
    GChecksum *checksum; /* of all that was written */
    guint64 length;
    guint8 *buffer;
    gsize buffered;
} Output;

typedef struct {
    const git_oid *id;
    guint64 offset;
    guint32 crc;
} Place;

typedef struct {
    Output pack, index;
    z_stream deflating;
    GArray *places; /* of Place */
    guint32 crc;    /* of the object that is being written */
} Pack;

static void output_clear(Output *output)
{
    if (output->descriptor >= 0)
        close(output->descriptor);
    if (output->path)
        g_unlink(output->path);
    g_free(output->path);
    g_free(output->buffer);
    g_clear_pointer(&output->checksum, g_checksum_free);
}

static void pack_clear(Pack *pack)
{
    output_clear(&pack->pack);
    output_clear(&pack->index);
    g_array_unref(pack->places);
    deflateEnd(&pack->deflating);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pack, pack_clear)

static bool fail(const Output *output, GError **error)
{
    int fault = errno;
    g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED,
                "%s: cannot write the pack: %s", output->path, g_strerror(fault));
    return false;
}

static bool output_open(Output *output, const char *folder, const char *kind, GError **error)
{
    do {
        g_autofree char *name = g_strdup_printf("tmp_%s_%08x", kind, g_random_int());
        g_free(output->path);
        output->path = g_build_filename(folder, name, NULL);
        output->descriptor = open(output->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
    } while (output->descriptor < 0 && errno == EEXIST);
    if (output->descriptor < 0) {
        fail(output, error);
        g_clear_pointer(&output->path, g_free);
        return false;
    }
    output->checksum = g_checksum_new(G_CHECKSUM_SHA1);
    output->buffer = g_malloc(BUFFER_BYTES);
    return true;
}

static bool output_drain(Output *output, GError **error)
{
    g_checksum_update(output->checksum, output->buffer, (gssize)output->buffered);
    for (gsize done = 0; done < output->buffered;) {
        gssize count = write(output->descriptor, output->buffer + done, output->buffered - done);
        if (count < 0 && errno != EINTR)
            return fail(output, error);
        done += count > 0 ? (gsize)count : 0;
    }
    output->buffered = 0;
    return true;
}

static bool append(Output *output, const void *data, gsize length, GError **error)
{
    const guint8 *from = data;
    output->length += length;
    while (length > 0) {
        gsize part = MIN(length, BUFFER_BYTES - output->buffered);
        memcpy(output->buffer + output->buffered, from, part);
        output->buffered += part;
        from += part;
        length -= part;
        if (output->buffered == BUFFER_BYTES && !output_drain(output, error))
            return false;
    }
    return true;
}

static bool append_number(Output *output, guint32 number, GError **error)
{
    guint32 bytes = GUINT32_TO_BE(number);
    return append(output, &bytes, sizeof bytes, error);
}

/* Ends the file with the checksum of what is in it, which is put into `sum`, and has it durable. */
static bool output_finish(Output *output, guint8 *sum, GError **error)
{
    gsize length = GIT_OID_RAWSZ;
    if (!output_drain(output, error))
        return false;
    g_checksum_get_digest(output->checksum, sum, &length);
    g_checksum_reset(output->checksum);
    if (!append(output, sum, length, error) || !output_drain(output, error))
        return false;
    return fsync(output->descriptor) == 0 || fail(output, error);
}

static bool output_rename(Output *output, const char *path, GError **error)
{
    if (g_rename(output->path, path) != 0)
        return fail(output, error);
    g_clear_pointer(&output->path, g_free);
    return true;
}

static bool append_part(Pack *pack, const void *data, gsize length, GError **error)
{
    pack->crc = (guint32)crc32(pack->crc, data, (uInt)length);
    return append(&pack->pack, data, length, error);
}

static bool append_compressed(Pack *pack, const guint8 *data, gsize length, GError **error)
{
    guint8 piece[4096];
    z_stream *deflating = &pack->deflating;
    int result = deflateReset(deflating);
    deflating->next_in = (guint8 *)data;
    deflating->avail_in = (uInt)length;
    while (result == Z_OK) {
        deflating->next_out = piece;
        deflating->avail_out = sizeof piece;
        result = deflate(deflating, Z_FINISH);
        if (!append_part(pack, piece, sizeof piece - deflating->avail_out, error))
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
    Place place = {.id = &object->id, .offset = pack->pack.length};
    head[used] = (guint8)((guint)object->type << 4 | (length & 0xf));
    for (; rest; rest >>= 7) {
        head[used++] |= 0x80;
        head[used] = rest & 0x7f;
    }
    pack->crc = (guint32)crc32(0, NULL, 0);
    if (!append_part(pack, head, used + 1, error) ||
        !append_compressed(pack, data ? data : (const guint8 *)"", length, error))
        return false;
    place.crc = pack->crc;
    g_array_append_val(pack->places, place);
    return true;
}

static bool write_objects(Pack *pack, ImpRepository *repository, const GPtrArray *objects,
                          guint8 *sum, GError **error)
{
    Output *out = &pack->pack;
    if (!append(out, "PACK", 4, error) || !append_number(out, PACK_VERSION, error) ||
        !append_number(out, objects->len, error))
        return false;
    for (guint i = 0; i < objects->len; i++) {
        if (!imp_repository_goes_on(repository, error) ||
            !append_object(pack, objects->pdata[i], error))
            return false;
        imp_repository_tell(repository, "writing entries", i + 1, objects->len);
    }
    return output_finish(out, sum, error);
}

static int by_id(gconstpointer a, gconstpointer b)
{
    return git_oid_cmp(((const Place *)a)->id, ((const Place *)b)->id);
}

/* How many ids begin with each byte or a lower one. */
static bool append_fan_out(Output *out, const GArray *places, GError **error)
{
    guint count = 0;
    for (guint first = 0; first < 256; first++) {
        while (count < places->len && g_array_index(places, Place, count).id->id[0] <= first)
            count++;
        if (!append_number(out, count, error))
            return false;
    }
    return true;
}

static bool append_offsets(Output *out, const GArray *places, GError **error)
{
    guint32 large = 0;
    for (guint i = 0; i < places->len; i++) {
        guint64 offset = g_array_index(places, Place, i).offset;
        guint32 written = offset < OFFSET_LARGE ? (guint32)offset : (guint32)OFFSET_LARGE | large++;
        if (!append_number(out, written, error))
            return false;
    }
    for (guint i = 0; i < places->len; i++) {
        guint64 offset = GUINT64_TO_BE(g_array_index(places, Place, i).offset);
        if (g_array_index(places, Place, i).offset >= OFFSET_LARGE &&
            !append(out, &offset, sizeof offset, error))
            return false;
    }
    return true;
}

static bool write_index(Pack *pack, const guint8 *pack_sum, GError **error)
{
    static const guint8 head[] = {0xff, 't', 'O', 'c', 0, 0, 0, PACK_VERSION};
    guint8 sum[GIT_OID_RAWSZ];
    Output *out = &pack->index;
    GArray *places = pack->places;
    g_array_sort(places, by_id);
    if (!append(out, head, sizeof head, error) || !append_fan_out(out, places, error))
        return false;
    for (guint i = 0; i < places->len; i++)
        if (!append(out, g_array_index(places, Place, i).id->id, GIT_OID_RAWSZ, error))
            return false;
    for (guint i = 0; i < places->len; i++)
        if (!append_number(out, g_array_index(places, Place, i).crc, error))
            return false;
    return append_offsets(out, places, error) && append(out, pack_sum, sizeof sum, error) &&
           output_finish(out, sum, error);
}

/* The index makes a pack one: it comes last. */
static bool move_there(Pack *pack, const char *folder, const guint8 *sum, GError **error)
{
    char hex[GIT_OID_HEXSZ + 1];
    git_oid name;
    git_oid_fromraw(&name, sum);
    git_oid_tostr(hex, sizeof hex, &name);
    g_autofree char *objects = g_strdup_printf("%s/pack-%s.pack", folder, hex);
    g_autofree char *index = g_strdup_printf("%s/pack-%s.idx", folder, hex);
    return output_rename(&pack->pack, objects, error) && output_rename(&pack->index, index, error);
}

bool imp_pack_write(ImpRepository *repository, const GPtrArray *objects, GError **error)
{
    guint8 sum[GIT_OID_RAWSZ];
    g_autofree char *folder =
        g_build_filename(imp_repository_git_directory(repository), "objects", "pack", NULL);
    g_auto(Pack) pack = {.pack.descriptor = -1,
                         .index.descriptor = -1,
                         .places = g_array_new(FALSE, FALSE, sizeof(Place))};
    int result = deflateInit2(&pack.deflating, LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
                              Z_DEFAULT_STRATEGY);
    g_assert(result == Z_OK);
    g_mkdir_with_parents(folder, 0777);
    if (!output_open(&pack.pack, folder, "pack", error) ||
        !output_open(&pack.index, folder, "idx", error) ||
        !write_objects(&pack, repository, objects, sum, error) || !write_index(&pack, sum, error) ||
        !move_there(&pack, folder, sum, error) ||
        !imp_repository_sync_folder(repository, "objects/pack", error))
        return false;
    imp_git_forget_packs(repository);
    return git_odb_refresh(repository->odb) == 0 || imp_git_fail(error, "cannot read the pack");
}
