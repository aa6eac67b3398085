#pragma once

#include "notify/answer.h"

/* How a delivery ends by the answer that a receiver of its format gave. */

/* Fills failure, status and held_until_us of the outcome. */
void imp_answer_judge(ImpFormat format, const ImpAnswer *answer, gint64 now_us,
                      ImpOutcome *outcome);
