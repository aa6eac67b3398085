#include "articles/child.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child's descriptors: 0 is the first input, 1 and 2 go nowhere, 3 and 4 are further inputs, 5
 * is the output. Ours are all above these, so that none is overwritten before it has been handed
 * on. */

#define TIMEOUT_MS 10000
#define OUTPUT_FD  5
#define FIRST_FREE 6
#define OUTPUT_MAX (64 * 1024)

typedef struct {
    int of_child[FIRST_FREE]; /* ours; -1: none */
} Files;

static void files_close(Files *files)
{
    for (int i = 0; i < FIRST_FREE; i++)
        if (files->of_child[i] >= 0)
            close(files->of_child[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Files, files_close)

static bool fail(GError **error, int number, const char *what)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(number),
                "cannot verify a signature: %s: %s", what, g_strerror(number));
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

/* A memory file with these bytes. */
static int memory_file(const void *data, gsize length, GError **error)
{
    g_auto(Descriptor) low = memfd_create("imprimatur", MFD_CLOEXEC);
    g_auto(Descriptor) file = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, FIRST_FREE);
    if (file < 0 || !write_all(file, data, length)) {
        fail(error, errno, "memory file");
        return -1;
    }
    int result = file;
    file = -1;
    return result;
}

static int spawn(const char *program, char *const *arguments, const Files *files, pid_t *child)
{
    char *environment[] = {(char *)"PATH=/usr/bin:/bin", (char *)"LC_ALL=C", (char *)"TZ=UTC",
                           (char *)"GNUPGHOME=/nonexistent", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int number = 0;
    for (int target = 0; target < FIRST_FREE && number == 0; target++) {
        int source = files->of_child[target];
        number = source < 0
                     ? posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_WRONLY, 0)
                     : posix_spawn_file_actions_adddup2(&actions, source, target);
    }
    if (number == 0)
        number = posix_spawn_file_actions_addclosefrom_np(&actions, FIRST_FREE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (number == 0)
        number = posix_spawn(child, program, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return number;
}

/* Waits for the child to end, at most until `deadline_us` of the monotonic clock; false if it did
 * not. */
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

static bool collect(const char *name, pid_t child, int *exit_status, GError **error)
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
        return fail(error, ETIMEDOUT, name);
    if (waited < 0)
        return fail(error, errno, name);
    if (WIFEXITED(status)) {
        *exit_status = WEXITSTATUS(status);
        return true;
    }
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                "cannot verify a signature: %s was ended by signal %d", name, WTERMSIG(status));
    return false;
}

static bool read_output(int file, char **output, GError **error)
{
    g_autofree char *text = g_malloc0(OUTPUT_MAX + 1);
    if (pread(file, text, OUTPUT_MAX, 0) < 0)
        return fail(error, errno, "memory file");
    *output = g_steal_pointer(&text);
    return true;
}

bool imp_child_run(const char *const *arguments, GBytes *const *inputs, char **output, int *status,
                   GError **error)
{
    static const int targets[IMP_CHILD_INPUTS_MAX] = {0, 3, 4};
    g_autofree char *program = g_find_program_in_path(arguments[0]);
    if (!program)
        return fail(error, ENOENT, arguments[0]);
    g_auto(Files) files = {{-1, -1, -1, -1, -1, -1}};
    for (guint i = 0; inputs[i]; i++) {
        gsize length;
        const void *bytes = g_bytes_get_data(inputs[i], &length);
        files.of_child[targets[i]] = memory_file(bytes, length, error);
        if (files.of_child[targets[i]] < 0)
            return false;
    }
    if (output && (files.of_child[OUTPUT_FD] = memory_file("", 0, error)) < 0)
        return false;
    pid_t child;
    int number = spawn(program, (char *const *)arguments, &files, &child);
    if (number != 0)
        return fail(error, number, program);
    return collect(arguments[0], child, status, error) &&
           (!output || read_output(files.of_child[OUTPUT_FD], output, error));
}
