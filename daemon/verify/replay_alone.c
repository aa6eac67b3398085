#include "articles/attempt.h"
#include "daemon/verify/replay.h"
#include "workflow/judge.h"

#include <string.h>

/* A pass whose Source is gone from the repository. Each entry is made again by itself: its event,
 * person, decision and whom it asked are taken from it; state, reason, round and the rest are
 * settled again by the policy in force and what stands. Where the policy or the article's text is
 * gone too, the entry is taken as it is. */

typedef struct {
    ImpReplay *replay;
    ImpPass *pass;
    ImpNewCommit
        *decision; /* the last one looked at: it may have an entry for each of several articles */
} Alone;

/* Whether `entry` opens a round. */
static bool opens(const ImpEntry *entry)
{
    return entry->event == IMP_ENTRY_SUBMISSION || entry->event == IMP_ENTRY_EXPIRY ||
           entry->event == IMP_ENTRY_RETRACTION;
}

/* What of an entry does not follow from the rest. */
static ImpEntry *template_of(const ImpEntry *entry, const ImpArticle *article)
{
    ImpEntry *made = imp_entry_new();
    made->event = entry->event;
    made->person = g_strdup(entry->person);
    made->of = g_strdup(entry->of);
    made->decision = g_strdup(entry->decision);
    made->decision_object = entry->decision_object ? g_bytes_ref(entry->decision_object) : NULL;
    made->refusal = entry->refusal;
    made->requested = entry->requested ? g_strdupv(entry->requested) : NULL;
    made->respond_by_us = entry->respond_by_us;
    made->review_by_us = entry->review_by_us;
    if (article && opens(entry)) {
        made->round = article->round + 1;
        made->version = g_strdup(entry->version);
        made->problem = entry->problem;
        made->reason = entry->event == IMP_ENTRY_EXPIRY       ? IMP_REASON_EXPIRED
                       : entry->event == IMP_ENTRY_RETRACTION ? IMP_REASON_RETRACTED
                                                              : entry->reason;
    } else if (article && entry->event == IMP_ENTRY_REJUDGMENT) {
        made->round = article->round;
        made->problem = entry->problem;
        made->reason = entry->problem != article->problem ? IMP_REASON_REJUDGED : IMP_REASON_NONE;
    }
    return made;
}

static const ImpTarget *target_of(const ImpAttempt *attempt, const char *path)
{
    for (guint i = 0; attempt->decision && path && i < attempt->decision->targets->len; i++) {
        const ImpTarget *target = attempt->decision->targets->pdata[i];
        if (strcmp(target->path, path) == 0)
            return target;
    }
    return NULL;
}

/* What the decision of an entry comes to: a sentence if that is not what the entry says. */
static char *judge(const Alone *alone, const ImpEntry *entry, const ImpArticle *article)
{
    const ImpAttempt *attempt = alone->decision->attempt;
    const ImpPolicy *policy = imp_fold_policy(alone->pass->fold);
    const ImpTarget *target = target_of(attempt, entry->article);
    g_autofree char *sentence = NULL;
    ImpRefusal refusal = imp_judge_attempt(attempt, policy, entry->at_us, &sentence);
    if (!imp_judge_is_attributable(attempt) || g_strcmp0(attempt->person, entry->person) != 0)
        return g_strdup_printf("its decision is not signed by %s: %s",
                               entry->person ? entry->person : "anybody",
                               sentence ? sentence : attempt->person);
    if (!refusal && target) {
        /* Who contributed cannot be known; everything else can. */
        g_autoptr(GHashTable) nobody = g_hash_table_new(g_str_hash, g_str_equal);
        refusal =
            imp_judge_target(attempt, target, article, nobody, policy, entry->at_us, &sentence);
    }
    if (!target && entry->article)
        return g_strdup("its decision does not name the article");
    if (refusal == entry->refusal || entry->refusal == IMP_REFUSAL_CONTRIBUTOR ||
        (!target && entry->refusal == IMP_REFUSAL_UNKNOWN_ARTICLE))
        return NULL;
    return refusal ? g_strdup_printf("its decision is refused (%s): %s", imp_refusal_word(refusal),
                                     sentence)
                   : g_strdup_printf("nothing speaks for refusing its decision (%s)",
                                     imp_refusal_word(entry->refusal));
}

static bool look_at_decision(Alone *alone, const ImpRecorded *recorded, const ImpArticle *article,
                             ImpFinding **deviation, GError **error)
{
    const ImpEntry *entry = recorded->entry;
    char *sentence = NULL;
    if (!alone->decision || strcmp(alone->decision->id, entry->decision) != 0) {
        g_clear_pointer(&alone->decision, imp_new_commit_free);
        alone->decision = imp_replay_attempt(alone->replay, entry, &sentence);
        if (alone->decision &&
            !imp_attempt_verify(alone->decision->attempt, imp_fold_policy(alone->pass->fold),
                                !entry->unverified, entry->at_us, error))
            return false;
        alone->replay->decisions++;
    }
    if (alone->decision)
        sentence = judge(alone, entry, article);
    if (sentence)
        *deviation = imp_finding_new(recorded->id, entry->subject, sentence);
    return true;
}

static bool take(Alone *alone, const ImpRecorded *recorded, const char *parent,
                 ImpFinding **deviation, GError **error)
{
    ImpPass *pass = alone->pass;
    const ImpEntry *entry = recorded->entry;
    g_autoptr(ImpArticle) article =
        entry->article ? imp_index_load(alone->replay->database, entry->article, error) : NULL;
    if (entry->article && !article)
        return false;
    bool judged = entry->event != IMP_ENTRY_START && entry->event != IMP_ENTRY_POLICY &&
                  imp_fold_policy(pass->fold);
    if (judged && entry->decision && !look_at_decision(alone, recorded, article, deviation, error))
        return false;
    if (*deviation)
        return true;
    const char *text = entry->version ? entry->version : article ? article->version : NULL;
    if (!judged || (text && !imp_repository_has_object(alone->replay->repository, text)))
        return imp_fold_take(pass->fold, recorded->id, entry, error);
    g_autoptr(ImpEntry) made = template_of(entry, article);
    g_clear_pointer(&pass->writer, imp_ledger_writer_free);
    pass->writer = imp_ledger_writer_new(alone->replay->repository, parent, recorded->committer);
    if (!imp_pass_record(pass, article, made, error))
        return false;
    return imp_replay_compare(alone->replay, pass->writer, 0, recorded, deviation, error);
}

bool imp_replay_without_source(ImpReplay *replay, const GPtrArray *entries, const char *parent,
                               ImpFinding **deviation, GError **error)
{
    g_auto(ImpPass) pass = imp_replay_open(replay, entries);
    Alone alone = {.replay = replay, .pass = &pass};
    if (!imp_replay_fold(replay, &pass, error))
        return false;
    imp_pass_continue(&pass, parent, "");
    bool fine = true;
    for (guint i = 0; fine && !*deviation && i < entries->len; i++) {
        const ImpRecorded *recorded = entries->pdata[i];
        fine = take(&alone, recorded, parent, deviation, error);
        parent = recorded->id;
    }
    g_clear_pointer(&alone.decision, imp_new_commit_free);
    return fine && imp_index_set(replay->database, IMP_INDEX_TIP, pass.source, error);
}
