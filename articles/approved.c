#include "articles/approved.h"
#include "articles/commit.h"
#include "articles/raw_tree.h"
#include "articles/repository_refs.h"
#include "workflow/base/limits.h"
#include "workflow/base/moment.h"
#include "workflow/base/quote.h"

#include <string.h>

ImpApprovedFile *imp_approved_file_new(const char *path, const char *id)
{
    ImpApprovedFile *file = g_new0(ImpApprovedFile, 1);
    file->path = g_strdup(path);
    file->id = g_strdup(id);
    return file;
}

void imp_approved_file_free(ImpApprovedFile *file)
{
    if (!file)
        return;
    g_free(file->path);
    g_free(file->id);
    g_free(file);
}

static bool is_file_in(git_tree *tree, const char *path)
{
    g_autoptr(git_tree_entry) entry = NULL;
    return git_tree_entry_bypath(&entry, tree, path) == 0 &&
           git_tree_entry_type(entry) == GIT_OBJECT_BLOB;
}

/* Puts files in, or takes them out, in one go over the folders concerned. Removals of what is not
 * there are left out, because libgit2 takes them for mistakes. */
static bool update_tree(ImpRepository *repository, git_oid *id, GPtrArray *files, bool removals,
                        GError **error)
{
    git_tree *found = NULL;
    if (git_tree_lookup(&found, repository->git, id) < 0)
        return imp_git_fail(error, "cannot read the approved tree");
    g_autoptr(git_tree) tree = found;
    g_autoptr(GArray) updates = g_array_new(FALSE, TRUE, sizeof(git_tree_update));
    for (guint i = 0; i < files->len; i++) {
        const ImpApprovedFile *file = files->pdata[i];
        if (removals != (file->id == NULL) || (removals && !is_file_in(tree, file->path)))
            continue;
        git_tree_update update = {.action =
                                      removals ? GIT_TREE_UPDATE_REMOVE : GIT_TREE_UPDATE_UPSERT,
                                  .filemode = GIT_FILEMODE_BLOB,
                                  .path = file->path};
        if (file->id && git_oid_fromstr(&update.id, file->id) < 0)
            return imp_git_fail(error, "%s: not an object id", file->path);
        g_array_append_val(updates, update);
    }
    if (updates->len > 0 &&
        git_tree_create_updated(id, repository->git, tree, updates->len,
                                (const git_tree_update *)(void *)updates->data) < 0)
        return imp_git_fail(error, "cannot write the approved tree");
    return true;
}

/* Whether a path has another file, or none, beside the tree (NULL: an empty one). */
static bool differs(git_tree *tree, const ImpApprovedFile *file)
{
    g_autoptr(git_tree_entry) entry = NULL;
    bool there = tree && git_tree_entry_bypath(&entry, tree, file->path) == 0;
    return there ? g_strcmp0(file->id, git_oid_tostr_s(git_tree_entry_id(entry))) != 0
                 : file->id != NULL;
}

/* What a reader of the branch's history wants to know first: which article is published, or taken
 * away, and of how many others. */
static char *subject_of(ImpRepository *repository, const git_oid *parent_tree, GPtrArray *files)
{
    g_autoptr(git_tree) tree = NULL;
    const ImpApprovedFile *first = NULL;
    guint others = 0;
    if (parent_tree)
        git_tree_lookup(&tree, repository->git, parent_tree);
    for (guint i = 0; i < files->len; i++) {
        const ImpApprovedFile *file = files->pdata[i];
        if (!differs(tree, file))
            continue;
        others += first != NULL;
        first = first ? first : file;
    }
    if (!first)
        return g_strdup(parent_tree ? "Approved texts" : "No text is approved yet");
    g_autofree char *path = imp_path_quote(first->path);
    g_autofree char *more = others ? g_strdup_printf(" and %u more", others) : g_strdup("");
    return g_strdup_printf("%s %s%s", first->id ? "Publish" : "Take away", path, more);
}

char *imp_approved_commit(ImpRepository *repository, const ImpApprovedChange *change,
                          GError **error)
{
    const char *parent = change->parent;
    git_oid tree, parent_tree, id;
    if (change->base ? !imp_git_tree_id(repository, change->base, &tree, error)
                     : (git_odb_write(&tree, repository->odb, "", 0, GIT_OBJECT_TREE) < 0 &&
                        !imp_git_fail(error, "cannot write the approved tree")))
        return NULL;
    if (!update_tree(repository, &tree, change->files, true, error) ||
        !update_tree(repository, &tree, change->files, false, error))
        return NULL;
    if (parent && !imp_git_tree_id(repository, parent, &parent_tree, error))
        return NULL;
    if (parent && git_oid_equal(&tree, &parent_tree))
        return g_strdup(parent);
    g_autoptr(GString) commit = g_string_new(NULL);
    g_string_append_printf(commit, "tree %s\n", git_oid_tostr_s(&tree));
    if (parent)
        g_string_append_printf(commit, "parent %s\n", parent);
    for (int i = 0; i < 2; i++)
        g_string_append_printf(commit, "%s %s %" G_GINT64_FORMAT " +0000\n",
                               i == 0 ? "author" : "committer", change->committer,
                               change->at_us / IMP_SECOND_US);
    g_autofree char *subject = subject_of(repository, parent ? &parent_tree : NULL, change->files);
    g_string_append_printf(commit, "\n%s\n\nLedger: %s\n", subject, change->ledger);
    if (git_odb_write(&id, repository->odb, commit->str, commit->len, GIT_OBJECT_COMMIT) < 0) {
        imp_git_fail(error, "cannot write the approved commit");
        return NULL;
    }
    if (!imp_repository_sync_folder(repository, "objects", error))
        return NULL;
    return g_strdup(git_oid_tostr_s(&id));
}

static char *ledger_of(const ImpCommit *commit)
{
    static const char trailer[] = "\nLedger: ";
    g_autofree char *message = g_strndup(commit->message, commit->message_length);
    const char *line = g_strrstr(message, trailer);
    gsize digits = line ? strspn(line + strlen(trailer), "0123456789abcdef") : 0;
    return digits == GIT_OID_HEXSZ && strcmp(line + strlen(trailer) + digits, "\n") == 0
               ? g_strndup(line + strlen(trailer), digits)
               : NULL;
}

bool imp_approved_find_ledger(ImpRepository *repository, const char *commit, char **entry,
                              GError **error)
{
    gsize size;
    g_autoptr(GBytes) object = NULL;
    if (!imp_repository_read(repository, commit, IMP_LEDGER_COMMIT_MAX_BYTES, &object, &size,
                             error))
        return false;
    g_autoptr(ImpCommit) read = object ? imp_commit_parse(object, NULL) : NULL;
    *entry = read ? ledger_of(read) : NULL;
    return true;
}

char *imp_approved_write(ImpRepository *repository, const char *bytes, gsize length, GError **error)
{
    git_oid id;
    if (git_odb_write(&id, repository->odb, bytes, length, GIT_OBJECT_BLOB) == 0)
        return g_strdup(git_oid_tostr_s(&id));
    imp_git_fail(error, "cannot write a file of the approved branch");
    return NULL;
}
