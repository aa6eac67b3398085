#include "daemon/control/control_client.h"
#include "daemon/terminal/table.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/queue/endpoint_print.h"
#include "daemon/verbs/queue/queue.h"
#include "notify/status.h"
#include "workflow/base/json_write.h"

#include <stdio.h>
#include <string.h>

/* The queue of messages, for operators. */

#define LISTED 50

/* What comes next for a delivery, and the command that helps; NULL where there is nothing to do. */
static char *command_for(const ImpQueued *queued)
{
    if (queued->state == IMP_DELIVERY_DEAD)
        return g_strdup_printf("imprimatur deliveries replay %" G_GINT64_FORMAT, queued->id);
    if (queued->state != IMP_DELIVERY_WAITING || queued->behind)
        return NULL;
    if (queued->parked)
        return g_strdup_printf("imprimatur endpoint enable %s", queued->endpoint);
    return queued->failure ? g_strdup_printf("imprimatur endpoint ping %s", queued->endpoint)
                           : NULL;
}

static gint64 next_us(const ImpQueued *queued)
{
    bool moves = queued->state == IMP_DELIVERY_WAITING && !queued->parked && !queued->behind;
    return moves ? MAX(queued->next_us, queued->held_us) : 0;
}

static char *next_cell(const ImpQueued *queued, gint64 now_us)
{
    if (queued->state == IMP_DELIVERY_DEAD)
        return g_strdup("replay or drop");
    if (queued->state != IMP_DELIVERY_WAITING)
        return g_strdup("-");
    if (queued->parked)
        return g_strdup("endpoint enable");
    if (queued->behind)
        return g_strdup_printf("after %" G_GINT64_FORMAT, queued->behind);
    if (next_us(queued) <= now_us)
        return g_strdup("now");
    g_autofree char *span = imp_print_span(next_us(queued) - now_us);
    return g_strdup_printf("in %s", span);
}

static json_t *json_of(const ImpQueue *queue, const ImpQueued *queued, GPtrArray *views)
{
    const ImpEndpointView *view = imp_endpoint_view_find(views, queued->endpoint);
    g_autofree char *command = command_for(queued);
    json_t *line = json_object(), *article = NULL;
    bool is_status = strcmp(queued->type, IMP_STATUS_TYPE) == 0;
    if (queued->article && !is_status) {
        article = json_object();
        imp_json_set_text(article, "id", queued->article);
        imp_json_set_text(article, "path", queued->article);
    }
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "repository", queue->config->name);
    imp_json_set_number(line, "delivery", queued->id);
    imp_json_set_text(line, "webhook_id", queued->event);
    imp_json_set_text(line, "type", queued->type);
    imp_json_set_text(line, "endpoint", queued->endpoint);
    imp_json_set_text(line, "address", view ? view->address : NULL);
    json_object_set_new(line, "article", article ? article : json_null());
    imp_json_set_text(line, "commit", is_status ? queued->article : NULL);
    imp_json_set_text(line, "state", imp_delivery_state_word(queued->state));
    imp_json_set_moment(line, "since", queued->created_us);
    imp_json_set_number(line, "attempts", queued->tries);
    imp_json_set_moment(line, "next", next_us(queued));
    imp_json_set_number_or_null(line, "behind", queued->behind);
    imp_json_set_flag(line, "disabled", queued->parked);
    imp_json_set_moment(line, "ended", queued->ended_us);
    imp_json_set_text(line, "failure", queued->failure);
    imp_json_set_number_or_null(line, "status", queued->status);
    imp_json_set_text(line, "answer", queued->answer);
    imp_json_set_text(line, "command", command);
    return line;
}

/* list */

static const ImpTableColumn columns[] = {
    {"ID", 0, 0, false},    {"ENDPOINT", 16, 0, false}, {"STATE", 0, 0, false},
    {"SINCE", 0, 0, false}, {"TRIES", 0, 100, false},   {"LAST", 8, 72, false},
    {"NEXT", 0, 0, false},  {"TYPE", 0, 110, false},    {"ABOUT", 0, 0, true},
};

static ImpStyle style_of(const ImpQueued *queued)
{
    return queued->state == IMP_DELIVERY_DEAD || queued->parked ? IMP_STYLE_BAD
           : queued->state < 2 && queued->failure               ? IMP_STYLE_WARN
           : queued->state == IMP_DELIVERY_DELIVERED            ? IMP_STYLE_GOOD
                                                                : IMP_STYLE_PLAIN;
}

static void add_row(ImpTable *table, const ImpQueued *queued, gint64 now_us)
{
    imp_table_add(table, g_strdup_printf("%" G_GINT64_FORMAT, queued->id), IMP_STYLE_PLAIN);
    imp_table_add(table, imp_print_clean(queued->endpoint), IMP_STYLE_PLAIN);
    imp_table_add(table, g_strdup(imp_delivery_state_word(queued->state)), style_of(queued));
    imp_table_add(table, imp_print_span(now_us - queued->created_us), IMP_STYLE_PLAIN);
    imp_table_add(table, g_strdup_printf("%u", queued->tries), IMP_STYLE_PLAIN);
    imp_table_add(table, imp_queue_answer(queued->failure, queued->status, queued->ended_us),
                  IMP_STYLE_PLAIN);
    imp_table_add(table, next_cell(queued, now_us), IMP_STYLE_PLAIN);
    imp_table_add(table, imp_print_clean(queued->type ? queued->type : "-"), IMP_STYLE_PLAIN);
    imp_table_add(table,
                  queued->article ? imp_print_path(queued->article)
                                  : imp_print_clean(queued->type ? queued->type : queued->event),
                  IMP_STYLE_PLAIN);
}

/* What there is, in numbers, and what to do about it. */
static bool print_summary(const ImpQueue *queue, const char *endpoint, guint shown,
                          GPtrArray *views, GError **error)
{
    gint64 counts[IMP_N_DELIVERY_STATES], open = 0;
    if (!imp_outbox_count(queue->database, endpoint, counts, error))
        return false;
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "%s:", queue->config->name);
    for (guint i = 0; i < IMP_N_DELIVERY_STATES; i++) {
        open += (IMP_STATES_OPEN >> i) & 1 ? counts[i] : 0;
        if (counts[i])
            g_string_append_printf(text, "%s %" G_GINT64_FORMAT " %s",
                                   g_str_has_suffix(text->str, ":") ? "" : ",", counts[i],
                                   imp_delivery_state_word(i));
    }
    if (g_str_has_suffix(text->str, ":"))
        g_string_append(text, " nothing is in the queue");
    if (shown == LISTED && open > LISTED)
        g_string_append_printf(text, "; the first %d are shown, -n COUNT shows more", LISTED);
    imp_queue_say(queue, text->str);
    if (counts[IMP_DELIVERY_DEAD])
        imp_queue_say(
            queue,
            "Dead ones were given up. Send them again, or forget them (--all: all that are dead):\n"
            "imprimatur deliveries replay ID...\nimprimatur deliveries drop ID...");
    for (guint i = 0; i < views->len; i++) {
        const ImpEndpointView *view = views->pdata[i];
        g_autofree char *advice = view->waiting && (!endpoint || strcmp(endpoint, view->name) == 0)
                                      ? imp_queue_advice(view, queue->now_us)
                                      : NULL;
        if (advice)
            imp_queue_say(queue, advice);
    }
    imp_queue_say_silence(queue);
    return true;
}

static bool read_states(const ImpCommand *command, guint *states, int *status)
{
    const char *word = imp_command_text(command, "state");
    *states = imp_command_has(command, "all") ? G_MAXUINT : IMP_STATES_OPEN;
    ImpDeliveryState state;
    if (!word)
        return true;
    if (imp_delivery_state_from_word(word, &state)) {
        *states = IMP_STATE_SET(state);
        return true;
    }
    g_autoptr(GString) words = g_string_new(NULL);
    for (guint i = 0; i < IMP_N_DELIVERY_STATES; i++)
        g_string_append_printf(words, "%s%s", i ? ", " : "", imp_delivery_state_word(i));
    *status = imp_command_fail(IMP_EXIT_USAGE, "there is no state \"%s\"; the states are %s", word,
                               words->str);
    return false;
}

static bool read_count(const ImpCommand *command, guint *count, int *status)
{
    const char *text = imp_command_text(command, "count");
    guint64 value;
    *count = command->json ? G_MAXINT : LISTED;
    if (!text)
        return true;
    if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT, &value, NULL)) {
        *status = imp_command_fail(IMP_EXIT_USAGE, "--count: \"%s\" is not a number above 0", text);
        return false;
    }
    *count = (guint)value;
    return true;
}

static int unreadable(const ImpQueue *queue)
{
    return imp_command_fail(IMP_EXIT_AGAIN, "%s", queue->unreadable);
}

static int list(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)arguments;
    g_autoptr(GError) error = NULL;
    g_auto(ImpQueue) queue = {0};
    int status;
    guint states, count;
    const char *endpoint = imp_command_text(command, "endpoint");
    if (!imp_queue_open(&queue, command, verb, &status) ||
        !read_states(command, &states, &status) || !read_count(command, &count, &status))
        return status;
    if (endpoint && (status = imp_queue_check_endpoint(&queue, endpoint)))
        return status;
    if (queue.unreadable)
        return unreadable(&queue);
    if (!queue.database) {
        if (!queue.json)
            printf("%s: no daemon has worked yet, so nothing is in the queue\n",
                   queue.config->name);
        return IMP_EXIT_DONE;
    }
    g_autoptr(GPtrArray) views = imp_queue_endpoints(&queue, &error);
    g_autoptr(GPtrArray) all =
        views ? imp_outbox_list(queue.database, endpoint, states, count, &error) : NULL;
    if (!all)
        return imp_command_fail_with(error);
    g_autoptr(ImpTable) table = imp_table_new(columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < all->len; i++) {
        g_autoptr(json_t) line = queue.json ? json_of(&queue, all->pdata[i], views) : NULL;
        if (line)
            imp_print_json(line);
        else
            add_row(table, all->pdata[i], queue.now_us);
    }
    if (queue.json)
        return IMP_EXIT_DONE;
    imp_table_print(table, &queue.screen);
    if (all->len > 0)
        puts("");
    return print_summary(&queue, endpoint, all->len, views, &error) ? IMP_EXIT_DONE
                                                                    : imp_command_fail_with(error);
}

/* show */

static void print_field(const ImpQueue *queue, const char *name, const char *text)
{
    g_autofree char *clean = imp_print_clean(text);
    printf("  %-11s", name);
    imp_print_wrapped(clean, 13, queue->screen.columns);
}

static void print_tries(const ImpQueue *queue, const ImpQueued *queued)
{
    g_autofree char *answer = imp_queue_answer(queued->failure, queued->status, queued->ended_us);
    g_autofree char *ended = imp_print_minute(queued->ended_us);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "%u", queued->tries);
    if (queued->tries && queued->ended_us)
        g_string_append_printf(text, "; the last ended at %s: %s", ended, answer);
    if (queued->answer && *queued->answer)
        g_string_append_printf(text, " %s", queued->answer);
    if (imp_schedule_is_redirect(queued->status))
        g_string_append(text, "; " IMP_ENDPOINT_HAS_MOVED);
    print_field(queue, "tries", text->str);
}

static void print_one(const ImpQueue *queue, const ImpQueued *queued, GPtrArray *views)
{
    const ImpEndpointView *view = imp_endpoint_view_find(views, queued->endpoint);
    g_autofree char *title =
        g_strdup_printf("delivery %" G_GINT64_FORMAT ": %s to %s (%s)", queued->id,
                        queued->type ? queued->type : "a message", queued->endpoint,
                        view && view->address ? view->address : "address not known");
    g_autofree char *clean = imp_print_clean(title), *since = imp_print_minute(queued->created_us);
    g_autofree char *next = next_cell(queued, queue->now_us), *command = command_for(queued);
    g_autofree char *state =
        queued->state == IMP_DELIVERY_WAITING
            ? g_strdup_printf("%s, %s", imp_delivery_state_word(queued->state), next)
            : g_strdup(imp_delivery_state_word(queued->state));
    imp_print_wrapped(clean, 2, queue->screen.columns);
    print_field(queue, "state", state);
    if (queued->article) {
        g_autofree char *path = imp_print_path(queued->article);
        print_field(queue, "article", path);
    }
    print_field(queue, "webhook-id", queued->event);
    print_field(queue, "since", since);
    print_tries(queue, queued);
    if (command)
        print_field(queue, "next", command);
    if (queued->body) {
        gsize length;
        const char *bytes = g_bytes_get_data(queued->body, &length);
        g_autofree char *text = g_strndup(bytes, length);
        g_autofree char *line = imp_print_clean(text);
        printf("  body\n%s\n", line); /* whole, to be copied */
    } else {
        print_field(queue, "body", "no longer kept");
    }
}

static void print_one_json(const ImpQueue *queue, const ImpQueued *queued, GPtrArray *views)
{
    g_autoptr(json_t) line = json_of(queue, queued, views);
    gsize length = 0;
    const char *bytes = queued->body ? g_bytes_get_data(queued->body, &length) : NULL;
    g_autofree char *text = bytes ? g_strndup(bytes, length) : NULL;
    imp_json_set_text(line, "body", text);
    imp_print_json(line);
}

static int show(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    g_autoptr(GError) error = NULL;
    g_auto(ImpQueue) queue = {0};
    int status;
    bool many = false;
    if (!imp_queue_open(&queue, command, verb, &status))
        return status;
    if (queue.unreadable)
        return unreadable(&queue);
    g_autofree char *name = g_strstrip(g_strdup(arguments[0]));
    g_autoptr(GPtrArray) views = imp_queue_endpoints(&queue, &error);
    g_autoptr(GArray) ids =
        views && queue.database ? imp_outbox_find(queue.database, name, NULL, &many, &error) : NULL;
    if (error)
        return imp_command_fail_with(error);
    if (many)
        return imp_command_fail(IMP_EXIT_NO, "several messages begin with %s; give more of it",
                                name);
    if (!ids || ids->len == 0)
        return imp_command_fail(
            IMP_EXIT_NO,
            "there is no delivery %s; imprimatur deliveries list --all shows those of 7 days",
            name);
    for (guint i = 0; i < ids->len; i++) {
        g_autoptr(ImpQueued) queued = NULL;
        if (!imp_outbox_look(queue.database, g_array_index(ids, gint64, i), &queued, &error))
            return imp_command_fail_with(error);
        if (!queued) /* forgotten meanwhile */
            continue;
        if (i > 0 && !queue.json)
            puts("");
        (queue.json ? print_one_json : print_one)(&queue, queued, views);
    }
    return IMP_EXIT_DONE;
}

/* replay and drop */

static void show_done(const json_t *line, const ImpQueue *queue)
{
    if (queue->json) {
        imp_print_json(line);
        return;
    }
    const char *state = json_string_value(json_object_get(line, "state"));
    bool dropped = g_strcmp0(state, imp_delivery_state_word(IMP_DELIVERY_DROPPED)) == 0;
    bool parked = json_is_true(json_object_get(line, "disabled"));
    const char *endpoint = json_string_value(json_object_get(line, "endpoint"));
    g_autofree char *text = g_strdup_printf(
        "%" JSON_INTEGER_FORMAT " (%s to %s) %s%s%s",
        json_integer_value(json_object_get(line, "delivery")),
        json_string_value(json_object_get(line, "type")), endpoint,
        dropped ? "is dropped" : "waits",
        parked && !dropped ? " until the endpoint is enabled: imprimatur endpoint enable " : "",
        parked && !dropped ? endpoint : "");
    imp_queue_say(queue, text);
}

static int change(const ImpCommand *command, const ImpVerb *verb, char **arguments,
                  ImpControlVerb what)
{
    g_auto(ImpQueue) queue = {0};
    int status;
    const char *endpoint = imp_command_text(command, "endpoint");
    bool all = imp_command_has(command, "all"), waiting = imp_command_has(command, "waiting"),
         named = arguments[0] != NULL;
    if (!imp_queue_open(&queue, command, verb, &status))
        return status;
    if (all + waiting + named > 1)
        return imp_command_fail(IMP_EXIT_USAGE, "%s: give ids or %s, not both", verb->name,
                                all ? "--all" : "--waiting");
    if (waiting && !endpoint)
        return imp_command_fail(IMP_EXIT_USAGE, "%s: --waiting for which? add --endpoint NAME",
                                verb->name);
    if (!named && !all && !waiting && !(endpoint && what == IMP_CONTROL_REPLAY))
        return imp_command_fail(IMP_EXIT_USAGE,
                                "%s: which? give ids, or --all for all that are dead", verb->name);
    if (g_strv_length(arguments) > IMP_CONTROL_DELIVERIES_MAX)
        return imp_command_fail(IMP_EXIT_USAGE, "%s: at most %d ids at once", verb->name,
                                IMP_CONTROL_DELIVERIES_MAX);
    const ImpControlRequest request = {.verb = what,
                                       .deliveries = named ? arguments : NULL,
                                       .endpoint = (char *)endpoint,
                                       .dead = !named && !waiting,
                                       .waiting = waiting};
    return imp_queue_carry_out(&queue, &request, show_done);
}

static int replay(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    return change(command, verb, arguments, IMP_CONTROL_REPLAY);
}

static int drop(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    return change(command, verb, arguments, IMP_CONTROL_DROP);
}

static const GOptionEntry list_options[] = {
    {"endpoint", 0, 0, G_OPTION_ARG_STRING, NULL, "only those to this endpoint", "NAME"},
    {"state", 0, 0, G_OPTION_ARG_STRING, NULL, "only those in this state", "STATE"},
    {"all", 0, 0, G_OPTION_ARG_NONE, NULL, "also what is delivered, dropped or compacted", NULL},
    {"count", 'n', 0, G_OPTION_ARG_STRING, NULL, "at most this many; 50, or with --json all",
     "COUNT"},
    {0},
};

static const GOptionEntry change_options[] = {
    {"endpoint", 0, 0, G_OPTION_ARG_STRING, NULL, "only those to this endpoint", "NAME"},
    {"all", 0, 0, G_OPTION_ARG_NONE, NULL, "all that are dead", NULL},
    {0},
};

static const GOptionEntry drop_options[] = {
    {"endpoint", 0, 0, G_OPTION_ARG_STRING, NULL, "only those to this endpoint", "NAME"},
    {"all", 0, 0, G_OPTION_ARG_NONE, NULL, "all that are dead", NULL},
    {"waiting", 0, 0, G_OPTION_ARG_NONE, NULL, "all that wait for the endpoint", NULL},
    {0},
};

const ImpVerb imp_verb_deliveries_list = {
    .name = "deliveries list",
    .summary = "say which messages wait or were given up, and what to do",
    .help = "A line for each message to each endpoint, what needs attention first: its\n"
            "number, state, since when it is in the queue, how the last try ended, what\n"
            "comes next, and what it is about. It reads the queue as it is, without a daemon.\n",
    .options = list_options,
    .run = list,
};

const ImpVerb imp_verb_deliveries_show = {
    .name = "deliveries show",
    .arguments = "ID",
    .summary = "show one message of the queue, with its body",
    .help = "An ID is a number of the list, or a webhook-id, which may be cut after 12\n"
            "characters or more; that names a message to each endpoint that takes it.\n",
    .least = 1,
    .most = 1,
    .run = show,
};

const ImpVerb imp_verb_deliveries_replay = {
    .name = "deliveries replay",
    .arguments = "[ID...]",
    .summary = "have messages sent again",
    .help = "Under the same id and with the same body, whether they are dead, delivered or\n"
            "dropped; one that waits is tried now. With an endpoint alone: all its dead ones.\n",
    .options = change_options,
    .most = -1,
    .run = replay,
};

const ImpVerb imp_verb_deliveries_drop = {
    .name = "deliveries drop",
    .arguments = "[ID...]",
    .summary = "give up messages that wait or are dead",
    .help = "The next about the same article goes instead. A dropped message is remembered\n"
            "for 7 days, and can be replayed until then.\n",
    .options = drop_options,
    .most = -1,
    .run = drop,
};
