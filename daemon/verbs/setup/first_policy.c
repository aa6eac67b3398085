#include "daemon/verbs/setup/first_policy.h"
#include "daemon/verbs/setup/agent_keys.h"
#include "workflow/base/glob.h"
#include "workflow/base/json.h"

#include <string.h>

static void person_free(gpointer data)
{
    ImpFirstPerson *person = data;
    g_free(person->id);
    g_free(person->name);
    g_free(person->email);
    g_free(person->key);
    g_free(person);
}

void imp_first_policy_init(ImpFirstPolicy *policy, const char *name)
{
    *policy = (ImpFirstPolicy){.name = g_strdup(name),
                               .people = g_ptr_array_new_with_free_func(person_free)};
}

void imp_first_policy_clear(ImpFirstPolicy *policy)
{
    g_free(policy->name);
    g_strfreev(policy->articles);
    g_clear_pointer(&policy->people, g_ptr_array_unref);
}

static bool has_id(const ImpFirstPolicy *policy, const char *id)
{
    for (guint i = 0; i < policy->people->len; i++)
        if (strcmp(((ImpFirstPerson *)policy->people->pdata[i])->id, id) == 0)
            return true;
    return false;
}

/* The address before its "@", with what an id may not hold left out, and a number where two would
 * be the same. */
static char *make_id(const ImpFirstPolicy *policy, const char *email)
{
    g_autoptr(GString) stem = g_string_new(NULL);
    for (; *email && *email != '@'; email++)
        if (g_ascii_isalnum(*email) || (stem->len > 0 && strchr("._-", *email)))
            g_string_append_c(stem, g_ascii_tolower(*email));
    if (stem->len == 0)
        g_string_append(stem, "person");
    g_string_truncate(stem, MIN(stem->len, 40));
    char *id = g_strdup(stem->str);
    for (guint number = 2; has_id(policy, id); number++) {
        g_free(id);
        id = g_strdup_printf("%s-%u", stem->str, number);
    }
    return id;
}

/* Type and base64 of a public key's file, without its comment. */
static char *read_key(const char *path, char **wrong)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, &error)) {
        *wrong = g_strdup(error->message);
        return NULL;
    }
    g_auto(GStrv) words = g_strsplit(g_strstrip(text), " ", 3);
    if (g_strv_length(words) >= 2 && strstr(words[0], "-") && !strchr(words[1], '\n') &&
        words[1][0] == 'A')
        return g_strdup_printf("%s %s", words[0], words[1]);
    *wrong = g_strdup_printf("%s is no public key in one line, as in ~/.ssh/id_ed25519.pub", path);
    return NULL;
}

static bool take_word(ImpFirstPerson *person, const char *word, char **wrong)
{
    ImpRoles role;
    if (imp_role_from_word(word, &role)) {
        person->roles |= role;
    } else if (g_str_has_prefix(word, "id=") && imp_json_name_is_valid(word + 3)) {
        g_free(person->id);
        person->id = g_strdup(word + 3);
    } else {
        bool of_agent = strcmp(word, "agent") == 0 || g_str_has_prefix(word, "agent=");
        g_free(person->key);
        person->key = of_agent ? imp_agent_key_for(person->email, word[5] ? word + 6 : NULL, wrong)
                               : read_key(word, wrong);
        return person->key != NULL;
    }
    return true;
}

static bool fill(ImpFirstPolicy *policy, ImpFirstPerson *person, const char *text, char **wrong)
{
    const char *open = strchr(text, '<');
    const char *close = open ? strchr(open, '>') : NULL;
    if (!close || close == open + 1) {
        *wrong =
            g_strdup_printf("\"%s\" is no person; write \"NAME <ADDRESS> reviewer KEY.pub\"", text);
        return false;
    }
    person->email = g_strndup(open + 1, (gsize)(close - open - 1));
    person->name = g_strstrip(g_strndup(text, (gsize)(open - text)));
    g_auto(GStrv) words = g_strsplit_set(close + 1, " \t", -1);
    for (char **word = words; *word; word++)
        if (**word && !take_word(person, *word, wrong))
            return false;
    if (!person->roles)
        person->roles = IMP_ROLE_REVIEWER;
    if (!person->id)
        person->id = make_id(policy, person->email);
    return true;
}

bool imp_first_policy_add(ImpFirstPolicy *policy, const char *text, char **wrong)
{
    ImpFirstPerson *person = g_new0(ImpFirstPerson, 1);
    bool fine = fill(policy, person, text, wrong);
    if (fine)
        g_ptr_array_add(policy->people, person);
    else
        person_free(person);
    return fine;
}

guint imp_first_policy_count(const ImpFirstPolicy *policy, ImpRoles role)
{
    guint count = 0;
    for (guint i = 0; i < policy->people->len; i++)
        count += (((ImpFirstPerson *)policy->people->pdata[i])->roles & role) != 0;
    return count;
}

static guint approvals_of(const ImpFirstPolicy *policy)
{
    guint reviewers = imp_first_policy_count(policy, IMP_ROLE_REVIEWER);
    return policy->approvals ? policy->approvals : CLAMP(reviewers, 1, 2);
}

static json_t *person_json(const ImpFirstPerson *person)
{
    json_t *roles = json_array(), *emails = json_array(), *object = json_object();
    if (person->roles & IMP_ROLE_REVIEWER)
        json_array_append_new(roles, json_string("reviewer"));
    if (person->roles & IMP_ROLE_EDITOR)
        json_array_append_new(roles, json_string("editor"));
    json_array_append_new(emails, imp_json_string_or_null(person->email));
    json_object_set_new(object, "id", imp_json_string_or_null(person->id));
    json_object_set_new(object, "name", imp_json_string_or_null(person->name));
    json_object_set_new(object, "emails", emails);
    json_object_set_new(object, "roles", roles);
    return object;
}

char *imp_first_policy_json(const ImpFirstPolicy *policy)
{
    g_autoptr(json_t) root = json_object();
    json_t *articles = json_array(), *people = json_array(), *rules = json_array(),
           *paths = json_array();
    json_t *rule = json_object(), *exclude = json_array();
    for (char **pattern = policy->articles; *pattern; pattern++)
        json_array_append_new(articles, imp_json_string_or_null(*pattern));
    for (guint i = 0; i < policy->people->len; i++)
        json_array_append_new(people, person_json(policy->people->pdata[i]));
    json_array_append_new(exclude, json_string("**/README.md"));
    json_array_append_new(paths, json_string("**"));
    json_object_set_new(rule, "paths", paths);
    json_object_set_new(rule, "approvals", json_integer(approvals_of(policy)));
    json_array_append_new(rules, rule);
    json_object_set_new(root, "name", imp_json_string_or_null(policy->name));
    json_object_set_new(root, "version", json_integer(1));
    json_object_set_new(root, "articles", articles);
    json_object_set_new(root, "exclude", exclude);
    json_object_set_new(root, "people", people);
    json_object_set_new(root, "rules", rules);
    char *text = json_dumps(root, JSON_INDENT(2));
    char *copy = g_strconcat(text, "\n", NULL);
    free(text);
    return copy;
}

char *imp_first_policy_signers(const ImpFirstPolicy *policy)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < policy->people->len; i++) {
        const ImpFirstPerson *person = policy->people->pdata[i];
        if (person->key)
            g_string_append_printf(text, "%s namespaces=\"git\" %s\n", person->email, person->key);
    }
    return g_string_free(text, FALSE);
}

/* "- NAME" for each of a role. */
static void append_people(GString *text, const ImpFirstPolicy *policy, ImpRoles role)
{
    for (guint i = 0; i < policy->people->len; i++) {
        const ImpFirstPerson *person = policy->people->pdata[i];
        if (person->roles & role)
            g_string_append_printf(text, "- %s\n", person->name);
    }
}

char *imp_first_policy_text(const ImpFirstPolicy *policy)
{
    guint approvals = approvals_of(policy);
    GString *text = g_string_new(NULL);
    g_string_append_printf(
        text,
        "# Editorial policy\n\n"
        "Every article is reviewed before it counts as approved: %u reviewer%s who did not\n"
        "write it approve%s exactly its text. Any change to the text, however small, voids the\n"
        "approval, and an approval ends after twelve months; then the article is reviewed\n"
        "again.\n\n"
        "## Competing interests\n\n"
        "Reviewers declare competing interests with each approval. Whoever has any does not\n"
        "approve.\n\n"
        "## Corrections\n\n"
        "A reviewer who finds an error asks for changes, and the article does not count as\n"
        "approved until they are made. Editors take a published article back when it may do\n"
        "harm.\n\n"
        "## The record\n\n"
        "Who approved which text, and when, is recorded in the repository of the articles,\n"
        "signed by the reviewer, where anybody with access can check it.\n\n"
        "## The board\n\nReviewers:\n\n",
        approvals, approvals == 1 ? "" : "s", approvals == 1 ? "s" : "");
    append_people(text, policy, IMP_ROLE_REVIEWER);
    if (imp_first_policy_count(policy, IMP_ROLE_EDITOR) > 0) {
        g_string_append(text, "\nEditors:\n\n");
        append_people(text, policy, IMP_ROLE_EDITOR);
    }
    return g_string_free(text, FALSE);
}

char *imp_first_policy_pattern(char *const *paths)
{
    g_autoptr(GHashTable) folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const char *best = NULL;
    guint most = 0;
    for (; *paths; paths++) {
        const char *slash = strchr(*paths, '/');
        if (!slash || !g_str_has_suffix(*paths, ".md") || **paths == '.')
            continue;
        g_autofree char *folder = g_strndup(*paths, (gsize)(slash - *paths));
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(folders, folder)) + 1;
        g_hash_table_replace(folders, g_strdup(folder), GUINT_TO_POINTER(count));
        if (count > most) {
            most = count;
            best = *paths;
        }
    }
    if (!best)
        return g_strdup("**/*.md");
    g_autofree char *pattern =
        g_strdup_printf("%.*s/**/*.md", (int)(strchr(best, '/') - best), best);
    return g_strdup(imp_glob_is_valid(pattern, NULL) ? pattern : "**/*.md");
}
