#include "workflow/words.h"

#include <string.h>

/* A table is an array of texts indexed by its enum; NULL marks a value that has no text. */

static const char *word_at(const char *const *table, gsize length, guint value)
{
    return value < length ? table[value] : NULL;
}

static bool find_word(const char *const *table, gsize length, const char *word, guint *value)
{
    for (guint i = 0; i < length; i++) {
        if (table[i] && strcmp(table[i], word) == 0) {
            *value = i;
            return true;
        }
    }
    return false;
}

static const char *const state_words[] = {
    [IMP_STATE_REMOVED] = "Removed",
    [IMP_STATE_SUBMITTED] = "Submitted",
    [IMP_STATE_UNDER_REVIEW] = "Under Review",
    [IMP_STATE_APPROVED] = "Approved",
};

const char *imp_state_word(ImpState state)
{
    return word_at(state_words, G_N_ELEMENTS(state_words), state);
}

bool imp_state_from_word(const char *word, ImpState *state)
{
    guint value;
    if (!find_word(state_words, G_N_ELEMENTS(state_words), word, &value))
        return false;
    *state = value;
    return true;
}

static const char *const state_keys[] = {
    [IMP_STATE_REMOVED] = "removed",
    [IMP_STATE_SUBMITTED] = "submitted",
    [IMP_STATE_UNDER_REVIEW] = "under_review",
    [IMP_STATE_APPROVED] = "approved",
};

const char *imp_state_key(ImpState state)
{
    return word_at(state_keys, G_N_ELEMENTS(state_keys), state);
}

bool imp_state_from_key(const char *key, ImpState *state)
{
    guint value;
    if (!find_word(state_keys, G_N_ELEMENTS(state_keys), key, &value))
        return false;
    *state = value;
    return true;
}

static const char *const verdict_words[] = {
    [IMP_DECISION_CLAIM] = "claim",
    [IMP_DECISION_APPROVE] = "approve",
    [IMP_DECISION_REQUEST_CHANGES] = "request-changes",
    [IMP_DECISION_WITHDRAW] = "withdraw",
    [IMP_DECISION_DECLINE] = "decline",
    [IMP_DECISION_COMMENT] = "comment",
    [IMP_DECISION_DISMISS] = "dismiss",
    [IMP_DECISION_RETRACT] = "retract",
    [IMP_DECISION_REQUEST] = "request",
};

const char *imp_decision_kind_word(ImpDecisionKind verdict)
{
    return word_at(verdict_words, G_N_ELEMENTS(verdict_words), verdict);
}

bool imp_decision_kind_from_word(const char *word, ImpDecisionKind *verdict)
{
    guint value;
    if (!find_word(verdict_words, G_N_ELEMENTS(verdict_words), word, &value))
        return false;
    *verdict = value;
    return true;
}

static const char *const event_kind_words[] = {
    [IMP_ENTRY_START] = "start",           [IMP_ENTRY_POLICY] = "policy",
    [IMP_ENTRY_SUBMISSION] = "submission", [IMP_ENTRY_REQUEST] = "request",
    [IMP_ENTRY_CLAIM] = "claim",           [IMP_ENTRY_APPROVAL] = "approval",
    [IMP_ENTRY_OBJECTION] = "objection",   [IMP_ENTRY_WITHDRAWAL] = "withdrawal",
    [IMP_ENTRY_DECLINE] = "decline",       [IMP_ENTRY_COMMENT] = "comment",
    [IMP_ENTRY_DISMISSAL] = "dismissal",   [IMP_ENTRY_REFUSAL] = "refusal",
    [IMP_ENTRY_EXPIRY] = "expiry",         [IMP_ENTRY_RETRACTION] = "retraction",
    [IMP_ENTRY_REMOVAL] = "removal",       [IMP_ENTRY_REJUDGMENT] = "rejudgment",
};

const char *imp_entry_kind_word(ImpEntryKind kind)
{
    return word_at(event_kind_words, G_N_ELEMENTS(event_kind_words), kind);
}

bool imp_entry_kind_from_word(const char *word, ImpEntryKind *kind)
{
    guint value;
    if (!find_word(event_kind_words, G_N_ELEMENTS(event_kind_words), word, &value))
        return false;
    *kind = value;
    return true;
}

static const char *const reason_words[] = {
    [IMP_REASON_NEW] = "new",
    [IMP_REASON_ADOPTED] = "adopted",
    [IMP_REASON_REVISED] = "revised",
    [IMP_REASON_RETURNED] = "returned",
    [IMP_REASON_CHANGES_REQUESTED] = "changes-requested",
    [IMP_REASON_WITHDRAWN] = "withdrawn",
    [IMP_REASON_EXPIRED] = "expired",
    [IMP_REASON_RETRACTED] = "retracted",
    [IMP_REASON_REJUDGED] = "rejudged",
};

const char *imp_reason_word(ImpReason reason)
{
    return word_at(reason_words, G_N_ELEMENTS(reason_words), reason);
}

bool imp_reason_from_word(const char *word, ImpReason *reason)
{
    guint value;
    if (!find_word(reason_words, G_N_ELEMENTS(reason_words), word, &value))
        return false;
    *reason = value;
    return true;
}

static const char *const problem_words[] = {
    [IMP_PROBLEM_ENCODING] = "encoding",
    [IMP_PROBLEM_TOO_LARGE] = "too-large",
    [IMP_PROBLEM_FRONT_MATTER] = "front-matter",
    [IMP_PROBLEM_LINK] = "link",
    [IMP_PROBLEM_PATH] = "path",
    [IMP_PROBLEM_PATH_COLLISION] = "path-collision",
};

const char *imp_problem_word(ImpProblem problem)
{
    return word_at(problem_words, G_N_ELEMENTS(problem_words), problem);
}

bool imp_problem_from_word(const char *word, ImpProblem *problem)
{
    guint value;
    if (!find_word(problem_words, G_N_ELEMENTS(problem_words), word, &value))
        return false;
    *problem = value;
    return true;
}

static const char *const refusal_words[] = {
    [IMP_REFUSAL_MALFORMED] = "malformed",
    [IMP_REFUSAL_UNSIGNED] = "unsigned",
    [IMP_REFUSAL_BAD_SIGNATURE] = "bad-signature",
    [IMP_REFUSAL_UNKNOWN_KEY] = "unknown-key",
    [IMP_REFUSAL_AUTHOR_MISMATCH] = "author-mismatch",
    [IMP_REFUSAL_DECISION_WITH_EDIT] = "decision-with-edit",
    [IMP_REFUSAL_NOT_PERMITTED] = "not-permitted",
    [IMP_REFUSAL_FUTURE_DATED] = "future-dated",
    [IMP_REFUSAL_UNKNOWN_ARTICLE] = "unknown-article",
    [IMP_REFUSAL_STALE] = "stale",
    [IMP_REFUSAL_CREDENTIALS_EXPIRED] = "credentials-expired",
    [IMP_REFUSAL_CONTRIBUTOR] = "contributor",
    [IMP_REFUSAL_PROBLEM_ARTICLE] = "problem-article",
    [IMP_REFUSAL_UNPINNED] = "unpinned",
    [IMP_REFUSAL_COMPETING_INTERESTS] = "competing-interests",
};

const char *imp_refusal_word(ImpRefusal refusal)
{
    return word_at(refusal_words, G_N_ELEMENTS(refusal_words), refusal);
}

bool imp_refusal_from_word(const char *word, ImpRefusal *refusal)
{
    guint value;
    if (!find_word(refusal_words, G_N_ELEMENTS(refusal_words), word, &value))
        return false;
    *refusal = value;
    return true;
}

ImpEntryKind imp_entry_kind_of_decision(ImpDecisionKind verdict)
{
    static const ImpEntryKind kinds[] = {
        [IMP_DECISION_CLAIM] = IMP_ENTRY_CLAIM,
        [IMP_DECISION_APPROVE] = IMP_ENTRY_APPROVAL,
        [IMP_DECISION_REQUEST_CHANGES] = IMP_ENTRY_OBJECTION,
        [IMP_DECISION_WITHDRAW] = IMP_ENTRY_WITHDRAWAL,
        [IMP_DECISION_DECLINE] = IMP_ENTRY_DECLINE,
        [IMP_DECISION_COMMENT] = IMP_ENTRY_COMMENT,
        [IMP_DECISION_DISMISS] = IMP_ENTRY_DISMISSAL,
        [IMP_DECISION_RETRACT] = IMP_ENTRY_RETRACTION,
        [IMP_DECISION_REQUEST] = IMP_ENTRY_REQUEST,
    };
    return verdict < G_N_ELEMENTS(kinds) ? kinds[verdict] : IMP_ENTRY_NONE;
}

bool imp_role_from_word(const char *word, ImpRoles *role)
{
    if (strcmp(word, "reviewer") == 0)
        *role = IMP_ROLE_REVIEWER;
    else if (strcmp(word, "editor") == 0)
        *role = IMP_ROLE_EDITOR;
    else
        return false;
    return true;
}
