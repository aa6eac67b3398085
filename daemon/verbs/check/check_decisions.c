#include "articles/attempt.h"
#include "articles/scan.h"
#include "daemon/verbs/check/check.h"
#include "workflow/judge.h"

/* Decisions in a push, judged by the daemon's own judge with what the ledger says now. That leaves
 * out what only a pass knows: who contributed, texts and decisions that the same push brings. So it
 * can only warn. */

/* A push with more commits than this is an import, in which nobody waits for warnings. */
#define COMMITS_MAX 10000
/* Warnings; the rest is a count. */
#define WARNINGS_MAX 10

typedef struct {
    ImpCheck *check;
    ImpReader *reader;
    GHashTable *changed;
    guint refused;
} Judging;

static bool was_there(const char *id, gpointer data)
{
    const Judging *judging = data;
    return imp_repository_has_object(judging->reader->repository, id);
}

static void warn(Judging *judging, const ImpAttempt *attempt, const char *path, ImpRefusal refusal,
                 const char *sentence)
{
    if (judging->refused++ >= WARNINGS_MAX)
        return;
    g_autofree char *message = g_strdup_printf(
        "the decision %.12s would be refused (%s): %s", attempt->commit, imp_refusal_word(refusal),
        sentence ? sentence : "see DECISIONS in imprimatur-record(7).");
    imp_check_report(judging->check, IMP_SEVERITY_WARNING, path ? path : attempt->commit, 0,
                     message);
}

static bool judge_target(Judging *judging, const ImpAttempt *attempt, const ImpTarget *target,
                         GError **error)
{
    g_autofree char *sentence = NULL;
    if (g_hash_table_contains(judging->changed, target->path))
        return true;
    g_autoptr(ImpArticle) article = imp_index_load(judging->reader->database, target->path, error);
    if (!article)
        return false;
    ImpRefusal refusal =
        imp_judge_target(attempt, target, article->round > 0 ? article : NULL, NULL,
                         judging->reader->policy, judging->check->now_us, &sentence);
    if (refusal)
        warn(judging, attempt, target->path, refusal, sentence);
    return true;
}

static bool judge(Judging *judging, ImpAttempt *attempt, GError **error)
{
    const ImpPolicy *policy = judging->reader->policy;
    g_autofree char *sentence = NULL;
    if (!imp_attempt_verify(attempt, policy, judging->reader->verified, judging->check->now_us,
                            error))
        return false;
    ImpRefusal refusal = imp_judge_attempt(attempt, policy, judging->check->now_us, &sentence);
    if (refusal)
        warn(judging, attempt, NULL, refusal, sentence);
    for (guint i = 0; !refusal && i < attempt->decision->targets->len; i++)
        if (!judge_target(judging, attempt, attempt->decision->targets->pdata[i], error))
            return false;
    return true;
}

static bool take(Judging *judging, ImpRepository *repository, ImpAttempt *attempt, GError **error)
{
    bool there;
    if (!attempt || !imp_attempt_is_one(attempt, judging->reader->policy))
        return true;
    bool fine = imp_attempt_read(attempt, repository, &there, error) &&
                (!there || judge(judging, attempt, error));
    imp_attempt_forget(attempt);
    return fine;
}

bool imp_check_decisions(ImpCheck *check, ImpRepository *repository, ImpReader *reader,
                         const char *tip, GHashTable *changed, GError **error)
{
    Judging judging = {check, reader, changed, 0};
    g_autoptr(ImpScan) scan = imp_scan_new(repository, was_there, &judging);
    bool whole;
    if (!imp_scan_add(scan, tip, COMMITS_MAX, &whole, error))
        return false;
    if (!whole) {
        g_set_error(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FAILED,
                    "%.12s has more than %d commits that the watched branch does not have", tip,
                    COMMITS_MAX);
        return false;
    }
    for (guint i = 0; i < imp_scan_count(scan); i++)
        if (!take(&judging, repository, imp_scan_commit(scan, i)->attempt, error))
            return false;
    if (judging.refused > WARNINGS_MAX) {
        g_autofree char *message =
            g_strdup_printf("%u more decisions would be refused", judging.refused - WARNINGS_MAX);
        imp_check_report(check, IMP_SEVERITY_WARNING, tip, 0, message);
    }
    return true;
}
