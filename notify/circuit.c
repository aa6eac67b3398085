#include "notify/circuit.h"
#include "notify/retry_after.h"

#define HTTP_TOO_MANY_REQUESTS 429

#define FIRST_PROBE_US   (30 * IMP_SECOND_US)
#define LONGEST_PROBE_US (15 * 60 * IMP_SECOND_US)
/* What the time between two failures adds at most to the time without a success: above the ladder's
 * longest step. A clock that jumps years ahead, or a machine that was off, disables nothing. */
#define LONGEST_FAILING_US (30 * 3600 * IMP_SECOND_US)

static gint64 interval_us(guint probes)
{
    gint64 interval = FIRST_PROBE_US;
    while (probes-- > 0 && interval < LONGEST_PROBE_US)
        interval *= 2;
    return MIN(interval, LONGEST_PROBE_US);
}

static void note_success(ImpCircuit *circuit, gint64 now_us)
{
    if (circuit->probe_us != 0 && ++circuit->successes < IMP_CIRCUIT_SUCCESSES) {
        circuit->probe_us = now_us;
        circuit->failing_us = circuit->failed_us = 0;
        return;
    }
    /* It may have asked for quiet itself, or the other one of two that were under way. */
    gint64 held_until_us = circuit->held_until_us > now_us ? circuit->held_until_us : 0;
    *circuit = (ImpCircuit){.held_until_us = held_until_us};
}

static void note_failure(ImpCircuit *circuit, gint64 now_us)
{
    circuit->failures++;
    if (circuit->probe_us == 0) {
        if (circuit->failures >= IMP_CIRCUIT_FAILURES)
            circuit->probe_us = now_us + FIRST_PROBE_US;
    } else if (now_us >= circuit->probe_us) {
        circuit->successes = 0;
        circuit->probes++;
        circuit->probe_us = now_us + interval_us(circuit->probes);
    }
}

bool imp_circuit_note(ImpCircuit *circuit, const ImpOutcome *outcome, gint64 now_us)
{
    circuit->held_until_us = MAX(circuit->held_until_us, outcome->held_until_us);
    if (outcome->failure == IMP_FAILURE_NONE) {
        note_success(circuit, now_us);
        return true;
    }
    if (circuit->failed_us != 0)
        circuit->failing_us += CLAMP(now_us - circuit->failed_us, 0, LONGEST_FAILING_US);
    circuit->failed_us = now_us;
    bool asks_for_quiet = (outcome->status == HTTP_TOO_MANY_REQUESTS || outcome->rate_limited) &&
                          outcome->held_until_us != 0;
    if (!asks_for_quiet && !imp_schedule_is_faulty(outcome->status))
        note_failure(circuit, now_us);
    return circuit->failing_us < IMP_CIRCUIT_PATIENCE_US;
}

bool imp_circuit_is_blank(const ImpCircuit *circuit)
{
    return circuit->failures == 0 && circuit->probe_us == 0 && circuit->held_until_us == 0 &&
           circuit->failed_us == 0;
}

gint64 imp_circuit_opens_us(const ImpCircuit *circuit)
{
    return MAX(circuit->probe_us, circuit->held_until_us);
}

bool imp_circuit_probes(const ImpCircuit *circuit)
{
    return circuit->probe_us != 0;
}

bool imp_circuit_mend(ImpCircuit *circuit, gint64 now_us)
{
    ImpCircuit before = *circuit;
    if (circuit->probe_us > now_us + interval_us(circuit->probes))
        circuit->probe_us = now_us + interval_us(circuit->probes);
    /* How long it was to be is not known any more; whoever wants quiet says so again. */
    if (circuit->held_until_us > now_us + IMP_RETRY_AFTER_MAX_US)
        circuit->held_until_us = 0;
    circuit->failed_us = MIN(circuit->failed_us, now_us);
    return circuit->probe_us != before.probe_us || circuit->held_until_us != before.held_until_us ||
           circuit->failed_us != before.failed_us;
}
