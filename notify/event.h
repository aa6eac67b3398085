#pragma once

#include "workflow/change.h"
#include "workflow/words.h"

/* A finished event: everything that any message about it can say, as values. Whoever makes one has
 * read git and the index; from here on nobody does. */

typedef struct {
    char *person;
    ImpDecisionKind verdict; /* approve, request-changes or claim: what stands */
} ImpEventDecision;

/* Where the review of an article stands: `review` in JSON. */
typedef struct {
    guint approvals;
    guint required;
    GArray *decisions; /* of ImpEventDecision, ordered by person */
    char **requested;  /* ids with an open request, ordered; never NULL */
    gint64 respond_by_us, review_by_us, valid_until_us; /* 0: null */
} ImpReview;

#define IMP_EVENT_CHANGES_MAX 12

/* Programs know an event by its id when it comes again; people do not. */
typedef enum {
    IMP_AUDIENCE_ALL,
    IMP_AUDIENCE_PROGRAMS, /* format `standard` */
    IMP_AUDIENCE_CHATS,
} ImpAudience;

typedef struct {
    char *id;   /* "evt_..." */
    char *type; /* "article.approved" */
    gint64 at_us;
    char *repository;
    /* The article, or path NULL where the event is about none. */
    char *path; /* bytes as in git */
    char *title;
    char *version;
    char *url;                      /* or NULL */
    ImpState state, previous_state; /* both meaningful only with an article */
    bool has_state;                 /* false: state and previous_state are null */
    guint round;                    /* 0: null */
    ImpReason reason;
    char *reason_text; /* or NULL */
    ImpRefusal refusal;
    ImpProblem problem;
    gint64 count;                  /* -1: null */
    char *command;                 /* or NULL */
    char *actor_id, *actor_name;   /* NULL: the daemon */
    char *person_id, *person_name; /* who is asked, reminded or concerned; or NULL */
    bool verified;
    ImpReview *review;   /* or NULL */
    ImpChanges *changes; /* of a request: what must not be missed since the text last approved, at
                            most IMP_EVENT_CHANGES_MAX of it; NULL: none was approved, or they were
                            not compared */
    char *source, *decision, *ledger; /* hex ids, or NULL */
    ImpAudience audience;
    char **concerns; /* ids of the people that this concerns: for endpoints that name a reviewer;
                        never NULL */
} ImpEvent;

/* All types that an endpoint can be told, NULL-terminated (imprimatur.json(5), EVENTS). A digest
 * and a ping go past the endpoint's `events`. */
extern const char *const imp_event_types[];

/* Whether events of a type hold somebody's private words (reader.question): nothing of them is kept
 * beyond their delivery, and nothing is logged. */
bool imp_event_is_private(const char *type);

ImpReview *imp_review_new(void);
void imp_review_free(ImpReview *review);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpReview, imp_review_free)

/* A new event with every member empty: count -1, no concerns. */
ImpEvent *imp_event_new(void);
void imp_event_free(ImpEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpEvent, imp_event_free)

/* The id of a fact that is not a ledger entry: "evt_" and the hex SHA-256 over repository, type and
 * `values` (NULL-terminated), joined by NUL. */
char *imp_event_fact_id(const char *repository, const char *type, const char *const *values);
