#pragma once

#include "notify/schedule.h"

/* Whether an endpoint is tried at all (imprimatur.json(5), DELIVERY): one that fails again and
 * again is left alone but for a probe now and then, and one that asks for quiet is held. Pure; the
 * outbox keeps the value.
 *
 * The zero value is an endpoint of which nothing is known: closed, that is, tried. */
typedef struct {
    guint failures;       /* in a row */
    guint successes;      /* in a row, while it is open */
    guint probes;         /* that failed, while it is open */
    gint64 probe_us;      /* when the next probe may go; 0: closed */
    gint64 held_until_us; /* Retry-After; 0: not held */
    gint64 failing_us;    /* for how long nothing has succeeded, as far as it was tried */
    gint64 failed_us;     /* the last try that did not succeed; 0: none since a success */
} ImpCircuit;

/* Failures in a row that open the circuit, and successes that close it again. */
#define IMP_CIRCUIT_FAILURES  5
#define IMP_CIRCUIT_SUCCESSES 2
/* Without a success for so long, an endpoint is disabled. */
#define IMP_CIRCUIT_PATIENCE_US (5 * IMP_DAY_US)

/* Takes the end of a try, which is now. False: the endpoint is to be disabled.
 *
 * Not a failure is an answer that asks for quiet with status 429, or that calls the message faulty
 * (400, 413, 415, 422): somebody is there who answers. A failure before the next probe's moment,
 * while the circuit is open, is that of a try that had begun before, and says nothing new. */
bool imp_circuit_note(ImpCircuit *circuit, const ImpOutcome *outcome, gint64 now_us);

/* Whether nothing is known against the endpoint: it is as good as the zero value. */
bool imp_circuit_is_blank(const ImpCircuit *circuit);

/* From when on tries may begin; 0: now. */
gint64 imp_circuit_opens_us(const ImpCircuit *circuit);
/* Whether only one try at a time may be under way. */
bool imp_circuit_probes(const ImpCircuit *circuit);

/* Mends moments that lie further ahead than they could have been put: the clock was set back.
 * False: all stays. */
bool imp_circuit_mend(ImpCircuit *circuit, gint64 now_us);
