#include "articles/ledger.h"
#include "articles/attempt.h"
#include "articles/commit.h"
#include "articles/entry_text.h"
#include "articles/git.h"
#include "articles/pack.h"
#include "articles/repository_refs.h"
#include "articles/signature.h"
#include "articles/ssh_sign.h"
#include "articles/ssh_verify.h"
#include "articles/tree.h"
#include "workflow/base/limits.h"
#include "workflow/base/moment.h"

#include <gio/gio.h>
#include <string.h>

/* Objects are made as bytes and kept until the batch is flushed: their ids, which entries and
 * events are named by, need no repository. A push makes a handful, written loose like git does; an
 * adoption makes thousands, and these become one pack, which costs a fraction in time and in space.
 */

/* Up to here loose objects are cheaper than a pack and do not litter. */
#define LOOSE_OBJECTS_MAX 48

typedef struct {
    char *id;     /* hex */
    guint object; /* its place among the objects */
} Made;

struct ImpLedgerWriter {
    ImpRepository *repository;
    char *committer;
    char *tip;
    GArray *commits;    /* of Made */
    GPtrArray *objects; /* of ImpPackObject*, in the order of making */
    GHashTable *ids;    /* set of theirs */
    git_oid empty_tree;
    bool (*is_expected)(guint index, const char *id, gpointer data); /* or NULL */
    gpointer expected_data;
};

static void made_clear(gpointer data)
{
    g_free(((Made *)data)->id);
}

static void object_free(gpointer data)
{
    ImpPackObject *object = data;
    g_bytes_unref(object->bytes);
    g_free(object);
}

/* As long as it is, without what a string that grew has room for. */
static GBytes *bytes_of(GString *text)
{
    GBytes *bytes = g_bytes_new(text->str, text->len);
    g_string_free(text, TRUE);
    return bytes;
}

/* Each once: entries of one decision have the same. */
static git_oid keep(ImpLedgerWriter *writer, git_object_t type, GBytes *bytes)
{
    ImpPackObject *object = g_new0(ImpPackObject, 1);
    object->type = type;
    object->bytes = bytes;
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    git_odb_hash(&object->id, data ? data : "", size, type);
    git_oid id = object->id;
    /* g_hash_table_add() would let the new key stand for the one that is there. */
    if (g_hash_table_contains(writer->ids, &id)) {
        object_free(object);
        return id;
    }
    g_hash_table_add(writer->ids, &object->id);
    g_ptr_array_add(writer->objects, object);
    return id;
}

ImpLedgerWriter *imp_ledger_writer_new(ImpRepository *repository, const char *parent,
                                       const char *committer)
{
    ImpLedgerWriter *writer = g_new0(ImpLedgerWriter, 1);
    writer->repository = repository;
    writer->committer = g_strdup(committer);
    writer->tip = g_strdup(parent);
    writer->commits = g_array_new(FALSE, FALSE, sizeof(Made));
    g_array_set_clear_func(writer->commits, made_clear);
    writer->objects = g_ptr_array_new_with_free_func(object_free);
    writer->ids = g_hash_table_new(imp_git_id_hash, imp_git_id_equal);
    git_odb_hash(&writer->empty_tree, "", 0, GIT_OBJECT_TREE);
    return writer;
}

void imp_ledger_writer_free(ImpLedgerWriter *writer)
{
    if (!writer)
        return;
    g_free(writer->committer);
    g_free(writer->tip);
    g_array_unref(writer->commits);
    g_hash_table_unref(writer->ids);
    g_ptr_array_unref(writer->objects);
    g_free(writer);
}

void imp_ledger_writer_expect(ImpLedgerWriter *writer,
                              bool (*is_expected)(guint index, const char *id, gpointer data),
                              gpointer data)
{
    writer->is_expected = is_expected;
    writer->expected_data = data;
}

const char *imp_ledger_writer_tip(const ImpLedgerWriter *writer)
{
    return writer->tip;
}

guint imp_ledger_writer_count(const ImpLedgerWriter *writer)
{
    return writer->commits->len;
}

/* A tree with the one file `decision`; its entry is the raw 20 bytes of the blob's id after the
 * name. */
static git_oid keep_decision(ImpLedgerWriter *writer, GBytes *decision)
{
    static const char entry[] = "100644 decision";
    git_oid blob = keep(writer, GIT_OBJECT_BLOB, g_bytes_ref(decision));
    GByteArray *tree = g_byte_array_new();
    g_byte_array_append(tree, (const guint8 *)entry, sizeof entry); /* with its NUL */
    g_byte_array_append(tree, blob.id, GIT_OID_RAWSZ);
    return keep(writer, GIT_OBJECT_TREE, g_byte_array_free_to_bytes(tree));
}

static const char *keep_commit(ImpLedgerWriter *writer, GBytes *commit)
{
    git_oid id = keep(writer, GIT_OBJECT_COMMIT, commit);
    Made made = {g_strdup(git_oid_tostr_s(&id)), writer->objects->len - 1};
    if (writer->is_expected &&
        writer->is_expected(writer->commits->len, made.id, writer->expected_data))
        g_clear_pointer(&((ImpPackObject *)writer->objects->pdata[made.object])->bytes,
                        g_bytes_unref);
    g_array_append_val(writer->commits, made);
    g_free(writer->tip);
    writer->tip = g_strdup(made.id);
    return made.id;
}

const char *imp_ledger_writer_append(ImpLedgerWriter *writer, const ImpEntry *entry,
                                     const char *author)
{
    git_oid tree = writer->empty_tree;
    if (entry->decision_object)
        tree = keep_decision(writer, entry->decision_object);
    gint64 seconds = entry->at_us / IMP_SECOND_US;
    g_autofree char *message = imp_entry_format(entry);
    GString *commit = g_string_new(NULL);
    g_string_append_printf(commit, "tree %s\n", git_oid_tostr_s(&tree));
    if (writer->tip)
        g_string_append_printf(commit, "parent %s\n", writer->tip);
    g_string_append_printf(commit, "author %s %" G_GINT64_FORMAT " +0000\n",
                           author ? author : writer->committer, seconds);
    g_string_append_printf(commit, "committer %s %" G_GINT64_FORMAT " +0000\n\n%s",
                           writer->committer, seconds, message);
    return keep_commit(writer, bytes_of(commit));
}

bool imp_ledger_writer_sign(ImpLedgerWriter *writer, const char *key, GError **error)
{
    guint last = writer->commits->len - 1;
    GBytes *commit;
    imp_ledger_writer_commit(writer, last, &commit);
    g_autofree char *armored = imp_ssh_sign(key, "git", commit, error);
    if (!armored)
        return false;
    /* The last header, its further lines indented: git-commit-tree(1) puts it there. */
    g_auto(GStrv) lines = g_strsplit(g_strchomp(armored), "\n", -1);
    g_autofree char *header = g_strjoinv("\n ", lines);
    const char *text = g_bytes_get_data(commit, NULL);
    const char *message = strstr(text, "\n\n");
    GString *object = g_string_new_len(text, message - text);
    g_string_append_printf(object, "\ngpgsig %s", header);
    g_string_append_len(object, message, (gssize)g_bytes_get_size(commit) - (message - text));
    guint place = g_array_index(writer->commits, Made, last).object;
    g_hash_table_remove(writer->ids, &((ImpPackObject *)writer->objects->pdata[place])->id);
    g_ptr_array_remove_index(writer->objects, place);
    g_array_set_size(writer->commits, last);
    keep_commit(writer, bytes_of(object));
    return true;
}

const char *imp_ledger_writer_commit(const ImpLedgerWriter *writer, guint index, GBytes **object)
{
    const Made *made = &g_array_index(writer->commits, Made, index);
    *object = ((const ImpPackObject *)writer->objects->pdata[made->object])->bytes;
    return made->id;
}

static bool write_loose(ImpLedgerWriter *writer, GError **error)
{
    git_odb *odb = writer->repository->odb;
    git_oid id;
    for (guint i = 0; i < writer->objects->len; i++) {
        const ImpPackObject *object = writer->objects->pdata[i];
        gsize size;
        const void *data = g_bytes_get_data(object->bytes, &size);
        if (git_odb_write(&id, odb, data, size, object->type) < 0)
            return imp_git_fail(error, "cannot write the ledger's objects");
    }
    return true;
}

bool imp_ledger_writer_flush(ImpLedgerWriter *writer, GError **error)
{
    if (writer->commits->len > 0)
        keep(writer, GIT_OBJECT_TREE, g_bytes_new(NULL, 0));
    bool fine = writer->objects->len > LOOSE_OBJECTS_MAX
                    ? imp_pack_write(writer->repository, writer->objects, error)
                    : write_loose(writer, error);
    g_hash_table_remove_all(writer->ids);
    g_ptr_array_set_size(writer->objects, 0);
    return fine && imp_repository_sync_folder(writer->repository, "objects", error);
}

#define NOT_AN_ENTRY "not a commit of a ledger"

/* The tree of an entry that is not about a decision (gitglossary(7)). */
#define EMPTY_TREE "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

static bool load_decision(ImpRepository *repository, const char *tree, ImpEntry *entry,
                          GError **error)
{
    ImpTreeEntryKind kind;
    g_autofree char *file = NULL;
    if (strcmp(tree, EMPTY_TREE) == 0)
        return true;
    if (!imp_tree_lookup(repository, tree, "decision", &kind, &file, error))
        return false;
    if (!file)
        return true;
    if (g_strcmp0(file, repository->decision_id) != 0) {
        gsize size;
        g_autoptr(GBytes) decision = NULL;
        if (!imp_repository_read(repository, file, IMP_DECISION_MAX_BYTES, &decision, &size, error))
            return false;
        g_free(repository->decision_id);
        repository->decision_id = g_steal_pointer(&file);
        g_clear_pointer(&repository->decision, g_bytes_unref);
        repository->decision = g_steal_pointer(&decision);
    }
    entry->decision_object = repository->decision ? g_bytes_ref(repository->decision) : NULL;
    imp_attempt_describe(entry);
    return true;
}

static GBytes *read_object(ImpRepository *repository, const char *id, GError **error)
{
    gsize size;
    g_autoptr(GBytes) object = NULL;
    if (!imp_repository_read(repository, id, IMP_LEDGER_COMMIT_MAX_BYTES, &object, &size, error))
        return NULL;
    if (!object)
        g_set_error_literal(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED,
                            "too large for a ledger entry");
    return g_steal_pointer(&object);
}

static ImpEntry *parse_entry(ImpRepository *repository, GBytes *object, char **parent,
                             GError **error)
{
    gsize size;
    const char *text = g_bytes_get_data(object, &size);
    ImpCommitLinks links;
    if (!text || !imp_commit_links(text, size, &links)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, NOT_AN_ENTRY);
        return NULL;
    }
    const char *message = imp_commit_message(text, size);
    g_autoptr(ImpEntry) entry = imp_entry_parse(message, (gsize)(text + size - message), error);
    g_autofree char *tree = g_ascii_strdown(links.tree, GIT_OID_HEXSZ);
    if (!entry || !load_decision(repository, tree, entry, error))
        return NULL;
    if (parent)
        *parent = links.parent_count > 0
                      ? g_ascii_strdown(imp_commit_parent(&links, 0), GIT_OID_HEXSZ)
                      : NULL;
    return g_steal_pointer(&entry);
}

ImpEntry *imp_ledger_read_entry(ImpRepository *repository, const char *id, char **parent,
                                GError **error)
{
    g_autoptr(GBytes) object = read_object(repository, id, error);
    ImpEntry *entry = object ? parse_entry(repository, object, parent, error) : NULL;
    if (!entry)
        g_prefix_error(error, "ledger entry %.12s: ", id);
    return entry;
}

/* The line of the tree and that of the first parent. */
#define LINKS_BYTES (sizeof "tree \n" - 1 + sizeof "parent \n" - 1 + 2 * GIT_OID_HEXSZ)

/* Of so many bytes of entries nothing is read twice. */
#define KEPT_BYTES (32 * 1024 * 1024)

/* Entries, the newest first. */
typedef struct {
    GArray *ids;        /* of git_oid */
    GPtrArray *objects; /* of GBytes*: those of the first ones */
    gsize left;         /* bytes that may still be kept */
} Chain;

static Chain chain_new(gsize most)
{
    return (Chain){g_array_new(FALSE, FALSE, sizeof(git_oid)),
                   g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref), most};
}

static void chain_clear(Chain *chain)
{
    g_array_unref(chain->ids);
    g_ptr_array_unref(chain->objects);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Chain, chain_clear)

/* The entry as far as its links, in `beginning` or in *object, which is kept while there is room;
 * NULL with an error. Unpacking a beginning is cheaper, though not by much. */
static const char *read_links(ImpRepository *repository, Chain *chain, const git_oid *id,
                              char beginning[LINKS_BYTES], gsize *length, GError **error)
{
    if (!imp_repository_goes_on(repository, error))
        return NULL;
    *length = LINKS_BYTES;
    if (chain->left == 0 && imp_git_unpack_beginning(repository, id, GIT_OBJECT_COMMIT,
                                                     (guint8 *)beginning, LINKS_BYTES))
        return beginning;
    g_autoptr(GBytes) object = read_object(repository, git_oid_tostr_s(id), error);
    const char *text = object ? g_bytes_get_data(object, length) : NULL;
    if (!text)
        return NULL;
    if (*length > chain->left) {
        chain->left = 0;
        *length = MIN(*length, LINKS_BYTES);
        return memcpy(beginning, text, *length);
    }
    chain->left -= *length;
    g_ptr_array_add(chain->objects, g_steal_pointer(&object));
    return text;
}

static bool find_parent(ImpRepository *repository, Chain *chain, const git_oid *id, git_oid *parent,
                        bool *found, GError **error)
{
    char beginning[LINKS_BYTES];
    gsize length;
    const char *text = read_links(repository, chain, id, beginning, &length, error);
    ImpCommitLinks links;
    if (!text)
        return false;
    if (!imp_commit_links(text, length, &links)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, NOT_AN_ENTRY);
        return false;
    }
    *found = links.parent_count > 0;
    if (*found)
        git_oid_fromstrn(parent, imp_commit_parent(&links, 0), GIT_OID_HEXSZ);
    return true;
}

/* Finds the entries from `tip` back to `after`. */
static bool find_chain(ImpRepository *repository, const char *tip, const char *after, Chain *chain,
                       GError **error)
{
    git_oid next, last;
    bool more = tip != NULL, ends = after && git_oid_fromstr(&last, after) == 0;
    if (tip && git_oid_fromstr(&next, tip) < 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: " NOT_AN_ENTRY, tip);
        return false;
    }
    while (more && !(ends && git_oid_equal(&next, &last))) {
        git_oid id = next;
        if (!find_parent(repository, chain, &id, &next, &more, error)) {
            g_prefix_error(error, "ledger entry %.12s: ", git_oid_tostr_s(&id));
            return false;
        }
        g_array_append_val(chain->ids, id);
        imp_repository_tell(repository, "finding entries", chain->ids->len, 0);
    }
    if (after && !more) {
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_MOVED,
                    "%.12s is not an entry of this ledger", after);
        return false;
    }
    return true;
}

GPtrArray *imp_ledger_ids(ImpRepository *repository, const char *tip, GError **error)
{
    g_auto(Chain) chain = chain_new(0);
    if (!find_chain(repository, tip, NULL, &chain, error))
        return NULL;
    GPtrArray *ids = g_ptr_array_new_full(chain.ids->len, g_free);
    for (guint i = 0; i < chain.ids->len; i++)
        g_ptr_array_add(ids, g_strdup(git_oid_tostr_s(&g_array_index(chain.ids, git_oid, i))));
    return ids;
}

/* Reads a commit of the ledger; *commit is NULL where `id` is too large for one, or something
 * else. */
static bool read_commit(ImpRepository *repository, const char *id, ImpCommit **commit,
                        GError **error)
{
    gsize size;
    g_autoptr(GBytes) object = NULL;
    if (!imp_repository_read(repository, id, IMP_LEDGER_COMMIT_MAX_BYTES, &object, &size, error))
        return false;
    *commit = object ? imp_commit_parse(object, NULL) : NULL;
    return true;
}

GBytes *imp_ledger_read_unsigned(ImpRepository *repository, const char *id, char **committer,
                                 GError **error)
{
    g_autoptr(ImpCommit) commit = NULL;
    if (!read_commit(repository, id, &commit, error))
        return NULL;
    if (!commit) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "ledger entry %.12s: " NOT_AN_ENTRY,
                    id);
        return NULL;
    }
    *committer = g_strdup_printf("%s <%s>", commit->committer_name, commit->committer_email);
    return imp_commit_payload(commit);
}

char *imp_ledger_commit_id(GBytes *object)
{
    gsize size;
    git_oid id;
    const char *bytes = g_bytes_get_data(object, &size);
    git_odb_hash(&id, bytes ? bytes : "", size, GIT_OBJECT_COMMIT);
    return g_strdup(git_oid_tostr_s(&id));
}

/* Whether the line "TYPE BASE64 [COMMENT]" is the key with this base64. */
static bool is_key(const char *line, const char *base64)
{
    g_auto(GStrv) fields = g_strsplit(line, " ", 3);
    return g_strv_length(fields) >= 2 && strcmp(fields[1], base64) == 0;
}

bool imp_ledger_check_signature(ImpRepository *repository, const char *id, const char *public_key,
                                bool *signed_by, GError **error)
{
    g_autoptr(ImpCommit) commit = NULL;
    if (!read_commit(repository, id, &commit, error))
        return false;
    *signed_by = false;
    if (!commit || !commit->signature)
        return true;
    g_autoptr(GBytes) payload = imp_commit_payload(commit);
    g_autoptr(ImpSshSignature) signature = imp_ssh_signature_parse(commit->signature, NULL, NULL);
    if (!signature || strcmp(signature->name_space, "git") != 0 ||
        !is_key(public_key, signature->key))
        return true;
    return imp_ssh_verify(signature, g_bytes_get_data(payload, NULL), g_bytes_get_size(payload),
                          signed_by, error);
}

bool imp_ledger_find_claimed_key(ImpRepository *repository, const char *id, char **key,
                                 GError **error)
{
    g_autoptr(ImpCommit) commit = NULL;
    if (!read_commit(repository, id, &commit, error))
        return false;
    *key = commit && commit->signature ? imp_signature_claimed_key(commit->signature) : NULL;
    if (commit && commit->signature && !*key)
        *key = g_strdup("");
    return true;
}

bool imp_ledger_read(ImpRepository *repository, const char *tip, const char *after,
                     ImpLedgerEntryFunc take, gpointer data, GError **error)
{
    g_auto(Chain) chain = chain_new(KEPT_BYTES);
    if (!find_chain(repository, tip, after, &chain, error))
        return false;
    const guint count = chain.ids->len;
    for (guint i = count; i-- > 0;) {
        char id[GIT_OID_HEXSZ + 1];
        git_oid_tostr(id, sizeof id, &g_array_index(chain.ids, git_oid, i));
        bool kept = i < chain.objects->len;
        g_autoptr(ImpEntry) entry =
            kept ? parse_entry(repository, chain.objects->pdata[i], NULL, error)
                 : imp_ledger_read_entry(repository, id, NULL, error);
        if (!entry && kept)
            g_prefix_error(error, "ledger entry %.12s: ", id);
        if (!entry || !imp_repository_goes_on(repository, error) || !take(id, entry, data, error))
            return false;
        imp_repository_tell(repository, "reading entries", count - i, count);
        g_ptr_array_set_size(chain.objects, (gint)MIN(i, chain.objects->len));
    }
    return true;
}
