#include "workflow/review_branch.h"

/* How the branch of a decision is named. */

#define ID "3f2a9c1b02ab3f2a9c1b02ab3f2a9c1b02ab3f2a"

static void test_branches_have_names_that_git_takes(void)
{
    static const struct {
        const char *person, *path, *branch;
        guint number;
    } cases[] = {
        {"onc1", "content/oncology/stage-4.md", "review/onc1/approve-oncology-stage-4-3f2a9c1b", 1},
        {"onc1", "content/oncology/stage-4.md", "review/onc1/approve-oncology-stage-4-3f2a9c1b-2",
         2},
        {"onc1", "content/asthma/index.md", "review/onc1/approve-asthma-index-3f2a9c1b", 1},
        {"onc1", "content/gout/index.md", "review/onc1/approve-gout-index-3f2a9c1b", 1},
        {"onc1", "top.md", "review/onc1/approve-top-3f2a9c1b", 1},
        {"m.d..x", "a..b~^:?*[ c.lock.md", "review/m-d-x/approve-a-b-c-lock-3f2a9c1b", 1},
        {"onc1", "content/na\303\257ve.md", "review/onc1/approve-content-naive-3f2a9c1b", 1},
        {"onc1", "\346\227\245\346\234\254/\350\226\254.md", "review/onc1/approve-3f2a9c1b", 1},
        {"onc1", "content/\377\376.md", "review/onc1/approve-content-3f2a9c1b", 1},
        {"onc1", "-.md", "review/onc1/approve-3f2a9c1b", 1},
        {"onc1", ".md", "review/onc1/approve-md-3f2a9c1b", 1},
        {"onc1", "a-very-long-name-that-goes-on-and-on-and-never-ends.md",
         "review/onc1/approve-a-very-long-name-that-goes-on-and-on-and-3f2a9c1b", 1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *branch = imp_review_branch(cases[i].person, IMP_DECISION_APPROVE,
                                                    cases[i].path, ID, cases[i].number);
        g_assert_cmpstr(branch, ==, cases[i].branch);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/review-branch/name", test_branches_have_names_that_git_takes);
    return g_test_run();
}
