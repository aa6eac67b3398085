#pragma once

/* The rules of imprimatur-record(7) once more, for one article, as plainly as they can be said: one
 * flag for each thing that may stand, all of it looked at again after each step. It knows the words
 * and the policy's structs and nothing else of workflow/. */

#include "workflow/decision.h"
#include "workflow/policy.h"
#include "workflow/review_in.h"

#include <string.h>

#define MODEL_PEOPLE 5
#define MODEL_TEXTS  3

static const char *const model_people[MODEL_PEOPLE] = {"ann", "bob", "cleo", "dora", "ed"};

typedef struct {
    bool stands;
    gint64 date, recorded;
    const char *key;
} ModelMark;

typedef enum { MODEL_NOT_ASKED, MODEL_ASKED, MODEL_ANSWERED, MODEL_GAVE_BACK } ModelAsked;

typedef struct {
    ImpState state;
    ImpReason reason;
    guint round;
    int text;
    bool problem, adopted;
    bool had[MODEL_TEXTS]; /* texts of earlier rounds */
    ModelMark claim[MODEL_PEOPLE], approval[MODEL_PEOPLE], objection[MODEL_PEOPLE];
    ModelAsked asked[MODEL_PEOPLE];
    gint64 last_date[MODEL_PEOPLE];
    gint64 last_approval; /* latest date of one that counted */
    gint64 old_until;     /* up to here the texts of earlier rounds had their approvals */
    gint64 valid_until;
    ImpReviewIn review_in;
    gint64 now; /* by which it is judged; whoever tells the history sets it */
} Model;

typedef struct {
    ImpDecisionKind verdict;
    int person;
    const char *key;
    gint64 date;
    int text; /* that is pinned; -1: none */
    bool no_interests;
    int of;
} ModelDecision;

/* ---- the policy, looked at by hand ---- */

static inline const ImpPerson *model_person(const ImpPolicy *policy, int person)
{
    for (guint i = 0; i < policy->people->len; i++) {
        const ImpPerson *candidate = policy->people->pdata[i];
        if (strcmp(candidate->id, model_people[person]) == 0)
            return candidate;
    }
    return NULL;
}

static inline bool model_is(const ImpPolicy *policy, int person, ImpRoles role)
{
    const ImpPerson *found = model_person(policy, person);
    return found && (found->roles & role);
}

static inline bool model_is_specialist(const ImpPolicy *policy, int person, const char *specialty)
{
    const ImpPerson *found = model_person(policy, person);
    for (guint i = 0; found && specialty && found->specialties[i]; i++)
        if (strcmp(found->specialties[i], specialty) == 0)
            return true;
    return false;
}

/* One article, so one rule: the test's policies have no other. */
static inline const ImpRule *model_rule(const ImpPolicy *policy)
{
    return policy->rules->pdata[0];
}

/* A claim or an approval whose person, role or key the policy has. */
static inline bool model_holds(const ImpPolicy *policy, int person, const ModelMark *mark)
{
    if (!mark->stands || !model_is(policy, person, IMP_ROLE_REVIEWER))
        return false;
    for (guint i = 0; i < policy->signers->len; i++) {
        const ImpSigner *signer = policy->signers->pdata[i];
        if (strcmp(signer->key, mark->key) == 0 &&
            strcmp(signer->person->id, model_people[person]) == 0)
            return true;
    }
    return false;
}

/* ---- the state is a function ---- */

static inline gint64 model_later(gint64 moment_us, int months, int days)
{
    g_autoptr(GDateTime) moment = g_date_time_new_from_unix_utc(moment_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) month = g_date_time_add_months(moment, months);
    g_autoptr(GDateTime) day = g_date_time_add_days(month, days);
    return g_date_time_to_unix(day) * G_USEC_PER_SEC;
}

/* When the term of an approval recorded at `from` is over. */
static inline gint64 model_term_ends(const Model *model, const ImpPolicy *policy, gint64 from)
{
    gint64 until = model_later(from, (int)model_rule(policy)->valid_months, 0);
    int count = (int)model->review_in.count;
    if (count == 0)
        return until;
    switch (model->review_in.unit) {
    case IMP_REVIEW_UNIT_DAYS:
        return MIN(until, model_later(from, 0, count));
    case IMP_REVIEW_UNIT_WEEKS:
        return MIN(until, model_later(from, 0, 7 * count));
    default:
        return MIN(until, model_later(from, count, 0));
    }
}

static inline bool model_satisfied_since(const Model *model, const ImpPolicy *policy, gint64 moment)
{
    const ImpRule *rule = model_rule(policy);
    guint approvals = 0, specialists = 0;
    for (int i = 0; i < MODEL_PEOPLE; i++) {
        gint64 recorded = model->approval[i].recorded;
        if (!model_holds(policy, i, &model->approval[i]) || recorded < moment ||
            model_term_ends(model, policy, recorded) <= model->now)
            continue;
        approvals++;
        specialists += model_is_specialist(policy, i, rule->specialty);
    }
    return approvals >= rule->approvals && specialists >= rule->specialists;
}

static inline bool model_any(const ModelMark marks[MODEL_PEOPLE])
{
    for (int i = 0; i < MODEL_PEOPLE; i++)
        if (marks[i].stands)
            return true;
    return false;
}

static inline ImpState model_state(const Model *model, const ImpPolicy *policy)
{
    if (model_any(model->objection) || model->problem)
        return IMP_STATE_SUBMITTED;
    if (model_satisfied_since(model, policy, 0))
        return IMP_STATE_APPROVED;
    for (int i = 0; i < MODEL_PEOPLE; i++)
        if (model_holds(policy, i, &model->claim[i]) || model_holds(policy, i, &model->approval[i]))
            return IMP_STATE_UNDER_REVIEW;
    return IMP_STATE_SUBMITTED;
}

static inline gint64 model_valid_until(const Model *model, const ImpPolicy *policy)
{
    gint64 from = 0;
    for (int i = 0; i < MODEL_PEOPLE; i++)
        if (model->approval[i].stands &&
            model_satisfied_since(model, policy, model->approval[i].recorded))
            from = MAX(from, model->approval[i].recorded);
    return model_term_ends(model, policy, from);
}

/* Judges again; `reason` is why the article is Submitted, if it is and nobody objects. */
static inline void model_judge(Model *model, const ImpPolicy *policy, ImpReason reason)
{
    model->state = model_state(model, policy);
    model->valid_until = 0;
    model->reason = IMP_REASON_NONE;
    if (model->state == IMP_STATE_SUBMITTED)
        model->reason = model_any(model->objection) ? IMP_REASON_CHANGES_REQUESTED : reason;
    if (model->state != IMP_STATE_APPROVED)
        return;
    model->valid_until = model_valid_until(model, policy);
    for (int i = 0; i < MODEL_PEOPLE; i++)
        if (model->asked[i] == MODEL_ASKED)
            model->asked[i] = MODEL_ANSWERED;
}

/* ---- what happens to an article ---- */

/* What the policy no longer has falls away from a round that is not, or no longer, Approved. */
static inline void model_drop_fallen(Model *model, const ImpPolicy *policy)
{
    for (int i = 0; i < MODEL_PEOPLE; i++) {
        ModelMark *marks[] = {&model->claim[i], &model->approval[i]};
        for (int j = 0; j < 2; j++)
            marks[j]->stands = model_holds(policy, i, marks[j]);
        if (!model_is(policy, i, IMP_ROLE_REVIEWER) && model->asked[i] == MODEL_ASKED)
            model->asked[i] = MODEL_NOT_ASKED;
    }
}

/* Claims, approvals and requests belong to their round. */
static inline void model_end_round(Model *model)
{
    memset(model->claim, 0, sizeof model->claim);
    memset(model->approval, 0, sizeof model->approval);
    memset(model->asked, 0, sizeof model->asked);
}

static inline void model_open_round(Model *model, const ImpPolicy *policy, ImpReason reason,
                                    int text, bool problem, gint64 at)
{
    if (model->round > 0)
        model->had[model->text] = true;
    model->old_until = reason == IMP_REASON_EXPIRED ? model->valid_until : at;
    model->round++;
    model->text = text;
    model->problem = problem;
    model->adopted = reason == IMP_REASON_ADOPTED;
    model_end_round(model);
    model_judge(model, policy, reason);
}

static inline void model_remove(Model *model)
{
    model->state = IMP_STATE_REMOVED;
    model->reason = IMP_REASON_NONE;
    model->valid_until = 0;
    model_end_round(model);
}

static inline void model_ask(Model *model, int person)
{
    model->asked[person] = MODEL_ASKED;
}

static inline void model_take_policy(Model *model, const ImpPolicy *policy)
{
    if (model->state == IMP_STATE_APPROVED || model->state == IMP_STATE_REMOVED)
        return;
    bool was_under_review = model->state == IMP_STATE_UNDER_REVIEW;
    model_drop_fallen(model, policy);
    model_judge(model, policy, was_under_review ? IMP_REASON_REJUDGED : model->reason);
}

/* ---- decisions ---- */

static inline bool model_may(const ImpPolicy *policy, const ModelDecision *decision)
{
    bool reviewer = model_is(policy, decision->person, IMP_ROLE_REVIEWER);
    bool editor = model_is(policy, decision->person, IMP_ROLE_EDITOR);
    switch (decision->verdict) {
    case IMP_DECISION_CLAIM:
    case IMP_DECISION_APPROVE:
    case IMP_DECISION_DECLINE:
        return reviewer;
    case IMP_DECISION_DISMISS:
    case IMP_DECISION_RETRACT:
        return editor;
    default:
        return reviewer || editor;
    }
}

static inline ImpRefusal model_refusal_of_approval(const Model *model, const ImpPolicy *policy,
                                                   const ModelDecision *decision)
{
    if (model->problem)
        return IMP_REFUSAL_PROBLEM_ARTICLE;
    if (decision->text < 0)
        return IMP_REFUSAL_UNPINNED;
    if (decision->text != model->text)
        return IMP_REFUSAL_STALE;
    if (model->had[model->text] && decision->date <= model->old_until)
        return IMP_REFUSAL_STALE;
    if (policy->competing_interests_required && !decision->no_interests)
        return IMP_REFUSAL_COMPETING_INTERESTS;
    return IMP_REFUSAL_NONE;
}

/* Everything that is asked of a well signed decision, in the order of the manual page. */
static inline ImpRefusal model_refusal(Model *model, const ImpPolicy *policy,
                                       const ModelDecision *decision, bool credentials,
                                       bool contributor, gint64 now)
{
    int person = decision->person;
    ImpDecisionKind verdict = decision->verdict;
    if (!model_may(policy, decision))
        return IMP_REFUSAL_NOT_PERMITTED;
    if (decision->date > now + 10 * 60 * G_USEC_PER_SEC)
        return IMP_REFUSAL_FUTURE_DATED;
    if (model->state == IMP_STATE_REMOVED)
        return IMP_REFUSAL_UNKNOWN_ARTICLE;
    if (verdict == IMP_DECISION_DECLINE && model->asked[person] != MODEL_ASKED)
        return IMP_REFUSAL_NOT_PERMITTED;
    if (decision->date < model->last_date[person])
        return IMP_REFUSAL_STALE;
    model->last_date[person] = decision->date;
    if ((verdict == IMP_DECISION_CLAIM || verdict == IMP_DECISION_APPROVE) && !credentials)
        return IMP_REFUSAL_CREDENTIALS_EXPIRED;
    if ((verdict == IMP_DECISION_CLAIM || verdict == IMP_DECISION_APPROVE) && contributor)
        return IMP_REFUSAL_CONTRIBUTOR;
    if (verdict == IMP_DECISION_APPROVE)
        return model_refusal_of_approval(model, policy, decision);
    const ModelMark *objection = &model->objection[decision->of];
    if (verdict == IMP_DECISION_DISMISS && !(objection->stands && objection->date < decision->date))
        return IMP_REFUSAL_STALE;
    if (verdict == IMP_DECISION_RETRACT && decision->date <= model->last_approval)
        return IMP_REFUSAL_STALE;
    return IMP_REFUSAL_NONE;
}

static inline void model_answer(Model *model, int person)
{
    if (model->asked[person] == MODEL_ASKED)
        model->asked[person] = MODEL_ANSWERED;
}

static inline void model_approve(Model *model, const ImpPolicy *policy, int person, ModelMark mark)
{
    model->approval[person] = mark;
    model->objection[person].stands = false;
    model->last_approval = MAX(model->last_approval, mark.date);
    model_answer(model, person);
    /* What is Approved is renewed or stays as it is. */
    if (model->state != IMP_STATE_APPROVED || model_satisfied_since(model, policy, 0))
        model_judge(model, policy, model->reason);
}

/* What a decision that counts does, recorded at `at`. */
static inline void model_count(Model *model, const ImpPolicy *policy, const ModelDecision *decision,
                               gint64 at)
{
    int person = decision->person;
    ModelMark mark = {true, decision->date, at, decision->key};
    ImpState before = model->state;
    bool stood = model->claim[person].stands || model->approval[person].stands ||
                 model->objection[person].stands;
    switch (decision->verdict) {
    case IMP_DECISION_CLAIM:
        model->claim[person] = mark;
        if (model->state != IMP_STATE_APPROVED)
            model_judge(model, policy, model->reason);
        break;
    case IMP_DECISION_APPROVE:
        model_approve(model, policy, person, mark);
        break;
    case IMP_DECISION_REQUEST_CHANGES:
        model->objection[person] = mark;
        model->approval[person].stands = false;
        model_answer(model, person);
        if (before == IMP_STATE_APPROVED)
            model_drop_fallen(model, policy);
        model_judge(model, policy, IMP_REASON_CHANGES_REQUESTED);
        break;
    case IMP_DECISION_WITHDRAW:
        model->claim[person].stands = model->approval[person].stands =
            model->objection[person].stands = false;
        model->asked[person] = MODEL_GAVE_BACK;
        if (before == IMP_STATE_APPROVED)
            model_drop_fallen(model, policy);
        model_judge(model, policy,
                    stood || before == IMP_STATE_APPROVED ? IMP_REASON_WITHDRAWN : model->reason);
        break;
    case IMP_DECISION_DECLINE:
        model->asked[person] = MODEL_GAVE_BACK;
        break;
    case IMP_DECISION_DISMISS:
        model->objection[decision->of].stands = false;
        model_judge(model, policy, IMP_REASON_WITHDRAWN);
        break;
    case IMP_DECISION_RETRACT:
        model_open_round(model, policy, IMP_REASON_RETRACTED, model->text, model->problem, at);
        break;
    default:
        break;
    }
}
