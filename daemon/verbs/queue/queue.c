#include "daemon/verbs/queue/queue.h"
#include "daemon/control/control_client.h"
#include "daemon/index/index.h"
#include "daemon/verbs/failure.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

void imp_queue_clear(ImpQueue *queue)
{
    imp_database_free(queue->database);
    imp_page_end(queue->page); /* nobody waits any more */
    imp_config_free(queue->config);
    g_free(queue->unreadable);
}

/* The first query within a transaction fixes what is seen. */
static void open_database(ImpQueue *queue)
{
    g_autofree char *path = g_build_filename(queue->config->state_directory, "index.db", NULL);
    if (access(path, R_OK) < 0) {
        if (errno != ENOENT)
            queue->unreadable =
                g_strdup_printf("%s: %s; the queue is for root, the daemon's user and its group",
                                path, g_strerror(errno));
        return;
    }
    g_autoptr(GError) error = NULL;
    queue->database = imp_database_open(path, IMP_DATABASE_READ, &error);
    if (!queue->database || !imp_database_begin_reading(queue->database, &error)) {
        queue->unreadable = g_strdup(error->message);
        g_clear_pointer(&queue->database, imp_database_free);
    }
}

bool imp_queue_open(ImpQueue *queue, const ImpCommand *command, const ImpVerb *verb, int *status)
{
    g_autoptr(GError) error = NULL;
    *queue = (ImpQueue){.screen = imp_screen(), .now_us = command->now_us, .json = command->json};
    if (!command->config_path) {
        *status = imp_command_fail(
            IMP_EXIT_USAGE, "%s works on a configured repository: name its file with -c FILE",
            verb->name);
        return false;
    }
    queue->config =
        imp_config_load_without_secrets(command->config_path, g_getenv("STATE_DIRECTORY"), &error);
    if (!queue->config) {
        *status = imp_command_fail_with(error);
        return false;
    }
    open_database(queue);
    queue->page = imp_page_begin();
    return true;
}

void imp_queue_say_silence(const ImpQueue *queue)
{
    gint64 since_us = queue->database
                          ? imp_index_silent_since_us(queue->database, queue->config->poll_seconds,
                                                      queue->config->remote != NULL, queue->now_us)
                          : 0;
    if (!since_us)
        return;
    g_autofree char *span = imp_print_span(queue->now_us - since_us);
    g_autofree char *unit = imp_config_unit(queue->config->path);
    g_autofree char *text = g_strdup_printf(
        "The daemon has not looked for %s, so nothing is sent:\nsystemctl status %s%s", span,
        unit ? unit : "imprimatur@", unit ? "" : queue->config->name);
    imp_queue_say(queue, text);
}

GPtrArray *imp_queue_endpoints(const ImpQueue *queue, GError **error)
{
    if (queue->database)
        return imp_outbox_endpoints(queue->database, error);
    return g_ptr_array_new_with_free_func((GDestroyNotify)imp_endpoint_view_free);
}

int imp_queue_check_endpoint(const ImpQueue *queue, const char *name)
{
    g_autoptr(GPtrArray) views = imp_queue_endpoints(queue, NULL);
    if (imp_control_endpoint(queue->config, name) || (views && imp_endpoint_view_find(views, name)))
        return IMP_EXIT_DONE;
    return imp_queue_refuse_endpoint(queue, name);
}

int imp_queue_refuse_endpoint(const ImpQueue *queue, const char *name)
{
    g_autofree char *sentence = imp_control_unknown_endpoint(queue->config, name);
    return imp_command_fail(IMP_EXIT_NO, "%s", sentence);
}

int imp_queue_carry_out(ImpQueue *queue, const ImpControlRequest *request,
                        void (*show)(const json_t *line, const ImpQueue *queue))
{
    while (true) {
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) answer =
            imp_control_carry_out(queue->config, request, queue->now_us, &error);
        if (!answer)
            return imp_command_fail_with(error);
        const json_t *lines = json_object_get(answer, "lines");
        for (gsize i = 0; i < json_array_size(lines); i++)
            show(json_array_get(lines, i), queue);
        int status = (int)json_integer_value(json_object_get(answer, "exit"));
        const char *sentence = json_string_value(json_object_get(answer, "error"));
        if (sentence)
            imp_command_fail(status, "%s", sentence);
        if (!json_is_true(json_object_get(answer, "more")))
            return status;
    }
}

void imp_queue_say(const ImpQueue *queue, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_autofree char *clean = imp_print_clean(*line);
        if (line == lines)
            imp_print_wrapped(clean, 2, queue->screen.columns);
        else
            printf("  %s\n", clean);
    }
}

static const char *const health_words[] = {
    [IMP_ENDPOINT_WELL] = "well",         [IMP_ENDPOINT_FAILING] = "failing",
    [IMP_ENDPOINT_HELD] = "held",         [IMP_ENDPOINT_OPEN] = "open",
    [IMP_ENDPOINT_DISABLED] = "disabled",
};

const char *imp_endpoint_health_word(ImpEndpointHealth health)
{
    return health_words[health];
}

ImpEndpointHealth imp_endpoint_health(const ImpEndpointView *view, gint64 now_us)
{
    return view->disabled_us                      ? IMP_ENDPOINT_DISABLED
           : imp_circuit_probes(&view->circuit)   ? IMP_ENDPOINT_OPEN
           : view->circuit.held_until_us > now_us ? IMP_ENDPOINT_HELD
           : view->circuit.failed_us              ? IMP_ENDPOINT_FAILING
                                                  : IMP_ENDPOINT_WELL;
}

gint64 imp_endpoint_since_us(const ImpEndpointView *view, ImpEndpointHealth health)
{
    if (health == IMP_ENDPOINT_DISABLED)
        return view->disabled_us;
    return view->circuit.failed_us ? view->circuit.failed_us - view->circuit.failing_us : 0;
}

char *imp_queue_answer(const char *failure, guint status, gint64 ended_us)
{
    if (status)
        return g_strdup_printf("%u", status);
    return g_strdup(failure ? failure : ended_us ? "ok" : "-");
}

static char *when(gint64 moment_us, gint64 now_us)
{
    if (moment_us <= now_us)
        return g_strdup("now");
    g_autofree char *span = imp_print_span(moment_us - now_us);
    return g_strdup_printf("in %s", span);
}

char *imp_queue_advice(const ImpEndpointView *view, gint64 now_us)
{
    ImpEndpointHealth health = imp_endpoint_health(view, now_us);
    g_autofree char *answer = imp_queue_answer(view->failure, view->status, view->ended_us);
    g_autofree char *since = imp_print_minute(imp_endpoint_since_us(view, health));
    g_autofree char *waiting =
        view->waiting
            ? g_strdup_printf("%" G_GINT64_FORMAT " message%s wait%s", view->waiting,
                              view->waiting == 1 ? "" : "s", view->waiting == 1 ? "s" : "")
            : g_strdup("nothing waits");
    g_autofree char *next = when(imp_circuit_opens_us(&view->circuit), now_us);
    switch (health) {
    case IMP_ENDPOINT_DISABLED:
        return g_strdup_printf(
            "The endpoint %s has been disabled since %s (last answer: %s); %s. Try "
            "it, then send them:\n"
            "imprimatur endpoint ping %s\nimprimatur endpoint enable %s",
            view->name, since, answer, waiting, view->name, view->name);
    case IMP_ENDPOINT_OPEN:
        return g_strdup_printf(
            "The endpoint %s has been failing since %s (last answer: %s); %s, and one is tried %s. "
            "Try it, "
            "and "
            "once it is mended:\nimprimatur endpoint ping %s\nimprimatur endpoint enable %s",
            view->name, since, answer, waiting, next, view->name, view->name);
    case IMP_ENDPOINT_HELD:
        return g_strdup_printf("The endpoint %s asked for quiet (%s); %s, and it goes on %s.",
                               view->name, answer, waiting, next);
    case IMP_ENDPOINT_FAILING:
        return g_strdup_printf(
            "The endpoint %s has been failing since %s (last answer: %s); %s. Try it:\n"
            "imprimatur endpoint ping %s",
            view->name, since, answer, waiting, view->name);
    case IMP_ENDPOINT_WELL:
        break;
    }
    return NULL;
}
