#include "daemon/verbs/queue/delivery_print.h"
#include "daemon/verbs/queue/endpoint_print.h"
#include "notify/status.h"
#include "workflow/base/json_write.h"

#include <stdio.h>

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

json_t *imp_delivery_json(const ImpQueue *queue, const ImpQueued *queued, GPtrArray *views)
{
    const ImpEndpointView *view = imp_endpoint_view_find(views, queued->endpoint);
    g_autofree char *command = command_for(queued);
    json_t *line = json_object(), *article = NULL;
    bool is_status = g_strcmp0(queued->type, IMP_STATUS_TYPE) == 0;
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

static const ImpTableColumn columns[] = {
    {"ID", 0, 0, false},    {"ENDPOINT", 16, 0, false}, {"STATE", 0, 0, false},
    {"SINCE", 0, 0, false}, {"TRIES", 0, 100, false},   {"LAST", 8, 72, false},
    {"NEXT", 0, 0, false},  {"TYPE", 0, 110, false},    {"ABOUT", 0, 0, true},
};

ImpTable *imp_delivery_table_new(void)
{
    return imp_table_new(columns, G_N_ELEMENTS(columns));
}

static ImpStyle style_of(const ImpQueued *queued)
{
    return queued->state == IMP_DELIVERY_DEAD || queued->parked ? IMP_STYLE_BAD
           : queued->state < 2 && queued->failure               ? IMP_STYLE_WARN
           : queued->state == IMP_DELIVERY_DELIVERED            ? IMP_STYLE_GOOD
                                                                : IMP_STYLE_PLAIN;
}

void imp_delivery_table_add(ImpTable *table, const ImpQueued *queued, gint64 now_us)
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
    g_autoptr(json_t) line = imp_delivery_json(queue, queued, views);
    gsize length = 0;
    const char *bytes = queued->body ? g_bytes_get_data(queued->body, &length) : NULL;
    g_autofree char *text = bytes ? g_strndup(bytes, length) : NULL;
    imp_json_set_text(line, "body", text);
    imp_print_json(line);
}

void imp_delivery_print(const ImpQueue *queue, const ImpQueued *queued, GPtrArray *views)
{
    (queue->json ? print_one_json : print_one)(queue, queued, views);
}
