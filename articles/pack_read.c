#include "articles/pack_read.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* A walk over a history reads hundreds of thousands of trees, each of which lies in its pack as a
 * difference to one that was read before (gitformat-pack(5)). Three things make that cheap. What
 * was unpacked last is kept, for those that are differences to it. A pack is read in blocks, since
 * trees lie side by side: mapped, it would be resident as a whole, and unmapping costs more than
 * reading. And nothing is allocated but what is given away.
 *
 * Nothing here is trusted: a length or a place that is not possible ends the reading. */

#define PACKS_MAX 200 /* of more, libgit2 finds the objects */

#define INDEX_HEAD_BYTES 8
#define FAN_OUT_BYTES    (256 * 4)
#define PACK_HEAD_BYTES  12
#define OFFSET_BITS      32 /* of what is read here; find_in() sees to it */

/* Of a search, before it halves what is left. */
#define GUESSES_MAX 8

/* Of all packs together so much is kept as it lies there: blocks, each with the beginning of the
 * next one behind it, where the head of an object may go on. */
#define BLOCKS      1024
#define BLOCK_BYTES (16 * 1024)
#define HEAD_BYTES  64

/* And so much unpacked. */
#define KEPT           16384
#define KEPT_MAX_BYTES (24 * 1024 * 1024)

/* Differences to differences; git itself makes at most 4095. */
#define CHAIN_MAX 4095
/* What is larger is left to libgit2, which tells its length without unpacking it. All that is
 * unpacked here can be kept: no base is unpacked again for each small difference to it. */
#define UNPACKED_MAX (KEPT_MAX_BYTES / 3)

enum { DELTA_BY_OFFSET = 6, DELTA_BY_ID = 7 };

typedef struct {
    GMappedFile *index;
    const guint8 *fan_out; /* the tables of the index, one behind the other */
    guint32 count;
    char *path;
    int descriptor; /* -1: not open yet */
    guint64 size;
    bool unreadable;
} Pack;

typedef struct {
    const Pack *pack;
    guint64 number;
    gsize length; /* 0: there is none */
    guint8 *bytes;
} Block;

typedef struct {
    const Pack *pack;
    guint64 offset;
    git_object_t type;
    GBytes *bytes; /* NULL: there is none */
} Kept;

struct ImpPacks {
    GPtrArray *packs;    /* of Pack */
    guint last;          /* where the last object was found, */
    git_oid last_id;     /* which one that was: often the next question is about it again, */
    guint64 last_offset; /* and where in the pack; 0: there is none */
    Block blocks[BLOCKS];
    Kept kept[KEPT];
    guint hand; /* the next one to be forgotten */
    gsize kept_bytes;
    z_stream inflating;
    GByteArray *delta;
    GArray *chain; /* of Part: the differences on the way to a whole object */
};

/* An object's data in a pack, and its length unpacked. */
typedef struct {
    guint64 offset; /* of the object */
    guint64 data;
    gsize size;
} Part;

static guint32 number_at(const guint8 *bytes)
{
    guint32 number;
    memcpy(&number, bytes, sizeof number);
    return GUINT32_FROM_BE(number);
}

static void pack_free(gpointer data)
{
    Pack *pack = data;
    g_clear_pointer(&pack->index, g_mapped_file_unref);
    if (pack->descriptor >= 0)
        close(pack->descriptor);
    g_free(pack->path);
    g_free(pack);
}

/* Whether the index is of the second version, and as long as it says. */
static bool take_index(Pack *pack)
{
    static const guint8 head[INDEX_HEAD_BYTES] = {0xff, 't', 'O', 'c', 0, 0, 0, 2};
    const guint8 *bytes = (const guint8 *)g_mapped_file_get_contents(pack->index);
    gsize length = g_mapped_file_get_length(pack->index);
    if (length < INDEX_HEAD_BYTES + FAN_OUT_BYTES || memcmp(bytes, head, sizeof head) != 0)
        return false;
    pack->fan_out = bytes + INDEX_HEAD_BYTES;
    for (guint first = 0; first < 256; first++) {
        guint32 count = number_at(pack->fan_out + 4 * first);
        if (count < pack->count)
            return false;
        pack->count = count;
    }
    gsize each = GIT_OID_RAWSZ + 4 + 4;
    return (length - INDEX_HEAD_BYTES - FAN_OUT_BYTES) / each >= pack->count;
}

ImpPacks *imp_packs_open(const char *git_directory)
{
    ImpPacks *packs = g_new0(ImpPacks, 1);
    packs->packs = g_ptr_array_new_with_free_func(pack_free);
    packs->delta = g_byte_array_new();
    packs->chain = g_array_new(FALSE, FALSE, sizeof(Part));
    int result = inflateInit(&packs->inflating);
    g_assert(result == Z_OK);
    g_autofree char *folder = g_build_filename(git_directory, "objects", "pack", NULL);
    g_autoptr(GDir) names = g_dir_open(folder, 0, NULL);
    for (const char *name;
         names && packs->packs->len < PACKS_MAX && (name = g_dir_read_name(names));) {
        if (!g_str_has_prefix(name, "pack-") || !g_str_has_suffix(name, ".idx"))
            continue;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        Pack *pack = g_new0(Pack, 1);
        pack->descriptor = -1;
        pack->index = g_mapped_file_new(path, FALSE, NULL);
        pack->path = g_strdup_printf("%.*spack", (int)(strlen(path) - strlen("idx")), path);
        if (pack->index && take_index(pack))
            g_ptr_array_add(packs->packs, pack);
        else
            pack_free(pack);
    }
    return packs;
}

void imp_packs_free(ImpPacks *packs)
{
    if (!packs)
        return;
    for (guint i = 0; i < BLOCKS; i++)
        g_free(packs->blocks[i].bytes);
    for (guint i = 0; i < KEPT; i++)
        g_clear_pointer(&packs->kept[i].bytes, g_bytes_unref);
    g_ptr_array_unref(packs->packs);
    g_byte_array_unref(packs->delta);
    g_array_unref(packs->chain);
    inflateEnd(&packs->inflating);
    g_free(packs);
}

static bool open_pack(Pack *pack)
{
    guint8 head[PACK_HEAD_BYTES];
    struct stat status;
    if (pack->descriptor >= 0 || pack->unreadable)
        return !pack->unreadable;
    pack->descriptor = open(pack->path, O_RDONLY | O_CLOEXEC);
    pack->unreadable = pack->descriptor < 0 || fstat(pack->descriptor, &status) < 0 ||
                       pread(pack->descriptor, head, sizeof head, 0) != sizeof head ||
                       memcmp(head, "PACK", 4) != 0 || number_at(head + 4) != 2 ||
                       number_at(head + 8) != pack->count;
    if (!pack->unreadable)
        pack->size = (guint64)status.st_size;
    return !pack->unreadable;
}

/* Ids are spread evenly: where one lies between two others is told by how far it is from each. Who
 * has chosen ids makes a few of such guesses useless, not the search long. */
static bool find_in(const Pack *pack, const git_oid *id, guint64 *offset)
{
    guint first = id->id[0];
    guint low = first ? number_at(pack->fan_out + 4 * (first - 1)) : 0;
    guint high = number_at(pack->fan_out + 4 * first);
    const guint8 *ids = pack->fan_out + FAN_OUT_BYTES;
    guint64 wanted = number_at(id->id + 1), least = 0, most = G_MAXUINT32;
    for (guint tries = 0; low < high; tries++) {
        guint64 count = high - low;
        bool is_between = least <= wanted && wanted <= most; /* always, in an index in order */
        guint middle = low + (guint)(tries < GUESSES_MAX && is_between
                                         ? count * (wanted - least) / (most - least + 1)
                                         : count / 2);
        const guint8 *there = ids + (gsize)middle * GIT_OID_RAWSZ;
        int order = memcmp(there, id->id, GIT_OID_RAWSZ);
        if (order == 0) {
            const guint8 *offsets = ids + (gsize)pack->count * (GIT_OID_RAWSZ + 4);
            *offset = number_at(offsets + (gsize)middle * 4);
            return *offset < G_GUINT64_CONSTANT(1) << 31; /* libgit2 knows where larger ones are */
        }
        if (order < 0) {
            low = middle + 1;
            least = number_at(there + 1);
        } else {
            high = middle;
            most = number_at(there + 1);
        }
    }
    return false;
}

static Pack *find(ImpPacks *packs, const git_oid *id, guint64 *offset)
{
    if (packs->last_offset && git_oid_equal(&packs->last_id, id)) {
        *offset = packs->last_offset;
        return packs->packs->pdata[packs->last];
    }
    for (guint i = 0; i < packs->packs->len; i++) {
        guint at = (packs->last + i) % packs->packs->len;
        Pack *pack = packs->packs->pdata[at];
        if (!find_in(pack, id, offset) || !open_pack(pack))
            continue;
        packs->last = at;
        packs->last_id = *id;
        packs->last_offset = *offset;
        return pack;
    }
    return NULL;
}

/* The bytes from an offset on, up to the end of its block, but at least HEAD_BYTES if the pack has
 * as many. */
static const guint8 *peek(ImpPacks *packs, const Pack *pack, guint64 offset, gsize *length)
{
    guint64 number = offset / BLOCK_BYTES;
    Block *block = &packs->blocks[(number + (gsize)pack / sizeof *pack) % BLOCKS];
    if (block->length == 0 || block->pack != pack || block->number != number) {
        if (!block->bytes)
            block->bytes = g_malloc(BLOCK_BYTES + HEAD_BYTES);
        gssize count = pread(pack->descriptor, block->bytes, BLOCK_BYTES + HEAD_BYTES,
                             (off_t)(number * BLOCK_BYTES));
        *block = (Block){pack, number, count > 0 ? (gsize)count : 0, block->bytes};
    }
    gsize within = offset % BLOCK_BYTES;
    *length = block->length > within ? block->length - within : 0;
    return block->bytes + within;
}

/* Unpacks up to `room` bytes into `out`; *end says whether these were all. */
static bool inflate_into(ImpPacks *packs, const Pack *pack, const Part *part, guint8 *out,
                         gsize room, bool *end)
{
    z_stream *inflating = &packs->inflating;
    guint64 at = part->data;
    int result = inflateReset(inflating);
    inflating->next_out = out;
    inflating->avail_out = (uInt)room;
    while (result == Z_OK && inflating->avail_out > 0) {
        gsize length;
        inflating->next_in = (guint8 *)peek(packs, pack, at, &length);
        if (length == 0)
            return false;
        inflating->avail_in = (uInt)length;
        result = inflate(inflating, Z_NO_FLUSH);
        at += length - inflating->avail_in;
    }
    *end = result == Z_STREAM_END;
    return *end || result == Z_OK;
}

/* Unpacks the `size` bytes of the part into `out`, which has room for one more. */
static bool inflate_part(ImpPacks *packs, const Pack *pack, const Part *part, guint8 *out)
{
    bool end;
    return inflate_into(packs, pack, part, out, part->size + 1, &end) && end &&
           packs->inflating.avail_out == 1;
}

/* Seven bits at a time, the lowest first. NULL: that is not a number of a size that is possible. */
static const guint8 *read_size(const guint8 *at, const guint8 *end, guint shift, gsize *size)
{
    guint8 byte = 0x80;
    while (at < end && (byte & 0x80) && shift < 32) {
        byte = *at++;
        *size |= (gsize)(byte & 0x7f) << shift;
        shift += 7;
    }
    return !(byte & 0x80) && *size <= UNPACKED_MAX ? at : NULL;
}

/* Of a difference by offset: seven bits at a time, the highest first, each further one plus one. */
static const guint8 *read_distance(const guint8 *at, const guint8 *end, guint64 *distance)
{
    guint8 byte = 0x80;
    for (guint i = 0; at < end && (byte & 0x80) && i < 8; i++) {
        byte = *at++;
        *distance = (i > 0 ? (*distance + 1) << 7 : 0) | (byte & 0x7f);
    }
    return byte & 0x80 ? NULL : at;
}

/* Reads the head of the object at an offset; of a difference also where its base is. */
static bool read_head(ImpPacks *packs, const Pack *pack, Part *part, guint *type, guint64 *base)
{
    gsize length;
    const guint8 *start = peek(packs, pack, part->offset, &length), *at = start;
    const guint8 *end = at + length;
    if (part->offset < PACK_HEAD_BYTES || length == 0)
        return false;
    *type = *at >> 4 & 7;
    part->size = *at & 0xf;
    at = *at & 0x80 ? read_size(at + 1, end, 4, &part->size) : at + 1;
    if (at && *type == DELTA_BY_OFFSET) {
        guint64 distance = 0;
        at = read_distance(at, end, &distance);
        if (distance == 0 || distance >= part->offset)
            return false;
        *base = part->offset - distance;
    } else if (at && *type == DELTA_BY_ID) {
        git_oid id;
        if (end - at < GIT_OID_RAWSZ)
            return false;
        git_oid_fromraw(&id, at);
        at += GIT_OID_RAWSZ;
        if (!find_in(pack, &id, base))
            return false;
    }
    part->data = at ? part->offset + (guint64)(at - start) : 0;
    return at != NULL;
}

/* Carries a difference out: pieces of the base, and bytes that come with it. */
static bool patch(const guint8 *at, const guint8 *end, GBytes *base, guint8 *out, gsize size)
{
    gsize length;
    const guint8 *from = g_bytes_get_data(base, &length);
    while (at < end) {
        guint8 command = *at++;
        if (!command)
            return false;
        if (!(command & 0x80)) {
            if (command > end - at || command > size)
                return false;
            memcpy(out, at, command);
            at += command;
            out += command;
            size -= command;
            continue;
        }
        gsize offset = 0, count = 0;
        for (guint i = 0; i < 7; i++) {
            if (!(command & (1 << i)))
                continue;
            if (at == end)
                return false;
            if (i < 4)
                offset |= (gsize)*at++ << (8 * i);
            else
                count |= (gsize)*at++ << (8 * (i - 4));
        }
        count = count ? count : 0x10000;
        if (count > size || offset > length || count > length - offset)
            return false;
        memcpy(out, from + offset, count);
        out += count;
        size -= count;
    }
    return size == 0;
}

static GBytes *bytes_of(guint8 *data, gsize size)
{
    data[size] = '\0';
    return g_bytes_new_take(data, size);
}

static GBytes *read_whole(ImpPacks *packs, const Pack *pack, const Part *part)
{
    g_autofree guint8 *data = g_malloc(part->size + 1);
    return inflate_part(packs, pack, part, data) ? bytes_of(g_steal_pointer(&data), part->size)
                                                 : NULL;
}

static GBytes *read_difference(ImpPacks *packs, const Pack *pack, const Part *part, GBytes *base,
                               gsize most)
{
    gsize base_size = 0, size = 0;
    g_byte_array_set_size(packs->delta, (guint)part->size + 1);
    const guint8 *at = packs->delta->data, *end = at + part->size;
    if (!inflate_part(packs, pack, part, packs->delta->data) ||
        !(at = read_size(at, end, 0, &base_size)) || base_size != g_bytes_get_size(base) ||
        !(at = read_size(at, end, 0, &size)) || size > most)
        return NULL;
    g_autofree guint8 *data = g_malloc(size + 1);
    return patch(at, end, base, data, size) ? bytes_of(g_steal_pointer(&data), size) : NULL;
}

static Kept *slot_of(ImpPacks *packs, const Pack *pack, guint64 offset)
{
    guint64 mixed = (offset + (gsize)pack) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    return &packs->kept[mixed >> 32 & (KEPT - 1)];
}

static void forget(ImpPacks *packs, Kept *kept)
{
    if (!kept->bytes)
        return;
    packs->kept_bytes -= g_bytes_get_size(kept->bytes);
    g_clear_pointer(&kept->bytes, g_bytes_unref);
}

static void keep(ImpPacks *packs, const Pack *pack, guint64 offset, git_object_t type,
                 GBytes *bytes)
{
    gsize size = g_bytes_get_size(bytes);
    Kept *kept = slot_of(packs, pack, offset);
    forget(packs, kept);
    while (packs->kept_bytes + size > KEPT_MAX_BYTES)
        forget(packs, &packs->kept[packs->hand++ % KEPT]);
    *kept = (Kept){pack, offset, type, g_bytes_ref(bytes)};
    packs->kept_bytes += size;
}

/* Goes from the object to one that is whole, or is kept, and notes the differences on the way. NULL
 * also where the object itself has more than `most` bytes. */
static GBytes *find_beginning(ImpPacks *packs, const Pack *pack, guint64 offset, gsize most,
                              git_object_t *type)
{
    g_array_set_size(packs->chain, 0);
    for (;;) {
        Part part = {.offset = offset};
        guint kind;
        const Kept *kept = slot_of(packs, pack, offset);
        if (kept->bytes && kept->pack == pack && kept->offset == offset) {
            *type = kept->type;
            return g_bytes_ref(kept->bytes);
        }
        if (packs->chain->len > CHAIN_MAX || !read_head(packs, pack, &part, &kind, &offset))
            return NULL;
        if (kind != DELTA_BY_OFFSET && kind != DELTA_BY_ID) {
            *type = (git_object_t)kind;
            bool fits = packs->chain->len > 0 || part.size <= most;
            GBytes *whole = fits && kind >= GIT_OBJECT_COMMIT && kind <= GIT_OBJECT_TAG
                                ? read_whole(packs, pack, &part)
                                : NULL;
            if (whole)
                keep(packs, pack, part.offset, *type, whole);
            return whole;
        }
        g_array_append_val(packs->chain, part);
    }
}

GBytes *imp_packs_read(ImpPacks *packs, const git_oid *id, gsize most, git_object_t *type)
{
    guint64 offset;
    const Pack *pack = find(packs, id, &offset);
    GBytes *bytes = pack ? find_beginning(packs, pack, offset, most, type) : NULL;
    for (guint i = packs->chain->len; bytes && i-- > 0;) {
        const Part *part = &g_array_index(packs->chain, Part, i);
        GBytes *patched = read_difference(packs, pack, part, bytes, i == 0 ? most : UNPACKED_MAX);
        g_bytes_unref(bytes);
        bytes = patched;
        if (bytes)
            keep(packs, pack, part->offset, *type, bytes);
    }
    if (bytes && g_bytes_get_size(bytes) > most)
        g_clear_pointer(&bytes, g_bytes_unref);
    return bytes;
}

bool imp_packs_read_beginning(ImpPacks *packs, const git_oid *id, git_object_t type, guint8 *out,
                              gsize length)
{
    Part part = {0};
    guint kind;
    guint64 base;
    bool end;
    const Pack *pack = find(packs, id, &part.offset);
    return pack && read_head(packs, pack, &part, &kind, &base) && kind == (guint)type &&
           part.size >= length && inflate_into(packs, pack, &part, out, length, &end) &&
           packs->inflating.avail_out == 0;
}

guint64 imp_packs_place(ImpPacks *packs, const git_oid *id)
{
    guint64 offset;
    return find(packs, id, &offset) ? ((guint64)packs->last << OFFSET_BITS | offset) + 1 : 0;
}
