#include "daemon/control/control_client.h"
#include "daemon/control/control_address.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A pass keeps the daemon from its socket: a long one is an adoption, and that is rare. */
#define PATIENCE_S 60
/* An answer about IMP_CONTROL_DELIVERIES_MAX deliveries takes a tenth. */
#define ANSWER_MAX_BYTES (1024 * 1024)

/* Where its socket may be: what systemd says, for a command within the unit; and what the daemon
 * left in its state directory, for all others. */
static GPtrArray *places(const ImpConfig *config)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    const char *runtime = g_getenv("RUNTIME_DIRECTORY");
    if (runtime && *runtime) {
        g_autofree char *first = g_strndup(runtime, strcspn(runtime, ":"));
        g_ptr_array_add(paths, g_build_filename(first, "control", NULL));
    }
    g_ptr_array_add(paths, g_build_filename(config->state_directory, "control", NULL));
    return paths;
}

/* A socket, or -1 with errno. */
static int connect_to(const char *path)
{
    struct sockaddr_un address;
    int folder;
    if (!imp_control_address(path, &address, &folder))
        return -1;
    int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = peer >= 0 && connect(peer, (struct sockaddr *)&address, sizeof address) == 0;
    int fault = errno;
    if (folder >= 0)
        close(folder);
    if (!connected && peer >= 0)
        close(peer);
    errno = fault;
    return connected ? peer : -1;
}

/* Connects to the daemon; *peer is -1 if none runs, or a dead one left its socket. */
static bool find_daemon(const ImpConfig *config, int *peer, GError **error)
{
    g_autoptr(GPtrArray) paths = places(config);
    for (guint i = 0; i < paths->len; i++) {
        const char *path = paths->pdata[i];
        *peer = connect_to(path);
        if (*peer >= 0)
            return true;
        if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
            continue;
        g_set_error(error, IMP_CONTROL_ERROR,
                    errno == EAGAIN ? IMP_CONTROL_ERROR_AGAIN : IMP_CONTROL_ERROR_REFUSED,
                    "%s: %s; the queue is for root, the daemon's user and its group", path,
                    g_strerror(errno));
        return false;
    }
    *peer = -1;
    return true;
}

bool imp_control_is_open(const ImpConfig *config)
{
    int peer;
    bool open = find_daemon(config, &peer, NULL) && peer >= 0;
    if (open)
        close(peer);
    return open;
}

static bool gone(GError **error, const char *what)
{
    g_set_error(error, IMP_CONTROL_ERROR, IMP_CONTROL_ERROR_AGAIN,
                "the daemon %s; look at what waits with imprimatur deliveries list, and try again",
                what);
    return false;
}

/* Reads one line within the time. */
static bool read_line(int peer, guint patience_s, GString *line, GError **error)
{
    gint64 end_us = g_get_monotonic_time() + patience_s * G_USEC_PER_SEC;
    while (line->len == 0 || line->str[line->len - 1] != '\n') {
        gint64 left_ms = (end_us - g_get_monotonic_time()) / 1000;
        struct pollfd wanted = {.fd = peer, .events = POLLIN};
        int ready = left_ms > 0 ? poll(&wanted, 1, (int)left_ms) : 0;
        if (ready == 0)
            return gone(error, "has not answered yet, and may still do it");
        char bytes[8192];
        gssize count = ready > 0 ? recv(peer, bytes, sizeof bytes, 0) : -1;
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0 || line->len > ANSWER_MAX_BYTES)
            return gone(error, "went away before it answered");
        g_string_append_len(line, bytes, count);
    }
    return true;
}

bool imp_control_ask(const ImpConfig *config, const ImpControlRequest *request, json_t **answer,
                     GError **error)
{
    int peer;
    *answer = NULL;
    if (!find_daemon(config, &peer, error))
        return false;
    if (peer < 0)
        return true;
    g_autofree char *asked = imp_control_request_line(request);
    g_autoptr(GString) line = g_string_new(NULL);
    guint patience_s =
        PATIENCE_S + (request->verb == IMP_CONTROL_PING ? config->times->total_s : 0);
    /* One that sends its client away has answered before it was asked. */
    (void)!send(peer, asked, strlen(asked), MSG_NOSIGNAL);
    bool answered = read_line(peer, patience_s, line, error);
    close(peer);
    if (!answered)
        return false;
    g_autoptr(ImpJsonFile) file =
        imp_json_load("answer", line->str, line->len, 2 * ANSWER_MAX_BYTES, IMP_CONTROL_ERROR,
                      IMP_CONTROL_ERROR_AGAIN, error);
    *answer = file ? json_incref(imp_json_root(file)) : NULL;
    return file != NULL;
}

static json_t *act_alone(const ImpConfig *config, const ImpControlRequest *request, gint64 now_us,
                         GError **error)
{
    g_autofree char *index = g_build_filename(config->state_directory, "index.db", NULL);
    if (access(index, F_OK) < 0) {
        g_set_error(error, IMP_CONTROL_ERROR,
                    errno == ENOENT ? IMP_CONTROL_ERROR_REQUEST : IMP_CONTROL_ERROR_REFUSED,
                    "%s: %s; no daemon has worked here yet, or not for this user", index,
                    g_strerror(errno));
        return NULL;
    }
    g_autoptr(ImpWorkplace) place = imp_workplace_open(config, error);
    return place ? imp_control_act(place, request, now_us) : NULL;
}

json_t *imp_control_carry_out(const ImpConfig *config, const ImpControlRequest *request,
                              gint64 now_us, GError **error)
{
    json_t *answer;
    if (!imp_control_ask(config, request, &answer, error))
        return NULL;
    return answer ? answer : act_alone(config, request, now_us, error);
}
