#include "articles/attempt.h"
#include "articles/signature.h"
#include "articles/trailers.h"
#include "workflow/base/limits.h"

/* Attempts that are read and looked at together: as many as keep the processors busy, and no more
 * than a few mebibytes. */
#define AT_A_TIME 64
/* Starting threads takes about as long as verifying two signatures. */
#define WORTH_A_POOL 4

/* Whether what was signed is well-formed by itself: then what is wrong stands around the signature,
 * where anybody can have put it. */
static bool is_signed_part_sound(const ImpCommit *commit)
{
    g_autoptr(GBytes) payload = imp_commit_payload(commit);
    g_autoptr(ImpCommit) signed_part = imp_commit_parse(payload, NULL);
    g_autofree char *malformed = signed_part ? imp_commit_malformed(signed_part) : g_strdup("");
    return !malformed;
}

static void take_words(ImpAttempt *attempt, const ImpCommit *commit, GBytes *object)
{
    g_free(attempt->payload_sha256); /* one that was forgotten keeps it, and is read again */
    attempt->payload_sha256 = imp_commit_payload_sha256(commit);
    attempt->author_name = g_strdup(commit->author_name);
    attempt->author_email = g_strdup(commit->author_email);
    attempt->malformed = imp_commit_malformed(commit);
    attempt->malformed_outside = attempt->malformed && is_signed_part_sound(commit);
    if (!attempt->malformed)
        attempt->decision = imp_trailers_parse_decision(commit->message, commit->message_length,
                                                        &attempt->malformed);
    if (g_bytes_get_size(object) <= IMP_DECISION_MAX_BYTES)
        attempt->object = g_bytes_ref(object);
}

ImpAttempt *imp_attempt_glance(const char *id, const ImpCommit *commit)
{
    ImpAttempt *attempt = g_new0(ImpAttempt, 1);
    attempt->commit = g_strdup(id);
    attempt->date_us = commit->committer_date_us;
    attempt->claimed_key = commit->signature ? imp_signature_claimed_key(commit->signature) : NULL;
    attempt->is_glance = true;
    return attempt;
}

ImpAttempt *imp_attempt_new(const char *id, const ImpCommit *commit, GBytes *object,
                            bool keeps_tree)
{
    ImpAttempt *attempt = imp_attempt_glance(id, commit);
    attempt->keeps_tree = keeps_tree;
    attempt->is_glance = false;
    take_words(attempt, commit, object);
    return attempt;
}

bool imp_attempt_read(ImpAttempt *attempt, ImpRepository *repository, bool *there, GError **error)
{
    gsize size;
    g_autoptr(GBytes) object = NULL;
    *there = true;
    if (!attempt->is_glance || attempt->author_email)
        return true;
    if (imp_repository_has_object(repository, attempt->commit) &&
        !imp_repository_read(repository, attempt->commit, G_MAXSIZE, &object, &size, error))
        return false;
    g_autoptr(ImpCommit) commit = object ? imp_commit_parse(object, NULL) : NULL;
    if (commit)
        take_words(attempt, commit, object);
    *there = commit != NULL;
    return true;
}

void imp_attempt_forget(ImpAttempt *attempt)
{
    if (!attempt->is_glance)
        return;
    g_clear_pointer(&attempt->author_name, g_free);
    g_clear_pointer(&attempt->author_email, g_free);
    g_clear_pointer(&attempt->malformed, g_free);
    g_clear_pointer(&attempt->decision, imp_decision_free);
    g_clear_pointer(&attempt->object, g_bytes_unref);
    if (attempt->signature == IMP_SIGNATURE_GOOD)
        return;
    g_clear_pointer(&attempt->payload_sha256, g_free);
    g_clear_pointer(&attempt->signature_detail, g_free);
}

bool imp_attempt_is_one(const ImpAttempt *attempt, const ImpPolicy *policy)
{
    return attempt->keeps_tree ||
           (attempt->claimed_key && imp_policy_key_owner(policy, attempt->claimed_key));
}

bool imp_attempt_verify(ImpAttempt *attempt, const ImpPolicy *policy, bool signatures,
                        gint64 now_us, GError **error)
{
    /* One on a branch is verified before it is looked at, and again when it is judged. */
    attempt->signature = IMP_SIGNATURE_NONE;
    g_clear_pointer(&attempt->signature_detail, g_free);
    g_clear_pointer(&attempt->person, g_free);
    g_clear_pointer(&attempt->key, g_free);
    if (!signatures) {
        const ImpPerson *author = imp_policy_person_by_email(policy, attempt->author_email);
        attempt->signature = IMP_SIGNATURE_GOOD;
        attempt->person = author ? g_strdup(author->id) : NULL;
        return true;
    }
    if (attempt->malformed_outside)
        return true;
    if (!attempt->object) {
        attempt->signature_detail =
            g_strdup("The commit is too large for its signature to be checked.");
        return true;
    }
    g_autoptr(ImpCommit) commit = imp_commit_parse(attempt->object, error);
    return commit && imp_signature_judge(commit, policy, now_us, attempt, error);
}

/* What the workers share. Each attempt is one worker's alone; the policy is immutable. */
typedef struct {
    const GPtrArray *attempts;
    const ImpPolicy *policy;
    bool signatures;
    gint64 now_us;
    GError **faults; /* one for each attempt */
} Verification;

static void verify_one(gpointer number, gpointer data)
{
    const Verification *verification = data;
    gsize index = GPOINTER_TO_SIZE(number) - 1; /* a pool takes no NULL */
    imp_attempt_verify(verification->attempts->pdata[index], verification->policy,
                       verification->signatures, verification->now_us,
                       &verification->faults[index]);
}

/* Takes the first error there is, and frees the others. */
static bool first_fault(GError **faults, gsize count, GError **error)
{
    bool fine = true;
    for (gsize i = 0; i < count; i++) {
        if (faults[i] && fine)
            g_propagate_error(error, faults[i]);
        else
            g_clear_error(&faults[i]);
        fine = fine && !faults[i];
    }
    return fine;
}

static bool verify_some(const GPtrArray *attempts, const ImpPolicy *policy, bool signatures,
                        gint64 now_us, GError **error)
{
    g_autofree GError **faults = g_new0(GError *, attempts->len + 1);
    Verification verification = {attempts, policy, signatures, now_us, faults};
    GThreadPool *pool = NULL;
    if (signatures && attempts->len >= WORTH_A_POOL)
        pool =
            g_thread_pool_new(verify_one, &verification, (int)g_get_num_processors(), TRUE, NULL);
    for (gsize i = 1; i <= attempts->len; i++) {
        if (pool)
            g_thread_pool_push(pool, GSIZE_TO_POINTER(i), NULL);
        else
            verify_one(GSIZE_TO_POINTER(i), &verification);
    }
    if (pool)
        g_thread_pool_free(pool, FALSE, TRUE); /* waits for all of them */
    return first_fault(faults, attempts->len, error);
}

bool imp_attempts_verify(const GPtrArray *attempts, ImpRepository *repository,
                         const ImpPolicy *policy, bool signatures, gint64 now_us, GError **error)
{
    for (guint from = 0; from < attempts->len; from += AT_A_TIME) {
        g_autoptr(GPtrArray) some = g_ptr_array_new();
        for (guint i = from; i < attempts->len && i < from + AT_A_TIME; i++) {
            bool there;
            if (!imp_attempt_read(attempts->pdata[i], repository, &there, error))
                return false;
            if (there)
                g_ptr_array_add(some, attempts->pdata[i]);
        }
        if (!verify_some(some, policy, signatures, now_us, error))
            return false;
        for (guint i = 0; i < some->len; i++)
            imp_attempt_forget(some->pdata[i]);
    }
    return true;
}

ImpAttempt *imp_attempt_from_entry(const ImpEntry *entry)
{
    g_autoptr(ImpCommit) commit =
        entry->decision_object ? imp_commit_parse(entry->decision_object, NULL) : NULL;
    if (!commit)
        return NULL;
    /* What the tree was is told by the refusal alone: the object does not say what its parent's
     * tree is. */
    ImpAttempt *attempt = imp_attempt_new(entry->decision, commit, entry->decision_object,
                                          entry->refusal != IMP_REFUSAL_DECISION_WITH_EDIT);
    attempt->signature = IMP_SIGNATURE_GOOD;
    attempt->person = g_strdup(entry->person);
    return attempt;
}

void imp_attempt_describe(ImpEntry *entry)
{
    g_autoptr(ImpCommit) commit =
        entry->decision_object ? imp_commit_parse(entry->decision_object, NULL) : NULL;
    if (!commit)
        return;
    entry->decision_date_us = commit->committer_date_us;
    entry->decision_payload = imp_commit_payload_sha256(commit);
    entry->decision_key = commit->signature && !entry->unverified
                              ? imp_signature_claimed_key(commit->signature)
                              : NULL;
}
