#pragma once

#include <glib.h>

/* Where the door wakes the daemon: a datagram socket "wake" beside the control socket
 * (imprimatur.json(5), THE DOOR). What comes there is nobody's order: it says that it is worth
 * looking, or hands on a reader's question. */

typedef struct {
    /* Something may have changed; `commit` is the tip that a hook named (40 hex digits), or NULL.
     */
    void (*woken)(const char *commit, gpointer data);
    /* A reader asks about an article: its path, and at most 2,000 characters; both valid UTF-8. */
    void (*asked)(const char *article, const char *question, gpointer data);
} ImpWakeHooks;

typedef struct ImpWakeSocket ImpWakeSocket;

/* Listens, in the default main context. The group imprimatur-door may send, where the daemon's user
 * is a member of it; else the daemon's own group. */
ImpWakeSocket *imp_wake_socket_new(const char *runtime_directory, const char *state_directory,
                                   const ImpWakeHooks *hooks, gpointer data, GError **error);
void imp_wake_socket_free(ImpWakeSocket *wake);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpWakeSocket, imp_wake_socket_free)
