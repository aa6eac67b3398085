#include "daemon/service/service.h"
#include "articles/watch.h"
#include "daemon/index/index.h"
#include "daemon/remote/remote.h"
#include "daemon/remote/statuses.h"
#include "daemon/service/control.h"
#include "daemon/service/delivery_log.h"
#include "daemon/service/housekeeping.h"
#include "daemon/service/manager.h"
#include "daemon/service/questions.h"
#include "daemon/service/remote_loop.h"
#include "daemon/service/wake_socket.h"
#include "daemon/terminal/interruption.h"
#include "notify/dispatcher.h"

#include <glib-unix.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>

/* The loop.
 *
 * Three things run a pass: a ref that may have moved, a moment at which something falls due, and
 * the poll. A pass starts at once when the loop is idle; what arrives while it runs is the next
 * one's. Between passes the dispatcher sends; it has its own timers. Nothing else ever wakes the
 * process up, but the watchdog. */

/* A pass that failed is tried again after this, then after twice as long each time, up to the poll,
 * or at the next change. */
#define RETRY_S 5
/* An index is made again once in this time: where it is damaged more often, the disk is. */
#define HEAL_EVERY_S 3600
#define KEPT_BYTES   (4 * 1024 * 1024)

typedef struct {
    ImpConfigLoader load;
    gpointer load_data;
    ImpConfig *config;
    ImpWorkplace *place;
    ImpDispatcher *dispatcher;
    ImpHousekeeping *housekeeping;
    ImpControl *control; /* or NULL */
    ImpWakeSocket *wake; /* or NULL */
    ImpQuestions questions;
    ImpRemoteLoop *remote; /* NULL: the repository is here */
    char *remote_fault;    /* why the remote does not have what was decided; or NULL */
    ImpMetricsFile *metrics;
    ImpManager *manager;
    ImpWatch *watch;
    GMainLoop *loop;
    ImpInterruption *interruption; /* of a pass, and whatever it does then */
    guint pass_source;             /* a pass is wanted; 0: none */
    guint timer_source;            /* the next pass that nothing else causes */
    guint failed;                  /* passes in a row */
    char *last_fault;              /* said already */
    char *outbox_fault;            /* why deliveries cannot be recorded, while they cannot */
    char *pass_fault;              /* why the last pass failed; NULL: it did not */
    char *reload_fault;            /* why the last reload was refused; NULL: it was not */
    char *trouble;                 /* of these, as readers are told */
    char *last_status;
    bool ready;
    ImpDeliveryLog *log;
    guint heal_source; /* the index is damaged */
    gint64 healed_us;  /* when last, monotonic; 0: never */
    GError *fault;     /* that ends the daemon, or NULL */
} Service;

static gint64 clock_us(void)
{
    return g_get_real_time();
}

static gboolean start_pass(gpointer data);
static void want_healing(Service *service);

static void want_pass(gpointer data)
{
    Service *service = data;
    if (!service->pass_source)
        service->pass_source = g_idle_add_full(G_PRIORITY_DEFAULT, start_pass, service, NULL);
}

static gboolean timer_passed(gpointer data)
{
    Service *service = data;
    service->timer_source = 0;
    want_pass(service);
    return G_SOURCE_REMOVE;
}

static void set_timer(Service *service, gint64 next_due_us)
{
    gint64 wait_us = (gint64)service->config->poll_seconds * IMP_SECOND_US;
    if (service->failed)
        wait_us = MIN(wait_us, (RETRY_S * IMP_SECOND_US) << MIN(service->failed - 1, 20));
    if (next_due_us)
        wait_us = CLAMP(next_due_us - clock_us() + IMP_SECOND_US, 0, wait_us);
    g_clear_handle_id(&service->timer_source, g_source_remove);
    service->timer_source = g_timeout_add((guint)(wait_us / 1000), timer_passed, service);
}

/* Says a fault once, until something else happens. */
static void say(Service *service, const char *fault)
{
    if (fault && g_strcmp0(fault, service->last_fault) != 0)
        g_warning("%s", fault);
    g_free(service->last_fault);
    service->last_fault = g_strdup(fault);
}

static void say_status(Service *service, const ImpPassReport *report, const char *fault)
{
    g_autofree char *policy =
        g_strdup_printf("watching %s, policy %u", service->config->branch, report->policy);
    const char *status = fault                   ? fault
                         : report->diverged      ? report->diverged
                         : service->reload_fault ? service->reload_fault
                         : report->waiting_for   ? report->waiting_for
                                                 : policy;
    if (g_strcmp0(status, service->last_status) != 0)
        imp_manager_tell_status(service->manager, status);
    g_free(service->last_status);
    service->last_status = g_strdup(status);
    if (!service->ready)
        imp_manager_insist(service->manager, "READY=1");
    service->ready = true;
}

/* What `status` is to warn of. */
static void tell_trouble(Service *service)
{
    const char *fault = service->outbox_fault   ? service->outbox_fault
                        : service->pass_fault   ? service->pass_fault
                        : service->remote_fault ? service->remote_fault
                                                : service->reload_fault;
    if (!service->control || g_strcmp0(fault, service->trouble) == 0)
        return;
    g_free(service->trouble);
    service->trouble = g_strdup(fault);
    imp_control_set_trouble(service->control, fault);
}

static void finish_pass(Service *service, const ImpPassReport *report)
{
    say(service, report->diverged ? report->diverged : report->waiting_for);
    if (report->rebuilt)
        g_message("the index was made again from the ledger; %u notifications were enqueued again",
                  report->events);
    if (report->proposed)
        g_message("ledger entries decided: %u; pushing them", report->entries);
    else if (report->entries || report->events)
        g_message("ledger entries recorded: %u, notifications: %u", report->entries,
                  report->events);
    imp_housekeeping_after_pass(service->housekeeping, report->commits_read, report->entries);
    imp_dispatcher_kick(service->dispatcher);
}

/* Watch first, read the refs afterwards. */
static void look(Service *service)
{
    ImpWorkplace *place = service->place;
    g_autofree char *waiting_for = NULL;
    imp_workplace_find_repository(place, &waiting_for, NULL);
    imp_watch_look(service->watch,
                   place->repository ? imp_repository_git_directory(place->repository) : NULL,
                   service->config->repository);
}

/* What a pass leaves to do, whatever made it. */
static void take_report(Service *service, const ImpPassReport *report, const GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* the loop ends */
    if (error)
        say(service, error->message);
    else
        finish_pass(service, report);
    say_status(service, report, error ? error->message : service->remote_fault);
    g_free(service->pass_fault);
    service->pass_fault = error             ? g_strdup(error->message)
                          : report->doubted ? g_strdup(report->waiting_for)
                                            : NULL;
    service->place->clock.trusted = false; /* it was, for this pass */
    tell_trouble(service);
    if (imp_workplace_is_damage(error))
        want_healing(service);
}

static void run_pass(Service *service)
{
    g_autoptr(GError) error = NULL;
    g_auto(ImpPassReport) report = {0};
    look(service);
    gint64 began_us = g_get_monotonic_time();
    bool done = imp_pipeline_run(service->place, clock_us(), &report, &error);
    double seconds = (double)(g_get_monotonic_time() - began_us) / G_USEC_PER_SEC;
    imp_metrics_file_note_pass(service->metrics, seconds, done, report.entries,
                               report.diverged != NULL);
    take_report(service, &report, error);
    service->failed = done ? 0 : service->failed + 1;
    set_timer(service, report.next_due_us);
}

/* Where the repository is elsewhere, a look is a round over the network, and ends by itself. */
static void begin_pass(Service *service)
{
    if (service->remote)
        imp_remote_loop_look(service->remote);
    else
        run_pass(service);
}

static gboolean start_pass(gpointer data)
{
    Service *service = data;
    service->pass_source = 0;
    look(service);
    /* The daemon's own refs move by its own passes: that alone is not a reason for another. */
    if (service->timer_source && imp_pipeline_is_current(service->place))
        return G_SOURCE_REMOVE;
    run_pass(service);
    return G_SOURCE_REMOVE;
}

/* Where another daemon delivers, what waits here goes on waiting. */
static void set_endpoints(Service *service)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    const ImpConfig *config = service->config;
    imp_dispatcher_set_endpoints(service->dispatcher, config->deliver ? config->endpoints : none,
                                 config->times);
}

static gboolean reload(gpointer data)
{
    Service *service = data;
    g_autofree char *reloading =
        g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());
    imp_manager_insist(service->manager, reloading);
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpConfig) config = service->load(service->load_data, &error);
    g_clear_pointer(&service->reload_fault, g_free);
    if (config && imp_workplace_reload(service->place, config, &error)) {
        imp_config_free(service->config);
        service->config = g_steal_pointer(&config);
        set_endpoints(service);
        g_message("reloaded %s", service->config->path);
        /* Whoever reloads has looked at it. */
        service->place->clock.trusted = true;
        begin_pass(service);
    } else {
        service->reload_fault =
            g_strdup_printf("not reloaded, the old configuration stays: %s", error->message);
        g_warning("%s", service->reload_fault);
        imp_manager_tell_status(service->manager, service->reload_fault);
        g_clear_pointer(&service->last_status, g_free);
        tell_trouble(service);
    }
    imp_manager_insist(service->manager, "READY=1");
    return G_SOURCE_CONTINUE;
}

static gboolean quit(gpointer data)
{
    Service *service = data;
    imp_manager_tell(service->manager, "STOPPING=1");
    g_main_loop_quit(service->loop);
    return G_SOURCE_CONTINUE;
}

static gboolean feed_watchdog(gpointer data)
{
    imp_manager_tell(((Service *)data)->manager, "WATCHDOG=1");
    return G_SOURCE_CONTINUE;
}

static gboolean heal_index(gpointer data);

/* Not from here: what is damaged is in use. */
static void want_healing(Service *service)
{
    gint64 now_us = g_get_monotonic_time();
    if (!service->watch || service->heal_source ||
        (service->healed_us && now_us < service->healed_us + HEAL_EVERY_S * IMP_SECOND_US))
        return;
    service->healed_us = now_us;
    service->heal_source = g_idle_add(heal_index, service);
}

static void note_health(const GError *error, gpointer data)
{
    Service *service = data;
    g_free(service->outbox_fault);
    service->outbox_fault =
        error ? g_strdup_printf("deliveries cannot be recorded, so nothing is sent: %s",
                                error->message)
              : NULL;
    tell_trouble(service);
    if (imp_workplace_is_damage(error))
        want_healing(service);
}

static void note_change(gpointer data)
{
    imp_metrics_file_note_change(((Service *)data)->metrics);
}

/* Without a control socket the job goes on. */
static void open_control(Service *service)
{
    g_autoptr(GError) error = NULL;
    service->control = imp_control_new(service->place, service->dispatcher,
                                       g_getenv("RUNTIME_DIRECTORY"), clock_us, &error);
    if (service->control)
        imp_control_on_change(service->control, note_change, service);
    else
        g_warning("%s", error->message);
}

static void open_dispatcher(Service *service)
{
    service->dispatcher =
        imp_dispatcher_new(NULL, service->place->outbox, service->place->database, IMP_VERSION,
                           clock_us, imp_delivery_log_hooks(), service->log);
}

/* What holds the database is ended and begun again. What was under way is sent again, under the
 * same id, if it has to be. */
static gboolean heal_index(gpointer data)
{
    Service *service = data;
    g_autoptr(GError) error = NULL;
    service->heal_source = 0;
    bool controlled = service->control != NULL;
    g_clear_pointer(&service->control, imp_control_free);
    g_clear_pointer(&service->dispatcher, imp_dispatcher_free);
    g_clear_pointer(&service->outbox_fault, g_free);
    g_clear_pointer(&service->trouble, g_free);
    if (!imp_workplace_heal(service->place, &error)) {
        service->fault = g_steal_pointer(&error);
        g_main_loop_quit(service->loop);
        return G_SOURCE_REMOVE;
    }
    open_dispatcher(service);
    if (controlled)
        open_control(service);
    begin_pass(service);
    set_endpoints(service);
    return G_SOURCE_REMOVE;
}

static bool open_service(Service *service, ImpConfigLoader load, gpointer data, GError **error)
{
    service->interruption = imp_interruption_new();
    service->load = load;
    service->load_data = data;
    service->config = load(data, error);
    service->place = service->config ? imp_workplace_open(service->config, error) : NULL;
    if (!service->place)
        return false;
    service->manager = imp_manager_new();
    service->place->work = (ImpWork){imp_interruption_cancellable(service->interruption),
                                     imp_manager_show_progress, service->manager};
    service->place->serves = true;
    service->metrics = imp_metrics_file_new(service->place);
    for (guint i = 0; i < service->config->warnings->len; i++)
        g_warning("%s", (const char *)service->config->warnings->pdata[i]);
    signal(SIGPIPE, SIG_IGN);
    /* What the messages of one round have used the next ones use again: given back to the kernel in
     * between, it would cost a twentieth of the time that sending takes. */
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    service->loop = g_main_loop_new(NULL, FALSE);
    service->log = imp_delivery_log_new(service->place, service->metrics, note_health, service);
    open_dispatcher(service);
    service->housekeeping = imp_housekeeping_new(service->place);
    return true;
}

static void service_clear(Service *service)
{
    g_clear_handle_id(&service->pass_source, g_source_remove);
    g_clear_handle_id(&service->timer_source, g_source_remove);
    g_clear_handle_id(&service->heal_source, g_source_remove);
    g_clear_pointer(&service->watch, imp_watch_free);
    g_clear_pointer(&service->housekeeping, imp_housekeeping_free);
    g_clear_pointer(&service->control, imp_control_free);
    g_clear_pointer(&service->wake, imp_wake_socket_free);
    g_clear_pointer(&service->remote, imp_remote_loop_free);
    g_clear_pointer(&service->dispatcher, imp_dispatcher_free);
    g_clear_pointer(&service->log, imp_delivery_log_free);
    g_clear_pointer(&service->metrics, imp_metrics_file_free);
    g_clear_pointer(&service->manager, imp_manager_free);
    imp_workplace_free(service->place);
    imp_config_free(service->config);
    g_clear_pointer(&service->loop, g_main_loop_unref);
    g_clear_pointer(&service->interruption, imp_interruption_free);
    char *const texts[] = {service->last_fault,   service->outbox_fault, service->pass_fault,
                           service->remote_fault, service->reload_fault, service->trouble,
                           service->last_status};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Service, service_clear)

/* A repository that is there but must not be written to is a mistake to be mended before starting.
 */
static bool check_repository(Service *service, GError **error)
{
    g_autofree char *waiting_for = NULL;
    if (imp_workplace_find_repository(service->place, &waiting_for, error))
        return true;
    if (g_error_matches(*error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FOREIGN) ||
        g_error_matches(*error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_PARTIAL))
        return false;
    g_clear_error(error);
    return true;
}

static void on_woken(const char *commit, gpointer data)
{
    Service *service = data;
    if (service->remote)
        imp_remote_loop_wake(service->remote, commit);
    else
        want_pass(service);
}

static void on_asked(const char *article, const char *question, gpointer data)
{
    Service *service = data;
    if (!imp_questions_take(&service->questions, service->place, article, question, clock_us()))
        return;
    imp_dispatcher_kick(service->dispatcher);
    note_change(service);
}

static void on_remote_passed(const ImpPassReport *report, const GError *error, gpointer data)
{
    Service *service = data;
    imp_metrics_file_note_pass(service->metrics, 0, error == NULL, report->entries,
                               report->diverged != NULL);
    take_report(service, report, error);
}

static void on_remote_ended(const char *sentence, gpointer data)
{
    Service *service = data;
    const ImpPassReport nothing = {0};
    if (g_strcmp0(sentence, service->remote_fault) != 0) {
        if (sentence)
            g_warning("%s", sentence);
        else
            g_message("the remote is reached again, and has what was decided");
        g_free(service->remote_fault);
        service->remote_fault = g_strdup(sentence);
    }
    if (sentence || !service->ready)
        say_status(service, &nothing, sentence);
    tell_trouble(service);
    note_change(service);
}

static void kick(gpointer data)
{
    imp_dispatcher_kick(((Service *)data)->dispatcher);
}

static void open_remote(Service *service)
{
    static const ImpRemoteLoopHooks hooks = {
        .passed = on_remote_passed, .ended = on_remote_ended, .put = kick};
    if (service->config->remote)
        service->remote = imp_remote_loop_new(service->place, clock_us, &hooks, service);
}

/* Without it the poll finds what a hook would have told. */
static void open_wake(Service *service)
{
    static const ImpWakeHooks hooks = {.woken = on_woken, .asked = on_asked};
    g_autoptr(GError) error = NULL;
    service->wake = imp_wake_socket_new(g_getenv("RUNTIME_DIRECTORY"),
                                        service->config->state_directory, &hooks, service, &error);
    if (!service->wake)
        g_warning("%s", error->message);
}

bool imp_service_run(ImpConfigLoader load, gpointer data, GError **error)
{
    g_auto(Service) service = {0};
    uint64_t watchdog_us = 0;
    if (!open_service(&service, load, data, error) || !check_repository(&service, error) ||
        !(service.watch = imp_watch_new(want_pass, &service, error)))
        return false;
    g_unix_signal_add(SIGHUP, reload, &service);
    g_unix_signal_add(SIGTERM, quit, &service);
    g_unix_signal_add(SIGINT, quit, &service);
    if (sd_watchdog_enabled(0, &watchdog_us) > 0)
        g_timeout_add((guint)(watchdog_us / 2000), feed_watchdog, &service);
    open_control(&service);
    open_wake(&service);
    open_remote(&service);
    begin_pass(&service);
    set_endpoints(&service);
    g_main_loop_run(service.loop);
    if (service.fault) {
        g_propagate_error(error, g_steal_pointer(&service.fault));
        return false;
    }
    imp_dispatcher_stop(service.dispatcher);
    return true;
}

typedef struct {
    Service *service;
    bool over;
} Sending;

static gboolean time_is_over(gpointer data)
{
    ((Sending *)data)->over = true;
    return G_SOURCE_REMOVE;
}

bool imp_service_deliver(ImpConfigLoader load, gpointer data, gint64 now_us, bool trusted,
                         guint seconds, ImpPassReport *report, GError **error)
{
    g_auto(Service) service = {0};
    if (!open_service(&service, load, data, error))
        return false;
    service.place->serves = false;
    service.place->clock.trusted = trusted;
    if (!(service.config->remote ? imp_remote_run(service.place, now_us, report, error)
                                 : imp_pipeline_run(service.place, now_us, report, error)) ||
        !imp_statuses_all(service.place, now_us, error))
        return false;
    Sending sending = {&service, false};
    guint limit = g_timeout_add_seconds(seconds, time_is_over, &sending);
    set_endpoints(&service);
    imp_dispatcher_kick(service.dispatcher);
    while (!sending.over && !imp_dispatcher_idle(service.dispatcher) &&
           !imp_interruption_signal(service.interruption))
        g_main_context_iteration(NULL, TRUE);
    if (!sending.over)
        g_source_remove(limit);
    imp_dispatcher_stop(service.dispatcher);
    return true;
}
