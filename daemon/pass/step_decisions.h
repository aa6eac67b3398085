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
    bool alone;      /* what is below is not merged, but some of its articles have the text that its
                        own tree has */
    GHashTable *taken; /* set of the paths that it is judged for; NULL: all */
    GPtrArray *paths;  /* of texts: the articles that it names, while it waits; or NULL */
    bool left;         /* an objection to a text that is not the current one */
    bool is_asked;     /* whether it takes the place of decisions below it was found out, once: */
    char *decider;     /* of the person, NULL: it does not */
    GHashTable *about; /* set of paths: about these articles */
    GHashTable *overtaken; /* of one that is judged alone: set of the paths about which its person
                              decided again above it, borrowed; NULL: not looked for yet */
    bool replayed;         /* the ledger says for which articles it is judged */
    bool late;             /* replayed: it waited for something that the ledger does not have */
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
    ImpScan *scan;    /* of the heads that are looked at, or NULL */
    GArray *brought;  /* of ImpBrought: what their commits brought, once it is asked for; or NULL */
    GHashTable *heads;    /* name -> set of indexes of the scan: commits of all tips that it had */
    GPtrArray *looked_at; /* of ImpRef*: heads, as `scan` has them */
    guint next; /* replayed: which of the recorded ones is to come, as the ledger has them */
    guint unsigned_refusals;
    const char *last_unsigned; /* commit of the last of them */
} Decisions;

/* Adds a commit, which stays its owner's. */
Node *imp_decisions_add(Decisions *decisions, ImpNewCommit *commit);

/* Whether it is an attempt that was not judged yet. */
bool imp_decisions_qualifies(const ImpPass *pass, const ImpNewCommit *commit);

/* Whether the signature may be that of somebody in the policy; without signatures an address is. */
bool imp_decisions_may_be_somebodys(const ImpPass *pass, const ImpAttempt *attempt);

/* Looks whether an attempt below which there is something unmerged is to be judged for some of its
 * articles: those whose current text is in its own tree, and of an objection those whose current
 * text a tip of its head brought (imprimatur-record(7), DECISIONS). */
bool imp_decisions_look_alone(Decisions *decisions, Node *node, GError **error);

/* Whether a target is judged now. */
bool imp_decisions_takes(const Decisions *decisions, const Node *node, const ImpTarget *target);

/* Why a decision that is judged by itself is stale though the rules for all others let it be: a
 * sentence, for the caller to free, or NULL. */
char *imp_decisions_stale_alone(Decisions *decisions, Node *node, const ImpTarget *target);

/* Tells of objections on heads whose article went on without them. */
bool imp_decisions_tell_left_behind(Decisions *decisions, GError **error);

/* Adds what is on the review branches and on no other, with the attempts that are free to be
 * judged. All branches are walked in one walk, and those that wait as they did before are not. */
bool imp_decisions_add_branches(Decisions *decisions, GError **error);

/* What the tip of adoption reaches is never judged, also if the watched branch was forced back
 * below it. To be found before it is asked about. */
bool imp_decisions_find_before(Decisions *decisions, GError **error);
bool imp_decisions_is_from_before(const Decisions *decisions, const Node *node);
