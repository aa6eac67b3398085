#pragma once

#include "daemon/pass/workplace.h"

/* Puts the approved branch where the index says (imprimatur-record(7), APPROVED BRANCH): what was
 * approved or has left since, and what is carried along from the watched branch's tip `source`
 * (NULL: none). Where somebody else moved the branch, it is put back, and approved.diverged is
 * announced. Does nothing where the branch is off or no policy is in force. */
bool imp_publish(ImpWorkplace *place, const char *source, gint64 now_us, GError **error);

/* Announces, once for each `value`, that the approved branch was moved by somebody else. */
bool imp_publish_announce_moved(ImpWorkplace *place, const char *value, const char *sentence,
                                gint64 now_us, GError **error);
