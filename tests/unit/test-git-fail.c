#include "articles/git.h"
#include "articles/repository.h"

/* What git names may hold goes into sentences as one line that shows all that is in it. */
static void test_others_words_are_one_line(void)
{
    g_autoptr(GError) error = NULL;
    git_libgit2_init();
    git_error_set_str(GIT_ERROR_TREE, "no entry 'a\nWATCHDOG=trigger\r\x1b[2J\u202eb\xff'");
    g_assert_false(imp_git_fail(&error, "%s: cannot read", "content/a\nb.md"));
    g_assert_cmpstr(
        error->message, ==,
        "content/a b.md: cannot read: no entry 'a WATCHDOG=trigger [U+001B][2J[U+202E]b\ufffd'");
    git_libgit2_shutdown();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/git-fail/others-words-are-one-line", test_others_words_are_one_line);
    return g_test_run();
}
