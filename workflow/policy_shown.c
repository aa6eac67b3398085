#include "workflow/policy_shown.h"

#include <string.h>

/* Pages of documentation and a reader's patience end long before. */
#define DISCLAIMER_MAX_BYTES (16 * 1024)
#define AUDIENCES_MAX        16
#define TERMS_MAX            10000

bool imp_text_is_plain(const char *text, bool blanks_allowed)
{
    for (const char *c = text; *c; c = g_utf8_next_char(c)) {
        gunichar character = g_utf8_get_char(c);
        GUnicodeType type = g_unichar_type(character);
        if (character == '<' || character == '>' || type == G_UNICODE_CONTROL ||
            type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR ||
            (!blanks_allowed && g_unichar_isspace(character)))
            return false;
    }
    return true;
}

static bool is_label(const char *text)
{
    return *text && imp_text_is_plain(text, true) && *text != ' ' && text[strlen(text) - 1] != ' ';
}

static bool is_web_address(const char *text)
{
    const char *host = g_str_has_prefix(text, "https://")  ? text + strlen("https://")
                       : g_str_has_prefix(text, "http://") ? text + strlen("http://")
                                                           : "";
    return *host && *host != '/' && imp_text_is_plain(text, false) && !strpbrk(text, "\"\\`");
}

static bool check_disclaimer(const ImpJsonFile *file, const char *text, GError **error)
{
    if (!text)
        return true;
    if (strlen(text) > DISCLAIMER_MAX_BYTES)
        return imp_json_refuse(file, imp_json_root(file), "disclaimer", -1, error,
                               "is longer than %d bytes; shorten it", DISCLAIMER_MAX_BYTES);
    for (const char *c = text; *c; c++)
        if (g_ascii_iscntrl(*c) && *c != '\n' && *c != '\t')
            return imp_json_refuse(file, imp_json_root(file), "disclaimer", -1, error,
                                   "holds a control character; write it as plain Markdown");
    return true;
}

char *imp_policy_contact_fault(const char *template)
{
    static const char *const names[] = {"{path}", "{version}", "{title}"};
    g_autoptr(GString) rest = g_string_new(template);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        g_string_replace(rest, names[i], "", 0);
    g_autofree char *quoted = imp_json_quote(template);
    if (strpbrk(rest->str, "{}"))
        return g_strdup_printf("%s has braces around something other than {path}, {version} or "
                               "{title}; write one of these",
                               quoted);
    bool is_mail = g_str_has_prefix(rest->str, "mailto:") && strchr(rest->str, '@') &&
                   imp_text_is_plain(rest->str, false);
    return is_mail || is_web_address(rest->str)
               ? NULL
               : g_strdup_printf("%s is not an address; write one that begins with \"https://\" or "
                                 "\"mailto:\"",
                                 quoted);
}

static bool check_contact(const ImpJsonFile *file, const char *template, GError **error)
{
    g_autofree char *fault = template ? imp_policy_contact_fault(template) : NULL;
    return !fault || imp_json_refuse(file, imp_json_root(file), "contact", -1, error, "%s", fault);
}

/* RFC 5646, section 2.1, as far as its shape goes: subtags of letters and digits, the first of
 * letters. */
static bool check_language(const ImpJsonFile *file, const char *tag, GError **error)
{
    if (g_regex_match_simple("^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\\z", tag, 0, 0))
        return true;
    g_autofree char *quoted = imp_json_quote(tag);
    return imp_json_refuse(file, imp_json_root(file), "language", -1, error,
                           "%s is not a language; write its tag as in \"en\" or \"de-CH\"", quoted);
}

static bool check_terms(const ImpJsonFile *file, char **terms, GError **error)
{
    for (guint i = 0; terms[i]; i++) {
        if (is_label(terms[i]))
            continue;
        g_autofree char *quoted = imp_json_quote(terms[i]);
        return imp_json_refuse(file, imp_json_root(file), "terms", i, error,
                               "%s is not a term; write words without control characters, \"<\", "
                               "\">\" and outer blanks",
                               quoted);
    }
    return g_strv_length(terms) <= TERMS_MAX ||
           imp_json_refuse(file, imp_json_root(file), "terms", -1, error,
                           "has more than %d items; leave some out", TERMS_MAX);
}

static bool enter_audiences(const ImpJsonFile *file, json_t *object, ImpPolicy *policy,
                            GError **error)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        const char *label = json_string_value(value);
        if (!imp_json_name_is_valid(key) || !label || !is_label(label))
            return imp_json_refuse(file, object, key, -1, error,
                                   "is not an audience; write it as in \"patient\": \"Patients and "
                                   "families\"");
        ImpPolicyAudience *audience = g_new0(ImpPolicyAudience, 1);
        *audience = (ImpPolicyAudience){g_strdup(key), g_strdup(label)};
        g_ptr_array_add(policy->audiences, audience);
    }
    return policy->audiences->len <= AUDIENCES_MAX ||
           imp_json_refuse(file, imp_json_root(file), "audiences", -1, error,
                           "has more than %d items; leave some out", AUDIENCES_MAX);
}

bool imp_policy_check_shown(const ImpJsonFile *file, const ImpShownValues *values,
                            ImpPolicy *policy, GError **error)
{
    return check_disclaimer(file, policy->disclaimer, error) &&
           check_contact(file, policy->contact, error) &&
           check_language(file, policy->language, error) &&
           check_terms(file, policy->terms, error) &&
           (!values->audiences || enter_audiences(file, values->audiences, policy, error));
}

/* What an account is written as: as the forge writes it before the "@" of its no-reply address, or,
 * where the forge is not known by name, the whole address. */
static bool is_account(const char *forge, const char *name)
{
    const char *at = strchr(name, '@');
    bool whole = at && at > name && at[1] && !strchr(at + 1, '@');
    return *name && imp_text_is_plain(name, false) &&
           (imp_forge_no_reply_domain(forge) ? !at : whole);
}

static bool enter_accounts(const ImpJsonFile *file, const json_t *object, ImpPerson *person,
                           GError **error)
{
    const char *forge;
    json_t *value;
    json_object_foreach((json_t *)object, forge, value)
    {
        const char *name = json_string_value(value);
        if (!imp_json_name_is_valid(forge) || !name || !is_account(forge, name))
            return imp_json_refuse(file, object, forge, -1, error,
                                   "is not an account; write it as in \"github\": \"12345+login\", "
                                   "\"gitlab\": \"12345-login\", or \"forge.example\": and the "
                                   "whole no-reply address");
        ImpAccount *account = g_new0(ImpAccount, 1);
        *account = (ImpAccount){g_strdup(forge), imp_address_fold(name)};
        g_ptr_array_add(person->accounts, account);
    }
    return true;
}

bool imp_policy_check_person_shown(const ImpJsonFile *file, json_t *object, const json_t *accounts,
                                   ImpPerson *person, GError **error)
{
    if (person->credentials && !is_label(person->credentials)) {
        g_autofree char *quoted = imp_json_quote(person->credentials);
        return imp_json_refuse(file, object, "credentials", -1, error,
                               "%s are not credentials; write them as in \"MD, FACP\"", quoted);
    }
    if (person->url && !is_web_address(person->url)) {
        g_autofree char *quoted = imp_json_quote(person->url);
        return imp_json_refuse(file, object, "url", -1, error,
                               "%s is not an address; write one that begins with \"https://\"",
                               quoted);
    }
    return !accounts || enter_accounts(file, accounts, person, error);
}
