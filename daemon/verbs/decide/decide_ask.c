#include "daemon/terminal/user_git.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/decide/decide.h"
#include "daemon/verbs/failure.h"
#include "workflow/judge.h"

#include <stdio.h>
#include <string.h>

/* What the user is asked for before anything is made: competing interests first, so that nobody
 * writes a reason for an approval that cannot count; then the reason; and, where one commit does
 * not hold them all, whether all these articles are meant. */

#define ASKED_MOST 3 /* times for the same thing */

/* Whether somebody else acts upon the reason, so that no ordinary one would do. */
bool imp_decide_needs_reason(ImpDecisionKind verdict)
{
    return verdict == IMP_DECISION_REQUEST_CHANGES || verdict == IMP_DECISION_COMMENT ||
           verdict == IMP_DECISION_DISMISS || verdict == IMP_DECISION_RETRACT;
}

static const char *ordinary_reason(ImpDecisionKind verdict)
{
    switch (verdict) {
    case IMP_DECISION_CLAIM:
        return "I take it up.";
    case IMP_DECISION_APPROVE:
        return "Reviewed.";
    case IMP_DECISION_WITHDRAW:
        return "I take back what I said.";
    case IMP_DECISION_DECLINE:
        return "I cannot review it.";
    case IMP_DECISION_REQUEST:
        return "Please review it.";
    default:
        return "";
    }
}

/* A word that denies, which may be the answer to another question: "any interests?" */
static bool denies(const char *answer)
{
    static const char *const words[] = {"no",  "n",   "nothing", "nil", "n/a", "na",   "nope",
                                        "not", "non", "nein",    "-",   "no.", "false"};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_ascii_strcasecmp(answer, words[i]) == 0)
            return true;
    return false;
}

static bool agrees(const char *question)
{
    g_autofree char *answer = imp_user_ask(question);
    return g_ascii_strcasecmp(answer, "y") == 0 || g_ascii_strcasecmp(answer, "yes") == 0;
}

/* The declaration; NULL where none was made. */
static char *ask_interests(const char *given)
{
    g_autofree char *answer = g_strdup(given);
    for (guint asked = 0; asked < ASKED_MOST; asked++) {
        if (!answer)
            answer = imp_user_ask("Competing interests (\"none\", or which):");
        g_autofree char *clean = imp_print_clean(answer);
        g_autofree char *question =
            g_strdup_printf("Does \"%s\" mean that you have none? (yes/no)", clean);
        if (!*answer)
            return NULL;
        if (imp_judge_declares_none(answer))
            return g_steal_pointer(&answer);
        if (denies(answer) && agrees(question))
            return g_strdup("none");
        if (!denies(answer))
            imp_command_fail(0,
                             "an approval with a competing interest does not count, so somebody "
                             "else has to approve; \"imprimatur decline\" gives a request back. If "
                             "that is not one, answer \"none\"");
        g_clear_pointer(&answer, g_free);
    }
    return NULL;
}

/* Nobody's interests are declared for them: without a terminal the option is wanted. */
static int complete_interests(ImpDeciding *deciding)
{
    ImpDecision *decision = deciding->decision;
    const char *given = decision->competing_interests;
    if (decision->verdict != IMP_DECISION_APPROVE ||
        !deciding->reader->policy->competing_interests_required || (given && !denies(given)))
        return IMP_EXIT_DONE;
    if (given && !imp_user_is_here())
        return imp_command_fail(IMP_EXIT_USAGE,
                                "\"%s\" is not a declaration of competing interests; if you have "
                                "none: --competing-interests none",
                                given);
    char *declared = imp_user_is_here() ? ask_interests(given) : NULL;
    g_free(decision->competing_interests);
    decision->competing_interests = declared;
    if (!declared)
        return imp_command_fail(
            IMP_EXIT_USAGE,
            "the policy wants competing interests declared: --competing-interests none");
    return IMP_EXIT_DONE;
}

static char *template_of(const ImpDeciding *deciding)
{
    ImpDecisionKind verdict = deciding->decision->verdict;
    g_autoptr(GString) text = g_string_new(ordinary_reason(verdict));
    g_string_append_printf(text, "\n# The reason of your decision, %s, about\n",
                           imp_decision_kind_word(verdict));
    for (guint i = 0; i < deciding->articles->len; i++) {
        g_autofree char *path = imp_print_path(((ImpArticle *)deciding->articles->pdata[i])->path);
        g_string_append_printf(text, "#   %s\n", path);
    }
    g_string_append(
        text, "# Lines that begin with # are left out. Without a reason nothing is decided.\n");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static int complete_reason(ImpDeciding *deciding)
{
    g_autoptr(GError) error = NULL;
    ImpDecision *decision = deciding->decision;
    g_free(g_steal_pointer(&decision->reason));
    const char *message = imp_command_text(deciding->command, "message");
    if (message || !imp_user_is_here()) {
        decision->reason =
            g_strstrip(g_strdup(message ? message : ordinary_reason(decision->verdict)));
        return IMP_EXIT_DONE;
    }
    g_autofree char *template = template_of(deciding);
    decision->reason = imp_user_git_edit(deciding->directory, template, &error);
    if (!decision->reason)
        return imp_command_fail_with(error);
    return *decision->reason
               ? IMP_EXIT_DONE
               : imp_command_fail(IMP_EXIT_NO, "no reason was given; nothing is decided");
}

/* Thousands are not approved by a slip of a pattern. */
static int confirm(ImpDeciding *deciding)
{
    imp_decide_cut(deciding);
    if (deciding->parts->len == 1 || !imp_user_is_here() || deciding->command->json)
        return IMP_EXIT_DONE;
    g_autofree char *question =
        g_strdup_printf("%s: %u articles, in %u commits. All of them? (yes/no)",
                        imp_decision_kind_word(deciding->decision->verdict),
                        deciding->articles->len, deciding->parts->len);
    return agrees(question) ? IMP_EXIT_DONE : imp_command_fail(IMP_EXIT_NO, "nothing is decided");
}

int imp_decide_judge_unasked(ImpDeciding *deciding)
{
    ImpDecision *decision = deciding->decision;
    char *given = decision->competing_interests;
    bool unasked = decision->verdict == IMP_DECISION_APPROVE && (!given || denies(given));
    if (unasked)
        decision->competing_interests = g_strdup("none");
    int status = imp_decide_judge(deciding);
    if (unasked) {
        g_free(decision->competing_interests);
        decision->competing_interests = given;
    }
    return status;
}

int imp_decide_ask(ImpDeciding *deciding)
{
    int status = complete_interests(deciding);
    if (!status)
        status = complete_reason(deciding);
    return status ? status : confirm(deciding);
}
