#pragma once

#include <gio/gio.h>
#include <stdarg.h>
#include <string.h>

/* A directory of a test's own, and real programs run in it with nothing of the user's
 * configuration. */

typedef struct {
    char *directory;
} Scratch;

static inline Scratch scratch_make(void)
{
    g_autoptr(GError) error = NULL;
    Scratch scratch = {g_dir_make_tmp("imprimatur-test-XXXXXX", &error)};
    g_assert_no_error(error);
    return scratch;
}

static inline GSubprocess *scratch_spawn(const Scratch *scratch, const char *const *arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    g_autofree char *home = g_strconcat("HOME=", scratch->directory, NULL);
    g_autofree char *path = g_strconcat("PATH=", g_getenv("PATH"), NULL);
    const char *environment[] = {home,
                                 path,
                                 "LC_ALL=C",
                                 "GIT_CONFIG_NOSYSTEM=1",
                                 "GIT_AUTHOR_NAME=Oncologist One",
                                 "GIT_AUTHOR_EMAIL=one@board.example",
                                 "GIT_AUTHOR_DATE=1790000000 +0200",
                                 "GIT_COMMITTER_NAME=Oncologist One",
                                 "GIT_COMMITTER_EMAIL=one@board.example",
                                 "GIT_COMMITTER_DATE=1790000100 +0200",
                                 NULL};
    g_subprocess_launcher_set_environ(launcher, (char **)environment);
    g_subprocess_launcher_set_cwd(launcher, scratch->directory);
    GSubprocess *process = g_subprocess_launcher_spawnv(launcher, arguments, &error);
    g_assert_no_error(error);
    return process;
}

/* Runs a program with `input` (may be NULL) and returns what it wrote; it must succeed. */
static inline GBytes *scratch_run_bytes(const Scratch *scratch, GBytes *input,
                                        const char *const *arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) process = scratch_spawn(scratch, arguments);
    g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
    GBytes *output = NULL;
    g_subprocess_communicate(process, input ? input : nothing, NULL, &output, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_subprocess_get_exit_status(process), ==, 0);
    return output;
}

static inline char *scratch_run_list(const Scratch *scratch, va_list list)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();
    const char *argument;
    while ((argument = va_arg(list, const char *)))
        g_ptr_array_add(arguments, (char *)argument);
    g_ptr_array_add(arguments, NULL);
    g_autoptr(GBytes) output =
        scratch_run_bytes(scratch, NULL, (const char *const *)arguments->pdata);
    gsize length;
    const char *text = g_bytes_get_data(output, &length);
    char *result = g_strndup(text, length);
    if (length > 0 && result[length - 1] == '\n')
        result[length - 1] = '\0';
    return result;
}

/* As above, with arguments up to NULL; the output is text, without its final newline. */
static inline char *G_GNUC_NULL_TERMINATED scratch_run(const Scratch *scratch, ...)
{
    va_list list;
    va_start(list, scratch);
    char *result = scratch_run_list(scratch, list);
    va_end(list);
    return result;
}

/* As above, without looking at the output. */
static inline void G_GNUC_NULL_TERMINATED scratch_do(const Scratch *scratch, ...)
{
    va_list list;
    va_start(list, scratch);
    g_free(scratch_run_list(scratch, list));
    va_end(list);
}

static inline char *scratch_path(const Scratch *scratch, const char *name)
{
    return g_build_filename(scratch->directory, name, NULL);
}

static inline void scratch_write(const Scratch *scratch, const char *name, const char *text,
                                 gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = scratch_path(scratch, name);
    g_file_set_contents(path, text, (gssize)length, &error);
    g_assert_no_error(error);
}

static inline char *scratch_read(const Scratch *scratch, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = scratch_path(scratch, name);
    char *text;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

static inline void scratch_remove(Scratch *scratch)
{
    scratch_do(scratch, "rm", "-rf", "--", scratch->directory, NULL);
    g_clear_pointer(&scratch->directory, g_free);
}

/* Makes the key pair `name` and `name`.pub; returns the public one as "TYPE BASE64". */
static inline char *scratch_make_key(const Scratch *scratch, const char *name, const char *type,
                                     const char *bits)
{
    if (bits)
        scratch_do(scratch, "ssh-keygen", "-q", "-t", type, "-b", bits, "-N", "", "-C", "", "-f",
                   name, NULL);
    else
        scratch_do(scratch, "ssh-keygen", "-q", "-t", type, "-N", "", "-C", "", "-f", name, NULL);
    g_autofree char *file = g_strconcat(name, ".pub", NULL);
    g_autofree char *text = scratch_read(scratch, file);
    return g_strdup(g_strstrip(text));
}

/* Makes a repository that signs with the key `name` by SSH. */
static inline void scratch_make_repository(const Scratch *scratch, const char *name)
{
    g_autofree char *key = scratch_path(scratch, name);
    scratch_do(scratch, "git", "init", "-q", "-b", "main", NULL);
    scratch_do(scratch, "git", "config", "gpg.format", "ssh", NULL);
    scratch_do(scratch, "git", "config", "user.signingKey", key, NULL);
}

/* The bytes of a commit object. */
static inline GBytes *scratch_commit_object(const Scratch *scratch, const char *revision)
{
    const char *const arguments[] = {"git", "cat-file", "commit", revision, NULL};
    return scratch_run_bytes(scratch, NULL, arguments);
}
