#include "notify/digest.h"

/* A digest that is under way ends within this, and is looked at again. */
#define LOOK_AGAIN_US IMP_SECOND_US

ImpDigestVerdict imp_digest_judge(const ImpGathered *gathered, gint64 now_us, gint64 *until_us)
{
    *until_us = 0;
    if (gathered->digest_waits) {
        *until_us =
            CLAMP(gathered->digest_us, now_us + LOOK_AGAIN_US, now_us + IMP_DIGEST_RETRY_US);
        return IMP_DIGEST_WAIT;
    }
    if (gathered->oldest_us <= now_us && gathered->oldest_us + IMP_DIGEST_WAIT_US > now_us) {
        *until_us = gathered->oldest_us + IMP_DIGEST_WAIT_US;
        return IMP_DIGEST_WAIT;
    }
    return gathered->count >= IMP_DIGEST_FEWEST || gathered->belongs ? IMP_DIGEST_TOGETHER
                                                                     : IMP_DIGEST_SINGLY;
}
