#pragma once

#include "daemon/pass/workplace.h"
#include "workflow/base/allowance.h"

/* Readers' questions that the door handed on (daemon/service/wake_socket.h). */

/* The zero value has taken none yet. */
typedef struct {
    ImpAllowance allowance;
    bool too_many; /* that some were dropped has been said */
} ImpQuestions;

/* Enqueues a question; then the dispatcher is to be kicked. False: it was dropped, for which the
 * log has a line without its words: there is no such article, no endpoint takes it, or there are
 * more than IMP_QUESTIONS_PER_MINUTE. */
bool imp_questions_take(ImpQuestions *questions, ImpWorkplace *place, const char *article,
                        const char *question, gint64 now_us);
