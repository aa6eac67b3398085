#include "notify/enqueue.h"
#include "notify/format/format.h"
#include "notify/outbox/outbox_digest.h"
#include "notify/route.h"

static void body_free(gpointer body)
{
    if (body)
        g_bytes_unref(body);
}

/* The body in a format, rendered the first time that it is asked for. */
static GBytes *body_in(GPtrArray *bodies, ImpFormat format, const ImpEvent *event)
{
    if (!bodies->pdata[format])
        bodies->pdata[format] = imp_format_render(format, event);
    return bodies->pdata[format];
}

/* Reminders of one person belong into one message, however few they are. */
static const char *matter_of(const ImpEvent *event)
{
    static const char *const reminders[] = {"review.reminder", "review.overdue", NULL};
    return g_strv_contains(reminders, event->type) ? event->person_id : NULL;
}

static bool put(ImpOutbox *outbox, const ImpEndpoint *endpoint, const ImpEvent *event, GBytes *body,
                gint64 now_us, GError **error)
{
    const ImpOutboxMessage message = {event->id, event->type, event->path, endpoint->format, body};
    if (!imp_outbox_enqueue(outbox, &message, endpoint->name, now_us, error))
        return false;
    /* A digest has titles alone: what is said once only is not put into one. */
    if (!imp_format_is_chat(endpoint->format) || imp_event_is_private(event->type))
        return true;
    g_autoptr(ImpChatLine) line = imp_chat_line_new(event);
    g_autofree char *stored = imp_chat_line_store(line);
    return imp_outbox_gather(outbox, event->id, endpoint->name, event->repository, matter_of(event),
                             stored, error);
}

bool imp_enqueue(ImpOutbox *outbox, const GPtrArray *endpoints, const ImpEvent *event,
                 const char *about, gint64 now_us, GError **error)
{
    g_autoptr(GPtrArray) bodies = g_ptr_array_new_with_free_func(body_free);
    g_ptr_array_set_size(bodies, IMP_N_FORMATS);
    for (guint i = 0; i < endpoints->len; i++) {
        const ImpEndpoint *endpoint = endpoints->pdata[i];
        if (imp_route_takes(endpoint, event, about) &&
            !put(outbox, endpoint, event, body_in(bodies, endpoint->format, event), now_us, error))
            return false;
    }
    return true;
}
