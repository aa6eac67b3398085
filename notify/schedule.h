#pragma once

#include "notify/endpoint.h"
#include "workflow/base/moment.h"

/* When a delivery is tried, and what a try's end means (imprimatur.json(5), DELIVERY). Pure:
 * the moment and the chance come in as parameters. */

/* How long a delivery of format `standard` is tried, counted from when it was put into the outbox;
 * of the others: notify/format/format.h. */
#define IMP_DELIVERY_LIFE_US (96 * 3600 * IMP_SECOND_US)
/* How often a message is tried that its receiver calls faulty (400, 413, 415, 422). */
#define IMP_DELIVERY_FAULTY_TRIES 3

/* How a try failed. */
typedef enum {
    IMP_FAILURE_NONE,
    IMP_FAILURE_DNS,      /* the name does not resolve, or not in time */
    IMP_FAILURE_BLOCKED,  /* its address is one that nothing may be sent to */
    IMP_FAILURE_CONNECT,  /* no connection, or it broke before an answer */
    IMP_FAILURE_TLS,      /* no trustworthy encryption */
    IMP_FAILURE_TIMEOUT,  /* connected or answered too late */
    IMP_FAILURE_PROTOCOL, /* the answer is not HTTP as we take it */
    IMP_FAILURE_HTTP,     /* an answer, but not 2xx */
    IMP_N_FAILURES,
} ImpFailure;

/* "dns" and the like, static; NULL for none. */
const char *imp_failure_word(ImpFailure failure);

/* How a try ended. */
typedef struct {
    ImpFailure failure;   /* none: delivered */
    guint status;         /* of HTTP; 0 without an answer */
    gint64 held_until_us; /* until when the answer asks for quiet (Retry-After and the like); 0: it
                             does not */
    bool rate_limited;    /* that is all that the answer says, whatever its status */
    gint64 doubles_from_us; /* a wait that doubles with each try stands for the ladder's, and is
                               the endpoint's; 0: not so */
    gint64 run;             /* of a forge: the number of the check run that it made; 0: none */
    char *answer; /* how the response begins, for people: one line of valid UTF-8; or NULL */
    char *body;   /* as far as it was kept: may be secret; lent to who is told, or NULL */
} ImpOutcome;

typedef enum {
    IMP_DELIVERY_WAITING,
    IMP_DELIVERY_FLYING, /* a try is under way, or was when the daemon died */
    IMP_DELIVERY_DELIVERED,
    IMP_DELIVERY_DEAD,
    IMP_DELIVERY_DROPPED,   /* by hand */
    IMP_DELIVERY_COMPACTED, /* never tried: a later one stands for it (notify/compaction.h) */
    IMP_DELIVERY_DIGESTED,  /* a digest tells of it */
    IMP_N_DELIVERY_STATES,
} ImpDeliveryState;

/* "waiting" and the like, as people and programs are told; static. NULL for any other value. */
const char *imp_delivery_state_word(ImpDeliveryState state);
bool imp_delivery_state_from_word(const char *word, ImpDeliveryState *state);

/* What follows from a try's end. */
typedef struct {
    ImpDeliveryState state; /* waiting, delivered or dead */
    gint64 next_us;         /* when waiting: the next try */
    bool disable_endpoint;  /* the receiver wants nothing any more (410) */
    bool untried;           /* the try does not count: the receiver only asked to come later */
} ImpPlan;

/* Judges the end of the try number `tries` (from 1), which is now, of a delivery whose life
 * ends at `end_us`. `chance` is random in [0, 1).
 *
 * A 429 that says until when leaves the delivery due: it waits with its endpoint
 * (notify/circuit.h), and the try does not count. Otherwise the wait is the ladder's next step,
 * the last one again and again, each +-20 %, but never past the end of the delivery's life: there
 * stands one last try. */
ImpPlan imp_schedule_plan(const ImpDeliveryTimes *times, gint64 end_us, guint tries,
                          const ImpOutcome *outcome, gint64 now_us, double chance);

/* Whether a status says that the receiver has moved: 3xx. */
bool imp_schedule_is_redirect(guint status);

/* Whether a status calls the message faulty, not the endpoint: 400, 413, 415, 422. */
bool imp_schedule_is_faulty(guint status);

/* Mends a planned moment after the clock was set back: a moment further ahead than any step could
 * have put it becomes a step from now; any other is returned as it is. `tries` are those made.
 */
gint64 imp_schedule_mend(const ImpDeliveryTimes *times, guint tries, gint64 next_us, gint64 now_us,
                         double chance);

/* The furthest that a planned moment can lie ahead. */
gint64 imp_schedule_longest_us(const ImpDeliveryTimes *times);
