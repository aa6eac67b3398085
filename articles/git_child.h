#pragma once

#include <glib.h>
#include <stdbool.h>

/* A git that runs beside the loop: what it prints is read as it comes and kept as far as a message
 * needs it, and how it ended is told in the default main context. Whoever begins one never waits,
 * not even until it has been loaded, which takes as long as the machine is busy. */

/* What is kept of each of its outputs. */
#define IMP_GIT_CHILD_KEPT_BYTES (16 * 1024)

typedef struct {
    const char *const *arguments;   /* NULL-terminated; the first is "git" */
    const char *const *environment; /* NAME=VALUE, NULL-terminated: all that it gets */
    int death_signal;               /* what it gets when this program ends, however that ends */
    int niceness;                   /* as setpriority(2) has it; 0: like this program */
    guint64 file_bytes;             /* the most that it may write into one file; 0: any */
} ImpGitChildSettings;

typedef struct {
    bool well;            /* it exited with status 0 */
    const char *answered; /* standard output, its beginning */
    const char *said;     /* standard error, its end */
} ImpGitChildEnd;

typedef struct {
    /* It printed something; `bytes` are all so far. NULL: of no interest. */
    void (*lives)(guint64 bytes, gpointer data);
    /* It has ended, and so have its outputs, or 5 s have passed; it is freed then. Not called
     * before the beginning has returned. */
    void (*ended)(const ImpGitChildEnd *end, gpointer data);
} ImpGitChildHooks;

typedef struct ImpGitChild ImpGitChild;

/* NULL with an error where there is no git, or no room for another process. */
ImpGitChild *imp_git_child_begin(const ImpGitChildSettings *settings, const ImpGitChildHooks *hooks,
                                 gpointer data, GError **error);

/* Sends it a signal, if it still runs. */
void imp_git_child_signal(ImpGitChild *child, int signal);

/* No hook is called any more: it is freed when it has ended. */
void imp_git_child_forget(ImpGitChild *child);
