#include "articles/ssh_verify.h"

#include "workflow/moment.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* ssh-keygen wants two files and its standard input. All three are memory files: nothing is written to disk,
 * nothing has a name that somebody could guess, and nothing is left over after a crash. The child opens two
 * of them as /proc/self/fd/N. It gets an environment of its own, so that nobody's PATH, locale or time zone is
 * in the verdict. Its one exit status for every failure of a signature is 255; so a failure of ours must not
 * look like that, and what can be known to make it fail is tried before. */

#define TIMEOUT_MS   10000
#define VERDICT_GOOD 0
#define VERDICT_BAD  255

/* The child's descriptors. */
#define SIGNERS_FD    3
#define SIGNATURE_FD  4
#define FIRST_FREE_FD 5

static bool fail(GError **error, int number, const char *what)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(number), "cannot verify a signature: %s: %s", what,
                g_strerror(number));
    return false;
}

static void close_descriptor(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}

typedef int Descriptor;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Descriptor, close_descriptor)

static bool write_all(int descriptor, const void *data, gsize length)
{
    const guint8 *at = data;
    while (length > 0) {
        gssize written = write(descriptor, at, length);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            at += written;
            length -= (gsize)written;
        }
    }
    return lseek(descriptor, 0, SEEK_SET) == 0;
}

/* A memory file with these bytes; its number is above all that the child's descriptors have. */
static int memory_file(const void *data, gsize length, GError **error)
{
    g_auto(Descriptor) low = memfd_create("imprimatur", MFD_CLOEXEC);
    g_auto(Descriptor) file = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    if (file < 0 || !write_all(file, data, length)) {
        fail(error, errno, "memory file");
        return -1;
    }
    int result = file;
    file = -1;
    return result;
}

/* What would make ssh-keygen fail whatever the signature is: no /proc, or a user without a name. */
static bool check_surroundings(int file, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file);
    if (access(path, R_OK) != 0)
        return fail(error, errno, path);
    char buffer[4096];
    struct passwd entry, *found = NULL;
    int number = getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found);
    if (!found)
        return fail(error, number ? number : ENOENT, "this process's user has no entry in the password database");
    return true;
}

/* "20261123091407Z"; without the Z it would mean local time. */
static char *verify_time_option(gint64 moment_us)
{
    g_autofree char *moment = imp_moment_format(moment_us);
    GString *option = g_string_new("-Overify-time=");
    for (const char *at = moment; *at; at++)
        if (g_ascii_isdigit(*at))
            g_string_append_c(option, *at);
    g_string_append_c(option, 'Z');
    return g_string_free(option, FALSE);
}

static int spawn(const char *program, char *const *arguments, const int files[3], pid_t *child)
{
    char *environment[] = {(char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C", (char *)"TZ=UTC", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int number = 0;
    for (int target = 0; target < FIRST_FREE_FD && number == 0; target++) {
        const int sources[FIRST_FREE_FD] = {files[0], -1, -1, files[1], files[2]};
        number = sources[target] < 0 ? posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_WRONLY, 0)
                                     : posix_spawn_file_actions_adddup2(&actions, sources[target], target);
    }
    if (number == 0)
        number = posix_spawn_file_actions_addclosefrom_np(&actions, FIRST_FREE_FD);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (number == 0)
        number = posix_spawn(child, program, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return number;
}

/* Waits for the child to end, at most until `deadline_us` of the monotonic clock; false if it did not. */
static bool await_end(pid_t child, gint64 deadline_us)
{
    g_auto(Descriptor) handle = pidfd_open(child, 0);
    if (handle < 0)
        return true; /* waitpid will wait */
    struct pollfd poll_for = {.fd = handle, .events = POLLIN};
    int ready;
    do {
        gint64 left_us = MAX(deadline_us - g_get_monotonic_time(), 0);
        ready = poll(&poll_for, 1, (int)((left_us + 999) / 1000));
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static bool collect(pid_t child, bool *good, GError **error)
{
    bool ended = await_end(child, g_get_monotonic_time() + TIMEOUT_MS * G_GINT64_CONSTANT(1000));
    if (!ended)
        kill(child, SIGKILL);
    int status;
    pid_t waited;
    do
        waited = waitpid(child, &status, 0);
    while (waited < 0 && errno == EINTR);
    if (!ended)
        return fail(error, ETIMEDOUT, "ssh-keygen");
    if (waited < 0)
        return fail(error, errno, "ssh-keygen");
    if (WIFEXITED(status) && (WEXITSTATUS(status) == VERDICT_GOOD || WEXITSTATUS(status) == VERDICT_BAD)) {
        *good = WEXITSTATUS(status) == VERDICT_GOOD;
        return true;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot verify a signature: ssh-keygen ended by %s %d",
                WIFSIGNALED(status) ? "signal" : "exit status",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return false;
}

bool imp_ssh_verify(const char *signer_line, const char *principal, const char *name_space, const char *armored,
                    const guint8 *payload, gsize length, gint64 moment_us, bool *good, GError **error)
{
    g_autofree char *program = g_find_program_in_path("ssh-keygen");
    if (!program)
        return fail(error, ENOENT, "ssh-keygen (of OpenSSH) is not in PATH");
    g_autofree char *time_option = verify_time_option(moment_us);
    g_autofree char *signers = g_strconcat(signer_line, "\n", NULL);
    g_auto(Descriptor) payload_file = memory_file(payload, length, error);
    g_auto(Descriptor) signers_file = payload_file < 0 ? -1 : memory_file(signers, strlen(signers), error);
    g_auto(Descriptor) signature_file = signers_file < 0 ? -1 : memory_file(armored, strlen(armored), error);
    if (signature_file < 0 || !check_surroundings(signers_file, error))
        return false;

    const char *const arguments[] = {
        "ssh-keygen", "-Y", "verify",   "-f", "/proc/self/fd/" G_STRINGIFY(SIGNERS_FD),   "-I",
        principal,    "-n", name_space, "-s", "/proc/self/fd/" G_STRINGIFY(SIGNATURE_FD), time_option,
        NULL,
    };
    const int files[] = {payload_file, signers_file, signature_file};
    pid_t child;
    int number = spawn(program, (char *const *)arguments, files, &child);
    if (number != 0)
        return fail(error, number, program);
    return collect(child, good, error);
}
