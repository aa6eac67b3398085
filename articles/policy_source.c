#include "articles/policy_source.h"
#include "articles/condition.h"
#include "articles/raw_tree.h"
#include "articles/signature.h"
#include "articles/work_tree.h"
#include "workflow/base/limits.h"
#include "workflow/base/text.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER ".imprimatur"
/* Of the name of a file that does not belong there, what is said. */
#define NAME_MAX_BYTES 100

void imp_policy_source_free(ImpPolicySource *source)
{
    if (!source)
        return;
    g_free(source->folder);
    g_clear_pointer(&source->policy, imp_policy_unref);
    g_free(source->rejected);
    g_free(source->manifest);
    g_free(source->manifest_fault);
    g_clear_pointer(&source->policy_json, g_bytes_unref);
    g_clear_pointer(&source->signers, g_bytes_unref);
    g_free(source);
}

/* In the order of sha256sum's output; the two of the manifest itself come after. */
enum { POLICY_MD, SIGNERS, KEYRING, POLICY_JSON, MANIFEST, MANIFEST_SIG, FILES };
static const char *const file_names[FILES] = {"POLICY.md",   "allowed_signers", "keyring.asc",
                                              "policy.json", "manifest",        "manifest.sig"};

typedef struct {
    GBytes *bytes[FILES]; /* NULL: not there */
} Files;

static void files_clear(Files *files)
{
    for (int i = 0; i < FILES; i++)
        g_clear_pointer(&files->bytes[i], g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Files, files_clear)

bool imp_policy_source_find_folder(ImpRepository *repository, const char *commit, char **id,
                                   GError **error)
{
    git_oid oid;
    if (!imp_git_tree_id(repository, commit, &oid, error))
        return false;
    g_autoptr(GBytes) tree = imp_git_read_tree(repository, &oid, error);
    if (!tree)
        return false;
    *id = NULL;
    for (ImpTreeCursor cursor = imp_tree_cursor(tree); cursor.valid && !*id;
         imp_tree_cursor_next(&cursor))
        if (cursor.entry.is_folder && cursor.entry.kind == IMP_TREE_ENTRY_FILE &&
            strcmp(cursor.entry.name, FOLDER) == 0) {
            git_oid_fromraw(&oid, cursor.entry.id);
            *id = g_strdup(git_oid_tostr_s(&oid));
        }
    return true;
}

static int file_named(const char *name)
{
    int file = 0;
    while (file < FILES && strcmp(file_names[file], name) != 0)
        file++;
    return file;
}

static char *stranger(const char *name)
{
    return g_strdup_printf(
        FOLDER
        "/%s does not belong there; the folder holds exactly POLICY.md, allowed_signers, "
        "policy.json, manifest and manifest.sig, and keyring.asc where there are OpenPGP keys",
        name);
}

static char *oversize(const char *name)
{
    return g_strdup_printf(FOLDER "/%s is larger than %d bytes", name, IMP_POLICY_MAX_BYTES);
}

/* Reads the files; sets `rejected` for what does not belong there. False for faults. */
static bool read_files(ImpRepository *repository, const char *folder, Files *files, char **rejected,
                       GError **error)
{
    git_oid id;
    if (git_oid_fromstr(&id, folder) < 0)
        return imp_git_fail(error, FOLDER ": cannot read the folder");
    g_autoptr(GBytes) tree = imp_git_read_tree(repository, &id, error);
    for (ImpTreeCursor cursor = imp_tree_cursor(tree); cursor.valid;
         imp_tree_cursor_next(&cursor)) {
        const ImpRawEntry *entry = &cursor.entry;
        int file = file_named(entry->name);
        git_oid_fromraw(&id, entry->id);
        const char *text = git_oid_tostr_s(&id);
        if (file == FILES || entry->is_folder || entry->kind != IMP_TREE_ENTRY_FILE ||
            (!imp_repository_has_text(repository, text) &&
             !imp_repository_lacks(repository, text))) {
            g_autofree char *name = imp_one_line(entry->name, MIN(entry->length, NAME_MAX_BYTES));
            *rejected = stranger(name);
            return true;
        }
        gsize size;
        if (!imp_repository_read(repository, text, IMP_POLICY_MAX_BYTES, &files->bytes[file], &size,
                                 error))
            return false;
        if (!files->bytes[file]) {
            *rejected = oversize(entry->name);
            return true;
        }
    }
    return tree != NULL;
}

static bool read_disk_file(ImpRepository *repository, const char *name, Files *files,
                           char **rejected, GError **error)
{
    g_autofree char *path = g_build_filename(FOLDER, name, NULL);
    g_autofree char *absolute = g_build_filename(imp_repository_work_tree(repository), path, NULL);
    int file = file_named(name);
    GStatBuf status;
    if (file == FILES || g_lstat(absolute, &status) < 0 || !S_ISREG(status.st_mode)) {
        *rejected = stranger(name);
        return true;
    }
    gsize size;
    g_autoptr(GError) fault = NULL; /* one of its kinds is a sentence about the policy */
    if (!imp_work_tree_read(repository, path, IMP_POLICY_MAX_BYTES, &files->bytes[file], &size,
                            &fault)) {
        if (fault->domain != IMP_WORK_TREE_ERROR) {
            g_propagate_error(error, g_steal_pointer(&fault));
            return false;
        }
        *rejected = g_strdup(fault->message);
    } else if (!files->bytes[file]) {
        *rejected = oversize(name);
    }
    return true;
}

static bool read_disk_files(ImpRepository *repository, Files *files, char **rejected,
                            GError **error)
{
    g_autofree char *directory =
        g_build_filename(imp_repository_work_tree(repository), FOLDER, NULL);
    g_autoptr(GDir) listing = g_dir_open(directory, 0, error);
    const char *name;
    if (!listing)
        return false;
    /* A folder has no order: all of it is read, and of several sentences always the same one is
     * said. */
    while ((name = g_dir_read_name(listing))) {
        g_autofree char *sentence = NULL;
        if (!read_disk_file(repository, name, files, &sentence, error))
            return false;
        if (sentence && (!*rejected || strcmp(sentence, *rejected) < 0)) {
            g_free(*rejected);
            *rejected = g_steal_pointer(&sentence);
        }
    }
    return true;
}

static char *manifest_of(const Files *files)
{
    GString *manifest = g_string_new(NULL);
    for (int i = 0; i <= POLICY_JSON; i++) {
        if (!files->bytes[i])
            continue;
        g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, files->bytes[i]);
        g_string_append_printf(manifest, "%s  %s\n", sum, file_names[i]);
    }
    return g_string_free(manifest, FALSE);
}

/* A sentence if a file is missing, or the manifest is that of others. */
static char *manifest_fault(const Files *files)
{
    for (int i = 0; i < FILES; i++)
        if (!files->bytes[i] && i != KEYRING)
            return g_strdup_printf(FOLDER "/%s is missing", file_names[i]);
    g_autofree char *expected = manifest_of(files);
    if (g_bytes_get_size(files->bytes[MANIFEST]) == strlen(expected) &&
        memcmp(g_bytes_get_data(files->bytes[MANIFEST], NULL), expected, strlen(expected)) == 0)
        return NULL;
    return g_strdup(FOLDER "/manifest does not match the files; have them signed again: "
                           "imprimatur policy sign -k KEY");
}

/* The authority's signature of the manifest; a sentence if there is none that holds. */
static bool check_signature(GBytes *manifest, GBytes *signature, GPtrArray *authority,
                            gint64 now_us, char **rejected, GError **error)
{
    g_autofree char *armored =
        g_strndup(g_bytes_get_data(signature, NULL), g_bytes_get_size(signature));
    const ImpSignedText text = {armored, g_bytes_get_data(manifest, NULL),
                                g_bytes_get_size(manifest)};
    ImpSignatureFinding finding;
    const ImpSigner *signer;
    if (!imp_ssh_verify_detached(authority, "imprimatur-policy", &text, now_us, &finding, &signer,
                                 error))
        return false;
    g_autofree char *detail = finding.detail;
    if (finding.verdict == IMP_SIGNATURE_UNKNOWN_KEY)
        *rejected =
            g_strdup(FOLDER "/manifest.sig is by a key that is not (or no longer) the authority's");
    else if (finding.verdict != IMP_SIGNATURE_GOOD)
        *rejected = g_strdup_printf(FOLDER "/manifest.sig does not hold: %s", detail);
    return true;
}

/* Whether the files are what the authority published. */
static bool check_manifest(const Files *files, GPtrArray *authority, gint64 now_us, char **rejected,
                           GError **error)
{
    *rejected = manifest_fault(files);
    if (*rejected)
        return true;
    return check_signature(files->bytes[MANIFEST], files->bytes[MANIFEST_SIG], authority, now_us,
                           rejected, error);
}

static void parse(ImpPolicySource *source, const Files *files, const char *name,
                  GPtrArray *authority)
{
    g_autoptr(GError) invalid = NULL;
    gsize policy_length, signers_length = 0;
    const char *policy = g_bytes_get_data(files->bytes[POLICY_JSON], &policy_length);
    const char *signers =
        files->bytes[SIGNERS] ? g_bytes_get_data(files->bytes[SIGNERS], &signers_length) : NULL;
    if (files->bytes[SIGNERS] && !signers)
        signers = "";
    g_autoptr(ImpPolicy) parsed = imp_policy_parse(policy ? policy : "", policy_length, signers,
                                                   signers_length, authority, &invalid);
    gsize keyring_length = 0;
    const char *keyring =
        files->bytes[KEYRING] ? g_bytes_get_data(files->bytes[KEYRING], &keyring_length) : NULL;
    if (files->bytes[KEYRING] && !keyring)
        keyring = "";
    if (!parsed || !imp_policy_take_keyring(parsed, keyring, keyring_length, &invalid))
        source->rejected = g_strdup_printf(FOLDER "/%s", invalid->message);
    else if (name && strcmp(parsed->name, name) != 0)
        source->rejected =
            g_strdup_printf(FOLDER "/policy.json: name is \"%s\", but this repository is \"%s\"",
                            parsed->name, name);
    else
        source->policy = g_steal_pointer(&parsed);
}

/* Judges what was read into `files`. */
static bool judge(ImpPolicySource *source, const Files *files, const char *name,
                  GPtrArray *authority, gint64 now_us, GError **error)
{
    source->has_manifest = files->bytes[MANIFEST] != NULL;
    source->manifest_fault = manifest_fault(files);
    if (!source->rejected && authority &&
        !check_manifest(files, authority, now_us, &source->rejected, error))
        return false;
    if (!source->rejected && !files->bytes[POLICY_JSON])
        source->rejected = g_strdup(FOLDER "/policy.json is missing");
    if (!source->rejected)
        parse(source, files, name, authority);
    if (files->bytes[POLICY_JSON])
        source->policy_json = g_bytes_ref(files->bytes[POLICY_JSON]);
    if (files->bytes[SIGNERS])
        source->signers = g_bytes_ref(files->bytes[SIGNERS]);
    g_autofree char *manifest = manifest_of(files);
    source->manifest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, manifest, -1);
    return true;
}

ImpPolicySource *imp_policy_source_read(ImpRepository *repository, const char *commit,
                                        const char *name, GPtrArray *authority, gint64 now_us,
                                        GError **error)
{
    g_autoptr(ImpPolicySource) source = g_new0(ImpPolicySource, 1);
    g_auto(Files) files = {0};
    if (!imp_policy_source_find_folder(repository, commit, &source->folder, error))
        return NULL;
    if (!source->folder) {
        source->rejected = g_strdup("there is no folder " FOLDER " at the tip");
        return g_steal_pointer(&source);
    }
    if (!read_files(repository, source->folder, &files, &source->rejected, error) ||
        !judge(source, &files, name, authority, now_us, error))
        return NULL;
    return g_steal_pointer(&source);
}

ImpPolicySource *imp_policy_source_read_work_tree(ImpRepository *repository, const char *name,
                                                  GPtrArray *authority, gint64 now_us,
                                                  GError **error)
{
    g_autoptr(ImpPolicySource) source = g_new0(ImpPolicySource, 1);
    g_auto(Files) files = {0};
    g_autofree char *directory =
        g_build_filename(imp_repository_work_tree(repository), FOLDER, NULL);
    if (!g_file_test(directory, G_FILE_TEST_IS_DIR)) {
        source->rejected = g_strdup("there is no folder " FOLDER);
        return g_steal_pointer(&source);
    }
    if (!read_disk_files(repository, &files, &source->rejected, error) ||
        !judge(source, &files, name, authority, now_us, error))
        return NULL;
    return g_steal_pointer(&source);
}

char *imp_policy_source_manifest(ImpRepository *repository, GError **error)
{
    g_auto(Files) files = {0};
    g_autofree char *rejected = NULL;
    if (!read_disk_files(repository, &files, &rejected, error))
        return NULL;
    for (int i = 0; i <= POLICY_JSON && !rejected; i++)
        if (!files.bytes[i] && i != KEYRING)
            rejected = g_strdup_printf(FOLDER "/%s is missing", file_names[i]);
    if (!rejected)
        return manifest_of(&files);
    g_set_error(error, IMP_POLICY_ERROR, IMP_POLICY_ERROR_INVALID, "%s", rejected);
    return NULL;
}
