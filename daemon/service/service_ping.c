#include "daemon/service/control.h"
#include "daemon/service/service.h"
#include "daemon/terminal/exit.h"
#include "notify/format/format.h"
#include "notify/sender.h"

#include <signal.h>

/* A ping without a daemon: one message, and the end of it. */

typedef struct {
    GMainLoop *loop;
    const ImpWorkplace *place;
    const ImpEndpoint *endpoint;
    const char *event;
    gint64 began_us;
    json_t *answer;
} Ping;

static void on_end(const ImpOutcome *outcome, gpointer data)
{
    Ping *ping = data;
    bool disabled = false;
    imp_outbox_is_disabled(ping->place->outbox, ping->endpoint->name, &disabled, NULL);
    ping->answer =
        imp_control_answer_ping(ping->place->config, ping->endpoint, ping->event, outcome,
                                g_get_monotonic_time() - ping->began_us, disabled);
    g_main_loop_quit(ping->loop);
}

json_t *imp_service_ping(const char *config_path, const char *name, GError **error)
{
    g_autofree char *credentials = imp_config_credentials_directory(config_path);
    g_autoptr(ImpConfig) config =
        imp_config_load(config_path, credentials, g_getenv("STATE_DIRECTORY"), error);
    const ImpEndpoint *endpoint = config ? imp_control_endpoint(config, name) : NULL;
    if (config && !endpoint) {
        g_autofree char *sentence = imp_control_unknown_endpoint(config, name);
        return imp_control_answer(IMP_EXIT_NO, sentence, NULL, false);
    }
    g_autoptr(ImpWorkplace) place = config ? imp_workplace_open(config, error) : NULL;
    if (!place)
        return NULL;
    signal(SIGPIPE, SIG_IGN);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(ImpSender) sender = imp_sender_new(NULL, IMP_VERSION, g_get_real_time);
    g_autoptr(ImpEvent) event = imp_control_ping_event(place, name, g_get_real_time());
    g_autoptr(GBytes) body = imp_format_render(endpoint->format, event);
    Ping ping = {loop, place, endpoint, event->id, g_get_monotonic_time(), NULL};
    imp_sender_post(sender, endpoint, config->times, event->id, body, on_end, &ping);
    g_main_loop_run(loop);
    return ping.answer;
}
