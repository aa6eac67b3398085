#include "tests/unit/policy_fixture.h"
#include "workflow/forge_keys.h"

/* Keys that sign for whoever asks a forge. */

#define GITLAB "AAAAC3NzaC1lZDI1NTE5AAAAIADOCCUoN3Q1UPQqUvp845fKy7haJH17qsSkVXzWXilW"

static void test_keys_as_people_write_them(gconstpointer data)
{
    (void)data;
    static const struct {
        const char *text, *key;
    } cases[] = {
        {"ssh-ed25519 " GITLAB, GITLAB},
        {"ssh-ed25519 " GITLAB " noreply@gitlab.com", GITLAB},
        {"968479a1aff927e37d1a566bb5690eeebb952194",
         "openpgp:968479A1AFF927E37D1A566BB5690EEEBB952194"},
        {"B5690EEEBB952194", NULL},
        {GITLAB, NULL},
        {"ssh-rsa " GITLAB, NULL},
        {"", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *key = imp_forge_key_read(cases[i].text);
        g_assert_cmpstr(key, ==, cases[i].key);
    }
}

static void test_whose_a_key_is(gconstpointer data)
{
    (void)data;
    static const char own[] = "openpgp:0123456789ABCDEF0123456789ABCDEF01234567";
    char *const more[] = {(char *)own, NULL};
    g_assert_cmpstr(imp_forge_of_key(GITLAB, NULL), ==, "GitLab.com");
    g_assert_cmpstr(imp_forge_of_key("openpgp:968479A1AFF927E37D1A566BB5690EEEBB952194", more), ==,
                    "GitHub");
    g_assert_cmpstr(imp_forge_of_key("openpgp:5DE3E0509C47EA3CF04A42D34AEE18F83AFDEB23", more), ==,
                    "GitHub");
    g_assert_cmpstr(imp_forge_of_key(own, more), ==, "a forge");
    g_assert_null(imp_forge_of_key(own, NULL));
    g_assert_null(imp_forge_of_key("AAAA", more));
}

static void test_a_policy_that_lists_one(gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpPolicy) sound = parse(data, handbook, board, NULL, &error);
    g_assert_no_error(error);
    g_assert_null(imp_forge_key_in_policy(sound, NULL));
    g_autofree char *lines =
        g_strconcat(board, "\none@board.example namespaces=\"git\" ssh-ed25519 " GITLAB "\n", NULL);
    g_autoptr(ImpPolicy) policy = parse(data, handbook, lines, NULL, &error);
    g_assert_no_error(error); /* in force it counts as it always did */
    g_autofree char *fault = imp_forge_key_in_policy(policy, NULL);
    g_assert_true(g_str_has_prefix(fault, ".imprimatur/allowed_signers: the key " GITLAB " of onc1 "
                                          "is not a person's: GitLab.com signs with it"));
}

int main(int argc, char **argv)
{
    static const PolicyTest tests[] = {
        {"/forge-keys/read", test_keys_as_people_write_them},
        {"/forge-keys/whose", test_whose_a_key_is},
        {"/forge-keys/policy", test_a_policy_that_lists_one},
    };
    g_test_init(&argc, &argv, NULL);
    return run_policy_tests(tests, G_N_ELEMENTS(tests));
}
