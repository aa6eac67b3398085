#pragma once

#include "notify/schedule.h"
#include "workflow/base/json.h"

/* What a receiver's answer means: its status, and for services that answer 2xx with an error or ask
 * for quiet in words of their own (imprimatur.json(5), CHATS) its headers and body. Pure: the
 * moment is a parameter. */

/* Of an answer what can matter. A header that is not there is NULL. */
typedef struct {
    guint status;
    const char *retry_after; /* RFC 9110, section 10.2.3 */
    const char *remaining;   /* X-RateLimit-Remaining */
    const char *reset_after; /* X-RateLimit-Reset-After */
    const char *body;        /* valid UTF-8, as far as it was kept; never NULL */
    const char *location;    /* RFC 9110, section 10.2.2 */
    const char *reset;       /* X-RateLimit-Reset */
} ImpAnswer;

#define IMP_ANSWER_REDIRECT "redirects to "

/* What people are shown of an answer: where it redirects to, or else how its body begins, as one
 * line in quotes without what it repeats of `secrets` (notify/redact.h); NULL: nothing. The caller
 * frees. */
char *imp_answer_text(const ImpAnswer *answer, const char *const *secrets);

/* For the formats: the body as an object of JSON, NULL if it is not one. The caller releases it. */
json_t *imp_answer_json(const ImpAnswer *answer);
/* The same: a number of seconds, with a fraction or not, from now, rounded up; 0 where `seconds` is
 * nothing that one can wait for. */
gint64 imp_answer_wait_us(double seconds, gint64 now_us);
/* A header's value as such a number; 0 if it is not one. */
double imp_answer_seconds(const char *header);
