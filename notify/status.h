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
