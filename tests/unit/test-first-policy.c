#include "daemon/verbs/setup/first_policy.h"

#include <string.h>

/* A first policy, from what somebody says. */

static void test_articles_are_where_most_markdown_is(void)
{
    static const struct {
        const char *paths[5];
        const char *pattern;
    } cases[] = {
        {{"content/a.md", "content/b/c.md", "site/x.md", NULL}, "content/**/*.md"},
        {{"img/a.png", "img/b.png", "text/a.md", NULL}, "text/**/*.md"},
        {{"Release notes/a.md", "Release notes/b.md", "x/c.md", NULL}, "Release notes/**/*.md"},
        {{"book/a.Rmd", "book/b.Rmd", "book/c.md", NULL}, "book/**/*.Rmd"},
        {{"docs/a.mdx", NULL}, "docs/**/*.mdx"},
        {{"docs/a.qmd", NULL}, "docs/**/*.qmd"},
        {{".github/a.md", "README.md", NULL}, "**/*.md"},
        {{NULL}, "**/*.md"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *pattern = imp_first_policy_pattern((char *const *)cases[i].paths);
        g_assert_cmpstr(pattern, ==, cases[i].pattern);
    }
}

static const ImpFirstPerson *add(ImpFirstPolicy *policy, const char *text)
{
    g_autofree char *wrong = NULL;
    bool fine = imp_first_policy_add(policy, text, &wrong);
    g_assert_cmpstr(wrong, ==, NULL);
    g_assert_true(fine);
    return policy->people->pdata[policy->people->len - 1];
}

static void test_ids_are_made_from_addresses(void)
{
    g_auto(ImpFirstPolicy) policy;
    imp_first_policy_init(&policy, "handbook");
    g_assert_cmpstr(add(&policy, "One <One.B@board.example>")->id, ==, "one.b");
    g_assert_cmpstr(add(&policy, "Other <one.b@other.example> editor")->id, ==, "one.b-2");
    g_assert_cmpstr(add(&policy, "Plus <+@other.example>")->id, ==, "person");
    g_assert_cmpstr(add(&policy, "Named <n@other.example> id=onc1 reviewer editor")->id, ==,
                    "onc1");
    g_assert_cmpuint(imp_first_policy_count(&policy, IMP_ROLE_REVIEWER), ==, 3);
    g_assert_cmpuint(imp_first_policy_count(&policy, IMP_ROLE_EDITOR), ==, 2);
    g_autofree char *signers = imp_first_policy_signers(&policy);
    g_assert_cmpstr(signers, ==, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/first-policy/pattern", test_articles_are_where_most_markdown_is);
    g_test_add_func("/first-policy/ids", test_ids_are_made_from_addresses);
    return g_test_run();
}
