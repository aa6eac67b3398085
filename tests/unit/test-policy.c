#include "tests/unit/policy_fixture.h"

static void test_whole_policy(gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpPolicy) policy = parse(data, handbook, board, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(policy->name, ==, "handbook");
    g_assert_cmpuint(policy->version, ==, 3);
    g_assert_false(policy->competing_interests_required);
    g_assert_cmpstr(policy->ledger_key, ==,
                    g_hash_table_lookup(((const Fixture *)data)->keys, "one"));

    g_assert_cmpuint(policy->people->len, ==, 2);
    const ImpPerson *editor = policy->people->pdata[0], *oncologist = policy->people->pdata[1];
    g_assert_cmpstr(editor->id, ==, "ed1"); /* ordered by id */
    g_assert_cmpint(editor->roles, ==, IMP_ROLE_EDITOR | IMP_ROLE_REVIEWER);
    g_assert_cmpuint(editor->capacity, ==, 10);
    g_assert_cmpuint(g_strv_length(editor->specialties), ==, 0);
    g_assert_cmpint(oncologist->roles, ==, IMP_ROLE_REVIEWER);
    g_assert_cmpuint(oncologist->capacity, ==, 4);
    g_assert_cmpstr(oncologist->emails[1], ==, "Uno@Board.example");
    g_assert_true(imp_policy_person(policy, "onc1") == oncologist);
    g_assert_null(imp_policy_person(policy, "ONC1"));
    g_assert_true(imp_policy_person_by_email(policy, "ONE@BOARD.EXAMPLE") == oncologist);
    g_assert_true(imp_policy_person_by_email(policy, "uno@board.example") == oncologist);
    g_assert_null(imp_policy_person_by_email(policy, "one@board.example\xff"));

    g_autoptr(ImpPolicy) shared = imp_policy_ref(policy);
    g_assert_true(shared == policy);
}

static void test_rules_and_defaults(gconstpointer data)
{
    g_autoptr(ImpPolicy) policy = parse(data, handbook, NULL, NULL, NULL);
    const ImpRule *oncology = imp_policy_rule(policy, "content/oncology/a.md");
    g_assert_cmpstr(oncology->specialty, ==, "oncology");
    g_assert_cmpuint(oncology->approvals, ==, 3);
    g_assert_cmpuint(oncology->specialists, ==, 1);
    g_assert_cmpuint(oncology->respond_days, ==, 4);
    g_assert_cmpuint(oncology->review_days, ==, 15);
    g_assert_cmpuint(oncology->valid_months, ==, 6);
    const ImpRule *rest = imp_policy_rule(policy, "content/a.md");
    g_assert_null(rest->specialty);
    g_assert_cmpuint(rest->approvals, ==, 2);
    g_assert_cmpuint(rest->specialists, ==, 0);
    g_assert_cmpuint(rest->respond_days, ==, 3);
    g_assert_cmpuint(rest->review_days, ==, 14);
    g_assert_cmpuint(rest->valid_months, ==, 12);
    g_assert_cmpuint(policy->signers->len, ==, 0);

    g_autoptr(ImpPolicy) least =
        parse(data,
              "{\"name\": \"n\", \"version\": 1, \"articles\": [\"**\"], \"people\": [{\"id\": "
              "\"a\", \"name\": \"A\", \"emails\": [\"a@x\"], \"roles\": [\"editor\"]}], "
              "\"rules\": [{\"paths\": [\"**\"]}]}",
              "", NULL, NULL);
    g_assert_true(least->competing_interests_required);
    g_assert_null(least->ledger_key);
    g_assert_true(imp_policy_is_article(least, "a"));
    g_assert_false(imp_policy_is_article(least, ".imprimatur/POLICY.md"));
    g_assert_true(imp_policy_is_article(least, "x/.imprimatur/POLICY.md"));
}

static void test_articles_and_what_is_carried(gconstpointer data)
{
    static const struct {
        const char *path;
        bool article, matches, carried;
    } rows[] = {
        {"content/a.md", true, true, false},
        {"content/x/README.md", false, true, false}, /* excluded, but never published unreviewed */
        {"content/x/a.png", false, false, true},
        {"README.md", false, false, false},
        {".imprimatur/POLICY.md", false, false, true},
    };
    g_autoptr(ImpPolicy) policy = parse(data, handbook, board, NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].path);
        g_assert_cmpint(imp_policy_is_article(policy, rows[i].path), ==, rows[i].article);
        g_assert_cmpint(imp_policy_matches_articles(policy, rows[i].path), ==, rows[i].matches);
        g_assert_cmpint(imp_policy_is_carried(policy, rows[i].path), ==, rows[i].carried);
    }
}

static void test_people_in_time(gconstpointer data)
{
    g_autoptr(ImpPolicy) policy = parse(data, handbook, board, NULL, NULL);
    const ImpPerson *oncologist = imp_policy_person(policy, "onc1"),
                    *editor = imp_policy_person(policy, "ed1");
    g_assert_false(imp_person_is_away(oncologist, moment("2026-12-19T23:59:59Z")));
    g_assert_true(imp_person_is_away(oncologist, moment("2026-12-20T00:00:00Z")));
    g_assert_true(imp_person_is_away(oncologist, moment("2027-01-03T23:59:59Z")));
    g_assert_false(imp_person_is_away(oncologist, moment("2027-01-04T00:00:00Z")));
    g_assert_true(imp_person_has_credentials(oncologist, moment("2027-06-30T23:59:59Z")));
    g_assert_false(imp_person_has_credentials(oncologist, moment("2027-07-01T00:00:00Z")));
    g_assert_true(imp_person_has_credentials(editor, moment("9999-01-01T00:00:00Z")));
    g_assert_true(imp_person_is_specialist(oncologist, "oncology"));
    g_assert_false(imp_person_is_specialist(oncologist, "Oncology"));
    g_assert_false(imp_person_is_specialist(oncologist, NULL));
    g_assert_false(imp_person_is_specialist(editor, "oncology"));
}

/* Replaces the only occurrence of `from`; a row that no longer fits the text is a mistake of the
 * test. */
static char *changed(const char *text, const char *from, const char *to)
{
    g_autoptr(GString) result = g_string_new(text);
    g_assert_cmpuint(g_string_replace(result, from, to, 0), ==, 1);
    return g_string_free(g_steal_pointer(&result), false);
}

static void test_invalid_policies(gconstpointer data)
{
    static const struct {
        const char *from, *to, *error;
    } rows[] = {
        {"\"version\": 3", "\"version\" 3",
         "policy.json:3: not valid JSON; correct it: ':' expected near '3'"},
        {"\"carry\"", "\"carries\"",
         "policy.json:6: carries: unknown key; correct its spelling or remove it"},
        {"\"capacity\"", "\"capasity\"",
         "policy.json:11: capasity: unknown key; correct its spelling or remove it"},
        {"\"approvals\"", "\"aprovals\"",
         "policy.json:18: aprovals: unknown key; correct its spelling or remove it"},
        {"  \"name\": \"handbook\",\n", "",
         "policy.json:1: name: is missing; add it: a name of letters, digits, \".\", \"_\" and "
         "\"-\""},
        {"\"handbook\"", "\"hand book\"",
         "policy.json:2: name: is \"hand book\"; write a name of letters, digits, \".\", \"_\" and "
         "\"-\""},
        {"  \"version\": 3,\n", "",
         "policy.json:1: version: is missing; add it: a whole number from 1 to 2147483647"},
        {"\"version\": 3", "\"version\": 0",
         "policy.json:3: version: is 0; write a whole number from 1 to 2147483647"},
        {"\"version\": 3", "\"version\": \"3\"",
         "policy.json:3: version: is a string; write a whole number from 1 to 2147483647"},
        {"  \"articles\": [\"content/**/*.md\"],\n", "",
         "policy.json:1: articles: is missing; add it: a list of patterns"},
        {"[\"content/**/*.md\"]", "[]", "policy.json:4: articles: has 0 items; write at least 1"},
        {"\"content/**/*.md\"", "\"/content\"",
         "policy.json:4: articles: \"/content\" is not a pattern: patterns begin at the root by "
         "themselves; remove the "
         "leading \"/\""},
        {"\"**/README.md\"", "\"!README.md\"",
         "policy.json:5: exclude: \"!README.md\" is not a pattern: a leading \"!\" is not "
         "supported; "
         "list what is meant"},
        {"\"optional\"", "\"Required\"",
         "policy.json:7: competing_interests: is \"Required\"; write \"required\" or \"optional\""},
        {"{one} ledger@host", "{BARE:one}",
         "policy.json:8: ledger_key: is not a public key; copy the line of the .pub file"},
        {"{one} ledger@host", "{rsa2048}",
         "policy.json:8: ledger_key: it has 2048 bits; use an rsa key of 3072 to 16384 bits, or "
         "ed25519"},
        {"\"people\": [", "\"people\": [7,",
         "policy.json:9: people: item 1 is not an object; write {...}"},
        {"\"id\": \"onc1\", ", "",
         "policy.json:10: id: is missing; add it: a name of letters, digits, \".\", \"_\" and "
         "\"-\""},
        {"\"onc1\"", "\"onc 1\"",
         "policy.json:10: id: is \"onc 1\"; write a name of letters, digits, \".\", \"_\" and "
         "\"-\""},
        {"\"onc1\"", "\"\"",
         "policy.json:10: id: is empty; write a name of letters, digits, \".\", \"_\" and \"-\""},
        {"\"ed1\"", "\"onc1\"",
         "policy.json:14: id: \"onc1\" is already another person's; choose another one"},
        {"\"name\": \"Oncologist One\", ", "",
         "policy.json:10: name: is missing; add it: a string"},
        {"Oncologist One", "One <one@x>",
         "policy.json:10: name: \"One <one@x>\" is not a name; write one without control "
         "characters, "
         "\"<\", \">\" and "
         "outer blanks"},
        {"Oncologist One", "One\\nTwo",
         "policy.json:10: name: \"One\\nTwo\" is not a name; write one without control characters, "
         "\"<\", \">\" and outer "
         "blanks"},
        {"Oncologist One", "One\\u2028Two",
         "policy.json:10: name: \"One\\u2028Two\" is not a name; write one without control "
         "characters, \"<\", \">\" and "
         "outer blanks"},
        {"Oncologist One", " One",
         "policy.json:10: name: \" One\" is not a name; write one without control characters, "
         "\"<\", "
         "\">\" and outer "
         "blanks"},
        {", \"emails\": [\"editor@example.org\"]", "",
         "policy.json:14: emails: is missing; add it: a list of strings"},
        {"[\"editor@example.org\"]", "[]", "policy.json:14: emails: has 0 items; write at least 1"},
        {"editor@example.org", "editor @example.org",
         "policy.json:14: emails: \"editor @example.org\" is not an address; write one as in "
         "\"one@board.example\""},
        {"editor@example.org", "<editor@example.org>",
         "policy.json:14: emails: \"<editor@example.org>\" is not an address; write one as in "
         "\"one@board.example\""},
        {"editor@example.org", "editor",
         "policy.json:14: emails: \"editor\" is not an address; write one as in "
         "\"one@board.example\""},
        {"editor@example.org", "UNO@board.example",
         "policy.json:14: emails: \"UNO@board.example\" is already an address of onc1; remove one "
         "of them"},
        {"Uno@Board.example", "ONE@board.example",
         "policy.json:10: emails: \"ONE@board.example\" is already an address of onc1; remove one "
         "of them"},
        {"     \"roles\": [\"editor\", \"reviewer\"]", "\"capacity\": 1",
         "policy.json:14: roles: is missing; add it: a list of strings"},
        {"[\"editor\", \"reviewer\"]", "[]",
         "policy.json:15: roles: has 0 items; write at least 1"},
        {"[\"editor\", \"reviewer\"]", "[\"editor\",\n\"Reviewer\"]",
         "policy.json:16: roles: \"Reviewer\" is not a role; write \"reviewer\" or \"editor\""},
        {"\"capacity\": 4", "\"capacity\": 1001",
         "policy.json:11: capacity: is 1001; write a whole number from 0 to 1000"},
        {"2027-06-30", "2027-06-31",
         "policy.json:12: credentials_until: is \"2027-06-31\"; write a day as in \"2026-12-31\""},
        {"[[\"2026-12-20\", \"2027-01-03\"]]", "[[\"2027-01-03\", \"2026-12-20\"]]",
         "policy.json:13: away: item 1 ends before it begins; swap the days"},
        {", \"2027-01-03\"]]", "]]",
         "policy.json:13: away: item 1 is not a pair of days; write it as in [\"2026-12-20\", "
         "\"2027-01-03\"]"},
        {"\"2027-01-03\"]]", "\"2027-01-03\"],\n\"2027-02-01\"]",
         "policy.json:14: away: item 2 is not a pair of days; write it as in [\"2026-12-20\", "
         "\"2027-01-03\"]"},
        {"2027-01-03", "2027-1-3",
         "policy.json:13: away: item 1 is not a pair of days; write it as in [\"2026-12-20\", "
         "\"2027-01-03\"]"},
        {"\"specialists\": 1", "\"specialists\": 4",
         "policy.json:18: specialists: is 4 of 3 approvals; lower it or raise \"approvals\""},
        {"\"specialty\": \"oncology\", ", "",
         "policy.json:18: specialists: needs to know the specialty; add \"specialty\" to this "
         "rule"},
        {"\"approvals\": 3", "\"approvals\": 0",
         "policy.json:18: approvals: is 0; write a whole number from 1 to 100"},
        {"\"respond_days\": 4", "\"respond_days\": 0",
         "policy.json:19: respond_days: is 0; write a whole number from 1 to 3650"},
        {"\"review_days\": 15", "\"review_days\": 1e3",
         "policy.json:19: review_days: has a fraction; write a whole number from 1 to 3650"},
        {"\"valid_months\": 6", "\"valid_months\": 1201",
         "policy.json:19: valid_months: is 1201; write a whole number from 1 to 1200"},
        {"{\"paths\": [\"**\"]}", "{}",
         "policy.json:20: paths: is missing; add it: a list of patterns"},
        {"[\"**\"]", "[\"content/**\"]",
         "policy.json:20: paths: of the last rule is not [\"**\"]; add a rule for everything else "
         "at the end"},
        {"[\"**\"]", "[\"**\", \"x\"]",
         "policy.json:20: paths: of the last rule is not [\"**\"]; add a rule for everything else "
         "at the end"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *json = changed(handbook, rows[i].from, rows[i].to);
        g_autoptr(GError) error = NULL;
        g_test_message("%s -> %s", rows[i].from, rows[i].to);
        ImpPolicy *policy = parse(data, json, board, NULL, &error);
        assert_invalid(policy, error, rows[i].error);
    }
}

int main(int argc, char **argv)
{
    static const PolicyTest tests[] = {
        {"/policy/whole", test_whole_policy},
        {"/policy/rules", test_rules_and_defaults},
        {"/policy/articles", test_articles_and_what_is_carried},
        {"/policy/people", test_people_in_time},
        {"/policy/invalid", test_invalid_policies},
    };
    g_test_init(&argc, &argv, NULL);
    return run_policy_tests(tests, G_N_ELEMENTS(tests));
}
