#pragma once

#include "workflow/base/moment.h"

/* When events for a chat go one by one and when as one message (imprimatur.json(5), CHATS). Pure:
 * the moment is a parameter. */

/* How long an event waits for others. */
#define IMP_DIGEST_WAIT_US (10 * IMP_SECOND_US)
/* So many are one message. */
#define IMP_DIGEST_FEWEST 4
/* While news wait behind a digest, it is tried at least this often; the circuit keeps that polite.
 */
#define IMP_DIGEST_RETRY_US (60 * IMP_SECOND_US)

/* What is gathered for one endpoint. */
typedef struct {
    guint count;
    gint64 oldest_us;  /* when the first of them came */
    bool belongs;      /* some belong into one message however few they are */
    bool digest_waits; /* an earlier digest is not delivered yet: nothing overtakes it */
    gint64 digest_us;  /* when that is tried again; now, where a try is under way */
} ImpGathered;

typedef enum {
    IMP_DIGEST_WAIT, /* until *until_us */
    IMP_DIGEST_SINGLY,
    IMP_DIGEST_TOGETHER,
} ImpDigestVerdict;

/* Judges what is gathered, of which there is something, at a moment when the endpoint may be sent
 * to. An event from the future, before the clock was set back, waits no longer. */
ImpDigestVerdict imp_digest_judge(const ImpGathered *gathered, gint64 now_us, gint64 *until_us);
