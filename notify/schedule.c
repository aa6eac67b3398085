#include "notify/schedule.h"

#define HTTP_BAD_REQUEST            400
#define HTTP_GONE                   410
#define HTTP_CONTENT_TOO_LARGE      413
#define HTTP_UNSUPPORTED_MEDIA_TYPE 415
#define HTTP_UNPROCESSABLE          422
#define HTTP_TOO_MANY_REQUESTS      429

/* From a minute to an hour. */
#define DOUBLINGS_MAX 6
/* Spread, so that what failed together does not come back together. */
#define JITTER 0.2
/* A ladder of zeros must not become a busy loop. */
#define SHORTEST_US (IMP_SECOND_US / 10)

static const char *const failure_words[] = {
    [IMP_FAILURE_DNS] = "dns",         [IMP_FAILURE_BLOCKED] = "blocked",
    [IMP_FAILURE_CONNECT] = "connect", [IMP_FAILURE_TLS] = "tls",
    [IMP_FAILURE_TIMEOUT] = "timeout", [IMP_FAILURE_PROTOCOL] = "protocol",
    [IMP_FAILURE_HTTP] = "http",
};

const char *imp_failure_word(ImpFailure failure)
{
    return failure < G_N_ELEMENTS(failure_words) ? failure_words[failure] : NULL;
}

static const char *const state_words[IMP_N_DELIVERY_STATES] = {
    [IMP_DELIVERY_WAITING] = "waiting",     [IMP_DELIVERY_FLYING] = "sending",
    [IMP_DELIVERY_DELIVERED] = "delivered", [IMP_DELIVERY_DEAD] = "dead",
    [IMP_DELIVERY_DROPPED] = "dropped",     [IMP_DELIVERY_COMPACTED] = "compacted",
    [IMP_DELIVERY_DIGESTED] = "digested",
};

const char *imp_delivery_state_word(ImpDeliveryState state)
{
    return state < G_N_ELEMENTS(state_words) ? state_words[state] : NULL;
}

bool imp_delivery_state_from_word(const char *word, ImpDeliveryState *state)
{
    for (guint i = 0; i < G_N_ELEMENTS(state_words); i++) {
        if (g_strcmp0(state_words[i], word) == 0) {
            *state = i;
            return true;
        }
    }
    return false;
}

static gint64 step_us(const ImpDeliveryTimes *times, guint tries, double chance)
{
    const GArray *ladder = times->ladder_s;
    if (ladder->len == 0)
        return SHORTEST_US;
    guint step = g_array_index(ladder, guint, MIN(tries, ladder->len - 1));
    gint64 wait_us =
        (gint64)((double)step * (1 - JITTER + 2 * JITTER * chance) * (double)IMP_SECOND_US);
    return MAX(wait_us, SHORTEST_US);
}

gint64 imp_schedule_longest_us(const ImpDeliveryTimes *times)
{
    guint longest = 0;
    for (guint i = 0; i < times->ladder_s->len; i++)
        longest = MAX(longest, g_array_index(times->ladder_s, guint, i));
    return MAX((gint64)((double)longest * (1 + JITTER) * (double)IMP_SECOND_US), SHORTEST_US);
}

bool imp_schedule_is_redirect(guint status)
{
    return status >= 300 && status <= 399;
}

bool imp_schedule_is_faulty(guint status)
{
    return status == HTTP_BAD_REQUEST || status == HTTP_CONTENT_TOO_LARGE ||
           status == HTTP_UNSUPPORTED_MEDIA_TYPE || status == HTTP_UNPROCESSABLE;
}

ImpPlan imp_schedule_plan(const ImpDeliveryTimes *times, gint64 end_us, guint tries,
                          const ImpOutcome *outcome, gint64 now_us, double chance)
{
    if (outcome->failure == IMP_FAILURE_NONE)
        return (ImpPlan){.state = IMP_DELIVERY_DELIVERED};

    bool gone = outcome->status == HTTP_GONE;
    if (now_us >= end_us ||
        (imp_schedule_is_faulty(outcome->status) && tries >= IMP_DELIVERY_FAULTY_TRIES))
        return (ImpPlan){.state = IMP_DELIVERY_DEAD, .disable_endpoint = gone};
    if ((outcome->status == HTTP_TOO_MANY_REQUESTS || outcome->rate_limited) &&
        outcome->held_until_us != 0)
        return (ImpPlan){.state = IMP_DELIVERY_WAITING, .next_us = now_us, .untried = true};
    /* Parked with its endpoint; once that is enabled again there is nothing to wait for. */
    gint64 wait_us = gone ? 0
                     : outcome->doubles_from_us
                         ? outcome->doubles_from_us << CLAMP((gint)tries - 1, 0, DOUBLINGS_MAX)
                         : step_us(times, tries, chance);
    return (ImpPlan){.state = IMP_DELIVERY_WAITING,
                     .next_us = MIN(now_us + wait_us, end_us),
                     .disable_endpoint = gone};
}

gint64 imp_schedule_mend(const ImpDeliveryTimes *times, guint tries, gint64 next_us, gint64 now_us,
                         double chance)
{
    if (next_us <= now_us + imp_schedule_longest_us(times))
        return next_us;
    return now_us + step_us(times, tries, chance);
}
