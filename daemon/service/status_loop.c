#include "daemon/service/status_loop.h"

struct ImpStatusLoop {
    ImpWorkplace *place;
    ImpStatuses *statuses;
    gint64 (*clock)(void);
    void (*put)(gpointer data);
    gpointer data;
    guint idle, timer;
};

static gboolean step(gpointer data)
{
    ImpStatusLoop *loop = data;
    g_autoptr(GError) error = NULL;
    bool more;
    if (!imp_statuses_step(loop->statuses, loop->clock(), &more, &error))
        g_warning("the status of a head cannot be found: %s", error->message);
    loop->put(loop->data);
    if (!more)
        loop->idle = 0;
    return more;
}

static gboolean on_timer(gpointer data)
{
    ImpStatusLoop *loop = data;
    loop->timer = 0;
    imp_status_loop_look(loop);
    return G_SOURCE_REMOVE;
}

ImpStatusLoop *imp_status_loop_new(ImpWorkplace *place, gint64 (*clock)(void),
                                   void (*put)(gpointer data), gpointer data)
{
    ImpStatusLoop *loop = g_new0(ImpStatusLoop, 1);
    *loop = (ImpStatusLoop){.place = place, .statuses = imp_statuses_new(place)};
    loop->clock = clock;
    loop->put = put;
    loop->data = data;
    return loop;
}

void imp_status_loop_free(ImpStatusLoop *loop)
{
    if (!loop)
        return;
    g_clear_handle_id(&loop->idle, g_source_remove);
    g_clear_handle_id(&loop->timer, g_source_remove);
    imp_statuses_free(loop->statuses);
    g_free(loop);
}

void imp_status_loop_look(ImpStatusLoop *loop)
{
    g_autoptr(GError) error = NULL;
    gint64 now_us = loop->clock(), next_us = now_us + IMP_STATUSES_EVERY_US;
    const ImpConfig *config = loop->place->config;
    if (!config->deliver || !config->remote->status)
        return;
    if (!imp_statuses_look(loop->statuses, now_us, &next_us, &error))
        g_warning("the statuses of the heads cannot be compared: %s", error->message);
    g_clear_handle_id(&loop->timer, g_source_remove);
    loop->timer = g_timeout_add((guint)(MAX(next_us - now_us, 0) / 1000) + 1, on_timer, loop);
    if (!loop->idle)
        loop->idle = g_idle_add_full(G_PRIORITY_LOW, step, loop, NULL);
}
