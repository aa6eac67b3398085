#include "tests/unit/policy_fixture.h"
#include "workflow/assign.h"

/* What readers are told by a policy, and the accounts of people. */

/* The handbook with keys more: of the policy, and of the first person. */
static char *with_more(const char *policy, const char *person)
{
    g_autoptr(GString) text = g_string_new(handbook);
    g_autofree char *people = g_strconcat(policy, "\n  \"people\": [", NULL);
    g_assert_cmpuint(g_string_replace(text, "  \"people\": [", people, 0), ==, 1);
    g_assert_cmpuint(g_string_replace(text, "\"id\": \"onc1\",", person, 0), ==, 1);
    return g_string_free(g_steal_pointer(&text), false);
}

#define SHOWN                                                                                      \
    "\"disclaimer\": \"For *information*.\\n\\nNo advice.\", \"contact\": "                        \
    "\"mailto:ask@board.example?subject={path}@{version}%20{title}\", \"language\": \"de-CH\", "   \
    "\"audiences\": {\"patient\": \"Patients and families\", \"clinician\": \"Professionals\"}, "  \
    "\"terms\": [\"metformin\", \"folic acid\"],"
#define PERSON                                                                                     \
    "\"id\": \"onc1\", \"credentials\": \"MD, FACP\", \"url\": "                                   \
    "\"https://orcid.org/0000-0002-1825-0097\", \"public\": false, \"accounts\": {\"github\": "    \
    "\"12345+One\", \"gitlab\": \"77-one\", \"codeberg\": \"one\", \"forge.example\": "            \
    "\"one@noreply.forge.example\"},"

static void test_what_readers_are_told(gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *json = with_more(SHOWN, PERSON);
    g_autoptr(ImpPolicy) policy = parse(data, json, board, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(policy->disclaimer, ==, "For *information*.\n\nNo advice.");
    g_assert_cmpstr(policy->contact, ==,
                    "mailto:ask@board.example?subject={path}@{version}%20{title}");
    g_assert_cmpstr(policy->language, ==, "de-CH");
    g_assert_cmpuint(policy->audiences->len, ==, 2);
    const ImpPolicyAudience *first = policy->audiences->pdata[0];
    g_assert_cmpstr(first->id, ==, "patient"); /* in the order of the file */
    g_assert_cmpstr(first->label, ==, "Patients and families");
    g_assert_cmpstr(policy->terms[1], ==, "folic acid");
    const ImpPerson *one = imp_policy_person(policy, "onc1");
    g_assert_cmpstr(one->credentials, ==, "MD, FACP");
    g_assert_cmpstr(one->url, ==, "https://orcid.org/0000-0002-1825-0097");
    g_assert_false(one->is_public);
    g_assert_cmpuint(one->accounts->len, ==, 4);
}

static void test_nothing_said(gconstpointer data)
{
    g_autoptr(ImpPolicy) policy = parse(data, handbook, board, NULL, NULL);
    g_assert_null(policy->disclaimer);
    g_assert_null(policy->contact);
    g_assert_cmpstr(policy->language, ==, "en");
    g_assert_cmpuint(policy->audiences->len, ==, 0);
    g_assert_null(policy->terms[0]);
    const ImpPerson *one = imp_policy_person(policy, "onc1");
    g_assert_null(one->credentials);
    g_assert_null(one->url);
    g_assert_true(one->is_public);
    g_assert_false(imp_person_has_account(one, "12345+one@users.noreply.github.com"));
}

static void test_accounts_are_for_contributors(gconstpointer data)
{
    static const struct {
        const char *address;
        bool expected;
    } rows[] = {
        {"12345+one@users.noreply.github.com", true},
        {"12345+renamed@users.noreply.github.com", true}, /* the number stays */
        {"one@users.noreply.github.com", true},           /* as they were before numbers */
        {"99+one@users.noreply.github.com", false},       /* who has the login now */
        {"12345+one@users.noreply.gitlab.com", false},
        {"77-two@users.noreply.gitlab.com", true},
        {"one@noreply.codeberg.org", true},
        {"one@noreply.forge.example", true},
        {"two@noreply.forge.example", false},
        {"one@evil.example", false},
        {"one@board.example", true},
        {"", false},
    };
    g_autofree char *json = with_more("", PERSON);
    g_autoptr(ImpPolicy) policy = parse(data, json, board, NULL, NULL);
    const ImpPerson *one = imp_policy_person(policy, "onc1");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GHashTable) contributors = g_hash_table_new(g_str_hash, g_str_equal);
        g_hash_table_add(contributors, (char *)rows[i].address);
        g_test_message("%s", rows[i].address);
        g_assert_cmpint(imp_is_contributor(one, contributors), ==, rows[i].expected);
    }
    /* For that rule alone: nobody decides under such an address. */
    g_assert_null(imp_policy_person_by_email(policy, "12345+one@users.noreply.github.com"));
    g_assert_true(imp_policy_contributor(policy, "12345+one@users.noreply.github.com") == one);
    g_assert_true(imp_policy_contributor(policy, "one@board.example") == one);
    g_assert_null(imp_policy_contributor(policy, "99+one@users.noreply.github.com"));
}

static void test_mistakes(gconstpointer data)
{
    static const struct {
        const char *policy, *person, *error;
    } rows[] = {
        {"\"disclaimer\": \"a\\u0007\",", "",
         "policy.json:9: disclaimer: holds a control character; write it as plain Markdown"},
        {"\"contact\": \"ask us\",", "",
         "policy.json:9: contact: \"ask us\" is not an address; write one that begins with "
         "\"https://\" or \"mailto:\""},
        {"\"contact\": \"javascript:alert(1)\",", "",
         "policy.json:9: contact: \"javascript:alert(1)\" is not an address; write one that begins "
         "with \"https://\" or \"mailto:\""},
        {"\"contact\": \"https://x.example/{articel}\",", "",
         "policy.json:9: contact: \"https://x.example/{articel}\" has braces around something "
         "other than {path}, {version} or {title}; write one of these"},
        {"\"language\": \"German, please\",", "",
         "policy.json:9: language: \"German, please\" is not a language; write its tag as in "
         "\"en\" "
         "or \"de-CH\""},
        {"\"audiences\": {\"patient\": 7},", "",
         "policy.json:9: patient: is not an audience; write it as in \"patient\": \"Patients and "
         "families\""},
        {"\"audiences\": [\"patient\"],", "",
         "policy.json:9: audiences: is a list; write an object"},
        {"\"terms\": [\" x\"],", "",
         "policy.json:9: terms: \" x\" is not a term; write words without control characters, "
         "\"<\", \">\" and outer blanks"},
        {"", "\"id\": \"onc1\", \"credentials\": \"<b>\",",
         "policy.json:11: credentials: \"<b>\" are not credentials; write them as in \"MD, "
         "FACP\""},
        {"", "\"id\": \"onc1\", \"url\": \"ftp://x\",",
         "policy.json:11: url: \"ftp://x\" is not an address; write one that begins with "
         "\"https://\""},
        {"", "\"id\": \"onc1\", \"public\": \"no\",",
         "policy.json:11: public: is a string; write true or false"},
        {"", "\"id\": \"onc1\", \"accounts\": {\"github\": \"one@users.noreply.github.com\"},",
         "policy.json:11: github: is not an account; write it as in \"github\": \"12345+login\", "
         "\"gitlab\": \"12345-login\", or \"forge.example\": and the whole no-reply address"},
        {"", "\"id\": \"onc1\", \"accounts\": {\"forge.example\": \"one\"},",
         "policy.json:11: forge.example: is not an account; write it as in \"github\": "
         "\"12345+login\", \"gitlab\": \"12345-login\", or \"forge.example\": and the whole "
         "no-reply address"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *json =
            with_more(rows[i].policy, *rows[i].person ? rows[i].person : "\"id\": \"onc1\",");
        g_autoptr(GError) error = NULL;
        g_test_message("%s%s", rows[i].policy, rows[i].person);
        ImpPolicy *policy = parse(data, json, board, NULL, &error);
        assert_invalid(policy, error, rows[i].error);
    }
}

int main(int argc, char **argv)
{
    static const PolicyTest tests[] = {
        {"/policy-shown/told", test_what_readers_are_told},
        {"/policy-shown/nothing", test_nothing_said},
        {"/policy-shown/accounts", test_accounts_are_for_contributors},
        {"/policy-shown/mistakes", test_mistakes},
    };
    g_test_init(&argc, &argv, NULL);
    return run_policy_tests(tests, G_N_ELEMENTS(tests));
}
