#include "articles/attempt.h"
#include "articles/trailers.h"
#include "daemon/terminal/user_git.h"
#include "daemon/verbs/decide/decide.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/contributors.h"
#include "workflow/base/limits.h"
#include "workflow/judge.h"
#include "workflow/review_branch.h"

#include <string.h>

/* A decision is judged twice before anybody else can see it: as it would be, before the user is
 * asked for a reason or a pass phrase, and as it is, signed, before a branch names it. Both times
 * by the daemon's own judge. What is refused leaves at most an object that nothing refers to. */

static char *object_text(const ImpDeciding *deciding, const ImpDecisionPart *part,
                         const char *author, const char *committer)
{
    g_autofree char *message = imp_trailers_format_decision(part->decision);
    return g_strdup_printf("tree %s\nparent %s\nauthor %s\ncommitter %s\n\n%s", deciding->tree,
                           deciding->base, author, committer, message);
}

static int refuse(const ImpArticle *article, ImpRefusal refusal, const char *sentence)
{
    g_autofree char *path = article ? imp_print_path(article->path) : NULL;
    return imp_command_fail(IMP_EXIT_NO, "%s%swould be refused (%s): %s", path ? path : "",
                            path ? ": " : "", imp_refusal_word(refusal), sentence ? sentence : "");
}

/* Who contributed to the texts, where the decision is one that contributors may not make. NULL
 * where that is not known, which is said. */
static ImpContributors *contributors_of(const ImpDeciding *deciding)
{
    g_autoptr(GError) error = NULL;
    if (!imp_decision_asks_contributors(deciding->decision->verdict))
        return NULL;
    ImpContributors *table = imp_contributors_new(deciding->reader, deciding->base, &error);
    if (!table)
        imp_command_fail(
            0, "who contributed to a text is not known in this clone, and not checked: %s",
            error->message);
    return table;
}

static int judge(const ImpDeciding *deciding, const ImpDecisionPart *part,
                 const ImpAttempt *attempt, ImpContributors *table, gint64 now_us)
{
    const ImpPolicy *policy = deciding->reader->policy;
    int status = IMP_EXIT_DONE;
    g_autofree char *whole = NULL;
    ImpRefusal refused = imp_judge_attempt(attempt, policy, now_us, &whole);
    if (refused)
        return refuse(NULL, refused, whole);
    for (guint i = 0; i < part->count; i++) {
        const ImpArticle *article = deciding->articles->pdata[part->from + i];
        bool known = article->state != IMP_STATE_REMOVED;
        g_autoptr(GHashTable) contributors =
            table && known ? imp_contributors_of(table, article, NULL) : NULL;
        g_autofree char *sentence = NULL;
        ImpRefusal refusal =
            imp_judge_target(attempt, attempt->decision->targets->pdata[i], known ? article : NULL,
                             contributors, policy, now_us, &sentence);
        if (refusal)
            status = refuse(article, refusal, sentence);
    }
    return status;
}

static int refuse_stranger(const ImpReader *reader, const char *email)
{
    return imp_command_fail(
        IMP_EXIT_NO,
        "you commit as %s, and nobody in policy %u has that address; set the one that the policy "
        "lists for you: git config user.email ADDRESS",
        email, reader->policy_version);
}

/* Judges a part as if it were signed. */
static int judge_part(const ImpDeciding *deciding, const ImpDecisionPart *part,
                      ImpContributors *table, const char *author, const char *committer)
{
    g_autoptr(GError) error = NULL;
    char *text = object_text(deciding, part, author, committer);
    g_autoptr(GBytes) object = g_bytes_new_take(text, strlen(text));
    g_autoptr(ImpCommit) commit = imp_commit_parse(object, &error);
    if (!commit)
        return imp_command_fail_with(error);
    g_autoptr(ImpAttempt) attempt = imp_attempt_new(deciding->base, commit, object, true);
    const ImpPerson *person =
        imp_policy_person_by_email(deciding->reader->policy, attempt->author_email);
    if (!person)
        return refuse_stranger(deciding->reader, attempt->author_email);
    attempt->signature = IMP_SIGNATURE_GOOD;
    attempt->person = g_strdup(person->id);
    return judge(deciding, part, attempt, table, deciding->command->now_us);
}

int imp_decide_judge(ImpDeciding *deciding)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *author = imp_user_git_identity(deciding->directory, "author", &error);
    g_autofree char *committer =
        author ? imp_user_git_identity(deciding->directory, "committer", &error) : NULL;
    if (!committer)
        return imp_command_fail_with(error);
    g_autoptr(ImpContributors) table = contributors_of(deciding);
    int status = IMP_EXIT_DONE;
    imp_decide_cut(deciding);
    for (guint i = 0; i < deciding->parts->len && !status; i++)
        status = judge_part(deciding, deciding->parts->pdata[i], table, author, committer);
    return status;
}

static bool make_commit(const ImpDeciding *deciding, ImpDecisionPart *part, const char *parent,
                        GError **error)
{
    g_autofree char *message = imp_trailers_format_decision(part->decision);
    const char *signing = deciding->reader->verified ? "-S" : "--no-gpg-sign";
    const char *const arguments[] = {"commit-tree", signing, "-p",           parent,
                                     "-m",          message, deciding->tree, NULL};
    part->commit = imp_user_git(deciding->directory, arguments, error);
    return part->commit != NULL;
}

static ImpAttempt *read_back(const ImpReader *reader, const char *id, gint64 now_us, GError **error)
{
    gsize size;
    g_autoptr(GBytes) object = NULL;
    if (!imp_repository_read(reader->repository, id, G_MAXSIZE, &object, &size, error))
        return NULL;
    g_autoptr(ImpCommit) commit = imp_commit_parse(object, error);
    if (!commit)
        return NULL;
    g_autoptr(ImpAttempt) attempt = imp_attempt_new(id, commit, object, true);
    if (!imp_attempt_verify(attempt, reader->policy, reader->verified,
                            MAX(now_us, attempt->date_us), error))
        return NULL;
    return g_steal_pointer(&attempt);
}

/* Makes one commit and judges it. `person` becomes whose it is. */
static int make_part(ImpDeciding *deciding, ImpDecisionPart *part, const char *parent,
                     ImpContributors *table, char **person)
{
    g_autoptr(GError) error = NULL;
    gint64 now_us = deciding->command->now_us;
    if (!make_commit(deciding, part, parent, &error))
        return imp_command_fail(
            IMP_EXIT_NO,
            "%s; a decision is signed with the key that the policy lists for you: git config "
            "gpg.format ssh, and git config user.signingkey ~/.ssh/KEY.pub",
            error->message);
    g_autoptr(ImpAttempt) attempt = read_back(deciding->reader, part->commit, now_us, &error);
    if (!attempt)
        return imp_command_fail_with(error);
    g_free(*person);
    *person = g_strdup(attempt->person);
    return judge(deciding, part, attempt, table, MAX(now_us, attempt->date_us));
}

/* A branch of its own on the last commit; git's, so that its hooks and its log know of it. */
static bool make_branch(ImpDeciding *deciding, const char *person, const char *commit,
                        GError **error)
{
    const ImpArticle *first = deciding->articles->pdata[0];
    deciding->branch =
        imp_review_branch(person, deciding->decision->verdict, first->path, commit, 1);
    g_autofree char *ref = g_strconcat("refs/heads/", deciding->branch, NULL);
    g_autofree char *there = imp_repository_tip(deciding->reader->repository, ref);
    if (g_strcmp0(there, commit) == 0) /* the same decision, made twice within a second */
        return true;
    const char *const arguments[] = {
        "update-ref", "-m",   "imprimatur: decide",
        ref,          commit, "0000000000000000000000000000000000000000",
        NULL};
    g_autofree char *said = imp_user_git(deciding->directory, arguments, error);
    return said != NULL;
}

int imp_decide_commit(ImpDeciding *deciding)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpContributors) table = contributors_of(deciding);
    g_autofree char *person = NULL;
    const char *tip = deciding->base;
    for (guint i = 0; i < deciding->parts->len; i++) {
        ImpDecisionPart *part = deciding->parts->pdata[i];
        int status = make_part(deciding, part, tip, table, &person);
        if (status)
            return status;
        tip = part->commit;
    }
    return make_branch(deciding, person, tip, &error) ? IMP_EXIT_DONE
                                                      : imp_command_fail_with(error);
}
