#include "daemon/site/editors.h"
#include "daemon/verbs/queue/queue.h"
#include "notify/outbox/endpoint_view.h"
#include "notify/outbox/outbox_list.h"

#include <string.h>

/* The queue of messages: how it stands with each endpoint, and what has not got out. */

#define MESSAGE_ROWS 50

static void cell(ImpXml *xml, const char *label, const char *text)
{
    imp_xml_element(xml, text, "td", "data-label", label, NULL);
}

static void number_cell(ImpXml *xml, const char *label, gint64 number)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);
    cell(xml, label, text);
}

static void endpoint_row(ImpXml *xml, const ImpEndpointView *view, gint64 now_us)
{
    imp_xml_open(xml, "tr", NULL);
    imp_xml_element(xml, view->name, "th", "scope", "row", NULL);
    cell(xml, "State", imp_endpoint_health_word(imp_endpoint_health(view, now_us)));
    number_cell(xml, "Waiting", view->waiting);
    number_cell(xml, "Given up", view->dead);
    imp_xml_open(xml, "td", "data-label", "Oldest", NULL);
    if (view->oldest_us)
        imp_site_time(xml, view->oldest_us);
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

/* The sentence, and behind it what to type. */
static void advice(ImpXml *xml, const ImpEndpointView *view, gint64 now_us)
{
    g_autofree char *text = imp_queue_advice(view, now_us);
    char *commands = text ? strchr(text, '\n') : NULL;
    if (!text)
        return;
    if (commands)
        *commands++ = '\0';
    imp_xml_element(xml, text, "p", NULL);
    if (!commands)
        return;
    imp_xml_open(xml, "pre", "tabindex", "0", NULL);
    imp_xml_element(xml, commands, "code", NULL);
    imp_xml_close(xml);
}

static void endpoints(ImpXml *xml, const GPtrArray *views, gint64 now_us)
{
    static const char *const heads[] = {"Endpoint", "State", "Waiting", "Given up", "Oldest"};
    imp_xml_open(xml, "table", "class", "board", NULL);
    imp_xml_element(xml, "Where messages go", "caption", NULL);
    imp_site_put_heads(xml, heads, G_N_ELEMENTS(heads));
    imp_xml_open(xml, "tbody", NULL);
    for (guint i = 0; i < views->len; i++)
        endpoint_row(xml, views->pdata[i], now_us);
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_line(xml);
    for (guint i = 0; i < views->len; i++)
        advice(xml, views->pdata[i], now_us);
}

static void message_row(ImpXml *xml, const ImpQueued *queued)
{
    g_autofree char *answer = imp_queue_answer(queued->failure, queued->status, queued->ended_us);
    imp_xml_open(xml, "tr", NULL);
    imp_xml_element(xml, queued->type ? queued->type : "-", "th", "scope", "row", NULL);
    cell(xml, "Article", queued->article ? queued->article : "-");
    cell(xml, "Endpoint", queued->endpoint);
    cell(xml, "State",
         queued->parked ? "waits for its endpoint" : imp_delivery_state_word(queued->state));
    cell(xml, "Last answer", answer);
    imp_xml_open(xml, "td", "data-label", "Since", NULL);
    imp_site_time(xml, queued->created_us);
    imp_xml_close(xml);
    imp_xml_close(xml);
    imp_xml_line(xml);
}

static void messages(ImpXml *xml, const GPtrArray *queued)
{
    static const char *const heads[] = {"Message", "Article",     "Endpoint",
                                        "State",   "Last answer", "Since"};
    if (queued->len == 0)
        return;
    imp_xml_open(xml, "table", "class", "board attention", NULL);
    imp_xml_element(xml, "What has not got out", "caption", NULL);
    imp_site_put_heads(xml, heads, G_N_ELEMENTS(heads));
    imp_xml_open(xml, "tbody", NULL);
    for (guint i = 0; i < MIN(queued->len, MESSAGE_ROWS); i++)
        message_row(xml, queued->pdata[i]);
    imp_xml_close(xml);
    imp_xml_close(xml);
    if (queued->len > MESSAGE_ROWS)
        imp_xml_element(xml, "There are more: imprimatur deliveries list", "p", NULL);
    imp_xml_line(xml);
}

bool imp_site_put_messages(ImpSite *site, ImpXml *xml, GError **error)
{
    if (site->reader->undelivered < 0)
        return true;
    ImpDatabase *database = site->reader->database;
    g_autoptr(GPtrArray) views = imp_outbox_endpoints(database, error);
    g_autoptr(GPtrArray) queued =
        views ? imp_outbox_list(database, NULL, IMP_STATES_OPEN, MESSAGE_ROWS + 1, error) : NULL;
    if (!queued)
        return false;
    if (views->len == 0)
        return true;
    endpoints(xml, views, site->now_us);
    messages(xml, queued);
    return true;
}
