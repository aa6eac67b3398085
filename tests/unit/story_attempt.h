#pragma once

/* Attempts at deciding about a story's article, and their judgment. */

#include "tests/unit/story.h"
#include "workflow/judge.h"

static inline ImpAttempt *attempt_of(const char *person, ImpDecisionKind verdict, gint64 date_us)
{
    ImpAttempt *attempt = g_new0(ImpAttempt, 1);
    attempt->signature = IMP_SIGNATURE_GOOD;
    attempt->keeps_tree = true;
    attempt->person = g_strdup(person);
    attempt->key = story_key(person);
    attempt->author_email = g_strdup_printf("%s@x", person);
    attempt->date_us = date_us;
    attempt->decision = g_new0(ImpDecision, 1);
    attempt->decision->verdict = verdict;
    attempt->decision->competing_interests = g_strdup("none");
    return attempt;
}

static inline ImpRefusal judge(const Story *story, const ImpAttempt *attempt, const char *version,
                               GHashTable *contributors, char **sentence)
{
    ImpTarget target = {(char *)STORY_PATH, (char *)version};
    ImpRefusal refusal = imp_judge_attempt(attempt, story->policy, story->at_us, sentence);
    return refusal
               ? refusal
               : imp_judge_target(attempt, &target, story->article->round ? story->article : NULL,
                                  contributors, story->policy, story->at_us, sentence);
}
