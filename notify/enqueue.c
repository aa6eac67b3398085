#include "notify/enqueue.h"

#include "notify/payload.h"
#include "notify/route.h"

bool imp_enqueue(ImpOutbox *outbox, const GPtrArray *endpoints, const ImpEvent *event, const char *about, gint64 now_us,
                 GError **error)
{
    g_autoptr(GBytes) body = NULL;
    for (guint i = 0; i < endpoints->len; i++) {
        const ImpEndpoint *endpoint = g_ptr_array_index(endpoints, i);
        if (!imp_route_takes(endpoint, event, about))
            continue;
        if (!body)
            body = imp_payload_render(event);
        if (!imp_outbox_enqueue(outbox, event->id, event->type, event->path, body, now_us, endpoint->name,
                                endpoint->format, error))
            return false;
    }
    return true;
}
