#include "articles/attempt.h"
#include "articles/signature.h"
#include "articles/trailers.h"
#include "workflow/limits.h"

ImpAttempt *imp_attempt_new(const char *id, const ImpCommit *commit, GBytes *object, bool keeps_tree)
{
    ImpAttempt *attempt = g_new0(ImpAttempt, 1);
    attempt->commit = g_strdup(id);
    attempt->parents = g_strdupv(commit->parents);
    attempt->payload_sha256 = imp_commit_payload_sha256(commit);
    attempt->date_us = commit->committer_date_us;
    attempt->author_email = g_strdup(commit->author_email);
    attempt->keeps_tree = keeps_tree;
    attempt->malformed = imp_commit_malformed(commit);
    if (!attempt->malformed)
        attempt->decision = imp_trailers_parse_decision(commit->message, commit->message_length, &attempt->malformed);
    if (g_bytes_get_size(object) <= IMP_DECISION_MAX_BYTES)
        attempt->object = g_bytes_ref(object);
    attempt->claimed_key = commit->signature ? imp_signature_claimed_key(commit->signature) : NULL;
    return attempt;
}

bool imp_attempt_is_one(const ImpAttempt *attempt, const ImpPolicy *policy)
{
    return attempt->keeps_tree || (attempt->claimed_key && imp_policy_key_owner(policy, attempt->claimed_key));
}

bool imp_attempt_verify(ImpAttempt *attempt, const ImpPolicy *policy, bool signatures, gint64 now_us, GError **error)
{
    if (!signatures) {
        const ImpPerson *author = imp_policy_person_by_email(policy, attempt->author_email);
        attempt->signature = IMP_SIGNATURE_GOOD;
        attempt->person = author ? g_strdup(author->id) : NULL;
        return true;
    }
    if (!attempt->object) {
        attempt->signature_detail = g_strdup("The commit is too large to look at its signature.");
        return true;
    }
    g_autoptr(ImpCommit) commit = imp_commit_parse(attempt->object, error);
    return commit && imp_signature_judge(commit, policy, now_us, attempt, error);
}

ImpAttempt *imp_attempt_from_entry(const ImpEntry *entry)
{
    g_autoptr(ImpCommit) commit = entry->decision_object ? imp_commit_parse(entry->decision_object, NULL) : NULL;
    if (!commit)
        return NULL;
    /* What the tree was is told by the refusal alone: the object does not say what its parent's tree is. */
    ImpAttempt *attempt = imp_attempt_new(entry->decision, commit, entry->decision_object,
                                          entry->refusal != IMP_REFUSAL_DECISION_WITH_EDIT);
    attempt->signature = IMP_SIGNATURE_GOOD;
    attempt->person = g_strdup(entry->person);
    return attempt;
}

void imp_attempt_describe(ImpEntry *entry)
{
    g_autoptr(ImpCommit) commit = entry->decision_object ? imp_commit_parse(entry->decision_object, NULL) : NULL;
    if (!commit)
        return;
    entry->decision_date_us = commit->committer_date_us;
    entry->decision_payload = imp_commit_payload_sha256(commit);
    entry->decision_key = commit->signature && !entry->unverified ? imp_signature_claimed_key(commit->signature) : NULL;
}
