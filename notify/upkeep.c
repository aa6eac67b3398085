#include "notify/upkeep.h"

#include <string.h>

static bool mend_endpoints(ImpOutbox *outbox, const GPtrArray *endpoints, const ImpDeliveryTimes *times, gint64 now_us,
                           double chance, GError **error)
{
    for (guint i = 0; i < endpoints->len; i++) {
        const ImpEndpoint *endpoint = g_ptr_array_index(endpoints, i);
        if (!imp_outbox_note_url(outbox, endpoint->name, endpoint->url, error) ||
            !imp_outbox_mend(outbox, endpoint->name, times, now_us, chance, error))
            return false;
    }
    return true;
}

static bool is_configured(const GPtrArray *endpoints, const char *name)
{
    for (guint i = 0; i < endpoints->len; i++) {
        const ImpEndpoint *endpoint = g_ptr_array_index(endpoints, i);
        if (strcmp(endpoint->name, name) == 0)
            return true;
    }
    return false;
}

/* Deliveries to endpoints that are tried die by their last attempt; only those of parked ones must be looked for. */
static bool expire_at(ImpOutbox *outbox, const GPtrArray *endpoints, const char *name, gint64 now_us, GPtrArray *dead,
                      GError **error)
{
    bool configured = is_configured(endpoints, name), disabled = false;
    if (configured && !imp_outbox_is_disabled(outbox, name, &disabled, error))
        return false;
    if (configured && !disabled)
        return true;
    g_autoptr(GPtrArray) unwanted = g_ptr_array_new_with_free_func((GDestroyNotify)imp_delivery_free);
    return imp_outbox_expire(outbox, name, now_us, IMP_UPKEEP_ROWS, configured ? dead : unwanted, error);
}

bool imp_upkeep(ImpOutbox *outbox, const GPtrArray *endpoints, const ImpDeliveryTimes *times, gint64 now_us,
                double chance, GPtrArray *dead, GError **error)
{
    if (!mend_endpoints(outbox, endpoints, times, now_us, chance, error))
        return false;
    g_autoptr(GPtrArray) names = imp_outbox_waiting_endpoints(outbox, error);
    if (!names)
        return false;
    for (guint i = 0; i < names->len; i++) {
        if (!expire_at(outbox, endpoints, g_ptr_array_index(names, i), now_us, dead, error))
            return false;
    }
    return imp_outbox_prune(outbox, now_us, IMP_UPKEEP_ROWS, error);
}
