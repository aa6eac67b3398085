#include "articles/pack_read.h"
#include "tests/unit/scratch.h"

#include <glib/gstdio.h>

/* Objects out of packs: the same as git reads; of a damaged pack fewer, and no harm comes of it. */

#define EDITIONS 30

/* A repository with one pack, in which most texts are differences to others. */
static char *make_repository(const Scratch *scratch)
{
    g_autoptr(GString) stream = g_string_new(NULL);
    for (guint edition = 0; edition < EDITIONS; edition++) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint line = 0; line < 100; line++)
            g_string_append_printf(text, "Line %u of edition %u\n", line * 7919 % 1000,
                                   line == edition ? edition : 0);
        g_string_append(stream, "commit refs/heads/main\n"
                                "committer One <one@board.example> 1790000000 +0000\ndata 2\nt\n");
        g_string_append_printf(stream, "M 100644 inline a/%u.md\ndata %zu\n%s\n", edition,
                               text->len, text->str);
    }
    g_autoptr(GBytes) input = g_bytes_new(stream->str, stream->len);
    g_bytes_unref(scratch_run_bytes(
        scratch, NULL, (const char *const[]){"git", "init", "-q", "--bare", "r.git", NULL}));
    g_bytes_unref(scratch_run_bytes(
        scratch, input,
        (const char *const[]){"git", "-C", "r.git", "fast-import", "--quiet", NULL}));
    g_bytes_unref(scratch_run_bytes(
        scratch, NULL, (const char *const[]){"git", "-C", "r.git", "repack", "-adfq", NULL}));
    return g_build_filename(scratch->directory, "r.git", NULL);
}

static char **list(const Scratch *scratch)
{
    g_autoptr(GBytes) listed = scratch_run_bytes(
        scratch, NULL,
        (const char *const[]){"git", "-C", "r.git", "cat-file", "--batch-all-objects",
                              "--batch-check=%(objectname) %(objecttype)", NULL});
    g_autofree char *text = g_strndup(g_bytes_get_data(listed, NULL), g_bytes_get_size(listed) - 1);
    return g_strsplit(text, "\n", -1);
}

/* Whether what the line "ID TYPE" names is read, as what git would name so. */
static bool is_read(ImpPacks *packs, const char *line)
{
    git_oid id, is;
    git_object_t type = GIT_OBJECT_INVALID;
    git_oid_fromstr(&id, line);
    g_autoptr(GBytes) object = imp_packs_read(packs, &id, G_MAXSIZE, &type);
    if (!object)
        return false;
    gsize size;
    const char *bytes = g_bytes_get_data(object, &size);
    g_assert_cmpint(bytes[size], ==, '\0');
    g_assert_cmpint(git_odb_hash(&is, bytes, size, type), ==, 0);
    return git_oid_equal(&id, &is) &&
           strcmp(git_object_type2string(type), strchr(line, ' ') + 1) == 0;
}

static void test_all_objects(void)
{
    Scratch scratch = scratch_make();
    g_autofree char *repository = make_repository(&scratch);
    g_auto(GStrv) objects = list(&scratch);
    ImpPacks *packs = imp_packs_open(repository);
    git_oid id;
    git_object_t type;
    for (char **object = objects; *object; object++)
        g_assert_true(is_read(packs, *object));
    imp_packs_free(packs);
    packs = imp_packs_open(repository);
    for (char **object = objects; *object; object++) {
        git_oid_fromstr(&id, *object);
        g_assert_null(imp_packs_read(packs, &id, 1, &type)); /* too large, whole or a difference */
    }
    git_oid_fromstr(&id, "1111111111111111111111111111111111111111");
    g_assert_null(imp_packs_read(packs, &id, G_MAXSIZE, &type));
    imp_packs_free(packs);
    scratch_remove(&scratch);
}

static char *find_pack(const char *repository)
{
    g_autofree char *folder = g_build_filename(repository, "objects", "pack", NULL);
    g_autoptr(GDir) names = g_dir_open(folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(names)) && !g_str_has_suffix(name, ".pack"))
        ;
    char *path = g_build_filename(folder, name, NULL);
    g_chmod(path, 0600);
    return path;
}

#define BEGINNING 40

/* Of what lies there as a whole; the others say nothing. */
static void test_beginnings(void)
{
    Scratch scratch = scratch_make();
    g_autofree char *repository = make_repository(&scratch);
    g_auto(GStrv) objects = list(&scratch);
    ImpPacks *packs = imp_packs_open(repository);
    guint8 beginning[BEGINNING];
    guint commits = 0, others = 0;
    git_oid id;
    for (char **object = objects; *object; object++) {
        git_object_t type, is = git_object_string2type(strchr(*object, ' ') + 1);
        git_oid_fromstr(&id, *object);
        git_object_t other = is == GIT_OBJECT_COMMIT ? GIT_OBJECT_BLOB : GIT_OBJECT_COMMIT;
        g_assert_false(imp_packs_read_beginning(packs, &id, other, beginning, BEGINNING));
        if (!imp_packs_read_beginning(packs, &id, is, beginning, BEGINNING))
            continue;
        g_autoptr(GBytes) whole = imp_packs_read(packs, &id, G_MAXSIZE, &type);
        gsize size;
        const guint8 *bytes = g_bytes_get_data(whole, &size);
        g_autofree guint8 *longer = g_malloc(size + 1);
        g_assert_cmpmem(bytes, BEGINNING, beginning, BEGINNING);
        g_assert_true(imp_packs_read_beginning(packs, &id, is, longer, size));
        g_assert_false(imp_packs_read_beginning(packs, &id, is, longer, size + 1));
        commits += is == GIT_OBJECT_COMMIT;
        others += is != GIT_OBJECT_COMMIT;
    }
    g_assert_cmpuint(commits, >, 0);
    g_assert_cmpuint(others, >, 0);
    git_oid_fromstr(&id, "1111111111111111111111111111111111111111");
    g_assert_false(imp_packs_read_beginning(packs, &id, GIT_OBJECT_COMMIT, beginning, BEGINNING));
    imp_packs_free(packs);
    scratch_remove(&scratch);
}

/* As git lists what a pack holds: "ID TYPE SIZE PACKED OFFSET ...". */
static void test_places(void)
{
    Scratch scratch = scratch_make();
    g_autofree char *repository = make_repository(&scratch);
    g_autofree char *path = find_pack(repository);
    g_autoptr(GBytes) listed = scratch_run_bytes(
        &scratch, NULL,
        (const char *const[]){"git", "-C", "r.git", "verify-pack", "-v", path, NULL});
    g_autofree char *text = g_strndup(g_bytes_get_data(listed, NULL), g_bytes_get_size(listed));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    ImpPacks *packs = imp_packs_open(repository);
    guint64 first_place = 0, first_offset = 0;
    git_oid id;
    guint seen = 0;
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit_set(*line, " ", 0);
        g_autoptr(GPtrArray) filled = g_ptr_array_new();
        for (char **word = words; *word; word++)
            if (**word)
                g_ptr_array_add(filled, *word);
        if (filled->len < 5 || git_oid_fromstr(&id, filled->pdata[0]) < 0)
            continue;
        guint64 place = imp_packs_place(packs, &id);
        guint64 offset = g_ascii_strtoull(filled->pdata[4], NULL, 10);
        if (seen++ == 0) {
            first_place = place;
            first_offset = offset;
        }
        g_assert_cmpuint(place, >, 0);
        g_assert_cmpuint(place - first_place, ==, offset - first_offset);
    }
    g_assert_cmpuint(seen, >, EDITIONS);
    git_oid_fromstr(&id, "1111111111111111111111111111111111111111");
    g_assert_cmpuint(imp_packs_place(packs, &id), ==, 0);
    imp_packs_free(packs);
    scratch_remove(&scratch);
}

/* Bytes are others, in turn, or the file ends there. */
static void test_a_damaged_pack(void)
{
    Scratch scratch = scratch_make();
    g_autofree char *repository = make_repository(&scratch);
    g_autofree char *path = find_pack(repository);
    g_auto(GStrv) objects = list(&scratch);
    g_autofree char *whole = NULL;
    gsize length;
    guint lost = 0;
    g_assert_true(g_file_get_contents(path, &whole, &length, NULL));
    for (gsize at = 0; at < length; at += 11) {
        g_autofree char *damaged = g_memdup2(whole, length);
        damaged[at] = (char)(damaged[at] ^ (1 << at % 8));
        gsize left = at % 3 == 0 ? at : length;
        g_assert_true(g_file_set_contents_full(path, damaged, (gssize)left,
                                               G_FILE_SET_CONTENTS_NONE, 0600, NULL));
        ImpPacks *packs = imp_packs_open(repository);
        for (char **object = objects; *object; object++)
            lost += !is_read(packs, *object);
        imp_packs_free(packs);
    }
    g_assert_cmpuint(lost, >, 0);
    scratch_remove(&scratch);
}

/* All ids stand where those that begin with 00 are looked for, and so are in no order there. */
static void test_a_damaged_index(void)
{
    enum { HEAD_BYTES = 8, FAN_OUT = 256 };
    Scratch scratch = scratch_make();
    g_autofree char *repository = make_repository(&scratch);
    g_autofree char *pack = find_pack(repository);
    g_autofree char *path = g_strdup_printf("%.*sidx", (int)(strlen(pack) - strlen("pack")), pack);
    g_autofree char *index = NULL;
    gsize length;
    git_oid id = {{0}};
    git_object_t type;
    g_assert_true(g_file_get_contents(path, &index, &length, NULL));
    for (guint i = 0; i < FAN_OUT - 1; i++)
        memcpy(index + HEAD_BYTES + 4 * i, index + HEAD_BYTES + 4 * (FAN_OUT - 1), 4);
    g_assert_true(g_file_set_contents(path, index, (gssize)length, NULL));
    ImpPacks *packs = imp_packs_open(repository);
    for (guint i = 0; i < 256; i++) {
        id.id[1] = (unsigned char)i;
        g_assert_null(imp_packs_read(packs, &id, G_MAXSIZE, &type));
    }
    imp_packs_free(packs);
    scratch_remove(&scratch);
}

int main(int argc, char **argv)
{
    git_libgit2_init();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pack-read/all-objects", test_all_objects);
    g_test_add_func("/pack-read/beginnings", test_beginnings);
    g_test_add_func("/pack-read/places", test_places);
    g_test_add_func("/pack-read/a-damaged-pack", test_a_damaged_pack);
    g_test_add_func("/pack-read/a-damaged-index", test_a_damaged_index);
    return g_test_run();
}
