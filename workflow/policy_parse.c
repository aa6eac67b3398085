#include "workflow/base/json.h"
#include "workflow/base/limits.h"
#include "workflow/keys/ssh_key.h"
#include "workflow/policy.h"
#include "workflow/policy_shown.h"
#include "workflow/signers.h"

#include <string.h>

/* Upper bounds that no editorial office reaches, so that a slip of a digit is an error and not a
 * rule. */
#define APPROVALS_MAX 100
#define DAYS_MAX      3650
#define MONTHS_MAX    1200
#define CAPACITY_MAX  1000

static void account_free(gpointer data)
{
    ImpAccount *account = data;
    g_free(account->forge);
    g_free(account->name);
    g_free(account);
}

static void audience_free(gpointer data)
{
    ImpPolicyAudience *audience = data;
    g_free(audience->id);
    g_free(audience->label);
    g_free(audience);
}

static void person_free(ImpPerson *person)
{
    g_free(person->id);
    g_free(person->name);
    g_strfreev(person->emails);
    g_strfreev(person->addresses);
    g_strfreev(person->specialties);
    g_strfreev(person->openpgp);
    g_clear_pointer(&person->away, g_array_unref);
    g_free(person->credentials);
    g_free(person->url);
    g_clear_pointer(&person->accounts, g_ptr_array_unref);
    g_free(person);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpPerson, person_free)

static void rule_free(ImpRule *rule)
{
    g_strfreev(rule->paths);
    g_free(rule->specialty);
    g_free(rule);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpRule, rule_free)

static ImpPolicy *policy_new(void)
{
    ImpPolicy *policy = g_new0(ImpPolicy, 1);
    g_atomic_ref_count_init(&policy->references);
    policy->exclude = g_new0(char *, 1);
    policy->carry = g_new0(char *, 1);
    policy->language = g_strdup("en");
    policy->audiences = g_ptr_array_new_with_free_func(audience_free);
    policy->terms = g_new0(char *, 1);
    policy->people = g_ptr_array_new_with_free_func((GDestroyNotify)person_free);
    policy->rules = g_ptr_array_new_with_free_func((GDestroyNotify)rule_free);
    policy->signers = g_ptr_array_new_with_free_func((GDestroyNotify)imp_signer_free);
    policy->person_by_id = g_hash_table_new(g_str_hash, g_str_equal);
    policy->person_by_email = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    policy->signer_by_key = g_hash_table_new(g_str_hash, g_str_equal);
    policy->person_by_openpgp = g_hash_table_new(g_str_hash, g_str_equal);
    return policy;
}

static bool check_name(const ImpJsonFile *file, json_t *object, const char *name, GError **error)
{
    if (imp_text_is_plain(name, true) && name[0] != ' ' && name[strlen(name) - 1] != ' ')
        return true;
    g_autofree char *quoted = imp_json_quote(name);
    return imp_json_refuse(
        file, object, "name", -1, error,
        "%s is not a name; write one without control characters, \"<\", \">\" and outer blanks",
        quoted);
}

static bool is_address(const char *text)
{
    const char *at = strchr(text, '@');
    return at && at > text && at[1] && imp_text_is_plain(text, false);
}

/* Enters the person's addresses; each may belong to one person, and stand there once. */
static bool enter_emails(const ImpJsonFile *file, json_t *object, ImpPolicy *policy,
                         ImpPerson *person, GError **error)
{
    person->addresses = g_new0(char *, g_strv_length(person->emails) + 1);
    for (guint i = 0; person->emails[i]; i++) {
        g_autofree char *quoted = imp_json_quote(person->emails[i]);
        if (!is_address(person->emails[i]))
            return imp_json_refuse(file, object, "emails", i, error,
                                   "%s is not an address; write one as in \"one@board.example\"",
                                   quoted);
        const ImpPerson *other = imp_policy_person_by_email(policy, person->emails[i]);
        if (other)
            return imp_json_refuse(file, object, "emails", i, error,
                                   "%s is already an address of %s; remove one of them", quoted,
                                   other->id);
        person->addresses[i] = imp_address_fold(person->emails[i]);
        g_hash_table_insert(policy->person_by_email, g_strdup(person->addresses[i]), person);
    }
    return true;
}

static bool is_fingerprint(const char *text)
{
    return strlen(text) == 40 && strspn(text, "0123456789abcdefABCDEF") == 40;
}

/* Enters the person's OpenPGP keys, in capitals; each belongs to one person. Whether the keyring
 * has them is seen when there is one. */
static bool enter_openpgp(const ImpJsonFile *file, json_t *object, ImpPolicy *policy,
                          ImpPerson *person, GError **error)
{
    for (guint i = 0; person->openpgp[i]; i++) {
        char *key = person->openpgp[i];
        g_autofree char *quoted = imp_json_quote(key);
        if (!is_fingerprint(key))
            return imp_json_refuse(
                file, object, "openpgp", i, error,
                "%s is not a fingerprint; write its 40 hex digits as gpg --fingerprint shows them, "
                "without blanks",
                quoted);
        for (char *digit = key; *digit; digit++)
            *digit = g_ascii_toupper(*digit);
        const ImpPerson *other = g_hash_table_lookup(policy->person_by_openpgp, key);
        if (other)
            return imp_json_refuse(file, object, "openpgp", i, error,
                                   "%s is already a key of %s; remove one of them", quoted,
                                   other->id);
        g_hash_table_insert(policy->person_by_openpgp, key, person);
    }
    return true;
}

static bool read_roles(const ImpJsonFile *file, json_t *object, char **words, ImpRoles *roles,
                       GError **error)
{
    for (guint i = 0; words[i]; i++) {
        ImpRoles role;
        if (!imp_role_from_word(words[i], &role)) {
            g_autofree char *quoted = imp_json_quote(words[i]);
            return imp_json_refuse(file, object, "roles", i, error,
                                   "%s is not a role; write \"reviewer\" or \"editor\"", quoted);
        }
        *roles |= role;
    }
    return true;
}

static bool read_absences(const ImpJsonFile *file, json_t *object, const json_t *pairs,
                          GArray *absences, GError **error)
{
    for (gsize i = 0; i < json_array_size(pairs); i++) {
        const json_t *pair = json_array_get(pairs, i);
        const char *first = json_string_value(json_array_get(pair, 0));
        const char *last = json_string_value(json_array_get(pair, 1));
        ImpAbsence absence;
        if (json_array_size(pair) != 2 || !first || !last ||
            !imp_day_parse(first, &absence.first_day) || !imp_day_parse(last, &absence.last_day))
            return imp_json_refuse(
                file, object, "away", (gssize)i, error,
                "item %" G_GSIZE_FORMAT
                " is not a pair of days; write it as in [\"2026-12-20\", \"2027-01-03\"]",
                i + 1);
        if (absence.first_day > absence.last_day)
            return imp_json_refuse(file, object, "away", (gssize)i, error,
                                   "item %" G_GSIZE_FORMAT " ends before it begins; swap the days",
                                   i + 1);
        g_array_append_val(absences, absence);
    }
    return true;
}

/* Adds to the policy, whose people are in the order of the file for now. */
static bool read_person(const ImpJsonFile *file, json_t *object, ImpPolicy *policy, GError **error)
{
    g_autoptr(ImpPerson) person = g_new0(ImpPerson, 1);
    person->specialties = g_new0(char *, 1);
    person->openpgp = g_new0(char *, 1);
    person->capacity = 10;
    person->away = g_array_new(false, false, sizeof(ImpAbsence));
    person->is_public = true;
    person->accounts = g_ptr_array_new_with_free_func(account_free);
    g_auto(GStrv) roles = NULL;
    json_t *away = NULL, *accounts = NULL;
    const ImpJsonField fields[] = {
        {"id", IMP_JSON_NAME, &person->id, .required = true},
        {"name", IMP_JSON_STRING, &person->name, .required = true},
        {"emails", IMP_JSON_STRINGS, &person->emails, .required = true, .min = 1},
        {"roles", IMP_JSON_STRINGS, &roles, .required = true, .min = 1},
        {"specialties", IMP_JSON_STRINGS, .member = &person->specialties},
        {"capacity", IMP_JSON_COUNT, &person->capacity, .max = CAPACITY_MAX},
        {"credentials_until", IMP_JSON_DAY, .member = &person->credentials_until},
        {"away", IMP_JSON_ARRAY, .member = &away},
        {"openpgp", IMP_JSON_STRINGS, .member = &person->openpgp},
        {"credentials", IMP_JSON_STRING, .member = &person->credentials},
        {"url", IMP_JSON_STRING, .member = &person->url},
        {"public", IMP_JSON_BOOLEAN, .member = &person->is_public},
        {"accounts", IMP_JSON_OBJECT, .member = &accounts},
    };
    if (!imp_json_read(file, object, fields, G_N_ELEMENTS(fields), error) ||
        !check_name(file, object, person->name, error) ||
        !read_roles(file, object, roles, &person->roles, error) ||
        !read_absences(file, object, away, person->away, error) ||
        !imp_policy_check_person_shown(file, object, accounts, person, error))
        return false;
    if (imp_policy_person(policy, person->id))
        return imp_json_refuse(file, object, "id", -1, error,
                               "\"%s\" is already another person's; choose another one",
                               person->id);
    ImpPerson *entered = g_steal_pointer(&person);
    g_ptr_array_add(policy->people, entered);
    g_hash_table_insert(policy->person_by_id, entered->id, entered);
    return enter_emails(file, object, policy, entered, error) &&
           enter_openpgp(file, object, policy, entered, error);
}

static bool read_rule(const ImpJsonFile *file, json_t *object, ImpPolicy *policy, GError **error)
{
    g_autoptr(ImpRule) rule = g_new0(ImpRule, 1);
    rule->approvals = 2;
    rule->respond_days = 3;
    rule->review_days = 14;
    rule->valid_months = 12;
    const ImpJsonField fields[] = {
        {"paths", IMP_JSON_GLOBS, &rule->paths, .required = true, .min = 1},
        {"specialty", IMP_JSON_STRING, .member = &rule->specialty},
        {"approvals", IMP_JSON_COUNT, &rule->approvals, .min = 1, .max = APPROVALS_MAX},
        {"specialists", IMP_JSON_COUNT, &rule->specialists, .max = APPROVALS_MAX},
        {"respond_days", IMP_JSON_COUNT, &rule->respond_days, .min = 1, .max = DAYS_MAX},
        {"review_days", IMP_JSON_COUNT, &rule->review_days, .min = 1, .max = DAYS_MAX},
        {"valid_months", IMP_JSON_COUNT, &rule->valid_months, .min = 1, .max = MONTHS_MAX},
    };
    if (!imp_json_read(file, object, fields, G_N_ELEMENTS(fields), error))
        return false;
    if (rule->specialists > rule->approvals)
        return imp_json_refuse(file, object, "specialists", -1, error,
                               "is %u of %u approvals; lower it or raise \"approvals\"",
                               rule->specialists, rule->approvals);
    if (rule->specialists > 0 && !rule->specialty)
        return imp_json_refuse(file, object, "specialists", -1, error,
                               "needs to know the specialty; add \"specialty\" to this rule");
    g_ptr_array_add(policy->rules, g_steal_pointer(&rule));
    return true;
}

typedef bool (*ItemReader)(const ImpJsonFile *file, json_t *object, ImpPolicy *policy,
                           GError **error);

static bool read_objects(const ImpJsonFile *file, const char *key, const json_t *list,
                         ItemReader read, ImpPolicy *policy, GError **error)
{
    for (gsize i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        if (!json_is_object(item))
            return imp_json_refuse(file, imp_json_root(file), key, (gssize)i, error,
                                   "item %" G_GSIZE_FORMAT " is not an object; write {...}", i + 1);
        if (!read(file, item, policy, error))
            return false;
    }
    return true;
}

static bool read_rules(const ImpJsonFile *file, const json_t *list, ImpPolicy *policy,
                       GError **error)
{
    if (!read_objects(file, "rules", list, read_rule, policy, error))
        return false;
    guint last = policy->rules->len - 1;
    const ImpRule *rule = policy->rules->pdata[last];
    if (strcmp(rule->paths[0], "**") == 0 && !rule->paths[1])
        return true;
    return imp_json_refuse(
        file, json_array_get(list, last), "paths", -1, error,
        "of the last rule is not [\"**\"]; add a rule for everything else at the end");
}

static bool set_competing_interests(const ImpJsonFile *file, const char *word, ImpPolicy *policy,
                                    GError **error)
{
    policy->competing_interests_required = !word || strcmp(word, "required") == 0;
    if (policy->competing_interests_required || strcmp(word, "optional") == 0)
        return true;
    g_autofree char *quoted = imp_json_quote(word);
    return imp_json_refuse(file, imp_json_root(file), "competing_interests", -1, error,
                           "is %s; write \"required\" or \"optional\"", quoted);
}

/* Keeps type and key; a comment behind them says nothing. */
static bool set_ledger_key(const ImpJsonFile *file, const char *line, ImpPolicy *policy,
                           GError **error)
{
    if (!line)
        return true;
    g_auto(GStrv) parts = g_strsplit(line, " ", 3);
    g_autofree char *why = NULL;
    if (!imp_text_is_plain(line, true) || g_strv_length(parts) < 2)
        return imp_json_refuse(file, imp_json_root(file), "ledger_key", -1, error,
                               "is not a public key; copy the line of the .pub file");
    if (!imp_ssh_key_check(parts[0], parts[1], &why))
        return imp_json_refuse(file, imp_json_root(file), "ledger_key", -1, error, "%s", why);
    policy->ledger_key = g_strdup_printf("%s %s", parts[0], parts[1]);
    return true;
}

static gint compare_people(gconstpointer a, gconstpointer b)
{
    const ImpPerson *const *one = a, *const *other = b;
    return strcmp((*one)->id, (*other)->id);
}

static bool read_policy(const ImpJsonFile *file, ImpPolicy *policy, GError **error)
{
    g_autofree char *competing_interests = NULL, *ledger_key = NULL;
    json_t *people = NULL, *rules = NULL;
    ImpShownValues shown = {0};
    const ImpJsonField fields[] = {
        {"name", IMP_JSON_NAME, &policy->name, .required = true},
        {"version", IMP_JSON_COUNT, &policy->version, .required = true, .min = 1,
         .max = G_MAXINT32},
        {"articles", IMP_JSON_GLOBS, &policy->articles, .required = true, .min = 1},
        {"exclude", IMP_JSON_GLOBS, .member = &policy->exclude},
        {"carry", IMP_JSON_GLOBS, .member = &policy->carry},
        {"competing_interests", IMP_JSON_STRING, .member = &competing_interests},
        {"ledger_key", IMP_JSON_STRING, .member = &ledger_key},
        {"disclaimer", IMP_JSON_STRING, .member = &policy->disclaimer},
        {"contact", IMP_JSON_STRING, .member = &policy->contact},
        {"language", IMP_JSON_STRING, .member = &policy->language},
        {"audiences", IMP_JSON_OBJECT, .member = &shown.audiences},
        {"terms", IMP_JSON_STRINGS, .member = &policy->terms},
        {"people", IMP_JSON_ARRAY, &people, .required = true, .min = 1},
        {"rules", IMP_JSON_ARRAY, &rules, .required = true, .min = 1},
    };
    if (!imp_json_read(file, imp_json_root(file), fields, G_N_ELEMENTS(fields), error) ||
        !set_competing_interests(file, competing_interests, policy, error) ||
        !set_ledger_key(file, ledger_key, policy, error) ||
        !imp_policy_check_shown(file, &shown, policy, error) ||
        !read_objects(file, "people", people, read_person, policy, error) ||
        !read_rules(file, rules, policy, error))
        return false;
    g_ptr_array_sort(policy->people, compare_people);
    return true;
}

ImpPolicy *imp_policy_parse(const char *policy_json, gsize policy_length, const char *signers,
                            gsize signers_length, GPtrArray *authority, GError **error)
{
    g_autoptr(ImpJsonFile) file =
        imp_json_load("policy.json", policy_json, policy_length, IMP_POLICY_MAX_BYTES,
                      IMP_POLICY_ERROR, IMP_POLICY_ERROR_INVALID, error);
    g_autoptr(ImpPolicy) policy = policy_new();
    if (!file || !read_policy(file, policy, error))
        return NULL;
    if (!signers)
        return g_steal_pointer(&policy);
    GPtrArray *lines = imp_signers_parse_board(policy, signers, signers_length, authority, error);
    if (!lines)
        return NULL;
    g_ptr_array_unref(policy->signers);
    policy->signers = lines;
    for (guint i = 0; i < lines->len; i++) {
        ImpSigner *signer = lines->pdata[i];
        if (!imp_policy_signer(policy, signer->key))
            g_hash_table_insert(policy->signer_by_key, signer->key, signer);
    }
    return g_steal_pointer(&policy);
}
