#include "articles/git.h"
#include "articles/condition.h"
#include "articles/pack_read.h"
#include "workflow/base/text.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Up to so many objects, looking at all packs costs more than it saves. */
#define READS_FEW 256

/* Objects that could not be read, each to be named once. Of more, nobody needs the names. */
#define SKIPPED_MAX 1000

guint imp_git_id_hash(gconstpointer id)
{
    guint hash;
    memcpy(&hash, id, sizeof hash);
    return hash;
}

gboolean imp_git_id_equal(gconstpointer one, gconstpointer other)
{
    return memcmp(one, other, GIT_OID_RAWSZ) == 0;
}

char *imp_git_last_words(void)
{
    const git_error *last = git_error_last();
    const char *words = last && last->message ? last->message : "unknown error";
    return imp_visible_line(words, strlen(words));
}

bool imp_git_fail(GError **error, const char *format, ...)
{
    g_autofree char *detail = imp_git_last_words();
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *text = g_strconcat(what, ": ", detail, NULL);
    g_autofree char *line = imp_visible_line(text, strlen(text));
    g_set_error_literal(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED, line);
    return false;
}

static char *name_of(uid_t user)
{
    struct passwd entry, *found = NULL;
    char buffer[4096];
    return getpwuid_r(user, &entry, buffer, sizeof buffer, &found) == 0 && found
               ? g_strdup(found->pw_name)
               : g_strdup_printf("%u", user);
}

char *imp_git_owner_advice(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0 || status.st_uid == geteuid())
        return NULL;
    g_autofree char *owner = name_of(status.st_uid);
    g_autofree char *own = name_of(geteuid());
    return g_strdup_printf(
        "%s belongs to %s, and %s may not read all of it; work as %s, or as root "
        "let a group of %s read it: chgrp -R GROUP %s && chmod -R g+rX %s",
        path, owner, own, owner, own, path, path);
}

/* An object that is not there may be elsewhere only where the repository is whole. */
static bool is_whole(const ImpRepository *repository, const char *what, GError **error)
{
    if (imp_repository_check_whole(repository, error))
        return true;
    g_prefix_error(error, "%s: it is not here\n", what);
    return false;
}

bool imp_git_read_fail(const ImpRepository *repository, GError **error, const char *format, ...)
{
    const git_error *last = git_error_last();
    g_autofree char *detail = g_strdup(last && last->message ? last->message : "unknown error");
    bool missing = last && last->klass == GIT_ERROR_ODB,
         denied = strstr(detail, "ermission denied");
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (missing && !denied && !is_whole(repository, what, error))
        return false;
    g_autofree char *reason =
        denied ? imp_git_owner_advice(imp_repository_git_directory(repository)) : NULL;
    g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED, "%s: %s%s%s", what,
                detail, reason ? "\n" : "", reason ? reason : "");
    return false;
}

GBytes *imp_git_take(git_odb_object *object)
{
    return g_bytes_new_with_free_func(git_odb_object_data(object), git_odb_object_size(object),
                                      (GDestroyNotify)git_odb_object_free, object);
}

GBytes *imp_git_unpack(ImpRepository *repository, const git_oid *id, gsize most, git_object_t *type)
{
    if (repository->reads < READS_FEW) {
        repository->reads++;
        return NULL;
    }
    if (!repository->packs)
        repository->packs = imp_packs_open(imp_repository_git_directory(repository));
    return imp_packs_read(repository->packs, id, most, type);
}

bool imp_git_unpack_beginning(ImpRepository *repository, const git_oid *id, git_object_t type,
                              guint8 *out, gsize length)
{
    return repository->packs && imp_packs_read_beginning(repository->packs, id, type, out, length);
}

void imp_git_forget_packs(ImpRepository *repository)
{
    g_clear_pointer(&repository->packs, imp_packs_free);
    repository->reads = 0;
}

bool imp_git_read(ImpRepository *repository, const git_oid *id, git_object_t *type, GBytes **object,
                  GError **error)
{
    char hex[GIT_OID_HEXSZ + 1];
    git_odb_object *found = NULL;
    *object = NULL;
    if (!imp_repository_goes_on(repository, error))
        return false;
    *object = imp_git_unpack(repository, id, G_MAXSIZE, type);
    if (*object)
        return true;
    int result = git_odb_read(&found, repository->odb, id);
    if (result == GIT_ENOTFOUND) {
        g_autofree char *what =
            g_strdup_printf("%s: cannot read the object", git_oid_tostr(hex, sizeof hex, id));
        return is_whole(repository, what, error);
    }
    if (result < 0)
        return imp_git_read_fail(repository, error, "%s: cannot read the object",
                                 git_oid_tostr(hex, sizeof hex, id));
    *type = git_odb_object_type(found);
    *object = imp_git_take(found);
    return true;
}

void imp_git_skip_text(ImpRepository *repository, const char *text)
{
    if (!repository->skipped_ids)
        repository->skipped_ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!repository->skipped)
        repository->skipped = g_ptr_array_new_with_free_func(g_free);
    if (g_hash_table_size(repository->skipped_ids) < SKIPPED_MAX &&
        g_hash_table_add(repository->skipped_ids, g_strdup(text)))
        g_ptr_array_add(repository->skipped, g_strdup(text));
}

void imp_git_skip(ImpRepository *repository, const char *what, const git_oid *id)
{
    char hex[GIT_OID_HEXSZ + 1];
    git_oid_tostr(hex, sizeof hex, id);
    g_autofree char *named = g_strdup_printf("%s %s", what, hex);
    imp_git_skip_text(repository, named);
}
