#include "daemon/verbs/decide/verb_decide.h"
#include "daemon/terminal/user_git.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/decide/decide.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/fetch.h"
#include "workflow/base/json_write.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The verbs that make a decision. They differ in what they ask for: a reason that the author needs,
 * competing interests, whose objection is lifted. */

#define PATIENCE_S     60
#define PATIENCE_MAX_S 86400

static int check_options(const ImpCommand *command, ImpDecisionKind verdict)
{
    const char *message = imp_command_text(command, "message");
    if (message && message[strspn(message, " \t\n")] == '\0')
        return imp_command_fail(IMP_EXIT_USAGE, "the reason (-m) is empty");
    if (!message && imp_decide_needs_reason(verdict) && !imp_user_is_here())
        return imp_command_fail(IMP_EXIT_USAGE, "%s needs a reason: -m TEXT",
                                imp_decision_kind_word(verdict));
    if (verdict == IMP_DECISION_REQUEST && !imp_command_text(command, "of"))
        return imp_command_fail(IMP_EXIT_USAGE, "request needs to know whom to ask: --of ID");
    if (verdict == IMP_DECISION_DISMISS && !imp_command_text(command, "of"))
        return imp_command_fail(IMP_EXIT_USAGE, "dismiss needs to know whose objection: --of ID");
    if (imp_command_has(command, "wait") && !imp_command_has(command, "push"))
        return imp_command_fail(IMP_EXIT_USAGE,
                                "--wait goes with --push: nobody judges what is not sent");
    guint64 patience;
    const char *wait = imp_command_text(command, "wait");
    if (wait && *wait && !g_ascii_string_to_unsigned(wait, 10, 0, PATIENCE_MAX_S, &patience, NULL))
        return imp_command_fail(IMP_EXIT_USAGE, "--wait takes seconds, at most %u, not \"%s\"",
                                PATIENCE_MAX_S, wait);
    return IMP_EXIT_DONE;
}

static guint64 patience_s(const ImpCommand *command)
{
    const char *wait = imp_command_text(command, "wait");
    return wait && *wait ? g_ascii_strtoull(wait, NULL, 10) : PATIENCE_S;
}

/* What is told */

static json_t *verdict_json(const ImpVerdictOnArticle *verdict)
{
    json_t *object = json_object();
    imp_json_set_flag(object, "counted", !verdict->refusal);
    imp_json_set_text(object, "refusal", imp_refusal_word(verdict->refusal));
    imp_json_set_text(object, "sentence", verdict->sentence);
    imp_json_set_text(object, "state", verdict->path ? imp_state_key(verdict->state) : NULL);
    const bool known = verdict->required > 0;
    json_object_set_new(object, "approvals",
                        known ? json_integer(verdict->approvals) : json_null());
    json_object_set_new(object, "required", known ? json_integer(verdict->required) : json_null());
    return object;
}

static const ImpVerdictOnArticle *verdict_on(GPtrArray *verdicts, const char *path)
{
    for (guint i = 0; verdicts && i < verdicts->len; i++) {
        const ImpVerdictOnArticle *verdict = verdicts->pdata[i];
        if (!verdict->path || strcmp(verdict->path, path) == 0)
            return verdict;
    }
    return NULL;
}

static void print_json(const ImpDeciding *deciding, GPtrArray *verdicts)
{
    for (guint i = 0; i < deciding->articles->len; i++) {
        const ImpArticle *article = deciding->articles->pdata[i];
        const ImpVerdictOnArticle *verdict = verdict_on(verdicts, article->path);
        g_autofree char *path = imp_print_path(article->path);
        g_autoptr(json_t) line = json_object();
        imp_json_set_number(line, "schema", 1);
        imp_json_set_text(line, "repository", deciding->reader->name);
        imp_json_set_text(line, "article", path);
        imp_json_set_text(line, "version", article->version);
        imp_json_set_text(line, "decision", imp_decision_kind_word(deciding->decision->verdict));
        imp_json_set_text(line, "commit", imp_decide_part_of(deciding, i)->commit);
        imp_json_set_text(line, "branch", deciding->branch);
        imp_json_set_flag(line, "pushed", imp_command_has(deciding->command, "push"));
        json_object_set_new(line, "verdict", verdict ? verdict_json(verdict) : json_null());
        imp_print_json(line);
    }
}

static void print_made(const ImpDeciding *deciding)
{
    for (guint i = 0; i < deciding->articles->len; i++) {
        const ImpArticle *article = deciding->articles->pdata[i];
        g_autofree char *path = imp_print_path(article->path);
        printf("%s: %s, version %.12s\n", path, imp_decision_kind_word(deciding->decision->verdict),
               article->version);
    }
    if (imp_command_has(deciding->command, "push"))
        printf("sent to %s as %s\n", deciding->remote, deciding->branch);
    else if (deciding->remote)
        printf("on the branch %s; send it: git push %s %s\n", deciding->branch, deciding->remote,
               deciding->branch);
    else
        printf("on the branch %s\n", deciding->branch);
    fflush(stdout);
}

/* A clone that lacks the files of the policy in force does not know how many it wants. */
static void print_counted(const char *path, const ImpVerdictOnArticle *verdict)
{
    const char *state = imp_state_word(verdict->state);
    if (verdict->required > 0)
        printf("%s: counted (%u of %u, %s)\n", path, verdict->approvals, verdict->required, state);
    else
        printf("%s: counted (%s)\n", path, state);
}

static void print_verdicts(GPtrArray *verdicts)
{
    for (guint i = 0; i < verdicts->len; i++) {
        const ImpVerdictOnArticle *verdict = verdicts->pdata[i];
        g_autofree char *path = imp_print_path(verdict->path ? verdict->path : "the decision");
        if (verdict->refusal)
            printf("%s: refused (%s)%s%s\n", path, imp_refusal_word(verdict->refusal),
                   verdict->sentence ? ": " : "", verdict->sentence ? verdict->sentence : "");
        else
            print_counted(path, verdict);
    }
}

static int verdicts_status(const ImpDeciding *deciding, GPtrArray *verdicts)
{
    for (guint i = 0; i < verdicts->len; i++)
        if (((ImpVerdictOnArticle *)verdicts->pdata[i])->refusal)
            return IMP_EXIT_NO;
    if (verdicts->len >= deciding->articles->len)
        return IMP_EXIT_DONE;
    return imp_command_fail(
        IMP_EXIT_NO,
        "the decision was sent, but the ledger said nothing of it within %" G_GUINT64_FORMAT
        " s; look later: git fetch %s '" IMP_FETCH_REFSPEC "', then imprimatur status",
        patience_s(deciding->command), deciding->remote);
}

static int push(const ImpDeciding *deciding)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *refspec =
        g_strdup_printf("refs/heads/%s:refs/heads/%s", deciding->branch, deciding->branch);
    const char *const arguments[] = {"push", "-q", deciding->remote, refspec, NULL};
    g_autofree char *said = imp_user_git(deciding->directory, arguments, &error);
    if (said)
        return IMP_EXIT_DONE;
    return imp_command_fail(IMP_EXIT_NO,
                            "%s; the decision is made, send it again with: git push %s %s",
                            error->message, deciding->remote, deciding->branch);
}

static int send_and_tell(const ImpDeciding *deciding)
{
    const ImpCommand *command = deciding->command;
    g_autoptr(GPtrArray) verdicts = NULL;
    int status = imp_command_has(command, "push") ? push(deciding) : IMP_EXIT_DONE;
    if (status)
        return status;
    if (!command->json)
        print_made(deciding);
    if (imp_command_has(command, "wait"))
        status = imp_decide_wait(deciding, (gint64)patience_s(command) * IMP_SECOND_US, &verdicts);
    if (command->json)
        print_json(deciding, verdicts);
    else if (verdicts)
        print_verdicts(verdicts);
    return verdicts ? verdicts_status(deciding, verdicts) : status;
}

/* Begins with what stands for the reason and the interests until the user is asked for them. */
static ImpDecision *new_decision(const ImpCommand *command, ImpDecisionKind verdict)
{
    const char *message = imp_command_text(command, "message");
    ImpDecision *decision = g_new0(ImpDecision, 1);
    decision->verdict = verdict;
    decision->targets = g_ptr_array_new_with_free_func((GDestroyNotify)imp_target_free);
    decision->of = g_strdup(imp_command_text(command, "of"));
    decision->reason = g_strstrip(g_strdup(message ? message : "-"));
    decision->competing_interests = g_strdup(imp_command_text(command, "competing-interests"));
    return decision;
}

static int decide(ImpDeciding *deciding, char *const *arguments)
{
    const ImpScreen screen = imp_screen();
    g_auto(GStrv) articles = g_strdupv((char **)arguments);
    int status = imp_decide_find_remote(deciding, &articles);
    if (!status)
        status = imp_decide_find(deciding, articles);
    if (!status && deciding->decision->verdict == IMP_DECISION_APPROVE)
        status = imp_decide_warn_uncommitted(deciding, &screen);
    if (!status)
        status = imp_decide_judge_unasked(deciding);
    if (!status && !deciding->shown && imp_user_is_here() && !deciding->command->json)
        status = imp_decide_preview(deciding, &screen);
    if (!status)
        status = imp_decide_ask(deciding);
    if (!status)
        status = imp_decide_judge(deciding);
    if (!status)
        status = imp_decide_commit(deciding);
    return status ? status : send_and_tell(deciding);
}

int imp_decide(const ImpCommand *command, ImpDecisionKind verdict, char *const *arguments,
               bool shown)
{
    g_autoptr(GError) error = NULL;
    int status = check_options(command, verdict);
    if (status)
        return status;
    g_auto(ImpDeciding) deciding = {.command = command, .shown = shown};
    deciding.reader = imp_reader_open(command, &error);
    if (!deciding.reader)
        return imp_command_fail_with(error);
    g_autofree char *lacking = imp_reader_lacking_policy(deciding.reader);
    if (lacking)
        return imp_command_fail(IMP_EXIT_NO, "nobody can decide: %s", lacking);
    if (!deciding.reader->policy)
        return imp_command_fail(
            IMP_EXIT_NO, "no policy is in force here, so nobody may decide; see imprimatur status");
    const char *work_tree = imp_repository_work_tree(deciding.reader->repository);
    deciding.directory =
        work_tree ? work_tree : imp_repository_git_directory(deciding.reader->repository);
    if (!imp_user_git_works(deciding.directory, &error))
        return imp_command_fail_with(error);
    deciding.decision = new_decision(command, verdict);
    status = decide(&deciding, arguments);
    return !status && imp_command_has(command, "clean") ? imp_decide_clean(command, deciding.remote)
                                                        : status;
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    ImpDecisionKind kind = IMP_DECISION_NONE;
    imp_decision_kind_from_word(verb->name, &kind);
    return imp_decide(command, kind, arguments, false);
}

#define REASON_OPTION                                                                              \
    {                                                                                              \
        "message", 'm', 0, G_OPTION_ARG_STRING, NULL, "the reason; else the editor asks", "TEXT"   \
    }
#define SENDING_OPTIONS                                                                            \
    {"push",                                                                                       \
     0,                                                                                            \
     G_OPTION_FLAG_OPTIONAL_ARG,                                                                   \
     G_OPTION_ARG_STRING,                                                                          \
     NULL,                                                                                         \
     "send it, to origin if nothing else",                                                         \
     "REMOTE"},                                                                                    \
        {"wait",                                                                                   \
         0,                                                                                        \
         G_OPTION_FLAG_OPTIONAL_ARG,                                                               \
         G_OPTION_ARG_STRING,                                                                      \
         NULL,                                                                                     \
         "with --push: wait for the verdict; 60",                                                  \
         "SECONDS"},                                                                               \
        {"clean", 0,                                                                               \
         0,       G_OPTION_ARG_NONE,                                                               \
         NULL,    "delete your branches whose decisions are recorded",                             \
         NULL},                                                                                    \
    {                                                                                              \
        0                                                                                          \
    }

static const GOptionEntry options[] = {REASON_OPTION, SENDING_OPTIONS};
static const GOptionEntry approve_options[] = {REASON_OPTION,
                                               {"competing-interests", 0, 0, G_OPTION_ARG_STRING,
                                                NULL, "\"none\", or which; else asked for", "TEXT"},
                                               SENDING_OPTIONS};
static const GOptionEntry dismiss_options[] = {
    REASON_OPTION,
    {"of", 0, 0, G_OPTION_ARG_STRING, NULL, "whose objection", "ID"},
    SENDING_OPTIONS};

static const GOptionEntry request_options[] = {
    REASON_OPTION,
    {"of", 0, 0, G_OPTION_ARG_STRING, NULL, "the reviewer who is asked", "ID"},
    SENDING_OPTIONS};

#define HOW                                                                                        \
    "\nThe decision is a commit, signed by git with your own set-up, on top of the\n"              \
    "watched branch as last fetched, on a new branch review/ID/...; work tree and\n"               \
    "index stay as they are. What would be refused is said before it is made. An\n"                \
    "ARTICLE is a path or a pattern.\n"

#define DECISION(NAME, WORD, SUMMARY, HELP, OPTIONS)                                               \
    const ImpVerb imp_verb_##NAME = {.name = WORD,                                                 \
                                     .arguments = "ARTICLE...",                                    \
                                     .summary = SUMMARY,                                           \
                                     .help = HELP HOW,                                             \
                                     .options = OPTIONS,                                           \
                                     .least = 1,                                                   \
                                     .most = -1,                                                   \
                                     .judges_by_time = true,                                       \
                                     .run = run}

DECISION(claim, "claim", "take articles up for review", "The articles are then Under Review.\n",
         options);
DECISION(approve, "approve", "approve the texts that this clone has at HEAD",
         "Where the watched branch as last fetched has another text than HEAD, nothing is\n"
         "approved, and the difference is shown. Competing interests are declared where\n"
         "the policy wants it, and never for you: by the option, or when you are asked.\n",
         approve_options);
DECISION(request_changes, "request-changes", "object to articles until they are changed",
         "The objection stands until you approve or withdraw, or an editor dismisses it.\n",
         options);
DECISION(withdraw, "withdraw", "take back your claim, approval and objection",
         "Only your own are taken back.\n", options);
DECISION(decline, "decline", "give a request for a review back",
         "Somebody else is asked instead.\n", options);
DECISION(comment, "comment", "say something about articles, without effect",
         "The comment is recorded and announced.\n", options);
DECISION(dismiss, "dismiss", "lift somebody's objection, as an editor",
         "The dismissal stays visible for ever.\n", dismiss_options);
DECISION(request, "request", "ask a reviewer about articles, as an editor",
         "Whom you name is asked, also about articles that were there before the first\n"
         "policy; never a contributor.\n",
         request_options);
DECISION(retract, "retract", "take published articles back, as an editor",
         "They leave the approved branch and are reviewed again.\n", options);
