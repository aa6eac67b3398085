#include "daemon/door/door.h"
#include "daemon/terminal/log.h"
#include "daemon/terminal/print.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* imprimatur-door: the only program of the three that listens to others. It knows the secrets of
 * the hooks, and neither repository nor index nor any key. */

#define DEFAULT_CONFIG "/etc/imprimatur/door.json"

/* As for the other two programs (daemon/terminal/exit.h). */
enum { DONE = 0, FAILED = 1, USAGE = 2, CONFIGURATION = 3 };

static int fail(int status, const char *message)
{
    g_autofree char *clean = imp_print_clean(message);
    fprintf(stderr, "imprimatur-door: %s\n", clean);
    return status;
}

/* A socket of the loopback, for trials and for hosts without systemd. -1: none, said. */
static int listen_there(const char *listen_at)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnectable) where = g_network_address_parse(listen_at, 0, NULL);
    GNetworkAddress *parsed = where ? G_NETWORK_ADDRESS(where) : NULL;
    g_autoptr(GSocketAddress) address =
        parsed ? g_inet_socket_address_new_from_string(g_network_address_get_hostname(parsed),
                                                       g_network_address_get_port(parsed))
               : NULL;
    if (!address || !g_inet_address_get_is_loopback(
                        g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)))) {
        fail(USAGE, "--listen: write an address of this host and a port, as in 127.0.0.1:8080");
        return -1;
    }
    g_autoptr(GSocket) listener = g_socket_new(g_socket_address_get_family(address),
                                               G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
    int descriptor = -1;
    if (listener && g_socket_bind(listener, address, TRUE, &error) &&
        g_socket_listen(listener, &error))
        descriptor = fcntl(g_socket_get_fd(listener), F_DUPFD_CLOEXEC, 3);
    if (descriptor < 0)
        fail(FAILED, error ? error->message : g_strerror(errno));
    return descriptor;
}

/* The socket that systemd hands over, else one where it was told to listen. -1: none, said. */
static int find_socket(const char *listen_at)
{
    if (listen_at)
        return listen_there(listen_at);
    int count = sd_listen_fds(1);
    if (count == 1)
        return SD_LISTEN_FDS_START;
    fail(USAGE, count > 1 ? "got more than one socket; leave one ListenStream= in the socket unit"
                          : "there is no socket; start imprimatur-door.socket, or type --listen "
                            "127.0.0.1:PORT");
    return -1;
}

static gboolean on_end(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_CONTINUE;
}

static int serve(const ImpDoorConfig *config, int socket)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(ImpDoor) door = imp_door_new(config, socket, &error);
    if (!door)
        return fail(FAILED, error->message);
    g_unix_signal_add(SIGTERM, on_end, loop);
    g_unix_signal_add(SIGINT, on_end, loop);
    sd_notify(0, "READY=1");
    g_main_loop_run(loop);
    sd_notify(0, "STOPPING=1");
    return DONE;
}

int main(int argc, char **argv)
{
    /* What it holds are secrets: no core is written of it. */
    const struct rlimit core = {0, 0};
    setrlimit(RLIMIT_CORE, &core);
    setlocale(LC_ALL, "");
    g_log_set_writer_func(imp_log_write, "imprimatur-door", NULL);
    g_autofree char *path = NULL, *listen_at = NULL;
    gboolean version = FALSE, check = FALSE;
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &path,
         "the configuration; " DEFAULT_CONFIG " without it", "FILE"},
        {"listen", 0, 0, G_OPTION_ARG_STRING, &listen_at,
         "listen there, where systemd hands over no socket", "ADDRESS:PORT"},
        {"check", 0, 0, G_OPTION_ARG_NONE, &check, "read the configuration and end", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &version, "print the version", NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_set_summary(context, "Takes the hooks of forges and readers' questions, and "
                                          "wakes the daemons of this host.");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        return fail(USAGE, error->message);
    if (argc > 1)
        return fail(USAGE, "takes no arguments; see imprimatur-door --help");
    if (version) {
        printf("imprimatur-door %s\n", IMP_VERSION);
        return DONE;
    }
    g_autoptr(ImpDoorConfig) config = imp_door_config_load(
        path ? path : DEFAULT_CONFIG, g_getenv("CREDENTIALS_DIRECTORY"), &error);
    if (!config)
        return fail(CONFIGURATION, error->message);
    if (check)
        return DONE;
    int socket = find_socket(listen_at);
    return socket < 0 ? USAGE : serve(config, socket);
}
