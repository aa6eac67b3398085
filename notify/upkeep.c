#include "notify/upkeep.h"
#include "notify/outbox/outbox_digest.h"

#include <string.h>

static bool mend_circuit(ImpOutbox *outbox, const ImpEndpoint *endpoint, gint64 now_us,
                         GError **error)
{
    ImpCircuit circuit;
    if (!imp_outbox_circuit(outbox, endpoint->name, &circuit, error))
        return false;
    return !imp_circuit_mend(&circuit, now_us) ||
           imp_outbox_set_circuit(outbox, endpoint->name, endpoint->url, &circuit, error);
}

static bool mend_endpoints(ImpOutbox *outbox, const GPtrArray *endpoints,
                           const ImpDeliveryTimes *times, gint64 now_us, double chance,
                           GError **error)
{
    for (guint i = 0; i < endpoints->len; i++) {
        const ImpEndpoint *endpoint = endpoints->pdata[i];
        if (!imp_outbox_note_url(outbox, endpoint->name, endpoint->url, error) ||
            !mend_circuit(outbox, endpoint, now_us, error) ||
            !imp_outbox_mend(outbox, endpoint->name, times, now_us, chance, error))
            return false;
    }
    return true;
}

static bool is_configured(const GPtrArray *endpoints, const char *name)
{
    for (guint i = 0; i < endpoints->len; i++) {
        const ImpEndpoint *endpoint = endpoints->pdata[i];
        if (strcmp(endpoint->name, name) == 0)
            return true;
    }
    return false;
}

/* Whether nothing, or next to nothing, is tried at an endpoint now. */
static bool is_parked(ImpOutbox *outbox, const char *name, gint64 now_us, bool *parked,
                      GError **error)
{
    ImpCircuit circuit;
    if (!imp_outbox_is_disabled(outbox, name, parked, error) ||
        !imp_outbox_circuit(outbox, name, &circuit, error))
        return false;
    *parked = *parked || imp_circuit_probes(&circuit) || imp_circuit_opens_us(&circuit) > now_us;
    return true;
}

/* Deliveries to endpoints that are tried die by their last try; only those of parked ones must
 * be looked for. */
static bool expire_at(ImpOutbox *outbox, const GPtrArray *endpoints, const char *name,
                      gint64 now_us, ImpUpkeep *upkeep, GError **error)
{
    bool configured = is_configured(endpoints, name), parked = true;
    if (configured && !is_parked(outbox, name, now_us, &parked, error))
        return false;
    if (!parked)
        return true;
    g_autoptr(GPtrArray) dead = g_ptr_array_new_with_free_func((GDestroyNotify)imp_delivery_free);
    if (!imp_outbox_expire(outbox, name, now_us, IMP_UPKEEP_ROWS, dead, error))
        return false;
    upkeep->more = upkeep->more || dead->len == IMP_UPKEEP_ROWS;
    if (configured)
        g_ptr_array_extend_and_steal(upkeep->dead, g_steal_pointer(&dead));
    return true;
}

bool imp_upkeep(ImpOutbox *outbox, const GPtrArray *endpoints, const ImpDeliveryTimes *times,
                gint64 now_us, double chance, ImpUpkeep *upkeep, GError **error)
{
    if (!mend_endpoints(outbox, endpoints, times, now_us, chance, error))
        return false;
    g_autoptr(GPtrArray) names = imp_outbox_waiting_endpoints(outbox, error);
    if (!names)
        return false;
    for (guint i = 0; i < names->len; i++) {
        if (!expire_at(outbox, endpoints, names->pdata[i], now_us, upkeep, error))
            return false;
    }
    guint forgotten;
    if (!imp_outbox_tidy_gathered(outbox, error) ||
        !imp_outbox_prune(outbox, now_us, IMP_UPKEEP_ROWS, &forgotten, error))
        return false;
    upkeep->more = upkeep->more || forgotten == IMP_UPKEEP_ROWS;
    return true;
}
