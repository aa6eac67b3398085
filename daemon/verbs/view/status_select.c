#include "daemon/verbs/view/status_select.h"
#include "daemon/terminal/nearest.h"
#include "daemon/terminal/user_git.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "workflow/base/glob.h"
#include "workflow/since.h"

#include <string.h>

typedef enum {
    NAME_ARTICLE,
    NAME_PATTERN,
    NAME_FOLDER,
} NameKind;

typedef struct {
    NameKind kind;
    char *text; /* a path; of a folder with its "/", or "" for the root */
} Name;

static void name_free(gpointer data)
{
    Name *name = data;
    g_free(name->text);
    g_free(name);
}

void imp_selection_clear(ImpSelection *selection)
{
    g_free(selection->reviewer);
    g_clear_pointer(&selection->changed, g_hash_table_unref);
    g_clear_pointer(&selection->names, g_ptr_array_unref);
}

/* Options */

/* "under_review", "Under Review", "under-review". */
static bool read_state(const char *text, ImpState *state)
{
    g_autofree char *key = g_ascii_strdown(text, -1);
    g_strdelimit(key, " -", '_');
    return imp_state_from_key(key, state) && *state != IMP_STATE_REMOVED;
}

int imp_selection_read(ImpSelection *selection, const ImpCommand *command)
{
    const char *state = imp_command_text(command, "state"),
               *since = imp_command_text(command, "changed-since");
    if (state && !read_state(state, &selection->state))
        return imp_command_fail(
            IMP_EXIT_USAGE,
            "there is no state \"%s\"; the states are submitted, under_review and approved", state);
    if (since && !imp_since_parse(since, command->now_us, &selection->since_us))
        return imp_command_fail(
            IMP_EXIT_USAGE,
            "--changed-since: \"%s\" is not a moment; write a day (2026-11-20), a moment "
            "(2026-11-20T08:00:00Z) or how long ago (\"2 days\", \"1 month\")",
            since);
    selection->reviewer = g_strdup(imp_command_text(command, "reviewer"));
    selection->mine = imp_command_has(command, "mine");
    selection->overdue = imp_command_has(command, "overdue");
    if (selection->mine && selection->reviewer)
        return imp_command_fail(
            IMP_EXIT_USAGE, "--mine is about you, --reviewer about somebody else; leave one out");
    return IMP_EXIT_DONE;
}

/* People */

/* Somebody whom neither the policy nor anything that is waited for knows is a typing error. */
static int check_reviewer(const ImpReader *reader, const char *id)
{
    if (strcmp(id, "author") == 0 || strcmp(id, "reviewer") == 0 || !reader->policy ||
        imp_policy_person(reader->policy, id))
        return IMP_EXIT_DONE;
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (guint i = 0; i < reader->policy->people->len; i++)
        g_ptr_array_add(ids, ((ImpPerson *)reader->policy->people->pdata[i])->id);
    const char *nearest = imp_nearest(id, (const char *const *)ids->pdata, ids->len);
    return imp_command_fail(IMP_EXIT_NO, "there is nobody with the id \"%s\" in policy %u%s%s%s",
                            id, reader->policy_version, nearest ? "; did you mean \"" : "",
                            nearest ? nearest : "", nearest ? "\"?" : "");
}

static int find_me(ImpSelection *selection, ImpReader *reader)
{
    static const char *const asking[] = {"config", "--get", "user.email", NULL};
    const char *work_tree = imp_repository_work_tree(reader->repository);
    g_autofree char *email = imp_user_git(
        work_tree ? work_tree : imp_repository_git_directory(reader->repository), asking, NULL);
    if (!email)
        return imp_command_fail(
            IMP_EXIT_NO, "--mine: git does not know who you are; type: git config user.email "
                         "ADDRESS");
    const ImpPerson *person =
        reader->policy ? imp_policy_person_by_email(reader->policy, email) : NULL;
    if (!person)
        return imp_command_fail(
            IMP_EXIT_NO,
            "--mine: git's user.email is %s, and nobody in policy %u has that address; set the one "
            "that the policy lists for you: git config user.email ADDRESS",
            email, reader->policy_version);
    g_free(selection->reviewer);
    selection->reviewer = g_strdup(person->id);
    return IMP_EXIT_DONE;
}

/* Changes */

bool imp_status_walk_back(const ImpReader *reader, gint64 since_us,
                          void (*take)(const ImpEntry *entry, gpointer data), gpointer data,
                          GError **error)
{
    g_autofree char *id = g_strdup(reader->ledger);
    while (id) {
        char *parent = NULL;
        g_autoptr(ImpEntry) entry = imp_ledger_read_entry(reader->repository, id, &parent, error);
        if (!entry)
            return false;
        if (entry->at_us >= since_us)
            take(entry, data);
        else
            g_clear_pointer(&parent, g_free); /* At never runs backwards */
        g_free(id);
        id = parent;
    }
    return true;
}

static void note_article(const ImpEntry *entry, gpointer data)
{
    if (entry->article)
        g_hash_table_add(data, g_strdup(entry->article));
}

static int find_changes(ImpSelection *selection, const ImpReader *reader)
{
    g_autoptr(GError) error = NULL;
    g_clear_pointer(&selection->changed, g_hash_table_unref);
    selection->changed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return imp_status_walk_back(reader, selection->since_us, note_article, selection->changed,
                                &error)
               ? IMP_EXIT_DONE
               : imp_command_fail_with(error);
}

/* Names */

/* The folder that an argument means, with its "/", if it holds articles; or NULL. */
static char *folder_of(const ImpReader *reader, const char *argument, GPtrArray *paths)
{
    g_autofree char *here = imp_reader_path_from_here(reader, argument);
    const char *const candidates[] = {argument, here};
    for (gsize i = 0; i < G_N_ELEMENTS(candidates); i++) {
        if (!candidates[i])
            continue;
        g_autofree char *folder = g_strdup(candidates[i]);
        while (g_str_has_suffix(folder, "/"))
            folder[strlen(folder) - 1] = '\0';
        g_autofree char *prefix = *folder ? g_strconcat(folder, "/", NULL) : g_strdup("");
        for (guint j = 0; paths && j < paths->len; j++)
            if (g_str_has_prefix(paths->pdata[j], prefix))
                return g_steal_pointer(&prefix);
    }
    return NULL;
}

static Name *name_new(NameKind kind, char *text)
{
    Name *name = g_new0(Name, 1);
    name->kind = kind;
    name->text = text;
    return name;
}

/* Finds out what the argument means; *name is NULL for nothing. */
static bool resolve_name(ImpReader *reader, const char *argument, GPtrArray *paths, Name **name,
                         GError **error)
{
    g_autoptr(ImpArticle) article = NULL;
    if (!imp_reader_find(reader, argument, &article, error))
        return false;
    if (article) {
        *name = name_new(NAME_ARTICLE, g_strdup(article->path));
    } else if (imp_glob_is_pattern(argument)) {
        *name = name_new(NAME_PATTERN, g_strdup(argument));
    } else {
        char *folder = folder_of(reader, argument, paths);
        *name = folder ? name_new(NAME_FOLDER, folder) : NULL;
    }
    return true;
}

static bool is_named(const Name *name, const char *path)
{
    switch (name->kind) {
    case NAME_ARTICLE:
        return strcmp(name->text, path) == 0;
    case NAME_PATTERN:
        return imp_glob_matches(name->text, path);
    case NAME_FOLDER:
        break;
    }
    return g_str_has_prefix(path, name->text);
}

static int resolve_names(ImpSelection *selection, ImpReader *reader, GPtrArray *paths,
                         char *const *arguments)
{
    int status = IMP_EXIT_DONE;
    g_clear_pointer(&selection->names, g_ptr_array_unref);
    selection->names = g_ptr_array_new_with_free_func(name_free);
    for (; *arguments; arguments++) {
        g_autoptr(GError) error = NULL;
        Name *name = NULL;
        if (!resolve_name(reader, *arguments, paths, &name, &error))
            return imp_command_fail_with(error);
        bool any = name && name->kind != NAME_PATTERN;
        for (guint i = 0; paths && name && !any && i < paths->len; i++)
            any = is_named(name, paths->pdata[i]);
        if (name)
            g_ptr_array_add(selection->names, name);
        if (!name)
            status = imp_reader_refuse_article(reader, *arguments);
        else if (!any)
            status = imp_command_fail(IMP_EXIT_NO, "no article matches %s", *arguments);
    }
    return status;
}

int imp_selection_resolve(ImpSelection *selection, ImpReader *reader, GPtrArray *paths,
                          char *const *arguments)
{
    int status = selection->mine       ? find_me(selection, reader)
                 : selection->reviewer ? check_reviewer(reader, selection->reviewer)
                                       : IMP_EXIT_DONE;
    if (!status && selection->since_us)
        status = find_changes(selection, reader);
    return status || !arguments[0] ? status : resolve_names(selection, reader, paths, arguments);
}

bool imp_selection_names_several(ImpReader *reader, char *const *arguments)
{
    g_autoptr(GPtrArray) paths = NULL;
    for (; *arguments; arguments++) {
        g_autoptr(ImpArticle) article = NULL;
        if (imp_reader_find(reader, *arguments, &article, NULL) && article)
            continue;
        if (imp_glob_is_pattern(*arguments))
            return true;
        if (!paths)
            paths = imp_index_live(reader->database, NULL);
        g_autofree char *folder = paths ? folder_of(reader, *arguments, paths) : NULL;
        if (folder)
            return true;
    }
    return false;
}

bool imp_selection_wants(const ImpSelection *selection, const ImpStatus *status)
{
    const char *path = status->article->path;
    bool named = !selection->names;
    for (guint i = 0; selection->names && !named && i < selection->names->len; i++)
        named = is_named(selection->names->pdata[i], path);
    return named && (!selection->state || status->article->state == selection->state) &&
           (!selection->overdue || status->overdue) &&
           (!selection->changed || g_hash_table_contains(selection->changed, path)) &&
           (!selection->reviewer ||
            g_strv_contains((const char *const *)status->waiting_for, selection->reviewer));
}
