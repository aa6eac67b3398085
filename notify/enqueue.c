#include "notify/enqueue.h"

#include "notify/format.h"
#include "notify/route.h"

static void body_free(gpointer body)
{
    if (body)
        g_bytes_unref(body);
}

/* The body in a format, rendered the first time that it is asked for. */
static GBytes *body_in(GPtrArray *bodies, ImpFormat format, const ImpEvent *event)
{
    if (!g_ptr_array_index(bodies, format))
        g_ptr_array_index(bodies, format) = imp_format_render(format, event);
    return g_ptr_array_index(bodies, format);
}

bool imp_enqueue(ImpOutbox *outbox, const GPtrArray *endpoints, const ImpEvent *event, const char *about, gint64 now_us,
                 GError **error)
{
    g_autoptr(GPtrArray) bodies = g_ptr_array_new_with_free_func(body_free);
    g_ptr_array_set_size(bodies, IMP_N_FORMATS);
    for (guint i = 0; i < endpoints->len; i++) {
        const ImpEndpoint *endpoint = g_ptr_array_index(endpoints, i);
        if (imp_route_takes(endpoint, event, about) &&
            !imp_outbox_enqueue(outbox, event->id, event->type, event->path, body_in(bodies, endpoint->format, event),
                                now_us, endpoint->name, endpoint->format, error))
            return false;
    }
    return true;
}
