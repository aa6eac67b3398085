#include "daemon/control/control_client.h"
#include "daemon/terminal/table.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/queue/endpoint_print.h"
#include "daemon/verbs/queue/queue.h"
#include "notify/format/format.h"
#include "workflow/base/json_write.h"

#include <stdio.h>
#include <string.h>

/* The endpoints, for operators. */

/* One that is configured, one that only the queue knows, or both. */
typedef struct {
    const ImpEndpoint *endpoint; /* or NULL */
    const ImpEndpointView *view; /* never NULL: an empty one where nothing is known */
    ImpEndpointHealth health;
} Row;

static const char *state_word(const ImpQueue *queue, const Row *row)
{
    return !queue->database ? "unknown"
           : !row->endpoint ? "removed"
                            : imp_endpoint_health_word(row->health);
}

static char *next_cell(const Row *row, gint64 now_us)
{
    const ImpEndpointView *view = row->view;
    if (row->health == IMP_ENDPOINT_DISABLED)
        return g_strdup(row->endpoint ? "ping, enable" : "-");
    gint64 next_us = MAX(view->due_us, imp_circuit_opens_us(&view->circuit));
    if (!view->waiting || !view->due_us || !row->endpoint)
        return g_strdup(!row->endpoint && view->waiting ? "drop" : "-");
    if (next_us <= now_us)
        return g_strdup("now");
    g_autofree char *span = imp_print_span(next_us - now_us);
    return g_strdup_printf("in %s", span);
}

static const ImpTableColumn columns[] = {
    {"NAME", 16, 0, false},   {"STATE", 0, 0, false},    {"SINCE", 0, 0, false},
    {"WAIT", 0, 0, false},    {"DEAD", 0, 0, false},     {"LAST", 8, 0, false},
    {"NEXT", 0, 72, false},   {"FORMAT", 0, 100, false}, {"FOR", 12, 100, false},
    {"ADDRESS", 0, 72, true},
};

static void add_row(const ImpQueue *queue, ImpTable *table, const Row *row)
{
    const ImpEndpointView *view = row->view;
    gint64 since_us = imp_endpoint_since_us(view, row->health);
    ImpStyle style = row->health >= IMP_ENDPOINT_OPEN   ? IMP_STYLE_BAD
                     : row->health != IMP_ENDPOINT_WELL ? IMP_STYLE_WARN
                                                        : IMP_STYLE_PLAIN;
    imp_table_add(table, imp_print_clean(row->endpoint ? row->endpoint->name : view->name),
                  IMP_STYLE_PLAIN);
    imp_table_add(table, g_strdup(state_word(queue, row)), style);
    imp_table_add(table, since_us ? imp_print_span(queue->now_us - since_us) : g_strdup("-"),
                  IMP_STYLE_PLAIN);
    imp_table_add(table, g_strdup_printf("%" G_GINT64_FORMAT, view->waiting), IMP_STYLE_PLAIN);
    imp_table_add(table, g_strdup_printf("%" G_GINT64_FORMAT, view->dead),
                  view->dead ? IMP_STYLE_BAD : IMP_STYLE_PLAIN);
    imp_table_add(table, imp_queue_answer(view->failure, view->status, view->ended_us),
                  IMP_STYLE_PLAIN);
    imp_table_add(table, next_cell(row, queue->now_us), IMP_STYLE_PLAIN);
    imp_table_add(table, g_strdup(row->endpoint ? imp_format_word(row->endpoint->format) : "-"),
                  IMP_STYLE_PLAIN);
    imp_table_add(
        table, g_strdup(row->endpoint && row->endpoint->reviewer ? row->endpoint->reviewer : "-"),
        IMP_STYLE_PLAIN);
    imp_table_add(table, g_strdup(view->address ? view->address : "-"), IMP_STYLE_PLAIN);
}

static json_t *list_of(char *const *texts)
{
    json_t *list = json_array();
    for (; *texts; texts++)
        json_array_append_new(list, imp_json_string_or_null(*texts));
    return list;
}

static json_t *count_or_null(const ImpQueue *queue, gint64 count)
{
    return queue->database ? json_integer(count) : json_null();
}

static void print_row_json(const ImpQueue *queue, const Row *row)
{
    const ImpEndpoint *endpoint = row->endpoint;
    const ImpEndpointView *view = row->view;
    gint64 opens_us = imp_circuit_opens_us(&view->circuit);
    bool moves = view->waiting && view->due_us && !view->disabled_us && endpoint;
    g_autoptr(json_t) line = json_object();
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "repository", queue->config->name);
    imp_json_set_text(line, "endpoint", endpoint ? endpoint->name : view->name);
    imp_json_set_text(line, "address", view->address);
    imp_json_set_text(line, "format", endpoint ? imp_format_word(endpoint->format) : NULL);
    imp_json_set_text(line, "reviewer", endpoint ? endpoint->reviewer : NULL);
    json_object_set_new(line, "events", endpoint ? list_of(endpoint->events) : json_null());
    json_object_set_new(line, "paths", endpoint ? list_of(endpoint->paths) : json_null());
    imp_json_set_text(line, "state", state_word(queue, row));
    imp_json_set_moment(line, "since", imp_endpoint_since_us(view, row->health));
    json_object_set_new(line, "disabled",
                        queue->database ? json_boolean(view->disabled_us != 0) : json_null());
    json_object_set_new(line, "waiting", count_or_null(queue, view->waiting));
    json_object_set_new(line, "dead", count_or_null(queue, view->dead));
    imp_json_set_moment(line, "oldest", view->oldest_us);
    imp_json_set_moment(line, "next", moves ? MAX(view->due_us, opens_us) : 0);
    imp_json_set_moment(line, "delivered", view->delivered_us);
    imp_json_set_moment(line, "ended", view->ended_us);
    imp_json_set_text(line, "failure", view->failure);
    imp_json_set_number_or_null(line, "status", view->status);
    imp_json_set_text(line, "answer", view->answer);
    imp_print_json(line);
}

/* What needs attention first, then as configured. */
static gint by_attention(gconstpointer a, gconstpointer b)
{
    const Row *one = a, *other = b;
    if (one->health != other->health)
        return one->health < other->health ? 1 : -1;
    gint64 difference = other->view->dead - one->view->dead;
    return difference ? (difference > 0 ? 1 : -1)
                      : strcmp(one->endpoint ? one->endpoint->name : one->view->name,
                               other->endpoint ? other->endpoint->name : other->view->name);
}

static GArray *rows_of(const ImpQueue *queue, GPtrArray *views)
{
    static const ImpEndpointView nothing;
    GArray *rows = g_array_new(false, false, sizeof(Row));
    for (guint i = 0; i < queue->config->endpoints->len; i++) {
        const ImpEndpoint *endpoint = queue->config->endpoints->pdata[i];
        const ImpEndpointView *view = imp_endpoint_view_find(views, endpoint->name);
        Row row = {endpoint, view ? view : &nothing, IMP_ENDPOINT_WELL};
        row.health = imp_endpoint_health(row.view, queue->now_us);
        g_array_append_val(rows, row);
    }
    for (guint i = 0; i < views->len; i++) {
        const ImpEndpointView *view = views->pdata[i];
        Row row = {NULL, view, IMP_ENDPOINT_WELL};
        if ((view->waiting || view->dead) && !imp_control_endpoint(queue->config, view->name))
            g_array_append_val(rows, row);
    }
    g_array_sort(rows, by_attention);
    return rows;
}

static void print_advice(const ImpQueue *queue, const Row *row)
{
    const ImpEndpointView *view = row->view;
    g_autofree char *advice = row->endpoint ? imp_queue_advice(view, queue->now_us) : NULL;
    g_autofree char *dead =
        view->dead ? g_strdup_printf("%" G_GINT64_FORMAT
                                     " message%s to %s %s given up. To see, and to send again:\n"
                                     "imprimatur deliveries list --endpoint %s\n"
                                     "imprimatur deliveries replay --endpoint %s",
                                     view->dead, view->dead == 1 ? "" : "s", view->name,
                                     view->dead == 1 ? "was" : "were", view->name, view->name)
                   : NULL;
    if (advice)
        imp_queue_say(queue, advice);
    if (dead && row->endpoint)
        imp_queue_say(queue, dead);
    if (!row->endpoint) {
        g_autofree char *removed = g_strdup_printf(
            "%s is no longer configured; what waits for it is given up in the end. To drop it "
            "now:\nimprimatur deliveries drop --endpoint %s --waiting",
            view->name, view->name);
        imp_queue_say(queue, removed);
    }
}

static int list(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)arguments;
    g_autoptr(GError) error = NULL;
    g_auto(ImpQueue) queue = {0};
    int status;
    if (!imp_queue_open(&queue, command, verb, &status))
        return status;
    g_autoptr(GPtrArray) views = imp_queue_endpoints(&queue, &error);
    if (!views)
        return imp_command_fail_with(error);
    g_autoptr(GArray) rows = rows_of(&queue, views);
    g_autoptr(ImpTable) table = imp_table_new(columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < rows->len; i++) {
        if (queue.json)
            print_row_json(&queue, &g_array_index(rows, Row, i));
        else
            add_row(&queue, table, &g_array_index(rows, Row, i));
    }
    if (queue.json)
        return IMP_EXIT_DONE;
    imp_table_print(table, &queue.screen);
    if (rows->len == 0)
        printf("%s: no endpoint is configured\n", queue.config->name);
    else
        puts("");
    for (guint i = 0; i < rows->len; i++)
        print_advice(&queue, &g_array_index(rows, Row, i));
    imp_queue_say_silence(&queue);
    if (queue.unreadable)
        imp_queue_say(&queue, queue.unreadable);
    else if (!queue.database)
        imp_queue_say(&queue, "No daemon has worked yet, so nothing is known of them.");
    return IMP_EXIT_DONE;
}

static int ping(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_auto(ImpQueue) queue = {0};
    int status;
    if (!imp_queue_open(&queue, command, verb, &status))
        return status;
    status = imp_queue_check_endpoint(&queue, arguments[0]);
    if (status != IMP_EXIT_DONE)
        return status;
    const ImpEndpoint *endpoint = imp_control_endpoint(queue.config, arguments[0]);
    if (!endpoint)
        return imp_command_fail(
            IMP_EXIT_NO, "%s is no longer configured, so it has no address to ping", arguments[0]);
    if (endpoint->context)
        return imp_command_fail(IMP_EXIT_NO,
                                "%s is a forge, which takes statuses of commits alone; type: "
                                "imprimatur -c %s remote check",
                                arguments[0], queue.config->path);
    const ImpControlRequest request = {.verb = IMP_CONTROL_PING, .endpoint = arguments[0]};
    g_autoptr(json_t) answer = NULL;
    if (!imp_control_ask(queue.config, &request, &answer, &error))
        return imp_command_fail_with(error);
    return answer ? imp_endpoint_print_ping(answer, queue.json)
                  : imp_command_become_daemon(command);
}

static void show_enabled(const json_t *line, const ImpQueue *queue)
{
    if (queue->json) {
        imp_print_json(line);
        return;
    }
    json_int_t due = json_integer_value(json_object_get(line, "due"));
    bool changed = json_is_true(json_object_get(line, "changed"));
    g_autofree char *text = g_strdup_printf("%s %s; %" JSON_INTEGER_FORMAT " message%s due",
                                            json_string_value(json_object_get(line, "endpoint")),
                                            changed ? "is enabled" : "was well already", due,
                                            due == 1 ? " is" : "s are");
    imp_queue_say(queue, text);
}

static int enable(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    g_auto(ImpQueue) queue = {0};
    int status;
    if (!imp_queue_open(&queue, command, verb, &status))
        return status;
    status = imp_queue_check_endpoint(&queue, arguments[0]);
    if (status != IMP_EXIT_DONE)
        return status;
    const ImpControlRequest request = {.verb = IMP_CONTROL_ENABLE, .endpoint = arguments[0]};
    return imp_queue_carry_out(&queue, &request, show_enabled);
}

const ImpVerb imp_verb_endpoint_list = {
    .name = "endpoint list",
    .summary = "say how each endpoint is doing, and what to do",
    .help = "A line for each endpoint, what needs attention first: its state and since when,\n"
            "how many messages wait and are dead, how the last try ended, when the next\n"
            "begins. It reads the queue as it is; no daemon is needed.\n",
    .run = list,
};

const ImpVerb imp_verb_endpoint_ping = {
    .name = "endpoint ping",
    .arguments = "NAME",
    .summary = "send a test to one endpoint, and say how it ended",
    .help = "The message webhook.ping goes to this endpoint alone, past the queue, also to\n"
            "one that is disabled, and changes nothing. Exit status 1 unless it is taken.\n",
    .least = 1,
    .most = 1,
    .run = ping,
};

const ImpVerb imp_verb_endpoint_enable = {
    .name = "endpoint enable",
    .arguments = "NAME",
    .summary = "try again an endpoint that is disabled or failing",
    .help = "What waits for it is sent now.\n",
    .least = 1,
    .most = 1,
    .run = enable,
};
