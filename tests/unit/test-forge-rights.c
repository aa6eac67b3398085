#include "notify/format/forge_rights.h"

#include <string.h>

static char *in_brief(ImpFormat format, const char *answer)
{
    g_autoptr(GPtrArray) found = imp_forge_rights_read(format, answer);
    GString *brief = g_string_new(NULL);
    if (!found)
        return g_string_free(brief, TRUE), NULL;
    for (guint i = 0; i < found->len; i++) {
        const ImpForgeFinding *finding = found->pdata[i];
        g_string_append_printf(brief, "%s%s%s", i ? ", " : "", finding->what,
                               !finding->sentence                           ? ""
                               : strstr(finding->sentence, "other commits") ? "!"
                               : strstr(finding->sentence, "administer")    ? " too much"
                                                                            : " too little");
    }
    return g_string_free(brief, FALSE);
}

static void test_answers(void)
{
    static const struct {
        ImpFormat format;
        const char *answer, *found;
    } rows[] = {
        {IMP_FORMAT_GITHUB,
         "{'allow_merge_commit': true, 'allow_squash_merge': true, 'allow_rebase_merge': false, "
         "'permissions': {'admin': false, 'push': true, 'pull': true}}",
         "merge commit, squash merge!, token"},
        {IMP_FORMAT_GITHUB, "{'permissions': {'admin': true, 'push': true}}", "token too much"},
        {IMP_FORMAT_GITHUB, "{'permissions': {'admin': false, 'push': false}}", "token too little"},
        {IMP_FORMAT_GITHUB, "{}", ""},
        {IMP_FORMAT_GITHUB, "{'permissions': 7, 'allow_squash_merge': 'yes'}", ""},
        {IMP_FORMAT_GITEA,
         "{'allow_merge_commits': true, 'allow_rebase': true, 'allow_squash_merge': true, "
         "'permissions': {'admin': false, 'push': true}}",
         "merge commit, squash merge!, rebase merge!, token"},
        {IMP_FORMAT_GITLAB,
         "{'merge_method': 'merge', 'squash_option': 'default_off', 'permissions': "
         "{'project_access': {'access_level': 30}, 'group_access': null}}",
         "merge commit, squash merge!, token"},
        {IMP_FORMAT_GITLAB,
         "{'merge_method': 'ff', 'squash_option': 'never', 'permissions': {'project_access': null, "
         "'group_access': {'access_level': 40}}}",
         "rebase merge!, token too much"},
        {IMP_FORMAT_GITLAB, "{'permissions': {'project_access': {'access_level': 20}}}",
         "token too little"},
        {IMP_FORMAT_GITLAB, "[]", NULL},
        {IMP_FORMAT_GITHUB, "<html>", NULL},
        {IMP_FORMAT_GITHUB, "{'permissions'", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *answer = g_strdelimit(g_strdup(rows[i].answer), "'", '"');
        g_autofree char *found = in_brief(rows[i].format, answer);
        g_test_message("%s", answer);
        g_assert_cmpstr(found, ==, rows[i].found);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/forge-rights/answers", test_answers);
    return g_test_run();
}
