#include "daemon/control/control_client.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/queue/delivery_print.h"
#include "daemon/verbs/queue/queue.h"
#include "workflow/base/json_write.h"

#include <stdio.h>
#include <string.h>

/* The queue of messages, for operators. */

#define LISTED 50

/* list */

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
    g_autoptr(ImpTable) table = imp_delivery_table_new();
    for (guint i = 0; i < all->len; i++) {
        g_autoptr(json_t) line =
            queue.json ? imp_delivery_json(&queue, all->pdata[i], views) : NULL;
        if (line)
            imp_print_json(line);
        else
            imp_delivery_table_add(table, all->pdata[i], queue.now_us);
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
        imp_delivery_print(&queue, queued, views);
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
