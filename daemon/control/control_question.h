#pragma once

#include "daemon/control/control_request.h"

/* A reader's question on its way to the editors: the event reader.question (imprimatur.json(5),
 * EVENTS). It is in the outbox until it is delivered, and nowhere else. */

typedef enum {
    IMP_ASKED,
    IMP_ASKED_FLAWED,      /* the text is not a question (imp_question_clean()) */
    IMP_ASKED_NO_ARTICLE,  /* the ledger has no article at that path */
    IMP_ASKED_NO_ENDPOINT, /* no endpoint takes it */
} ImpAsked;

/* Enqueues a question, cleaned, in a transaction of its own; then a dispatcher, if one runs, is to
 * be kicked. *event is what was enqueued, to be freed; untouched unless *result is
 * IMP_ASKED. */
bool imp_control_enqueue_question(ImpWorkplace *place, const char *article, const char *question,
                                  gint64 now_us, ImpAsked *result, ImpEvent **event,
                                  GError **error);

/* Carries out IMP_CONTROL_ASK; the answer is imp_control_act()'s. */
json_t *imp_control_act_question(ImpWorkplace *place, const ImpControlRequest *request,
                                 gint64 now_us);
