#include "articles/attempt.h"
#include "articles/trailers.h"
#include "daemon/terminal/user_git.h"
#include "daemon/verbs/decide/decide.h"
#include "daemon/verbs/view/contributors.h"
#include "workflow/base/limits.h"
#include "workflow/judge.h"
#include "workflow/review_branch.h"

#include <string.h>

/* A decision is judged twice before anybody else can see it: as it would be, before the user is
 * asked for a reason or a pass phrase, and as it is, signed, before a branch names it. Both times
 * by the daemon's own judge. What is refused leaves at most an object that nothing refers to. */

#define BRANCHES_MAX 1000 /* of one name */

static char *object_text(const ImpDeciding *deciding, const char *author, const char *committer)
{
    g_autofree char *message = imp_trailers_format_decision(deciding->decision);
    return g_strdup_printf("tree %s\nparent %s\nauthor %s\ncommitter %s\n\n%s", deciding->tree,
                           deciding->base, author, committer, message);
}

static int refuse(const ImpArticle *article, ImpRefusal refusal, const char *sentence)
{
    g_autofree char *path = article ? imp_print_path(article->path) : NULL;
    return imp_command_fail(IMP_EXIT_NO, "%s%swould be refused (%s): %s", path ? path : "",
                            path ? ": " : "", imp_refusal_word(refusal), sentence ? sentence : "");
}

static int judge_targets(const ImpDeciding *deciding, const ImpAttempt *attempt, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpContributors) table = NULL;
    int status = IMP_EXIT_DONE;
    ImpDecisionKind verdict = attempt->decision->verdict;
    if (verdict == IMP_DECISION_APPROVE || verdict == IMP_DECISION_CLAIM) {
        table = imp_contributors_new(deciding->reader, deciding->base, &error);
        if (!table)
            imp_command_fail(
                0, "who contributed to a text is not known in this clone, and not checked: %s",
                error->message);
    }
    for (guint i = 0; i < deciding->articles->len; i++) {
        const ImpArticle *article = deciding->articles->pdata[i];
        bool known = article->state != IMP_STATE_REMOVED;
        g_autoptr(GHashTable) contributors =
            table && known ? imp_contributors_of(table, article, NULL) : NULL;
        g_autofree char *sentence = NULL;
        ImpRefusal refusal =
            imp_judge_target(attempt, attempt->decision->targets->pdata[i], known ? article : NULL,
                             contributors, deciding->reader->policy, now_us, &sentence);
        if (refusal)
            status = refuse(article, refusal, sentence);
    }
    return status;
}

static int judge(const ImpDeciding *deciding, const ImpAttempt *attempt, gint64 now_us)
{
    g_autofree char *sentence = NULL;
    ImpRefusal refusal = imp_judge_attempt(attempt, deciding->reader->policy, now_us, &sentence);
    return refusal ? refuse(NULL, refusal, sentence) : judge_targets(deciding, attempt, now_us);
}

static int refuse_stranger(const ImpReader *reader, const char *email)
{
    return imp_command_fail(
        IMP_EXIT_NO,
        "you commit as %s, and nobody in policy %u has that address; set the one that the policy "
        "lists for you: git config user.email ADDRESS",
        email, reader->policy_version);
}

int imp_decide_judge(const ImpDeciding *deciding)
{
    g_autoptr(GError) error = NULL;
    const ImpPolicy *policy = deciding->reader->policy;
    g_autofree char *author = imp_user_git_identity(deciding->directory, "author", &error);
    g_autofree char *committer =
        author ? imp_user_git_identity(deciding->directory, "committer", &error) : NULL;
    if (!committer)
        return imp_command_fail_with(error);
    char *text = object_text(deciding, author, committer);
    g_autoptr(GBytes) object = g_bytes_new_take(text, strlen(text));
    g_autoptr(ImpCommit) commit = imp_commit_parse(object, &error);
    if (!commit)
        return imp_command_fail_with(error);
    g_autoptr(ImpAttempt) attempt = imp_attempt_new(deciding->base, commit, object, true);
    const ImpPerson *person = imp_policy_person_by_email(policy, attempt->author_email);
    if (!person)
        return refuse_stranger(deciding->reader, attempt->author_email);
    attempt->signature = IMP_SIGNATURE_GOOD;
    attempt->person = g_strdup(person->id);
    return judge(deciding, attempt, deciding->command->now_us);
}

static bool make_commit(ImpDeciding *deciding, GError **error)
{
    g_autofree char *message = imp_trailers_format_decision(deciding->decision);
    const char *signing = deciding->reader->verified ? "-S" : "--no-gpg-sign";
    const char *const arguments[] = {"commit-tree", signing, "-p",           deciding->base,
                                     "-m",          message, deciding->tree, NULL};
    deciding->commit = imp_user_git(deciding->directory, arguments, error);
    return deciding->commit != NULL;
}

static ImpAttempt *read_back(const ImpDeciding *deciding, gint64 now_us, GError **error)
{
    gsize size;
    const ImpReader *reader = deciding->reader;
    g_autoptr(GBytes) object = imp_repository_read(reader->repository, deciding->commit,
                                                   IMP_ARTICLE_MAX_BYTES, &size, error);
    g_autoptr(ImpCommit) commit = object ? imp_commit_parse(object, error) : NULL;
    if (!commit)
        return NULL;
    g_autoptr(ImpAttempt) attempt = imp_attempt_new(deciding->commit, commit, object, true);
    if (!imp_attempt_verify(attempt, reader->policy, reader->verified,
                            MAX(now_us, attempt->date_us), error))
        return NULL;
    return g_steal_pointer(&attempt);
}

static bool is_taken(const ImpDeciding *deciding, const char *branch)
{
    g_autofree char *local = g_strconcat("refs/heads/", branch, NULL);
    g_autofree char *remote =
        g_strconcat("refs/remotes/", deciding->remote ? deciding->remote : "", "/", branch, NULL);
    g_autofree char *here = imp_repository_tip(deciding->reader->repository, local, NULL);
    g_autofree char *there = imp_repository_tip(deciding->reader->repository, remote, NULL);
    return here || there;
}

/* A branch of its own on the commit; git's, so that its hooks and its log know of it. */
static bool make_branch(ImpDeciding *deciding, const char *person, GError **error)
{
    const ImpArticle *first = deciding->articles->pdata[0];
    for (guint number = 1; number <= BRANCHES_MAX; number++) {
        g_free(deciding->branch);
        deciding->branch =
            imp_review_branch(person, deciding->decision->verdict, first->path, number);
        if (!is_taken(deciding, deciding->branch))
            break;
    }
    g_autofree char *ref = g_strconcat("refs/heads/", deciding->branch, NULL);
    const char *const arguments[] = {"update-ref",
                                     "-m",
                                     "imprimatur: decide",
                                     ref,
                                     deciding->commit,
                                     "0000000000000000000000000000000000000000",
                                     NULL};
    g_autofree char *said = imp_user_git(deciding->directory, arguments, error);
    return said != NULL;
}

int imp_decide_commit(ImpDeciding *deciding)
{
    g_autoptr(GError) error = NULL;
    if (!make_commit(deciding, &error))
        return imp_command_fail(
            IMP_EXIT_NO,
            "%s; a decision is signed with the key that the policy lists for you: git config "
            "gpg.format ssh, and git config user.signingkey ~/.ssh/KEY.pub",
            error->message);
    g_autoptr(ImpAttempt) attempt = read_back(deciding, deciding->command->now_us, &error);
    if (!attempt)
        return imp_command_fail_with(error);
    int status = judge(deciding, attempt, MAX(deciding->command->now_us, attempt->date_us));
    if (status)
        return status;
    return make_branch(deciding, attempt->person, &error) ? IMP_EXIT_DONE
                                                          : imp_command_fail_with(error);
}
