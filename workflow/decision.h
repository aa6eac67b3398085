#pragma once

#include "workflow/words.h"

/* A decision as its author's words say it, before anybody asks whether it counts. */

typedef struct {
    char *path;    /* bytes as in git, unquoted */
    char *version; /* the hex digits after '@', lower case; NULL where none are */
} ImpTarget;

typedef struct {
    ImpDecisionKind verdict;
    GPtrArray
        *targets; /* of ImpTarget*, at least one, no path twice, in the order of the message */
    char *competing_interests; /* or NULL */
    char *of;                  /* a person's id, or NULL */
    char *reason; /* the message without its trailers, valid UTF-8, without a final newline */
} ImpDecision;

void imp_target_free(ImpTarget *target);
void imp_decision_free(ImpDecision *decision);
/* Puts the targets into the order in which they are judged: by path, bytewise. */
void imp_decision_order(ImpDecision *decision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpDecision, imp_decision_free)

/* What the signature of an attempt turned out to be at the moment of first sight. */
typedef enum {
    IMP_SIGNATURE_NONE,
    IMP_SIGNATURE_BAD,
    IMP_SIGNATURE_UNKNOWN_KEY,
    IMP_SIGNATURE_GOOD,
} ImpSignatureVerdict;

/* What was signed, and the armored signature of it; borrowed. */
typedef struct {
    const char *armored;
    const guint8 *payload;
    gsize length;
} ImpSignedText;

/* What a signature turned out to be, with a sentence unless it is good. */
typedef struct {
    ImpSignatureVerdict verdict;
    char *detail; /* owned by whoever asked */
} ImpSignatureFinding;

/* A commit that means to be a decision: all that the rules need to know of it, read from git. */
typedef struct {
    char *commit; /* hex object id */
    char *branch; /* the name of the review branch on which it was found; NULL: unknown */
    /* Only known at a glance (articles/attempt.h): nothing is set but commit, date_us, keeps_tree
     * and claimed_key. */
    bool is_glance;
    char *payload_sha256; /* hex, of the object without its signature */
    gint64 date_us;       /* committer date */
    char *author_name, *author_email;
    bool keeps_tree;        /* one parent, and its parent's tree */
    ImpDecision *decision;  /* exactly one of decision and malformed is set */
    char *malformed;        /* a sentence for its author: what is not well-formed, and what to do */
    bool malformed_outside; /* what was signed is well-formed, so that it is nobody's fault */
    ImpSignatureVerdict signature;
    char *signature_detail; /* a sentence, or NULL when good */
    char *person; /* whose the good signature is (signatures off: whose the author's address is), or
                     NULL */
    char *key;    /* the good signature's key (imp_policy_key_owner), or NULL */
    char *claimed_key; /* the key that a signature says it is by, verified or not; or NULL */
    GBytes *object; /* the commit object, byte for byte; NULL: larger than IMP_DECISION_MAX_BYTES */
} ImpAttempt;

void imp_attempt_free(ImpAttempt *attempt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpAttempt, imp_attempt_free)
