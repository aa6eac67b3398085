#pragma once

#include "notify/endpoint.h"
#include "notify/schedule.h"

/* What a forge says of a repository to who has its token: with which buttons a pull request may be
 * merged, and what the token may do (GitHub and Gitea: GET API, docs.github.com, REST, "Get a
 * repository"; GitLab: GET projects/ID, docs.gitlab.com, "Projects API"). Pure. */

/* Something that was found. */
typedef struct {
    char *what;
    char *sentence; /* what to know of it, or to do; NULL: it is as it should be */
} ImpForgeFinding;

/* None yet; of ImpForgeFinding*, freed with the array. */
GPtrArray *imp_forge_findings_new(void);
void imp_forge_findings_add(GPtrArray *found, const char *what, const char *sentence);

/* The body of the question as the outbox would have it. The caller releases it. */
GBytes *imp_forge_rights_question(void);

/* What the answer says: of ImpForgeFinding*, freed with the array. NULL where it says nothing: it
 * is not such an object. */
GPtrArray *imp_forge_rights_read(ImpFormat format, const char *answer);
