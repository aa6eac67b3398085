#include "notify/outbox/outbox_statements.h"

/* What the outbox knows of an endpoint. It is bound to the URL, of which only a digest is kept: a
 * secret does not go into the database, and another URL begins without a past. */

static char *fingerprint_of(const char *url)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, url, -1);
}

bool imp_outbox_disable(ImpOutbox *outbox, const char *endpoint, const char *url, gint64 now_us,
                        bool *changed, GError **error)
{
    g_autofree char *fingerprint = fingerprint_of(url);
    g_autoptr(Running) disable = imp_running(outbox, DISABLE);
    imp_running_bind_text(disable, 1, endpoint);
    imp_running_bind_text(disable, 2, fingerprint);
    sqlite3_bind_int64(disable, 3, now_us);
    if (!imp_running_finish(outbox, disable, error))
        return false;
    *changed = sqlite3_changes(outbox->database) > 0;
    return true;
}

bool imp_outbox_note_url(ImpOutbox *outbox, const char *endpoint, const char *url, GError **error)
{
    g_autofree char *fingerprint = fingerprint_of(url);
    static const ImpOutboxStatement notes[] = {NOTE_URL, NOTE_CIRCUIT_URL};
    for (guint i = 0; i < G_N_ELEMENTS(notes); i++) {
        g_autoptr(Running) note = imp_running(outbox, notes[i]);
        imp_running_bind_text(note, 1, endpoint);
        imp_running_bind_text(note, 2, fingerprint);
        if (!imp_running_finish(outbox, note, error))
            return false;
    }
    g_autofree char *address = imp_endpoint_display(url);
    g_autoptr(Running) note = imp_running(outbox, NOTE_ADDRESS);
    imp_running_bind_text(note, 1, endpoint);
    imp_running_bind_text(note, 2, address);
    return imp_running_finish(outbox, note, error);
}

bool imp_outbox_is_disabled(ImpOutbox *outbox, const char *endpoint, bool *disabled, GError **error)
{
    g_autoptr(Running) query = imp_running(outbox, IS_DISABLED);
    imp_running_bind_text(query, 1, endpoint);
    return imp_running_next(outbox, query, disabled, error);
}

bool imp_outbox_circuit(ImpOutbox *outbox, const char *endpoint, ImpCircuit *circuit,
                        GError **error)
{
    g_autoptr(Running) select = imp_running(outbox, CIRCUIT);
    imp_running_bind_text(select, 1, endpoint);
    bool row;
    if (!imp_running_next(outbox, select, &row, error))
        return false;
    *circuit = (ImpCircuit){0};
    if (!row)
        return true;
    circuit->failures = (guint)sqlite3_column_int64(select, 0);
    circuit->successes = (guint)sqlite3_column_int64(select, 1);
    circuit->probes = (guint)sqlite3_column_int64(select, 2);
    circuit->probe_us = sqlite3_column_int64(select, 3);
    circuit->held_until_us = sqlite3_column_int64(select, 4);
    circuit->failing_us = sqlite3_column_int64(select, 5);
    circuit->failed_us = sqlite3_column_int64(select, 6);
    return true;
}

bool imp_outbox_set_circuit(ImpOutbox *outbox, const char *endpoint, const char *url,
                            const ImpCircuit *circuit, GError **error)
{
    bool blank = imp_circuit_is_blank(circuit);
    g_autofree char *fingerprint = fingerprint_of(url);
    g_autoptr(Running) set = imp_running(outbox, blank ? FORGET_CIRCUIT : SET_CIRCUIT);
    imp_running_bind_text(set, 1, endpoint);
    const gint64 values[] = {circuit->failures, circuit->successes,     circuit->probes,
                             circuit->probe_us, circuit->held_until_us, circuit->failing_us,
                             circuit->failed_us};
    if (!blank)
        imp_running_bind_text(set, 2, fingerprint);
    for (guint i = 0; !blank && i < G_N_ELEMENTS(values); i++)
        sqlite3_bind_int64(set, (int)i + 3, values[i]);
    return imp_running_finish(outbox, set, error);
}
