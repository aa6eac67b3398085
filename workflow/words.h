#pragma once

#include <glib.h>
#include <stdbool.h>

/* The fixed words of the record, as enums, with the tables that turn them into text and back.
 *
 * Every enum's zero is "nothing said": the article that is not there, no reason, no refusal. Each
 * table is the only place where its words stand; code elsewhere never spells one.
 *
 * A *_word is what the ledger says ("Under Review"); a *_key is what JSON says ("under_review").
 * Where both are the same text there is only the word. All returned strings are static. The
 * *_from_word functions return false, leaving the out-parameter alone, for text that is not such a
 * word; matching is exact. */

/* Where an article stands. Removed is also where one stands that was never there. */
typedef enum {
    IMP_STATE_REMOVED,
    IMP_STATE_SUBMITTED,
    IMP_STATE_UNDER_REVIEW,
    IMP_STATE_APPROVED,
} ImpState;

const char *imp_state_word(ImpState state);
const char *imp_state_key(ImpState state);
bool imp_state_from_word(const char *word, ImpState *state);
bool imp_state_from_key(const char *key, ImpState *state);

/* What a reviewer's commit says in `Review:`. */
typedef enum {
    IMP_DECISION_NONE,
    IMP_DECISION_CLAIM,
    IMP_DECISION_APPROVE,
    IMP_DECISION_REQUEST_CHANGES,
    IMP_DECISION_WITHDRAW,
    IMP_DECISION_DECLINE,
    IMP_DECISION_COMMENT,
    IMP_DECISION_DISMISS,
    IMP_DECISION_RETRACT,
    IMP_DECISION_REQUEST,
} ImpDecisionKind;

const char *imp_decision_kind_word(ImpDecisionKind verdict);
bool imp_decision_kind_from_word(const char *word, ImpDecisionKind *verdict);

/* What a ledger entry is about: its `Event:`. */
typedef enum {
    IMP_ENTRY_NONE,
    IMP_ENTRY_START,
    IMP_ENTRY_POLICY,
    IMP_ENTRY_SUBMISSION,
    IMP_ENTRY_REQUEST,
    IMP_ENTRY_CLAIM,
    IMP_ENTRY_APPROVAL,
    IMP_ENTRY_OBJECTION,
    IMP_ENTRY_WITHDRAWAL,
    IMP_ENTRY_DECLINE,
    IMP_ENTRY_COMMENT,
    IMP_ENTRY_DISMISSAL,
    IMP_ENTRY_REFUSAL,
    IMP_ENTRY_EXPIRY,
    IMP_ENTRY_RETRACTION,
    IMP_ENTRY_REMOVAL,
    IMP_ENTRY_REJUDGMENT,
} ImpEntryKind;

const char *imp_entry_kind_word(ImpEntryKind kind);
bool imp_entry_kind_from_word(const char *word, ImpEntryKind *kind);

/* The event that a counted decision becomes: approve -> approval, and so on. */
ImpEntryKind imp_entry_kind_of_decision(ImpDecisionKind verdict);

/* Why an article is Submitted. */
typedef enum {
    IMP_REASON_NONE,
    IMP_REASON_NEW,
    IMP_REASON_ADOPTED,
    IMP_REASON_REVISED,
    IMP_REASON_RETURNED,
    IMP_REASON_CHANGES_REQUESTED,
    IMP_REASON_WITHDRAWN,
    IMP_REASON_EXPIRED,
    IMP_REASON_RETRACTED,
    IMP_REASON_REJUDGED,
} ImpReason;

const char *imp_reason_word(ImpReason reason); /* NULL for none */
bool imp_reason_from_word(const char *word, ImpReason *reason);

/* What is wrong with an article, so that it cannot be approved. */
typedef enum {
    IMP_PROBLEM_NONE,
    IMP_PROBLEM_ENCODING,
    IMP_PROBLEM_TOO_LARGE,
    IMP_PROBLEM_FRONT_MATTER,
    IMP_PROBLEM_LINK,
    IMP_PROBLEM_PATH,
    IMP_PROBLEM_PATH_COLLISION,
} ImpProblem;

const char *imp_problem_word(ImpProblem problem); /* NULL for none */
bool imp_problem_from_word(const char *word, ImpProblem *problem);

/* Why an attempt at a decision does not count. */
typedef enum {
    IMP_REFUSAL_NONE,
    IMP_REFUSAL_MALFORMED,
    IMP_REFUSAL_UNSIGNED,
    IMP_REFUSAL_BAD_SIGNATURE,
    IMP_REFUSAL_UNKNOWN_KEY,
    IMP_REFUSAL_AUTHOR_MISMATCH,
    IMP_REFUSAL_DECISION_WITH_EDIT,
    IMP_REFUSAL_NOT_PERMITTED,
    IMP_REFUSAL_FUTURE_DATED,
    IMP_REFUSAL_UNKNOWN_ARTICLE,
    IMP_REFUSAL_STALE,
    IMP_REFUSAL_CREDENTIALS_EXPIRED,
    IMP_REFUSAL_CONTRIBUTOR,
    IMP_REFUSAL_PROBLEM_ARTICLE,
    IMP_REFUSAL_UNPINNED,
    IMP_REFUSAL_COMPETING_INTERESTS,
} ImpRefusal;

const char *imp_refusal_word(ImpRefusal refusal); /* NULL for none */
bool imp_refusal_from_word(const char *word, ImpRefusal *refusal);

/* What a person may do; a set. */
typedef enum {
    IMP_ROLE_REVIEWER = 1 << 0,
    IMP_ROLE_EDITOR = 1 << 1,
} ImpRoles;

bool imp_role_from_word(const char *word, ImpRoles *role);
