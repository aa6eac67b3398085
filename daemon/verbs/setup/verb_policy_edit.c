#include "daemon/terminal/nearest.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/setup/first_policy.h"
#include "daemon/verbs/setup/policy_version.h"
#include "daemon/verbs/view/reader.h"
#include "workflow/base/json_write.h"

#include <stdio.h>
#include <string.h>

/* The changes to a policy that boards need most, made in its files; they take effect when the
 * authority has signed them. All files are made, and read by the parser that will judge them,
 * before one is written. */

typedef struct {
    const ImpCommand *command;
    ImpRepository *repository;
    char *folder;
    json_t *policy;
    char *signers;  /* allowed_signers */
    char *text;     /* POLICY.md */
    json_t *people; /* in the policy, borrowed */
    GString *left;  /* what is left to do by hand, told when the files are written; or NULL */
} Edit;

static void edit_clear(Edit *edit)
{
    imp_repository_free(edit->repository);
    g_free(edit->folder);
    json_decref(edit->policy);
    g_free(edit->signers);
    g_free(edit->text);
    if (edit->left)
        g_string_free(edit->left, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Edit, edit_clear)

static void G_GNUC_PRINTF(2, 3) leave(Edit *edit, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!edit->left)
        edit->left = g_string_new(NULL);
    g_string_append_vprintf(edit->left, format, arguments);
    va_end(arguments);
}

static bool read_file(const Edit *edit, const char *name, char **text, GError **error)
{
    g_autofree char *path = g_build_filename(edit->folder, name, NULL);
    return g_file_get_contents(path, text, NULL, error);
}

static int open_policy(Edit *edit, const ImpVerb *verb)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpConfig) config = NULL;
    g_autofree char *json = NULL;
    json_error_t where;
    edit->repository = imp_reader_open_repository(edit->command, &config, &error);
    if (!edit->repository)
        return imp_command_fail_with(error);
    const char *work_tree = imp_repository_work_tree(edit->repository);
    if (!work_tree)
        return imp_command_fail(IMP_EXIT_USAGE, "%s works in a clone, and %s has no work tree",
                                verb->name, imp_repository_git_directory(edit->repository));
    edit->folder = g_build_filename(work_tree, ".imprimatur", NULL);
    if (!read_file(edit, "policy.json", &json, &error) ||
        !read_file(edit, "allowed_signers", &edit->signers, &error) ||
        !read_file(edit, "POLICY.md", &edit->text, &error))
        return imp_command_fail(IMP_EXIT_CONFIGURATION,
                                "there is no whole policy in %s: %s; make a first one: imprimatur "
                                "init",
                                edit->folder, error->message);
    edit->policy = json_loads(json, JSON_REJECT_DUPLICATES, &where);
    edit->people = json_object_get(edit->policy, "people");
    if (!json_is_array(edit->people))
        return imp_command_fail(
            IMP_EXIT_CONFIGURATION, ".imprimatur/policy.json:%d: is not a policy: %s",
            edit->policy ? 1 : where.line, edit->policy ? "it has no people" : where.text);
    return IMP_EXIT_DONE;
}

static const char *text_of(const json_t *person, const char *key)
{
    const char *text = json_string_value(json_object_get(person, key));
    return text ? text : "";
}

/* Whether somebody is meant, by id, name or address. */
static bool is_called(const json_t *person, const char *text)
{
    const json_t *emails = json_object_get(person, "emails");
    for (gsize i = 0; i < json_array_size(emails); i++) {
        const char *email = json_string_value(json_array_get(emails, i));
        if (email && g_ascii_strcasecmp(email, text) == 0)
            return true;
    }
    return strcmp(text_of(person, "id"), text) == 0 ||
           g_ascii_strcasecmp(text_of(person, "name"), text) == 0;
}

/* The place of somebody in the list; -1, said which may be meant: nobody. */
static gssize find_person(const Edit *edit, const char *id, int *status)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    for (gsize i = 0; i < json_array_size(edit->people); i++) {
        g_ptr_array_add(ids, (gpointer)text_of(json_array_get(edit->people, i), "id"));
        if (is_called(json_array_get(edit->people, i), id))
            return (gssize)i;
    }
    const char *nearest = imp_nearest(id, (const char *const *)ids->pdata, ids->len);
    g_ptr_array_add(ids, NULL);
    g_autofree char *all = g_strjoinv(", ", (char **)ids->pdata);
    g_autofree char *advice = nearest ? g_strdup_printf("did you mean \"%s\"?", nearest)
                                      : g_strdup_printf("write one of: %s", all);
    *status =
        imp_command_fail(IMP_EXIT_NO, "the policy has nobody with the id \"%s\"; %s", id, advice);
    return -1;
}

static void add_signer(Edit *edit, const char *email, const char *key)
{
    g_autofree char *line = imp_first_policy_signer(email, key);
    g_autofree char *before = g_steal_pointer(&edit->signers);
    edit->signers =
        g_strconcat(before, *before && !g_str_has_suffix(before, "\n") ? "\n" : "", line, NULL);
}

/* Takes the lines out for which `gone` says so. */
static void drop_lines(char **text, bool (*gone)(const char *line, gpointer data), gpointer data)
{
    g_auto(GStrv) lines = g_strsplit(*text, "\n", -1);
    g_autoptr(GStrvBuilder) kept = g_strv_builder_new();
    for (char **line = lines; *line; line++)
        if (!gone(*line, data))
            g_strv_builder_add(kept, *line);
    g_auto(GStrv) left = g_strv_builder_end(kept);
    g_free(*text);
    *text = g_strjoinv("\n", left);
}

/* The line is a signer's with one of the addresses of the person. */
static bool signs_for(const char *line, gpointer person)
{
    gsize length = strcspn(line, " \t");
    const json_t *emails = json_object_get(person, "emails");
    for (gsize i = 0; length > 0 && i < json_array_size(emails); i++) {
        const char *email = json_string_value(json_array_get(emails, i));
        if (email && strlen(email) == length && g_ascii_strncasecmp(email, line, length) == 0)
            return true;
    }
    return false;
}

/* The line of the board, as init writes it. */
static bool names(const char *line, gpointer name)
{
    return g_str_has_prefix(line, "- ") && strcmp(line + 2, name) == 0;
}

/* Into the list below "Reviewers:" or "Editors:", where POLICY.md has one as init writes it. */
static void add_to_board(Edit *edit, const ImpFirstPerson *person)
{
    const char *heading = person->roles & IMP_ROLE_REVIEWER ? "Reviewers:\n\n" : "Editors:\n\n";
    char *found = strstr(edit->text, heading);
    if (!found) {
        leave(edit, "POLICY.md has no list \"%.*s\" to put %s into\n", (int)strcspn(heading, "\n"),
              heading, person->name);
        return;
    }
    char *at = found + strlen(heading);
    while (g_str_has_prefix(at, "- ") && strchr(at, '\n'))
        at = strchr(at, '\n') + 1;
    g_autofree char *before = g_strndup(edit->text, (gsize)(at - edit->text));
    char *text = g_strdup_printf("%s- %s\n%s", before, person->name, at);
    g_free(edit->text);
    edit->text = text;
}

static int write_files(Edit *edit)
{
    g_autoptr(GError) error = NULL;
    guint last = imp_policy_last_version(edit->command, edit->repository, NULL, NULL);
    json_int_t version = json_integer_value(json_object_get(edit->policy, "version"));
    imp_json_set_number(edit->policy, "version", MAX(version, last + 1));
    g_autofree char *json = imp_first_policy_format(edit->policy);
    g_autoptr(ImpPolicy) parsed =
        imp_policy_parse(json, strlen(json), edit->signers, strlen(edit->signers), NULL, &error);
    if (!parsed)
        return imp_command_fail(IMP_EXIT_CONFIGURATION,
                                "nothing is written, since it would not be a policy: %s",
                                error->message);
    const char *const files[][2] = {
        {"policy.json", json}, {"allowed_signers", edit->signers}, {"POLICY.md", edit->text}};
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(edit->folder, files[i][0], NULL);
        if (!g_file_set_contents(path, files[i][1], -1, &error))
            return imp_command_fail_with(error);
    }
    if (edit->left)
        printf("%s", edit->left->str);
    printf("policy %u is written, and not signed yet: imprimatur policy sign -k KEY\n",
           parsed->version);
    return IMP_EXIT_DONE;
}

static int add_person(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    g_auto(Edit) edit = {.command = command};
    int status = open_policy(&edit, verb);
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize i = 0; !status && i < json_array_size(edit.people); i++)
        g_hash_table_add(taken, g_strdup(text_of(json_array_get(edit.people, i), "id")));
    for (; *arguments && !status; arguments++) {
        g_autofree char *wrong = NULL;
        g_autoptr(ImpFirstPerson) person = imp_first_person_read(*arguments, taken, &wrong);
        if (!person)
            return imp_command_fail(IMP_EXIT_USAGE, "%s", wrong);
        if (!g_hash_table_add(taken, g_strdup(person->id)))
            return imp_command_fail(IMP_EXIT_NO, "the policy has somebody with the id \"%s\"",
                                    person->id);
        json_array_append_new(edit.people, imp_first_person_json(person));
        if (person->key)
            add_signer(&edit, person->email, person->key);
        else
            leave(&edit,
                  "%s cannot sign yet; once the key is here: "
                  "imprimatur policy add-key %s KEY.pub\n",
                  person->id, person->id);
        add_to_board(&edit, person);
    }
    return status ? status : write_files(&edit);
}

static int remove_person(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    g_auto(Edit) edit = {.command = command};
    int status = open_policy(&edit, verb);
    for (; *arguments && !status; arguments++) {
        gssize at = find_person(&edit, *arguments, &status);
        if (at < 0)
            return status;
        g_autoptr(json_t) person = json_incref(json_array_get(edit.people, (gsize)at));
        json_array_remove(edit.people, (gsize)at);
        drop_lines(&edit.signers, signs_for, person);
        drop_lines(&edit.text, names, (gpointer)text_of(person, "name"));
    }
    return status ? status : write_files(&edit);
}

static int add_key(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    g_auto(Edit) edit = {.command = command};
    g_autofree char *wrong = NULL;
    int status = open_policy(&edit, verb);
    gssize at = status ? -1 : find_person(&edit, arguments[0], &status);
    if (at < 0)
        return status;
    g_autofree char *key = imp_first_policy_read_key(arguments[1], &wrong);
    if (!key)
        return imp_command_fail(IMP_EXIT_USAGE, "%s", wrong);
    const json_t *person = json_array_get(edit.people, (gsize)at);
    const char *email = json_string_value(json_array_get(json_object_get(person, "emails"), 0));
    add_signer(&edit, email ? email : "", key);
    return write_files(&edit);
}

const ImpVerb imp_verb_policy_add_person = {
    .name = "policy add-person",
    .arguments = "PERSON...",
    .summary = "put people into the policy in this work tree",
    .help = "A PERSON is written as for init: \"NAME <ADDRESS> reviewer KEY.pub\". The version\n"
            "is raised, and the board in POLICY.md follows; policy sign shows what changes.\n",
    .least = 1,
    .most = -1,
    .run = add_person,
};

const ImpVerb imp_verb_policy_remove_person = {
    .name = "policy remove-person",
    .arguments = "ID...",
    .summary = "take people, and their keys, out of the policy",
    .help = "What they have approved stays approved; their claims, and approvals of articles\n"
            "that are not Approved yet, fall away: policy sign says which.\n",
    .least = 1,
    .most = -1,
    .run = remove_person,
};

const ImpVerb imp_verb_policy_add_key = {
    .name = "policy add-key",
    .arguments = "ID KEY",
    .summary = "let somebody in the policy sign with a further key",
    .help = "KEY is the file of a public SSH key, or the key itself. It counts for decisions\n"
            "dated since the policy that lists it first.\n",
    .least = 2,
    .most = 2,
    .run = add_key,
};
