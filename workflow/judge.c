#include "workflow/judge.h"
#include "workflow/article_state.h"
#include "workflow/assign.h"
#include "workflow/base/limits.h"

#include <string.h>

static ImpRefusal refuse(ImpRefusal refusal, char **sentence, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static ImpRefusal refuse(ImpRefusal refusal, char **sentence, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return refusal;
}

static ImpRoles roles_for(ImpDecisionKind verdict)
{
    switch (verdict) {
    case IMP_DECISION_CLAIM:
    case IMP_DECISION_APPROVE:
    case IMP_DECISION_DECLINE:
        return IMP_ROLE_REVIEWER;
    case IMP_DECISION_DISMISS:
    case IMP_DECISION_RETRACT:
    case IMP_DECISION_REQUEST:
        return IMP_ROLE_EDITOR;
    default:
        return IMP_ROLE_REVIEWER | IMP_ROLE_EDITOR;
    }
}

static const char *roles_text(ImpRoles roles)
{
    return roles == IMP_ROLE_REVIEWER ? "a reviewer"
           : roles == IMP_ROLE_EDITOR ? "an editor"
                                      : "a reviewer or an editor";
}

bool imp_decision_asks_contributors(ImpDecisionKind verdict)
{
    return verdict == IMP_DECISION_CLAIM || verdict == IMP_DECISION_APPROVE ||
           verdict == IMP_DECISION_REQUEST;
}

bool imp_judge_is_attributable(const ImpAttempt *attempt)
{
    return attempt->signature == IMP_SIGNATURE_GOOD && attempt->person;
}

bool imp_refusal_precedes_payload(ImpRefusal refusal)
{
    return refusal >= IMP_REFUSAL_MALFORMED && refusal <= IMP_REFUSAL_AUTHOR_MISMATCH;
}

char *imp_judge_pinned_line(const ImpArticle *article)
{
    return g_strdup_printf("Article: %s@%s", article->path, article->version);
}

static ImpRefusal judge_signature(const ImpAttempt *attempt, const ImpPolicy *policy,
                                  char **sentence)
{
    const char *detail = attempt->signature_detail;
    switch (attempt->signature) {
    case IMP_SIGNATURE_NONE:
        return refuse(IMP_REFUSAL_UNSIGNED, sentence, "%s",
                      detail ? detail
                             : "The commit is not signed; make it again with git commit -S.");
    case IMP_SIGNATURE_BAD:
        return refuse(
            IMP_REFUSAL_BAD_SIGNATURE, sentence, "%s",
            detail ? detail
                   : "The signature does not verify; make the commit again with git commit -S.");
    case IMP_SIGNATURE_UNKNOWN_KEY:
        return refuse(
            IMP_REFUSAL_UNKNOWN_KEY, sentence, "%s",
            detail
                ? detail
                : "The key that signed this is not in force in .imprimatur/allowed_signers; ask an "
                  "editor to have it added.");
    case IMP_SIGNATURE_GOOD:
        break;
    }
    const ImpPerson *author = imp_policy_person_by_email(policy, attempt->author_email);
    if (!author || g_strcmp0(author->id, attempt->person) != 0)
        return refuse(IMP_REFUSAL_AUTHOR_MISMATCH, sentence,
                      "The author's address is not one that the policy lists for %s; set "
                      "user.email to such a one and "
                      "make the commit again.",
                      attempt->person ? attempt->person : "anybody");
    return IMP_REFUSAL_NONE;
}

ImpRefusal imp_judge_attempt(const ImpAttempt *attempt, const ImpPolicy *policy, gint64 now_us,
                             char **sentence)
{
    if (!attempt->decision)
        return refuse(IMP_REFUSAL_MALFORMED, sentence, "%s", attempt->malformed);
    if (policy->first_edition && attempt->decision->verdict == IMP_DECISION_REQUEST)
        return refuse(IMP_REFUSAL_MALFORMED, sentence,
                      "\"request\" was not a decision in the first edition of the rules.");
    ImpRefusal refusal = judge_signature(attempt, policy, sentence);
    if (refusal)
        return refusal;
    if (!attempt->keeps_tree)
        return refuse(
            IMP_REFUSAL_DECISION_WITH_EDIT, sentence,
            "The commit changes files or does not have exactly one parent; a decision changes "
            "nothing: commit "
            "the edit first, then decide with git commit --allow-empty -S.");
    const ImpPerson *person = imp_policy_person(policy, attempt->person);
    ImpRoles wanted = roles_for(attempt->decision->verdict);
    if (!(person->roles & wanted))
        return refuse(IMP_REFUSAL_NOT_PERMITTED, sentence,
                      "%s is not %s in the policy, and \"Review: %s\" takes one.", person->name,
                      roles_text(wanted), imp_decision_kind_word(attempt->decision->verdict));
    if (attempt->date_us > now_us + IMP_FUTURE_ALLOWANCE_S * IMP_SECOND_US) {
        g_autofree char *date = imp_moment_format(attempt->date_us);
        g_autofree char *now = imp_moment_format(now_us);
        return refuse(
            IMP_REFUSAL_FUTURE_DATED, sentence,
            "The commit is dated %s, and it was %s; set your clock and make the commit again.",
            date, now);
    }
    return IMP_REFUSAL_NONE;
}

static ImpRefusal judge_version(const ImpAttempt *attempt, const ImpTarget *target,
                                const ImpArticle *article, char **sentence)
{
    g_autofree char *line = imp_judge_pinned_line(article);
    if (!target->version || strlen(target->version) < IMP_VERSION_MIN_DIGITS)
        return refuse(IMP_REFUSAL_UNPINNED, sentence,
                      "The approval does not name the text it approves (at least %d digits of its "
                      "version); if you "
                      "have read the current one, write \"%s\".",
                      IMP_VERSION_MIN_DIGITS, line);
    if (!g_str_has_prefix(article->version, target->version))
        return refuse(IMP_REFUSAL_STALE, sentence,
                      "The approval names version %.12s, but the current text is %.12s; read it "
                      "and approve that.",
                      target->version, article->version);
    if (imp_article_had_version(article, article->version) &&
        attempt->date_us <= article->text_after_us) {
        g_autofree char *began = imp_moment_format(article->text_after_us);
        return refuse(IMP_REFUSAL_STALE, sentence,
                      "An earlier round had the same text, and this approval is not dated after "
                      "%s, when that "
                      "ended; approve it again.",
                      began);
    }
    return IMP_REFUSAL_NONE;
}

char *imp_judge_stale_alone(void)
{
    return g_strdup(
        "The decision is from a branch that was merged in another form, and is too old, "
        "or its person decided again there; decide again if you still mean it.");
}

bool imp_judge_declares_none(const char *text)
{
    return g_ascii_strcasecmp(text, "none") == 0 || g_ascii_strcasecmp(text, "none.") == 0;
}

static ImpRefusal judge_interests(const ImpDecision *decision, const ImpPolicy *policy,
                                  char **sentence)
{
    const char *declared = decision->competing_interests;
    if (!policy->competing_interests_required || (declared && imp_judge_declares_none(declared)))
        return IMP_REFUSAL_NONE;
    if (!declared)
        return refuse(IMP_REFUSAL_COMPETING_INTERESTS, sentence,
                      "The policy wants competing interests declared; if there are none, add "
                      "\"Competing-Interests: none\".");
    return refuse(IMP_REFUSAL_COMPETING_INTERESTS, sentence,
                  "A competing interest is declared, so the approval does not count: \"%s\".",
                  declared);
}

static ImpRefusal judge_reviewer(const ImpAttempt *attempt, const ImpTarget *target,
                                 const ImpArticle *article, GHashTable *contributors,
                                 const ImpPolicy *policy, gint64 now_us, char **sentence)
{
    const ImpPerson *person = imp_policy_person(policy, attempt->person);
    if (!imp_person_has_credentials(person, now_us))
        return refuse(IMP_REFUSAL_CREDENTIALS_EXPIRED, sentence,
                      "The credentials of %s were good through %04u-%02u-%02u; an editor can renew "
                      "them in the policy.",
                      person->name, person->credentials_until / 10000,
                      person->credentials_until / 100 % 100, person->credentials_until % 100);
    if (contributors && imp_is_contributor(person, contributors))
        return refuse(IMP_REFUSAL_CONTRIBUTOR, sentence,
                      "%s is a contributor to this text, and nobody reviews their own words.",
                      person->name);
    if (attempt->decision->verdict != IMP_DECISION_APPROVE)
        return IMP_REFUSAL_NONE;
    if (article->problem)
        return refuse(
            IMP_REFUSAL_PROBLEM_ARTICLE, sentence,
            "The article has a problem (%s) and cannot be approved until its author mends it.",
            imp_problem_word(article->problem));
    ImpRefusal refusal = judge_version(attempt, target, article, sentence);
    return refusal ? refusal : judge_interests(attempt->decision, policy, sentence);
}

/* Whom an editor asks by name. Absence and capacity do not prevent it, since the editor knows the
 * person; nor does an earlier request that was given back. */
static ImpRefusal judge_request(const ImpAttempt *attempt, const ImpArticle *article,
                                GHashTable *contributors, const ImpPolicy *policy, gint64 now_us,
                                char **sentence)
{
    const char *of = attempt->decision->of;
    const ImpPerson *asked = imp_policy_person(policy, of);
    const ImpRequest *request = imp_article_request(article, of);
    if (!asked || !(asked->roles & IMP_ROLE_REVIEWER))
        return refuse(IMP_REFUSAL_NOT_PERMITTED, sentence,
                      "\"%s\" is not the id of a reviewer in the policy; ask somebody who is.", of);
    if (!imp_person_has_credentials(asked, now_us))
        return refuse(IMP_REFUSAL_CREDENTIALS_EXPIRED, sentence,
                      "The credentials of %s have lapsed; ask somebody else, or renew them in the "
                      "policy.",
                      asked->name);
    if (contributors && imp_is_contributor(asked, contributors))
        return refuse(IMP_REFUSAL_CONTRIBUTOR, sentence,
                      "%s is a contributor to this text, and nobody reviews their own words; ask "
                      "somebody else.",
                      asked->name);
    if (article->problem)
        return refuse(IMP_REFUSAL_PROBLEM_ARTICLE, sentence,
                      "The article has a problem (%s) and cannot be approved until its author "
                      "mends it; ask after that.",
                      imp_problem_word(article->problem));
    if (article->state == IMP_STATE_APPROVED)
        return refuse(
            IMP_REFUSAL_STALE, sentence,
            "The article is Approved, so there is nothing to review; ask when its text has "
            "changed or its approval has ended.");
    if (imp_article_has_spoken(article, policy, of, now_us) ||
        (request && request->status == IMP_REQUEST_OPEN))
        return refuse(IMP_REFUSAL_STALE, sentence,
                      "%s is asked already, or has spoken about this text; nobody has to be asked.",
                      asked->name);
    return IMP_REFUSAL_NONE;
}

static ImpRefusal judge_editor(const ImpAttempt *attempt, const ImpArticle *article,
                               char **sentence)
{
    const ImpDecision *decision = attempt->decision;
    if (decision->verdict == IMP_DECISION_DISMISS) {
        const ImpStanding *objection =
            imp_article_standing(article, decision->of, IMP_DECISION_REQUEST_CHANGES);
        if (!objection || objection->date_us >= attempt->date_us)
            return refuse(IMP_REFUSAL_STALE, sentence,
                          "No objection of \"%s\" dated before this stands; nothing to dismiss.",
                          decision->of);
    }
    if (decision->verdict == IMP_DECISION_RETRACT &&
        attempt->date_us <= article->last_approval_date_us) {
        g_autofree char *date = imp_moment_format(article->last_approval_date_us);
        return refuse(IMP_REFUSAL_STALE, sentence,
                      "The article was approved at %s, after this retraction was made; retract it "
                      "again if you still "
                      "mean it.",
                      date);
    }
    return IMP_REFUSAL_NONE;
}

ImpRefusal imp_judge_target(const ImpAttempt *attempt, const ImpTarget *target,
                            const ImpArticle *article, GHashTable *contributors,
                            const ImpPolicy *policy, gint64 now_us, char **sentence)
{
    if (!article || article->state == IMP_STATE_REMOVED)
        return refuse(
            IMP_REFUSAL_UNKNOWN_ARTICLE, sentence,
            "\"%s\" is not an article here; the path is written as in git ls-files, from the root.",
            target->path);
    /* As a question of role it comes before the date, so it leaves the person's last date as it
     * was. */
    const ImpRequest *request = imp_article_request(article, attempt->person);
    if (attempt->decision->verdict == IMP_DECISION_DECLINE &&
        (!request || request->status != IMP_REQUEST_OPEN))
        return refuse(IMP_REFUSAL_NOT_PERMITTED, sentence,
                      "%s has no open request for this article; there is nothing to decline.",
                      attempt->person);
    gint64 last_us = imp_article_last_date(article, attempt->person);
    if (attempt->date_us < last_us) {
        g_autofree char *last = imp_moment_format(last_us);
        return refuse(IMP_REFUSAL_STALE, sentence,
                      "A later decision by the same person about this article, dated %s, came "
                      "first; decide again if "
                      "you still mean it.",
                      last);
    }
    switch (attempt->decision->verdict) {
    case IMP_DECISION_CLAIM:
    case IMP_DECISION_APPROVE:
        return judge_reviewer(attempt, target, article, contributors, policy, now_us, sentence);
    case IMP_DECISION_DISMISS:
    case IMP_DECISION_RETRACT:
        return judge_editor(attempt, article, sentence);
    case IMP_DECISION_REQUEST:
        return judge_request(attempt, article, contributors, policy, now_us, sentence);
    default:
        return IMP_REFUSAL_NONE;
    }
}
