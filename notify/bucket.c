#include "notify/bucket.h"
#include "notify/format/format.h"
#include "workflow/base/moment.h"

ImpBucket imp_bucket_for(const ImpEndpoint *endpoint, gint64 now_us)
{
    const ImpFormatTraits *traits = imp_format_traits(endpoint->format);
    double rate = endpoint->rate >= 0 ? endpoint->rate : traits->rate;
    double burst = endpoint->burst > 0 ? endpoint->burst : traits->burst;
    return (ImpBucket){.rate = rate, .burst = burst, .tokens = burst, .at_us = now_us};
}

bool imp_bucket_is_alike(const ImpBucket *one, const ImpBucket *other)
{
    return one->rate == other->rate && one->burst == other->burst;
}

static double tokens_at(const ImpBucket *bucket, gint64 now_us)
{
    double since_s = (double)(now_us - bucket->at_us) / (double)IMP_SECOND_US;
    return MIN(bucket->tokens + since_s * bucket->rate, bucket->burst);
}

guint imp_bucket_tokens(const ImpBucket *bucket, gint64 now_us)
{
    return bucket->rate > 0 ? (guint)tokens_at(bucket, now_us) : G_MAXUINT;
}

gint64 imp_bucket_wait_us(const ImpBucket *bucket, gint64 now_us)
{
    if (bucket->rate <= 0)
        return 0;
    double missing = 1 - tokens_at(bucket, now_us);
    /* Rounded up, so that after it there is a whole token. */
    return missing > 0 ? (gint64)(missing / bucket->rate * (double)IMP_SECOND_US) + 1 : 0;
}

void imp_bucket_take(ImpBucket *bucket, gint64 now_us)
{
    bucket->tokens = MAX(tokens_at(bucket, now_us) - 1, 0);
    bucket->at_us = now_us;
}
