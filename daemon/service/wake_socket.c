#include "daemon/service/wake_socket.h"
#include "daemon/service/unix_socket.h"
#include "workflow/base/json.h"
#include "workflow/base/limits.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUP "imprimatur-door"
/* How many are read before the loop does something else. */
#define AT_A_TIME 32

struct ImpWakeSocket {
    ImpWakeHooks hooks;
    gpointer data;
    char *path;
    int socket;
    guint source;
};

static bool is_commit(const char *text)
{
    return text && strlen(text) == 40 && strspn(text, "0123456789abcdef") == 40;
}

static void take(ImpWakeSocket *wake, const char *bytes, gsize length)
{
    g_autoptr(ImpJsonFile) file = imp_json_load("wake", bytes, length, IMP_QUESTION_MAX_BYTES,
                                                G_IO_ERROR, G_IO_ERROR_FAILED, NULL);
    const json_t *object = file ? imp_json_root(file) : NULL;
    const char *question = json_string_value(json_object_get(object, "question"));
    const char *article = json_string_value(json_object_get(object, "article"));
    const char *commit = json_string_value(json_object_get(object, "commit"));
    if (json_object_get(object, "wake"))
        wake->hooks.woken(is_commit(commit) ? commit : NULL, wake->data);
    else if (question && article && g_utf8_strlen(question, -1) <= IMP_QUESTION_MAX_CHARACTERS)
        wake->hooks.asked(article, question, wake->data);
}

static gboolean on_readable(int socket, GIOCondition condition, gpointer data)
{
    (void)condition;
    ImpWakeSocket *wake = data;
    char bytes[IMP_QUESTION_MAX_BYTES];
    for (guint i = 0; i < AT_A_TIME; i++) {
        gssize length = recv(socket, bytes, sizeof bytes, MSG_DONTWAIT | MSG_TRUNC);
        if (length < 0)
            break;
        if ((gsize)length <= sizeof bytes)
            take(wake, bytes, (gsize)length);
    }
    return G_SOURCE_CONTINUE;
}

/* The door's group, where this process may give it a file: as a member, or as root. */
static void let_in_the_door(const char *path)
{
    const struct group *group = getgrnam(GROUP);
    if (group && chown(path, (uid_t)-1, group->gr_gid) != 0)
        g_debug("%s: the unit gives it to the group %s, which its sandbox may not (%s)", path,
                GROUP, g_strerror(errno));
}

ImpWakeSocket *imp_wake_socket_new(const char *runtime_directory, const char *state_directory,
                                   const ImpWakeHooks *hooks, gpointer data, GError **error)
{
    g_autoptr(ImpWakeSocket) wake = g_new0(ImpWakeSocket, 1);
    wake->hooks = *hooks;
    wake->data = data;
    wake->path = imp_unix_socket_path(runtime_directory, state_directory, "wake");
    wake->socket = imp_unix_socket_bind(wake->path, SOCK_DGRAM);
    if (wake->socket < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "%s: the socket for hooks cannot be made, so changes are seen by polling: %s",
                    wake->path, g_strerror(errno));
        return NULL;
    }
    let_in_the_door(wake->path);
    wake->source = g_unix_fd_add(wake->socket, G_IO_IN, on_readable, wake);
    return g_steal_pointer(&wake);
}

void imp_wake_socket_free(ImpWakeSocket *wake)
{
    if (!wake)
        return;
    g_clear_handle_id(&wake->source, g_source_remove);
    if (wake->socket >= 0) {
        unlink(wake->path);
        close(wake->socket);
    }
    g_free(wake->path);
    g_free(wake);
}
