#include "daemon/terminal/user_git.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool ended_well(int status, const char *what, GError **error)
{
    if (g_spawn_check_wait_status(status, NULL))
        return true;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s failed", what);
    return false;
}

/* The first word that is not an option of git's own. */
static const char *subcommand(const char *const *arguments)
{
    while (arguments[0][0] == '-' && arguments[1])
        arguments++;
    return arguments[0];
}

/* Everything that the pipe brings; it is closed. */
static bool read_all(int pipe, GByteArray *into)
{
    guint8 bytes[16384];
    gssize count;
    while ((count = read(pipe, bytes, sizeof bytes)) > 0 || (count < 0 && errno == EINTR))
        if (count > 0)
            g_byte_array_append(into, bytes, (guint)count);
    close(pipe);
    return count == 0;
}

char *imp_user_git_bytes(const char *directory, const char *const *arguments, gsize *size,
                         GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_ptr_array_add(words, (gpointer) "git");
    for (const char *const *argument = arguments; *argument; argument++)
        g_ptr_array_add(words, (gpointer)*argument);
    g_ptr_array_add(words, NULL);
    g_autoptr(GByteArray) said = g_byte_array_new();
    g_autofree char *what = g_strconcat("git ", subcommand(arguments), NULL);
    int status, output;
    GPid pid;
    if (!g_spawn_async_with_pipes(directory, (char **)words->pdata, NULL,
                                  G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN |
                                      G_SPAWN_DO_NOT_REAP_CHILD,
                                  NULL, NULL, &pid, NULL, &output, NULL, error))
        return NULL;
    read_all(output, said);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!ended_well(status, what, error))
        return NULL;
    if (size)
        *size = said->len;
    g_byte_array_append(said, (const guint8 *)"", 1);
    return (char *)g_byte_array_free(g_steal_pointer(&said), FALSE);
}

char *imp_user_git(const char *directory, const char *const *arguments, GError **error)
{
    gsize length;
    char *said = imp_user_git_bytes(directory, arguments, &length, error);
    if (said && length > 0 && said[length - 1] == '\n')
        said[length - 1] = '\0';
    return said;
}

bool imp_user_git_works(const char *directory, GError **error)
{
    const char *const arguments[] = {"rev-parse", "--git-dir", NULL};
    g_autofree char *said = imp_user_git(directory, arguments, NULL);
    if (!said)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "git does not work in %s, for the reason that it gives above", directory);
    return said != NULL;
}

char *imp_user_git_identity(const char *directory, const char *role, GError **error)
{
    bool author = strcmp(role, "author") == 0;
    const char *const arguments[] = {"var", author ? "GIT_AUTHOR_IDENT" : "GIT_COMMITTER_IDENT",
                                     NULL};
    char *identity = imp_user_git(directory, arguments, NULL);
    if (!identity)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "git does not know who you are; set your name, and the address that the policy "
                    "lists for you: git "
                    "config user.name NAME, and git config user.email ADDRESS");
    return identity;
}

static char *without_comments(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *kept = g_string_new(NULL);
    for (char **line = lines; *line; line++)
        if (**line != '#')
            g_string_append_printf(kept, "%s\n", g_strchomp(*line));
    return g_strstrip(g_string_free(kept, FALSE));
}

static bool run_editor(const char *editor, const char *file, GError **error)
{
    g_autofree char *script = g_strconcat(editor, " \"$@\"", NULL);
    const char *const arguments[] = {"sh", "-c", script, editor, file, NULL};
    int status;
    return g_spawn_sync(NULL, (char **)arguments, NULL,
                        G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL, NULL,
                        &status, error) &&
           ended_well(status, editor, error);
}

char *imp_user_git_edit(const char *directory, const char *text, GError **error)
{
    g_autofree char *editor =
        imp_user_git(directory, (const char *const[]){"var", "GIT_EDITOR", NULL}, error);
    g_autofree char *file = NULL;
    g_autofree char *edited = NULL;
    int descriptor = editor ? g_file_open_tmp("imprimatur-XXXXXX.txt", &file, error) : -1;
    if (descriptor < 0)
        return NULL;
    close(descriptor);
    bool fine = g_file_set_contents(file, text, -1, error) && run_editor(editor, file, error) &&
                g_file_get_contents(file, &edited, NULL, error);
    g_unlink(file);
    return fine ? without_comments(edited) : NULL;
}

bool imp_user_is_here(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

char *imp_user_ask(const char *question)
{
    fprintf(stderr, "%s ", question);
    GString *line = g_string_new(NULL);
    for (int byte = getchar(); byte != EOF && byte != '\n'; byte = getchar())
        g_string_append_c(line, (char)byte);
    return g_strstrip(g_string_free(line, FALSE));
}
