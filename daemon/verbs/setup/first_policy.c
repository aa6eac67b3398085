#include "daemon/verbs/setup/first_policy.h"
#include "daemon/terminal/nearest.h"
#include "daemon/verbs/setup/agent_keys.h"
#include "workflow/base/glob.h"
#include "workflow/base/json.h"
#include "workflow/base/json_write.h"
#include "workflow/base/path.h"

#include <string.h>

void imp_first_person_free(ImpFirstPerson *person)
{
    if (!person)
        return;
    g_strfreev(person->specialties);
    g_free(person->id);
    g_free(person->name);
    g_free(person->email);
    g_free(person->key);
    g_free(person->credentials);
    g_free(person);
}

void imp_first_policy_init(ImpFirstPolicy *policy, const char *name)
{
    *policy = (ImpFirstPolicy){
        .name = g_strdup(name),
        .people = g_ptr_array_new_with_free_func((GDestroyNotify)imp_first_person_free)};
}

void imp_first_policy_clear(ImpFirstPolicy *policy)
{
    g_free(policy->name);
    g_free(policy->ledger_key);
    g_free(policy->disclaimer);
    g_free(policy->contact);
    g_strfreev(policy->articles);
    g_clear_pointer(&policy->people, g_ptr_array_unref);
}

/* The address before its "@", with what an id may not hold left out, and a number where two would
 * be the same. */
static char *make_id(GHashTable *taken, const char *email)
{
    g_autoptr(GString) stem = g_string_new(NULL);
    for (; *email && *email != '@'; email++)
        if (g_ascii_isalnum(*email) || (stem->len > 0 && strchr("._-", *email)))
            g_string_append_c(stem, g_ascii_tolower(*email));
    if (stem->len == 0)
        g_string_append(stem, "person");
    g_string_truncate(stem, MIN(stem->len, 40));
    char *id = g_strdup(stem->str);
    for (guint number = 2; g_hash_table_contains(taken, id); number++) {
        g_free(id);
        id = g_strdup_printf("%s-%u", stem->str, number);
    }
    return id;
}

/* Without its comment; NULL where it is not one. */
static char *key_in(const char *text)
{
    g_autofree char *line = g_strstrip(g_strdup(text));
    g_auto(GStrv) words = g_strsplit(line, " ", 3);
    bool is_key = g_strv_length(words) >= 2 && strchr(words[0], '-') && words[1][0] == 'A' &&
                  !strchr(words[0], '/') && !strchr(words[1], '\n');
    return is_key ? g_strdup_printf("%s %s", words[0], words[1]) : NULL;
}

char *imp_first_policy_read_key(const char *text, char **wrong)
{
    char *key = key_in(text);
    if (key)
        return key;
    g_autoptr(GError) error = NULL;
    g_autofree char *contents = NULL;
    g_autofree char *path = g_str_has_prefix(text, "~/")
                                ? g_build_filename(g_get_home_dir(), text + 2, NULL)
                                : g_strdup(text);
    if (!g_file_get_contents(path, &contents, NULL, &error)) {
        *wrong = g_strdup_printf("\"%s\" is not the file of a public key, nor a whole key, which "
                                 "has blanks and is quoted: %s",
                                 text, error->message);
        return NULL;
    }
    key = key_in(contents);
    if (!key)
        *wrong = g_strdup_printf("%s is not a public key in one line, as in ~/.ssh/id_ed25519.pub",
                                 path);
    return key;
}

char **imp_first_policy_words(const char *text)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    for (char **part = parts; *part; part++)
        if (*g_strstrip(*part))
            g_strv_builder_add(words, *part);
    return g_strv_builder_end(words);
}

/* "specialty=WORD", as often as there are, or with commas. */
static void add_specialties(ImpFirstPerson *person, const char *text)
{
    g_autofree char *before = g_strjoinv(",", person->specialties);
    g_autofree char *all = g_strconcat(before, ",", text, NULL);
    g_strfreev(person->specialties);
    person->specialties = imp_first_policy_words(all);
}

static bool take_word(ImpFirstPerson *person, const char *word, char **wrong)
{
    ImpRoles role;
    if (imp_role_from_word(word, &role)) {
        person->roles |= role;
    } else if (strcmp(word, "both") == 0) {
        person->roles = IMP_ROLE_REVIEWER | IMP_ROLE_EDITOR;
    } else if (g_str_has_prefix(word, "id=") && imp_json_name_is_valid(word + 3)) {
        g_free(person->id);
        person->id = g_strdup(word + 3);
    } else if (g_str_has_prefix(word, "specialty=") || g_str_has_prefix(word, "specialties=")) {
        add_specialties(person, strchr(word, '=') + 1);
    } else {
        static const char *const words[] = {"reviewer", "editor"};
        const char *meant = imp_nearest(word, words, G_N_ELEMENTS(words));
        bool of_agent = strcmp(word, "agent") == 0 || g_str_has_prefix(word, "agent=");
        if (meant && !g_file_test(word, G_FILE_TEST_EXISTS)) {
            *wrong = g_strdup_printf("\"%s\": did you mean \"%s\"?", word, meant);
            return false;
        }
        g_free(person->key);
        person->key = of_agent ? imp_agent_key_for(person->email, word[5] ? word + 6 : NULL, wrong)
                               : imp_first_policy_read_key(word, wrong);
        return person->key != NULL;
    }
    return true;
}

ImpFirstPerson *imp_first_person_read(const char *text, GHashTable *taken, char **wrong)
{
    g_autoptr(ImpFirstPerson) person = g_new0(ImpFirstPerson, 1);
    person->specialties = g_new0(char *, 1);
    const char *open = strchr(text, '<');
    const char *close = open ? strchr(open, '>') : NULL;
    if (!close || close == open + 1) {
        *wrong = g_strdup_printf(
            "\"%s\" is not a person; write \"NAME <ADDRESS> reviewer KEY.pub\"", text);
        return NULL;
    }
    person->email = g_strndup(open + 1, (gsize)(close - open - 1));
    person->name = g_strstrip(g_strndup(text, (gsize)(open - text)));
    g_auto(GStrv) words = g_strsplit_set(close + 1, " \t", -1);
    for (char **word = words; *word; word++)
        if (**word && !take_word(person, *word, wrong))
            return NULL;
    if (!person->roles)
        person->roles = IMP_ROLE_REVIEWER;
    if (!person->id)
        person->id = make_id(taken, person->email);
    return g_steal_pointer(&person);
}

bool imp_first_policy_add(ImpFirstPolicy *policy, const char *text, char **wrong)
{
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < policy->people->len; i++)
        g_hash_table_add(taken, ((ImpFirstPerson *)policy->people->pdata[i])->id);
    ImpFirstPerson *person = imp_first_person_read(text, taken, wrong);
    if (person)
        g_ptr_array_add(policy->people, person);
    return person != NULL;
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

json_t *imp_first_person_json(const ImpFirstPerson *person)
{
    json_t *roles = json_array(), *emails = json_array(), *object = json_object();
    if (person->roles & IMP_ROLE_REVIEWER)
        json_array_append_new(roles, json_string("reviewer"));
    if (person->roles & IMP_ROLE_EDITOR)
        json_array_append_new(roles, json_string("editor"));
    json_array_append_new(emails, imp_json_string_or_null(person->email));
    imp_json_set_text(object, "id", person->id);
    imp_json_set_text(object, "name", person->name);
    json_object_set_new(object, "emails", emails);
    json_object_set_new(object, "roles", roles);
    if (*person->specialties) {
        json_t *specialties = json_array();
        for (char **specialty = person->specialties; *specialty; specialty++)
            json_array_append_new(specialties, imp_json_string_or_null(*specialty));
        json_object_set_new(object, "specialties", specialties);
    }
    if (person->credentials)
        imp_json_set_text(object, "credentials", person->credentials);
    return object;
}

static void append_value(GString *text, const json_t *value)
{
    char *line = json_dumps(value, JSON_ENCODE_ANY);
    g_string_append(text, line);
    free(line);
}

/* People and rules are read one by one: a line for each. */
static void append_list(GString *text, const json_t *list)
{
    for (gsize i = 0; i < json_array_size(list); i++) {
        g_string_append(text, i ? ",\n    " : "[\n    ");
        append_value(text, json_array_get(list, i));
    }
    g_string_append(text, "\n  ]");
}

char *imp_first_policy_format(const json_t *policy)
{
    GString *text = g_string_new("{");
    const char *key, *comma = "\n  ";
    const json_t *value;
    json_object_foreach((json_t *)policy, key, value)
    {
        g_autoptr(json_t) name = json_string(key);
        g_string_append(text, comma);
        append_value(text, name);
        g_string_append(text, ": ");
        if (json_is_array(value) && json_is_object(json_array_get(value, 0)))
            append_list(text, value);
        else
            append_value(text, value);
        comma = ",\n  ";
    }
    g_string_append(text, "\n}\n");
    return g_string_free(text, FALSE);
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
        json_array_append_new(people, imp_first_person_json(policy->people->pdata[i]));
    json_array_append_new(exclude, json_string("**/README.md"));
    json_array_append_new(paths, json_string("**"));
    json_object_set_new(rule, "paths", paths);
    imp_json_set_number(rule, "approvals", approvals_of(policy));
    json_array_append_new(rules, rule);
    imp_json_set_text(root, "name", policy->name);
    imp_json_set_number(root, "version", 1);
    json_object_set_new(root, "articles", articles);
    json_object_set_new(root, "exclude", exclude);
    if (policy->ledger_key)
        imp_json_set_text(root, "ledger_key", policy->ledger_key);
    if (policy->disclaimer)
        imp_json_set_text(root, "disclaimer", policy->disclaimer);
    if (policy->contact)
        imp_json_set_text(root, "contact", policy->contact);
    json_object_set_new(root, "people", people);
    json_object_set_new(root, "rules", rules);
    return imp_first_policy_format(root);
}

char *imp_first_policy_signer(const char *email, const char *key)
{
    return g_strdup_printf("%s namespaces=\"git\" %s\n", email, key);
}

char *imp_first_policy_signers(const ImpFirstPolicy *policy)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < policy->people->len; i++) {
        const ImpFirstPerson *person = policy->people->pdata[i];
        g_autofree char *line =
            person->key ? imp_first_policy_signer(person->email, person->key) : NULL;
        if (line)
            g_string_append(text, line);
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
    g_autoptr(GHashTable) patterns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *best = g_strdup("**/*.md");
    guint most = 0;
    for (; *paths; paths++) {
        const char *slash = strchr(*paths, '/'), *ending = imp_path_markdown_ending(*paths);
        if (!slash || !ending || **paths == '.')
            continue;
        char *pattern = g_strdup_printf("%.*s/**/*%s", (int)(slash - *paths), *paths, ending);
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(patterns, pattern)) + 1;
        if (count > most && imp_glob_is_valid(pattern, NULL)) {
            most = count;
            g_free(best);
            best = g_strdup(pattern);
        }
        g_hash_table_replace(patterns, pattern, GUINT_TO_POINTER(count));
    }
    return g_steal_pointer(&best);
}
