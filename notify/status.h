#pragma once

#include "notify/endpoint.h"

/* What a forge shows beside a commit: whether it may be merged, as far as reviews go
 * (imprimatur.json(5), THE REMOTE, STATUSES). Plain values. */

typedef enum {
    IMP_VERDICT_PENDING,
    IMP_VERDICT_SUCCESS,
    IMP_VERDICT_FAILURE,
} ImpVerdict;

typedef struct {
    char *commit; /* hex */
    char *ref;    /* full name, one of those that have the commit at their tip */
    ImpVerdict verdict;
    char *description; /* one line of UTF-8, however long */
} ImpStatus;

void imp_status_clear(ImpStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ImpStatus, imp_status_clear)

/* The type of the deliveries that carry statuses. No endpoint can ask for it. */
#define IMP_STATUS_TYPE "commit.status"

/* What is stored in the outbox of a status in the format of its endpoint: a line with how
 * and the place below the endpoint's URL that it goes to, and then the body. `context` names the
 * status there; `url` is a page for people, or NULL. What is too long for the forge is cut. */
GBytes *imp_status_render(ImpFormat format, const ImpStatus *status, const char *context,
                          const char *url);

/* The same for a check run that is there already, instead of a new one. */
GBytes *imp_status_of_run(GBytes *stored, gint64 run);
