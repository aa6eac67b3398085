#include "articles/ledger.h"
#include "daemon/terminal/user_git.h"
#include "daemon/verbs/decide/decide.h"
#include "daemon/verbs/failure.h"
#include "workflow/review_branch.h"

#include <stdio.h>
#include <string.h>

/* A review branch has done its work once its decisions are recorded: the ledger keeps them, byte
 * for byte. What is not recorded yet, or rests on commits that are not merged, stays. */

#define COMMITS_MAX                                                                                \
    "1000" /* of a branch beside the watched one; of a longer one nothing is done                  \
            */

typedef struct {
    ImpReader *reader;
    const char *directory;
    const char *remote;   /* NULL: there is none */
    const char *base;     /* the watched branch as last fetched */
    GHashTable *recorded; /* set of decisions */
    GHashTable *deleted;  /* set of short names */
} Cleaning;

typedef bool (*Each)(const Cleaning *cleaning, const char *name, const char *tip, gpointer data,
                     GError **error);

static bool take(const char *id, const ImpEntry *entry, gpointer data, GError **error)
{
    (void)id;
    (void)error;
    if (entry->decision)
        g_hash_table_add(((Cleaning *)data)->recorded, g_strdup(entry->decision));
    return true;
}

/* Whether everything that the branch has beside the watched branch is recorded. */
static bool is_done(const Cleaning *cleaning, const char *tip)
{
    g_autofree char *without = g_strconcat("^", cleaning->base, NULL);
    const char *const ask[] = {"rev-list", "--max-count=" COMMITS_MAX, tip, without, NULL};
    g_autofree char *listed = imp_user_git(cleaning->directory, ask, NULL);
    g_auto(GStrv) commits = g_strsplit(listed ? listed : "?", "\n", -1);
    for (char **commit = commits; *commit; commit++)
        if (**commit && !g_hash_table_contains(cleaning->recorded, *commit))
            return false;
    return true;
}

/* Calls `each` with the short name and the tip of every branch below `prefix` that is done. */
static bool for_each_done(const Cleaning *cleaning, const char *prefix, const char *branches,
                          Each each, gpointer data, GError **error)
{
    g_autofree char *pattern = g_strconcat(prefix, branches, NULL);
    const char *const ask[] = {"for-each-ref", "--format=%(objectname) %(refname)", pattern, NULL};
    g_autofree char *listed = imp_user_git(cleaning->directory, ask, error);
    g_auto(GStrv) lines = g_strsplit(listed ? listed : "", "\n", -1);
    for (char **line = lines; *line; line++) {
        char *ref = strchr(*line, ' ');
        if (!ref)
            continue;
        *ref++ = '\0';
        if (is_done(cleaning, *line) && !each(cleaning, ref + strlen(prefix), *line, data, error))
            return false;
    }
    return listed != NULL;
}

static bool delete_here(const Cleaning *cleaning, const char *name, const char *tip, gpointer data,
                        GError **error)
{
    (void)data;
    g_autofree char *ref = g_strconcat("refs/heads/", name, NULL);
    const char *const arguments[] = {"update-ref", "-d", ref, tip, NULL};
    g_autofree char *said = imp_user_git(cleaning->directory, arguments, error);
    if (said)
        g_hash_table_add(cleaning->deleted, g_strdup(name));
    return said != NULL;
}

/* What nobody has moved meanwhile. */
static bool note_there(const Cleaning *cleaning, const char *name, const char *tip, gpointer data,
                       GError **error)
{
    (void)error;
    GPtrArray *words = data;
    g_hash_table_add(cleaning->deleted, g_strdup(name));
    g_ptr_array_add(words, g_strdup_printf("--force-with-lease=refs/heads/%s:%s", name, tip));
    g_ptr_array_add(words, g_strdup_printf(":refs/heads/%s", name));
    return true;
}

static bool delete_there(const Cleaning *cleaning, const char *branches, GError **error)
{
    g_autofree char *prefix = g_strdup_printf("refs/remotes/%s/", cleaning->remote);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(words, g_strdup("push"));
    g_ptr_array_add(words, g_strdup("-q"));
    g_ptr_array_add(words, g_strdup(cleaning->remote));
    guint least = words->len;
    if (!for_each_done(cleaning, prefix, branches, note_there, words, error))
        return false;
    if (words->len == least)
        return true;
    g_ptr_array_add(words, NULL);
    g_autofree char *said =
        imp_user_git(cleaning->directory, (const char *const *)words->pdata, error);
    return said != NULL;
}

static bool clean(Cleaning *cleaning, const char *branches, GError **error)
{
    const ImpReader *reader = cleaning->reader;
    return reader->ledger &&
           imp_ledger_read(reader->repository, reader->ledger, NULL, take, cleaning, error) &&
           for_each_done(cleaning, "refs/heads/", branches, delete_here, NULL, error) &&
           (!cleaning->remote || delete_there(cleaning, branches, error));
}

/* Of whoever git's user.email is. */
static char *own_branches(const ImpReader *reader)
{
    g_autofree char *email = imp_repository_setting(reader->repository, "user.email");
    const ImpPerson *person =
        email && reader->policy ? imp_policy_person_by_email(reader->policy, email) : NULL;
    return person ? imp_review_branches_of(person->id) : NULL;
}

int imp_decide_clean(const ImpCommand *command, const char *remote)
{
    g_autoptr(GError) error = NULL;
    g_auto(ImpDeciding) place = {.command = command};
    place.reader = imp_reader_open(command, &error);
    if (!place.reader)
        return imp_command_fail_with(error);
    g_autofree char *branches = own_branches(place.reader);
    if (!branches)
        return imp_command_fail(IMP_EXIT_NO,
                                "whose branches are to be deleted is not known: nobody in the "
                                "policy has the address in git's user.email");
    int status = imp_decide_find_base(&place, remote);
    if (status)
        return status;
    g_autoptr(GHashTable) recorded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) deleted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Cleaning cleaning = {place.reader, place.directory, place.remote,
                         place.base,   recorded,        deleted};
    if (!clean(&cleaning, branches, &error))
        return imp_command_fail_with(error);
    guint count = g_hash_table_size(deleted);
    if (!command->json && count > 0)
        printf("%u branch%s whose decisions are recorded %s deleted\n", count,
               count == 1 ? "" : "es", count == 1 ? "was" : "were");
    return IMP_EXIT_DONE;
}
