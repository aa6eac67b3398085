#include "articles/ssh_sign.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ssh-keygen wants the key as a file that nobody else may read. It gets a memory file, by its
 * number: nothing is written to disk and nothing has a name. What is signed is another one, which
 * it may leave unread without breaking a pipe. It has an environment of its own, and is kept from
 * asking anybody for a passphrase. */

#define KEY_FD   3
#define KEY_PATH "/proc/self/fd/" G_STRINGIFY(KEY_FD)

/* A memory file that holds the bytes, read from its beginning; -1 and an error. */
static int memory_file(const void *bytes, gsize length, GError **error)
{
    int file = memfd_create("imprimatur", MFD_CLOEXEC);
    if (file >= 0 && fchmod(file, 0600) == 0 && write(file, bytes, length) == (gssize)length &&
        lseek(file, 0, SEEK_SET) == 0)
        return file;
    int number = errno;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(number), "cannot sign: memory file: %s",
                g_strerror(number));
    if (file >= 0)
        close(file);
    return -1;
}

/* Runs ssh-keygen with the key as KEY_PATH; what it prints. */
static char *run(const char *key, const char *const *arguments, GBytes *input, GError **error)
{
    static const char *const environment[] = {
        "PATH=/usr/bin:/bin",        "LC_ALL=C", "TZ=UTC", "SSH_ASKPASS=/bin/false",
        "SSH_ASKPASS_REQUIRE=force", NULL};
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    int file = memory_file(key, strlen(key), error);
    if (file < 0)
        return NULL;
    g_subprocess_launcher_take_fd(launcher, file, KEY_FD);
    int read = memory_file(g_bytes_get_data(input, NULL), g_bytes_get_size(input), error);
    if (read < 0)
        return NULL;
    g_subprocess_launcher_take_stdin_fd(launcher, read);
    g_subprocess_launcher_set_environ(launcher, (char **)environment);
    g_autoptr(GSubprocess) child = g_subprocess_launcher_spawnv(launcher, arguments, error);
    g_autoptr(GBytes) output = NULL;
    g_autoptr(GBytes) complaint = NULL;
    if (!child || !g_subprocess_communicate(child, NULL, NULL, &output, &complaint, error)) {
        g_prefix_error_literal(error, "cannot sign: ssh-keygen: ");
        return NULL;
    }
    if (g_subprocess_get_successful(child))
        return g_strndup(g_bytes_get_data(output, NULL), g_bytes_get_size(output));
    g_autofree char *said =
        g_strndup(g_bytes_get_data(complaint, NULL), g_bytes_get_size(complaint));
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                "cannot sign: ssh-keygen: %s (the signing key must be in OpenSSH's own format and "
                "have no passphrase)",
                g_strstrip(said));
    return NULL;
}

char *imp_ssh_sign(const char *key, const char *name_space, GBytes *payload, GError **error)
{
    const char *const arguments[] = {"ssh-keygen", "-q", "-Y",       "sign", "-f",
                                     KEY_PATH,     "-n", name_space, NULL};
    return run(key, arguments, payload, error);
}

char *imp_ssh_public_key(const char *key, GError **error)
{
    const char *const arguments[] = {"ssh-keygen", "-q", "-y", "-P", "", "-f", KEY_PATH, NULL};
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    g_autofree char *line = run(key, arguments, nothing, error);
    g_auto(GStrv) words = line ? g_strsplit_set(line, " \n", 3) : NULL;
    if (!words)
        return NULL;
    if (words[0] && words[1])
        return g_strdup_printf("%s %s", words[0], words[1]);
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                        "cannot sign: ssh-keygen printed no public key");
    return NULL;
}
