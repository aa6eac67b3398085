#include "notify/outbox/outbox_tables.h"

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
    if (!imp_database_run(
            outbox->database, error,
            "INSERT INTO outbox_disabled (endpoint, fingerprint, disabled_us) VALUES (?1, ?2, ?3)"
            " ON CONFLICT (endpoint) DO NOTHING",
            "tti", endpoint, fingerprint, now_us))
        return false;
    *changed = imp_database_changes(outbox->database) > 0;
    return true;
}

bool imp_outbox_note_url(ImpOutbox *outbox, const char *endpoint, const char *url, GError **error)
{
    g_autofree char *fingerprint = fingerprint_of(url), *address = imp_endpoint_display(url);
    return imp_database_run(outbox->database, error,
                            "DELETE FROM outbox_disabled WHERE endpoint = ?1 AND fingerprint <> ?2",
                            "tt", endpoint, fingerprint) &&
           imp_database_run(outbox->database, error,
                            "DELETE FROM outbox_circuit WHERE endpoint = ?1 AND fingerprint <> ?2",
                            "tt", endpoint, fingerprint) &&
           imp_database_run(outbox->database, error,
                            "INSERT INTO outbox_address (endpoint, address) VALUES (?1, ?2)"
                            " ON CONFLICT (endpoint) DO UPDATE SET address = excluded.address"
                            " WHERE address <> excluded.address",
                            "tt", endpoint, address);
}

bool imp_outbox_is_disabled(ImpOutbox *outbox, const char *endpoint, bool *disabled, GError **error)
{
    ImpRows *rows = imp_database_query(
        outbox->database, "SELECT 1 FROM outbox_disabled WHERE endpoint = ?1", "t", endpoint);
    *disabled = imp_rows_next(rows);
    return imp_rows_end(rows, error);
}

bool imp_outbox_circuit(ImpOutbox *outbox, const char *endpoint, ImpCircuit *circuit,
                        GError **error)
{
    ImpRows *rows = imp_database_query(
        outbox->database,
        "SELECT failures, successes, probes, probe_us, held_until_us, failing_us, failed_us"
        " FROM outbox_circuit WHERE endpoint = ?1",
        "t", endpoint);
    *circuit = (ImpCircuit){0};
    if (imp_rows_next(rows)) {
        circuit->failures = (guint)imp_rows_number(rows, 0);
        circuit->successes = (guint)imp_rows_number(rows, 1);
        circuit->probes = (guint)imp_rows_number(rows, 2);
        circuit->probe_us = imp_rows_number(rows, 3);
        circuit->held_until_us = imp_rows_number(rows, 4);
        circuit->failing_us = imp_rows_number(rows, 5);
        circuit->failed_us = imp_rows_number(rows, 6);
    }
    return imp_rows_end(rows, error);
}

bool imp_outbox_forget_circuit(ImpOutbox *outbox, const char *endpoint, GError **error)
{
    return imp_database_run(outbox->database, error,
                            "DELETE FROM outbox_circuit WHERE endpoint = ?1", "t", endpoint);
}

bool imp_outbox_set_circuit(ImpOutbox *outbox, const char *endpoint, const char *url,
                            const ImpCircuit *circuit, GError **error)
{
    if (imp_circuit_is_blank(circuit))
        return imp_outbox_forget_circuit(outbox, endpoint, error);
    g_autofree char *fingerprint = fingerprint_of(url);
    return imp_database_run(
        outbox->database, error,
        "INSERT OR REPLACE INTO outbox_circuit (endpoint, fingerprint, failures, successes, probes,"
        " probe_us, held_until_us, failing_us, failed_us)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        "ttiiiiiii", endpoint, fingerprint, (gint64)circuit->failures, (gint64)circuit->successes,
        (gint64)circuit->probes, circuit->probe_us, circuit->held_until_us, circuit->failing_us,
        circuit->failed_us);
}
