#include "articles/git_child.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* GLib, and posix_spawn(3), wait until the child has become the other program, to tell why it could
 * not. Here the child says that itself, as git would say it, on its standard error. Between fork(2)
 * and execve(2) it is a copy of a program with threads, in which nothing may be called but system
 * calls: all that it needs has been made before. */

/* Its own children may hold its outputs open for ever: after this they are not read any more. */
#define LINGER_S 5

typedef struct {
    ImpGitChild *child;
    int descriptor;
    guint source; /* 0: it has ended */
    GString *kept;
    bool its_end; /* the end is kept; else the beginning */
} Output;

struct ImpGitChild {
    ImpGitChildHooks hooks;
    gpointer data;
    pid_t pid; /* 0: it has ended */
    int wait_status;
    Output answers, says;
    guint64 bytes;
    guint linger; /* timer; 0: none */
};

/* The other program */

typedef struct {
    const ImpGitChildSettings *settings;
    char *program;
    pid_t parent;
    int input, output, error_output;
} Beginning;

static void limit(const ImpGitChildSettings *settings, pid_t parent)
{
    const struct rlimit core = {0, 0};
    struct rlimit file;
    prctl(PR_SET_PDEATHSIG, settings->death_signal);
    if (getppid() != parent)
        _exit(127); /* it had ended before */
    setrlimit(RLIMIT_CORE, &core);
    if (settings->file_bytes && getrlimit(RLIMIT_FSIZE, &file) == 0) {
        /* A lower one is its administrator's. */
        file.rlim_max = MIN(file.rlim_max, settings->file_bytes);
        file.rlim_cur = MIN(file.rlim_cur, settings->file_bytes);
        setrlimit(RLIMIT_FSIZE, &file);
    }
    if (settings->niceness)
        setpriority(PRIO_PROCESS, 0, settings->niceness);
}

static void become(const Beginning *beginning)
{
    static const char fault[] = "fatal: git could not be run\n";
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;
    sigemptyset(&none);
    limit(beginning->settings, beginning->parent);
    sigaction(SIGPIPE, &usual, NULL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(beginning->input, STDIN_FILENO) >= 0 && dup2(beginning->output, STDOUT_FILENO) >= 0 &&
        dup2(beginning->error_output, STDERR_FILENO) >= 0) {
        close_range(STDERR_FILENO + 1, ~0U, 0);
        execve(beginning->program, (char **)beginning->settings->arguments,
               (char **)beginning->settings->environment);
    }
    if (write(STDERR_FILENO, fault, sizeof fault - 1) < 0)
        _exit(126);
    _exit(127);
}

/* The end */

static void output_close(Output *output)
{
    if (!output->source)
        return;
    g_clear_handle_id(&output->source, g_source_remove);
    close(output->descriptor);
}

static void finish(ImpGitChild *child)
{
    if (child->pid || child->answers.source || child->says.source)
        return;
    bool well = WIFEXITED(child->wait_status) && WEXITSTATUS(child->wait_status) == 0;
    const ImpGitChildEnd end = {well, child->answers.kept->str, child->says.kept->str};
    g_clear_handle_id(&child->linger, g_source_remove);
    if (child->hooks.ended)
        child->hooks.ended(&end, child->data);
    g_string_free(child->answers.kept, TRUE);
    g_string_free(child->says.kept, TRUE);
    g_free(child);
}

static gboolean on_linger(gpointer data)
{
    ImpGitChild *child = data;
    child->linger = 0;
    output_close(&child->answers);
    output_close(&child->says);
    finish(child);
    return G_SOURCE_REMOVE;
}

static void on_exit_of(GPid pid, gint wait_status, gpointer data)
{
    (void)pid;
    ImpGitChild *child = data;
    child->pid = 0;
    child->wait_status = wait_status;
    child->linger = g_timeout_add_seconds(LINGER_S, on_linger, child);
    finish(child);
}

/* What it prints */

static void keep(Output *output, const char *bytes, gsize length)
{
    GString *kept = output->kept;
    if (output->its_end) {
        g_string_append_len(kept, bytes, (gssize)length);
        if (kept->len > IMP_GIT_CHILD_KEPT_BYTES)
            g_string_erase(kept, 0, (gssize)(kept->len - IMP_GIT_CHILD_KEPT_BYTES));
    } else if (kept->len < IMP_GIT_CHILD_KEPT_BYTES) {
        g_string_append_len(kept, bytes, (gssize)length);
    }
}

static gboolean on_readable(int descriptor, GIOCondition condition, gpointer data)
{
    (void)condition;
    Output *output = data;
    ImpGitChild *child = output->child;
    char bytes[4096];
    gssize length = read(descriptor, bytes, sizeof bytes);
    if (length < 0 && (errno == EINTR || errno == EAGAIN))
        return G_SOURCE_CONTINUE;
    if (length <= 0) {
        output_close(output);
        finish(child);
        return G_SOURCE_REMOVE;
    }
    keep(output, bytes, (gsize)length);
    child->bytes += (guint64)length;
    if (child->hooks.lives)
        child->hooks.lives(child->bytes, child->data);
    return G_SOURCE_CONTINUE;
}

static void read_output(ImpGitChild *child, Output *output, int descriptor, bool its_end)
{
    *output = (Output){.child = child, .descriptor = descriptor, .its_end = its_end};
    output->kept = g_string_new(NULL);
    output->source = g_unix_fd_add(descriptor, G_IO_IN | G_IO_HUP, on_readable, output);
}

/* The beginning */

static void close_both(const int *descriptors)
{
    close(descriptors[0]);
    close(descriptors[1]);
}

/* Makes its outputs, of which the first of each pair is ours. */
static bool make_pipes(int *output, int *error_output, GError **error)
{
    if (!g_unix_open_pipe(output, FD_CLOEXEC, error))
        return false;
    if (g_unix_open_pipe(error_output, FD_CLOEXEC, error))
        return true;
    close_both(output);
    return false;
}

static pid_t start(const ImpGitChildSettings *settings, int output, int error_output,
                   GError **error)
{
    g_autofree char *program = g_find_program_in_path(settings->arguments[0]);
    int nothing = program ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    const Beginning beginning = {settings, program, getpid(), nothing, output, error_output};
    pid_t pid = nothing >= 0 ? fork() : -1;
    if (pid == 0)
        become(&beginning);
    if (!program)
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no git in PATH");
    else if (pid < 0)
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s", g_strerror(errno));
    if (nothing >= 0)
        close(nothing);
    return pid;
}

ImpGitChild *imp_git_child_begin(const ImpGitChildSettings *settings, const ImpGitChildHooks *hooks,
                                 gpointer data, GError **error)
{
    int output[2], error_output[2];
    if (!make_pipes(output, error_output, error))
        return NULL;
    pid_t pid = start(settings, output[1], error_output[1], error);
    if (pid < 0) {
        close_both(output);
        close_both(error_output);
        return NULL;
    }
    close(output[1]);
    close(error_output[1]);
    ImpGitChild *child = g_new0(ImpGitChild, 1);
    child->hooks = *hooks;
    child->data = data;
    child->pid = pid;
    read_output(child, &child->answers, output[0], false);
    read_output(child, &child->says, error_output[0], true);
    g_child_watch_add(pid, on_exit_of, child);
    return child;
}

void imp_git_child_signal(ImpGitChild *child, int signal)
{
    if (child->pid)
        kill(child->pid, signal);
}

void imp_git_child_forget(ImpGitChild *child)
{
    child->hooks = (ImpGitChildHooks){0};
}
