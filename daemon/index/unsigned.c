#include "daemon/index/unsigned.h"
#include "articles/attempt.h"
#include "articles/trailers.h"
#include "daemon/index/index.h"
#include "workflow/base/text.h"
#include "workflow/forge_keys.h"

#include <string.h>

#define COMMIT_DIGITS 12

static void append_text(GString *told, const char *before, const char *text)
{
    g_autofree char *excerpt = imp_excerpt(text, strlen(text));
    g_string_append_printf(told, "%s%s", before, excerpt);
}

/* Of a branch, wherever its ref was fetched to. */
static const char *short_name(const char *ref)
{
    static const char *const prefixes[] = {"refs/imprimatur-remote/heads/",
                                           "refs/imprimatur-remote/", "refs/heads/"};
    for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(ref, prefixes[i]))
            return ref + strlen(prefixes[i]);
    return ref;
}

static void append_author(GString *told, const ImpAttempt *attempt, const ImpPolicy *policy)
{
    const ImpPerson *person =
        attempt->author_email ? imp_policy_person_by_email(policy, attempt->author_email) : NULL;
    if (person)
        g_string_append_printf(told, ", whose author is given as %s (%s)", person->id,
                               person->name);
    else if (attempt->author_name && *attempt->author_name && !strchr(attempt->author_name, '@'))
        append_text(told, ", whose author is given as ", attempt->author_name);
}

static void append_articles(GString *told, const ImpDecision *decision)
{
    const ImpTarget *first = decision->targets->pdata[0];
    append_text(told, ", about ", first->path);
    if (decision->targets->len > 1)
        g_string_append_printf(told, " and %u more", decision->targets->len - 1);
}

char *imp_unsigned_sentence(const ImpAttempt *attempt, ImpRefusal refusal, const char *sentence,
                            const ImpPolicy *policy, char *const *forge_keys)
{
    GString *told = g_string_new(NULL);
    g_string_append_printf(told, "Commit %.*s", COMMIT_DIGITS, attempt->commit);
    if (attempt->branch)
        append_text(told, " on the branch ", short_name(attempt->branch));
    append_author(told, attempt, policy);
    if (attempt->decision)
        append_articles(told, attempt->decision);
    const char *forge = refusal == IMP_REFUSAL_UNKNOWN_KEY && attempt->claimed_key
                            ? imp_forge_of_key(attempt->claimed_key, forge_keys)
                            : NULL;
    if (forge)
        g_string_append_printf(told,
                               ": It is signed by the forge, not by you: the key is %s's, with "
                               "which it signs for whoever asks. Decide in a clone and sign with "
                               "your own key: imprimatur approve, or git commit -S.",
                               strcmp(forge, "a forge") == 0 ? "the forge" : forge);
    else
        g_string_append_printf(told, ": %s", sentence);
    return g_string_free(told, FALSE);
}

static ImpDecision *carried_by(const ImpAttempt *attempt)
{
    g_autoptr(ImpCommit) commit = attempt->object ? imp_commit_parse(attempt->object, NULL) : NULL;
    return commit ? imp_trailers_carried_decision(commit->message, commit->message_length) : NULL;
}

/* Whether the article stands as the words want it. */
static bool stands(ImpDatabase *database, const ImpDecision *decision, const ImpTarget *target,
                   bool *approved, GError **error)
{
    g_autoptr(ImpArticle) article = imp_index_load(database, target->path, error);
    if (!article)
        return false;
    *approved = decision->verdict == IMP_DECISION_APPROVE && article->state == IMP_STATE_APPROVED &&
                article->version &&
                (!target->version || g_str_has_prefix(article->version, target->version));
    return true;
}

bool imp_unsigned_tell_squash(ImpAttempt *attempt, ImpRepository *repository, ImpDatabase *database,
                              const ImpPolicy *policy, char *const *forge_keys, char **told,
                              GError **error)
{
    bool there, moot = true;
    *told = NULL;
    if (attempt->keeps_tree || imp_attempt_is_one(attempt, policy) || !attempt->claimed_key ||
        !imp_forge_of_key(attempt->claimed_key, forge_keys))
        return true;
    if (!imp_attempt_read(attempt, repository, &there, error))
        return false;
    ImpDecision *decision = there ? carried_by(attempt) : NULL;
    if (!decision)
        return true;
    imp_decision_free(attempt->decision);
    attempt->decision = decision;
    for (guint i = 0; moot && i < decision->targets->len; i++)
        if (!stands(database, decision, decision->targets->pdata[i], &moot, error))
            return false;
    if (!moot)
        *told = imp_unsigned_sentence(attempt, IMP_REFUSAL_UNKNOWN_KEY, "", policy, forge_keys);
    return true;
}
