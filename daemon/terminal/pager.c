#include "daemon/terminal/pager.h"
#include "daemon/terminal/user_git.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct ImpPager {
    GPid pid;
    int terminal; /* standard output as it was */
    sighandler_t interrupt, pipe;
};

/* The shell's command, NULL: none. Where git cannot say (there is none), there is no pager either.
 */
static char *find_pager(const char *directory)
{
    g_autofree char *pager =
        imp_user_git(directory, (const char *const[]){"var", "GIT_PAGER", NULL}, NULL);
    if (!pager || !*pager || strcmp(pager, "cat") == 0)
        return NULL;
    g_auto(GStrv) words = NULL;
    g_autofree char *program =
        g_shell_parse_argv(pager, NULL, &words, NULL) ? g_find_program_in_path(words[0]) : NULL;
    return program ? g_steal_pointer(&pager) : NULL;
}

/* Where the user has not said otherwise: no pager for what fits the screen, colours, and the text
 * stays on it. */
static char **environment(void)
{
    char **all = g_get_environ();
    all = g_environ_setenv(all, "LESS", "FRX", FALSE);
    return g_environ_setenv(all, "LV", "-c", FALSE);
}

ImpPager *imp_pager_begin(const char *directory)
{
    if (!isatty(STDOUT_FILENO))
        return NULL;
    g_autofree char *pager = find_pager(directory);
    const char *const words[] = {"/bin/sh", "-c", pager, NULL};
    g_auto(GStrv) variables = environment();
    GPid pid;
    int into;
    if (!pager || !g_spawn_async_with_pipes(NULL, (char **)words, variables,
                                            G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CLOEXEC_PIPES, NULL,
                                            NULL, &pid, &into, NULL, NULL, NULL))
        return NULL;
    ImpPager *begun = g_new0(ImpPager, 1);
    fflush(stdout);
    begun->pid = pid;
    begun->terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    dup2(into, STDOUT_FILENO);
    close(into);
    begun->interrupt = signal(SIGINT, SIG_IGN);
    begun->pipe = signal(SIGPIPE, SIG_IGN);
    return begun;
}

void imp_pager_end(ImpPager *pager)
{
    if (!pager)
        return;
    fflush(stdout);
    clearerr(stdout); /* the user had read enough */
    dup2(pager->terminal, STDOUT_FILENO);
    close(pager->terminal);
    while (waitpid(pager->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    signal(SIGINT, pager->interrupt);
    signal(SIGPIPE, pager->pipe);
    g_free(pager);
}
