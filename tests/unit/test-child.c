#include "articles/child.h"
#include "tests/unit/scratch.h"

#include <unistd.h>

/* Programs that judge something, played by scripts. */

/* Runs `script` as the program "judge" in a folder of its own, which is all of PATH; NULL: there is
 * no such program. */
static bool run_script(const Scratch *place, const char *script, char **output, int *status,
                       GError **error)
{
    g_autoptr(GBytes) first = g_bytes_new_static("first", 5),
                      second = g_bytes_new_static("second", 6);
    g_autoptr(GBytes) third = g_bytes_new_static("", 0);
    GBytes *const inputs[] = {first, second, third, NULL};
    const char *const arguments[] = {"judge", "--strictly", IMP_CHILD_FILE(IMP_CHILD_FIRST_FILE),
                                     NULL};
    if (script) {
        scratch_write(place, "judge", script, strlen(script));
        scratch_do(place, "chmod", "755", "judge", NULL);
    }
    g_autofree char *path = g_strdup(g_getenv("PATH"));
    g_setenv("PATH", place->directory, TRUE);
    bool run = imp_child_run(arguments, inputs, output, status, error);
    g_setenv("PATH", path, TRUE);
    return run;
}

/* Memory files that are open in this process. */
static guint count_memory_files(void)
{
    g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
    guint count = 0;
    const char *name;
    while ((name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename("/proc/self/fd", name, NULL);
        g_autofree char *target = g_file_read_link(path, NULL);
        count += target && strstr(target, "memfd:");
    }
    return count;
}

static void test_what_it_says(void)
{
    Scratch place = scratch_make();
    g_autoptr(GError) error = NULL;
    g_autofree char *output = NULL;
    int status = -1;
    g_assert_true(run_script(&place,
                             "#!/bin/sh\ncat - \"$2\" /proc/self/fd/4 >&5\necho noise; exit 3\n",
                             &output, &status, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(output, ==, "firstsecond");
    g_assert_cmpint(status, ==, 3);
    g_assert_true(run_script(&place, "#!/bin/sh\nexit 0\n", NULL, &status, &error));
    g_assert_cmpint(status, ==, 0);
    g_assert_cmpuint(count_memory_files(), ==, 0);
    scratch_remove(&place);
}

static void test_no_verdict_is_a_fault(void)
{
    static const struct {
        const char *script;
        int code;
    } rows[] = {
        {NULL, G_IO_ERROR_NOT_FOUND},
        {"#!/bin/sh\nkill -9 $$\n", G_IO_ERROR_FAILED},
        {"#!/nowhere\n", G_IO_ERROR_NOT_FOUND},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Scratch place = scratch_make();
        g_autoptr(GError) error = NULL;
        char *output = NULL;
        int status = -1;
        g_assert_false(run_script(&place, rows[i].script, &output, &status, &error));
        g_test_message("%s", error->message);
        g_assert_error(error, G_IO_ERROR, rows[i].code);
        g_assert_cmpint(status, ==, -1);
        g_assert_null(output);
        scratch_remove(&place);
    }
    g_assert_cmpuint(count_memory_files(), ==, 0);
}

/* What the child gets: its files, nothing else of ours, no variable but its own. */
static void test_its_surroundings(void)
{
    Scratch place = scratch_make();
    g_autofree char *script =
        g_strdup_printf("#!/bin/sh\ncd %s\nls /proc/$$/fd >fds\nenv >env\necho \"$@\" >arguments\n",
                        place.directory);
    g_autoptr(GError) error = NULL;
    int status;
    g_setenv("IMPRIMATUR_SECRET", "x", TRUE);
    g_assert_cmpint(dup2(STDERR_FILENO, 77), ==,
                    77); /* open across exec, as a library's might be */
    g_assert_true(run_script(&place, script, NULL, &status, &error));
    close(77);
    g_unsetenv("IMPRIMATUR_SECRET");

    g_autofree char *descriptors = scratch_read(&place, "fds");
    g_assert_true(g_str_has_prefix(descriptors, "0\n1\n"));
    g_assert_nonnull(strstr(descriptors, "\n3\n4\n"));
    g_assert_null(strstr(descriptors, "77"));
    g_autofree char *arguments = scratch_read(&place, "arguments");
    g_assert_cmpstr(arguments, ==, "--strictly /proc/self/fd/3\n");
    g_autofree char *environment = scratch_read(&place, "env");
    g_assert_null(strstr(environment, "SECRET"));
    g_assert_nonnull(strstr(environment, "TZ=UTC"));
    scratch_remove(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/child/said", test_what_it_says);
    g_test_add_func("/child/faults", test_no_verdict_is_a_fault);
    g_test_add_func("/child/surroundings", test_its_surroundings);
    return g_test_run();
}
