#include "notify/answer_judge.h"
#include "notify/format/format.h"
#include "notify/retry_after.h"

#define HTTP_TOO_MANY_REQUESTS   429
#define HTTP_SERVICE_UNAVAILABLE 503

void imp_answer_judge(ImpFormat format, const ImpAnswer *answer, gint64 now_us, ImpOutcome *outcome)
{
    const ImpFormatTraits *traits = imp_format_traits(format);
    guint status = answer->status;
    bool taken = status >= 200 && status <= 299;
    if (taken && traits->refuses && traits->refuses(answer, &status))
        taken = false;
    gint64 until_us = 0;
    if ((status == HTTP_TOO_MANY_REQUESTS || status == HTTP_SERVICE_UNAVAILABLE) &&
        answer->retry_after)
        until_us = imp_retry_after_us(answer->retry_after, now_us);
    if (traits->quiet_until_us)
        until_us = MAX(until_us, traits->quiet_until_us(answer, now_us));
    outcome->failure = taken ? IMP_FAILURE_NONE : IMP_FAILURE_HTTP;
    outcome->status = status;
    outcome->held_until_us = until_us;
    if (traits->judge)
        traits->judge(answer, now_us, outcome);
}
