#include "workflow/review_branch.h"

/* How the branch of a decision is named. */

static void test_branches_have_names_that_git_takes(void)
{
    static const struct {
        const char *person, *path, *branch;
        guint number;
    } cases[] = {
        {"onc1", "content/oncology/stage-4.md", "review/onc1/approve-stage-4", 1},
        {"onc1", "content/oncology/stage-4.md", "review/onc1/approve-stage-4-2", 2},
        {"m.d..x", "a..b~^:?*[ c.lock.md", "review/m-d-x/approve-a-b-c-lock", 1},
        {"onc1", "content/\303\244.md", "review/onc1/approve", 1},
        {"onc1", "-.md", "review/onc1/approve", 1},
        {"onc1", "a-very-long-name-that-goes-on-and-on-and-never-ends.md",
         "review/onc1/approve-a-very-long-name-that-goes-on-and-on-and", 1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *branch = imp_review_branch(cases[i].person, IMP_DECISION_APPROVE,
                                                    cases[i].path, cases[i].number);
        g_assert_cmpstr(branch, ==, cases[i].branch);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/review-branch/name", test_branches_have_names_that_git_takes);
    return g_test_run();
}
