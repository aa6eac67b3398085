#include "daemon/service/control.h"
#include "daemon/control/control_address.h"
#include "daemon/index/announce.h"
#include "daemon/service/unix_socket.h"
#include "daemon/terminal/exit.h"
#include "notify/format/format.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A client is read as its bytes come, a little at a time, and has a few seconds for a request; an
 * answer is written at once or not at all. So nobody can make the loop wait, whatever is sent or
 * not sent. A request is answered before the next one is read; one that takes time, a ping, is
 * under way with the dispatcher's sender, and its client may be gone when it ends. */

/* Clients at a time: operators, and the scripts of some. */
#define CLIENTS_MAX 16
/* How long a request may take to come. */
#define PATIENCE_S 5

typedef struct {
    ImpControl *control;
    int socket;
    guint readable, timer; /* sources; 0: none */
    GString *line;         /* as far as it has come */
    bool waits;            /* for a ping */
} Client;

typedef struct {
    ImpControl *control;
    Client *client; /* NULL: it has gone */
    char *endpoint; /* its name: a reload may take the rest away */
    char *display;
    char *event;
    gint64 began_us; /* monotonic */
} Ping;

struct ImpControl {
    ImpWorkplace *place;
    ImpDispatcher *dispatcher;
    ImpClock clock;
    char *path, *link; /* of the socket; and to it, or NULL */
    int socket;
    guint source;
    GPtrArray *clients, *pings;
    void (*changed)(gpointer data); /* or NULL */
    gpointer changed_data;
};

/* Clients */

static void client_free(gpointer data)
{
    Client *client = data;
    for (guint i = 0; i < client->control->pings->len; i++) {
        Ping *ping = client->control->pings->pdata[i];
        if (ping->client == client)
            ping->client = NULL;
    }
    g_clear_handle_id(&client->readable, g_source_remove);
    g_clear_handle_id(&client->timer, g_source_remove);
    close(client->socket);
    g_string_free(client->line, TRUE);
    g_free(client);
}

static void let_go(Client *client)
{
    g_ptr_array_remove_fast(client->control->clients, client);
}

static gboolean time_is_over(gpointer data)
{
    Client *client = data;
    client->timer = 0;
    let_go(client);
    return G_SOURCE_REMOVE;
}

static void be_patient(Client *client)
{
    g_clear_handle_id(&client->timer, g_source_remove);
    client->timer = g_timeout_add_seconds(PATIENCE_S, time_is_over, client);
}

/* False: the client does not take it, which is its own fault. */
static bool answer(int socket, json_t *answer_object)
{
    g_autofree char *text = imp_json_dump_line(answer_object);
    g_autofree char *line = g_strconcat(text, "\n", NULL);
    gsize length = strlen(line);
    return send(socket, line, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (gssize)length;
}

/* Pings */

static void ping_free(gpointer data)
{
    Ping *ping = data;
    g_free(ping->endpoint);
    g_free(ping->display);
    g_free(ping->event);
    g_free(ping);
}

ImpEvent *imp_control_ping_event(const ImpWorkplace *place, const char *endpoint, gint64 now_us)
{
    const ImpAnnouncing announcing =
        imp_workplace_announcing(place, NULL, NULL, imp_moment_whole_seconds(now_us));
    return imp_announce_delivery(&announcing, "webhook.ping", endpoint, NULL,
                                 "This is a test, by imprimatur endpoint ping.");
}

static void on_ping_end(const ImpOutcome *outcome, gpointer data)
{
    Ping *ping = data;
    ImpControl *control = ping->control;
    Client *client = ping->client;
    const ImpEndpoint endpoint = {.name = ping->endpoint, .display = ping->display};
    bool disabled = false;
    imp_outbox_is_disabled(control->place->outbox, ping->endpoint, &disabled, NULL);
    g_autoptr(json_t) object =
        imp_control_answer_ping(control->place->config, &endpoint, ping->event, outcome,
                                g_get_monotonic_time() - ping->began_us, disabled);
    g_ptr_array_remove_fast(control->pings, ping);
    if (!client)
        return;
    client->waits = false;
    be_patient(client);
    if (!answer(client->socket, object))
        let_go(client);
}

/* Returns the answer if there is one already. */
static json_t *ping(Client *client, const ImpControlRequest *request)
{
    ImpControl *control = client->control;
    const ImpEndpoint *endpoint = imp_control_endpoint(control->place->config, request->endpoint);
    if (!endpoint) {
        g_autofree char *sentence =
            imp_control_unknown_endpoint(control->place->config, request->endpoint);
        return imp_control_answer(IMP_EXIT_NO, sentence, NULL, false);
    }
    g_autoptr(ImpEvent) event =
        imp_control_ping_event(control->place, endpoint->name, control->clock());
    g_autoptr(GBytes) body = imp_format_render(endpoint->format, event);
    Ping *begun = g_new0(Ping, 1);
    begun->control = control;
    begun->client = client;
    begun->endpoint = g_strdup(endpoint->name);
    begun->display = g_strdup(endpoint->display);
    begun->event = g_strdup(event->id);
    begun->began_us = g_get_monotonic_time();
    g_ptr_array_add(control->pings, begun);
    client->waits = true;
    g_clear_handle_id(&client->timer, g_source_remove);
    imp_dispatcher_post(control->dispatcher, endpoint, event->id, body, on_ping_end, begun);
    return NULL;
}

/* Requests */

static json_t *carry_out(Client *client, const char *line, gsize length)
{
    ImpControl *control = client->control;
    g_autoptr(GError) error = NULL;
    g_auto(ImpControlRequest) request = {0};
    if (!imp_control_request_parse(line, length, &request, &error))
        return imp_control_answer_fault(error);
    if (request.verb == IMP_CONTROL_PING)
        return ping(client, &request);
    json_t *done = imp_control_act(control->place, &request, control->clock());
    imp_dispatcher_kick(control->dispatcher);
    if (control->changed)
        control->changed(control->changed_data);
    return done;
}

/* Answers the line once it has come. False: the client is to go, as does one that did not wait for
 * its answer. */
static bool take_line(Client *client)
{
    const char *end = memchr(client->line->str, '\n', client->line->len);
    if (!end) {
        if (client->line->len <= IMP_CONTROL_REQUEST_MAX_BYTES)
            return true;
        g_autoptr(json_t) object =
            imp_control_answer(IMP_EXIT_USAGE, "request: is too long", NULL, false);
        answer(client->socket, object);
        return false;
    }
    gsize length = (gsize)(end - client->line->str);
    bool alone = client->line->len == length + 1;
    g_autoptr(json_t) object = carry_out(client, client->line->str, length);
    g_string_truncate(client->line, 0);
    if (object)
        be_patient(client);
    return alone && (!object || answer(client->socket, object));
}

static gboolean on_readable(int socket, GIOCondition condition, gpointer data)
{
    (void)condition;
    Client *client = data;
    char bytes[4096];
    gssize count = recv(socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    bool stays = count > 0;
    if (stays)
        g_string_append_len(client->line, bytes, count);
    /* One request at a time: who has more to say while a ping is under way has to go. */
    stays = stays && !client->waits && take_line(client);
    if (!stays)
        let_go(client);
    return stays ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean on_connection(int listener, GIOCondition condition, gpointer data)
{
    (void)condition;
    ImpControl *control = data;
    int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0)
        return G_SOURCE_CONTINUE;
    if (control->clients->len >= CLIENTS_MAX) {
        g_autoptr(json_t) object = imp_control_answer(
            IMP_EXIT_AGAIN, "the daemon has too many clients; try again", NULL, false);
        answer(socket, object);
        close(socket);
        return G_SOURCE_CONTINUE;
    }
    Client *client = g_new0(Client, 1);
    client->control = control;
    client->socket = socket;
    client->line = g_string_new(NULL);
    client->readable = g_unix_fd_add(socket, G_IO_IN, on_readable, client);
    be_patient(client);
    g_ptr_array_add(control->clients, client);
    return G_SOURCE_CONTINUE;
}

/* The socket */

static bool listen_at(ImpControl *control)
{
    control->socket = imp_unix_socket_bind(control->path, SOCK_STREAM);
    return control->socket >= 0 && listen(control->socket, CLIENTS_MAX) == 0;
}

static bool point_at(ImpControl *control)
{
    if (!control->link)
        return true;
    unlink(control->link);
    return symlink(control->path, control->link) == 0;
}

ImpControl *imp_control_new(ImpWorkplace *place, ImpDispatcher *dispatcher,
                            const char *runtime_directory, ImpClock clock, GError **error)
{
    g_autoptr(ImpControl) control = g_new0(ImpControl, 1);
    g_autofree char *own = g_build_filename(place->config->state_directory, "control", NULL);
    control->place = place;
    control->dispatcher = dispatcher;
    control->clock = clock;
    control->socket = -1;
    control->clients = g_ptr_array_new_with_free_func(client_free);
    control->pings = g_ptr_array_new_with_free_func(ping_free);
    control->path =
        imp_unix_socket_path(runtime_directory, place->config->state_directory, "control");
    control->link = strcmp(control->path, own) == 0 ? NULL : g_steal_pointer(&own);
    if (!listen_at(control) || !point_at(control)) {
        g_set_error(
            error, G_IO_ERROR, g_io_error_from_errno(errno),
            "%s: the control socket cannot be made, so the queue cannot be worked on by hand: %s",
            control->path, g_strerror(errno));
        return NULL;
    }
    control->source = g_unix_fd_add(control->socket, G_IO_IN, on_connection, control);
    imp_control_set_trouble(control, NULL);
    return g_steal_pointer(&control);
}

void imp_control_set_trouble(ImpControl *control, const char *sentence)
{
    g_autofree char *path = imp_control_trouble_path(control->path);
    if (!sentence)
        unlink(path);
    else /* as far as there is room */
        g_file_set_contents_full(path, sentence, -1, G_FILE_SET_CONTENTS_NONE, 0640, NULL);
}

void imp_control_on_change(ImpControl *control, void (*changed)(gpointer data), gpointer data)
{
    control->changed = changed;
    control->changed_data = data;
}

void imp_control_free(ImpControl *control)
{
    if (!control)
        return;
    g_clear_handle_id(&control->source, g_source_remove);
    if (control->socket >= 0) {
        if (control->link)
            unlink(control->link);
        unlink(control->path);
        imp_control_set_trouble(control, NULL);
        close(control->socket);
    }
    g_ptr_array_unref(control->clients);
    g_ptr_array_unref(control->pings);
    g_free(control->path);
    g_free(control->link);
    g_free(control);
}
