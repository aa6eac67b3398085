#pragma once

/* For the step of decisions alone, which has two files: new commits as a graph, and what review
 * branches add to it. */

#include "daemon/pass/pass.h"

/* Of what a branch waits for, so much is remembered; what waits for something else is looked at
 * when one of these is merged. */
#define WAITS_FOR_MAX 8

typedef struct {
    ImpNewCommit *commit;
    guint untaken; /* parents that are nodes and not taken yet */
    GPtrArray *children;
    bool is_attempt; /* to be judged in this pass */
    bool late;       /* replayed: it waited for something that the ledger does not have */
    /* On a review branch: */
    bool settled; /* what follows is known */
    bool clean;   /* what is below is merged or an attempt */
    const char
        *waits_for[WAITS_FOR_MAX]; /* else commits, some of those that must be merged first */
    guint waits_for_count;
} Node;

typedef struct {
    ImpPass *pass;
    GHashTable *nodes; /* id -> Node* */
    GPtrArray *owned;  /* of ImpNewCommit*: those of review branches */
    GHashTable
        *before; /* set of what the adoption's tip reaches beside the watched branch, or NULL */
    GSequence *ready; /* of Node*: attempts whose ancestors are taken */
    guint next;       /* replayed: which of the recorded ones is to come, as the ledger has them */
    guint unsigned_refusals;
    const char *last_unsigned; /* commit of the last of them */
} Decisions;

/* Adds a commit, which stays its owner's. */
Node *imp_decisions_add(Decisions *decisions, ImpNewCommit *commit);

/* Whether it is an attempt that was not judged yet. */
bool imp_decisions_qualifies(const ImpPass *pass, const ImpNewCommit *commit);

/* Adds what is on the review branches and on no other, with the attempts that are free to be
 * judged. All branches are walked in one walk, and those that wait as they did before are not. */
bool imp_decisions_add_branches(Decisions *decisions, GError **error);

/* What the tip of adoption reaches is never judged, also if the watched branch was forced back
 * below it. To be found before it is asked about. */
bool imp_decisions_find_before(Decisions *decisions, GError **error);
bool imp_decisions_is_from_before(const Decisions *decisions, const Node *node);
