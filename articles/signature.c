#include "articles/signature.h"
#include "articles/openpgp_verify.h"
#include "articles/ssh_verify.h"
#include "workflow/base/limits.h"
#include "workflow/base/text.h"
#include "workflow/keys/openpgp.h"

#include <string.h>

/* The line to verify with: one of this key that is valid at the moment, else any of this key, else
 * NULL. */
static const ImpSigner *find_signer(const GPtrArray *signers, const char *key, gint64 moment_us)
{
    const ImpSigner *found = NULL;
    for (guint i = 0; signers && i < signers->len; i++) {
        const ImpSigner *signer = signers->pdata[i];
        if (strcmp(signer->key, key) != 0)
            continue;
        if (imp_signer_is_valid_at(signer, moment_us))
            return signer;
        found = signer;
    }
    return found;
}

static char *wrong_namespace(const ImpSshSignature *signature, const char *wanted)
{
    g_autofree char *excerpt = imp_excerpt(signature->name_space, strlen(signature->name_space));
    return g_strdup_printf("The signature was made for %s, not for \"%s\"; sign this again instead "
                           "of taking a signature "
                           "from elsewhere.",
                           excerpt, wanted);
}

static char *invalid_now(const ImpSigner *signer, const ImpSshSignature *signature,
                         gint64 moment_us)
{
    bool early = signer->valid_after_us != 0 && moment_us < signer->valid_after_us;
    g_autofree char *bound =
        imp_moment_format(early ? signer->valid_after_us : signer->valid_before_us);
    return g_strdup_printf("The key %s %s %s; sign with a key that is valid now.",
                           signature->fingerprint,
                           early ? "is not valid before" : "was valid only before", bound);
}

static char *unknown_key(const ImpSshSignature *signature)
{
    if (signature->is_certificate)
        return g_strdup_printf("The signature is by a certificate for the key %s, and certificates "
                               "are not taken; sign with the key itself: name its .pub file, not "
                               "the one that ends in -cert.pub.",
                               signature->fingerprint);
    return g_strdup_printf("The signature is by the key %s, which is in no line of the signers "
                           "file; sign with a key that is, or have this one added.",
                           signature->fingerprint);
}

bool imp_ssh_verify_detached(const GPtrArray *signers, const char *name_space,
                             const ImpSignedText *text, gint64 moment_us,
                             ImpSignatureFinding *finding, const ImpSigner **signer, GError **error)
{
    char *why = NULL;
    const ImpSigner *line = NULL;
    ImpSignatureVerdict found = IMP_SIGNATURE_BAD;
    g_autoptr(ImpSshSignature) signature = imp_ssh_signature_parse(text->armored, &found, &why);
    if (signature && strcmp(signature->name_space, name_space) != 0) {
        why = wrong_namespace(signature, name_space);
    } else if (signature && !(line = find_signer(signers, signature->key, moment_us))) {
        found = IMP_SIGNATURE_UNKNOWN_KEY;
        why = unknown_key(signature);
    } else if (signature && !imp_signer_is_valid_at(line, moment_us)) {
        found = IMP_SIGNATURE_UNKNOWN_KEY;
        why = invalid_now(line, signature, moment_us);
    } else if (signature) {
        bool good;
        if (!imp_ssh_verify(signature, text->payload, text->length, &good, error))
            return false;
        found = good ? IMP_SIGNATURE_GOOD : IMP_SIGNATURE_BAD;
        if (!good)
            why = g_strdup_printf("The signature by the key %s does not match what it signs, "
                                  "which was changed after "
                                  "signing; sign again.",
                                  signature->fingerprint);
    }
    *finding = (ImpSignatureFinding){found, why};
    *signer = found == IMP_SIGNATURE_GOOD ? line : NULL;
    return true;
}

/* Whether the armor's end is the end: what stood behind it would be nobody's, and yet in the commit
 * of somebody. */
static bool is_whole(const char *armored)
{
    const char *end = strstr(armored, "\n-----END ");
    const char *newline = end ? strchr(end + 1, '\n') : NULL;
    return newline && newline[1] == '\0';
}

char *imp_signature_claimed_key(const char *armored)
{
    if (!is_whole(armored))
        return NULL;
    if (g_str_has_prefix(armored, "-----BEGIN PGP SIGNATURE-----"))
        return imp_openpgp_signature_key(armored);
    g_autoptr(ImpSshSignature) signature = imp_ssh_signature_parse(armored, NULL, NULL);
    return signature ? g_steal_pointer(&signature->key) : NULL;
}

/* What a key signed before it was on the board was refused then, and stays so however often it is
 * seen again: what was signed is dated, and nobody knows when it was seen first. What is malformed
 * never counts, and its date may be what is wrong with it. */
static void judge_date(const ImpCommit *commit, const ImpPolicy *policy, ImpAttempt *attempt)
{
    gint64 since_us = imp_policy_key_since(policy, attempt->key);
    if (policy->first_edition || attempt->malformed || commit->committer_date_us >= since_us)
        return;
    g_autofree char *date = imp_moment_format(commit->committer_date_us);
    g_autofree char *since = imp_moment_format(since_us);
    attempt->signature = IMP_SIGNATURE_UNKNOWN_KEY;
    attempt->signature_detail =
        g_strdup_printf("It was signed before this key was on the board; sign it again. (It is "
                        "dated %s, and the key has counted since %s.)",
                        date, since);
    g_clear_pointer(&attempt->person, g_free);
    g_clear_pointer(&attempt->key, g_free);
}

static void take_finding(ImpAttempt *attempt, const ImpSignatureFinding *finding)
{
    attempt->signature = finding->verdict;
    attempt->signature_detail = finding->detail;
}

static bool judge_openpgp(const ImpCommit *commit, const ImpPolicy *policy,
                          const ImpSignedText *text, gint64 now_us, ImpAttempt *attempt,
                          GError **error)
{
    ImpSignatureFinding finding = {0};
    g_autofree char *key = imp_openpgp_signature_key(text->armored);
    if (!key) {
        attempt->signature = IMP_SIGNATURE_BAD;
        attempt->signature_detail = g_strdup("The OpenPGP signature does not say which key made "
                                             "it, or is more than one signature; sign again "
                                             "with GnuPG 2.1.16 or later.");
        return true;
    }
    const char *primary = imp_policy_openpgp_primary(policy, key);
    if (!primary) {
        attempt->signature = IMP_SIGNATURE_UNKNOWN_KEY;
        attempt->signature_detail =
            g_strdup_printf("The signature is by the OpenPGP key %s, which the policy lists for "
                            "nobody; sign with a key that is, or have "
                            "this one added.",
                            key + strlen(IMP_OPENPGP_PREFIX));
        return true;
    }
    if (!imp_openpgp_verify(policy->openpgp_packets, key, primary, text, now_us, &finding, error))
        return false;
    take_finding(attempt, &finding);
    if (attempt->signature == IMP_SIGNATURE_GOOD) {
        attempt->person = g_strdup(imp_policy_key_owner(policy, key)->id);
        attempt->key = g_steal_pointer(&key);
        judge_date(commit, policy, attempt);
    }
    return true;
}

bool imp_signature_judge(const ImpCommit *commit, const ImpPolicy *policy, gint64 now_us,
                         ImpAttempt *attempt, GError **error)
{
    if (imp_commit_size(commit) > IMP_DECISION_MAX_BYTES) {
        attempt->signature_detail =
            g_strdup("The commit is too large for its signature to be checked.");
        return true;
    }
    if (!commit->signature) {
        attempt->signature_detail = g_strdup("The commit carries no signature in its header, or "
                                             "more than one; sign it with \"git commit -S\".");
        return true;
    }
    if (!is_whole(commit->signature)) {
        attempt->signature = IMP_SIGNATURE_BAD;
        attempt->signature_detail = g_strdup("The signature has no end, or something follows it; "
                                             "sign again with git itself.");
        return true;
    }
    g_autoptr(GBytes) payload = imp_commit_payload(commit);
    const ImpSignedText text = {commit->signature, g_bytes_get_data(payload, NULL),
                                g_bytes_get_size(payload)};
    if (g_str_has_prefix(commit->signature, "-----BEGIN PGP ") && policy->openpgp_packets)
        return judge_openpgp(commit, policy, &text, now_us, attempt, error);
    ImpSignatureFinding finding;
    const ImpSigner *signer;
    if (!imp_ssh_verify_detached(policy->signers, "git", &text, now_us, &finding, &signer, error))
        return false;
    take_finding(attempt, &finding);
    if (signer) {
        attempt->person = g_strdup(signer->person->id);
        attempt->key = g_strdup(signer->key);
        judge_date(commit, policy, attempt);
    }
    return true;
}
