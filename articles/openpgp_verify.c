#include "articles/openpgp_verify.h"
#include "articles/child.h"
#include "workflow/base/moment.h"
#include "workflow/keys/openpgp.h"

#include <gio/gio.h>
#include <string.h>

/* What gpgv found out is in its status lines (GnuPG's doc/DETAILS): of one signature there is one
 * NEWSIG, one of GOODSIG, EXPSIG, EXPKEYSIG, REVKEYSIG, BADSIG and ERRSIG, and, where the signature
 * itself fits, VALIDSIG with the fingerprints. gpgv has no other clock than the machine's, but says
 * when a key expired, so that the judgment can be about another moment. */

typedef struct {
    guint signatures;
    guint valid;
    char *verdict;     /* "GOODSIG" ..., the last */
    char *fingerprint; /* by VALIDSIG */
    char *primary;
    gint64 expired_us; /* by KEYEXPIRED, the earliest; 0: none */
} Status;

static void status_clear(Status *status)
{
    g_free(status->verdict);
    g_free(status->fingerprint);
    g_free(status->primary);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Status, status_clear)

static void read_valid(Status *status, char **words)
{
    status->valid++;
    if (g_strv_length(words) < 12)
        return;
    g_free(status->fingerprint);
    g_free(status->primary);
    status->fingerprint = g_strdup(words[2]);
    status->primary = g_strdup(words[11]);
}

static void read_line(Status *status, const char *line)
{
    static const char *const verdicts[] = {"GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG",
                                           "BADSIG",  "ERRSIG", NULL};
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    if (g_strv_length(words) < 2 || strcmp(words[0], "[GNUPG:]") != 0)
        return;
    if (strcmp(words[1], "NEWSIG") == 0)
        status->signatures++;
    else if (strcmp(words[1], "VALIDSIG") == 0)
        read_valid(status, words);
    else if (strcmp(words[1], "KEYEXPIRED") == 0 && words[2]) {
        gint64 expired_us = g_ascii_strtoll(words[2], NULL, 10) * IMP_SECOND_US;
        status->expired_us = status->expired_us ? MIN(status->expired_us, expired_us) : expired_us;
    } else if (g_strv_contains(verdicts, words[1])) {
        g_free(status->verdict);
        status->verdict = g_strdup(words[1]);
    }
}

static ImpSignatureVerdict judge(const Status *status, const char *fingerprint, const char *primary,
                                 gint64 moment_us, char **detail)
{
    const char *verdict = status->verdict ? status->verdict : "";
    bool whole = status->signatures == 1 && status->valid == 1 &&
                 g_strcmp0(status->fingerprint, fingerprint) == 0 &&
                 g_strcmp0(status->primary, primary) == 0;
    if (status->signatures == 1 && strcmp(verdict, "REVKEYSIG") == 0) {
        *detail =
            g_strdup_printf("The OpenPGP key %s is revoked; sign with another one.", fingerprint);
        return IMP_SIGNATURE_UNKNOWN_KEY;
    }
    bool expired = strcmp(verdict, "EXPKEYSIG") == 0;
    if (whole && expired && (!status->expired_us || status->expired_us <= moment_us)) {
        g_autofree char *when =
            status->expired_us ? imp_moment_format(status->expired_us) : g_strdup("before now");
        *detail = g_strdup_printf(
            "The OpenPGP key %s expired (%s); sign with a key that is valid now, or extend "
            "this one and have the policy's keyring.asc renewed.",
            fingerprint, when);
        return IMP_SIGNATURE_UNKNOWN_KEY;
    }
    if (whole && (expired || strcmp(verdict, "GOODSIG") == 0))
        return IMP_SIGNATURE_GOOD;
    *detail = g_strdup_printf(
        "The signature by the OpenPGP key %s does not match what it signs, which was changed "
        "after signing; sign again.",
        fingerprint);
    return IMP_SIGNATURE_BAD;
}

bool imp_openpgp_verify(GBytes *keyring, const char *key, const char *primary,
                        const ImpSignedText *text, gint64 moment_us, ImpSignatureFinding *finding,
                        GError **error)
{
    static const char *const arguments[] = {"gpgv",
                                            "--quiet",
                                            "--weak-digest",
                                            "SHA1",
                                            "--status-fd",
                                            IMP_CHILD_OUTPUT,
                                            "--keyring",
                                            IMP_CHILD_FILE(IMP_CHILD_FIRST_FILE),
                                            IMP_CHILD_FILE(IMP_CHILD_OTHER_FILE),
                                            "-",
                                            NULL};
    g_autoptr(GBytes) payload = g_bytes_new_static(text->payload, text->length);
    g_autoptr(GBytes) signature = g_bytes_new_static(text->armored, strlen(text->armored));
    GBytes *const inputs[] = {payload, keyring, signature, NULL};
    g_autofree char *output = NULL;
    g_autoptr(GError) fault = NULL; /* a missing gpgv is a finding */
    int exit_status;
    if (!imp_child_run(arguments, inputs, &output, &exit_status, &fault)) {
        if (!g_error_matches(fault, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&fault));
            return false;
        }
        finding->verdict = IMP_SIGNATURE_UNKNOWN_KEY;
        finding->detail =
            g_strdup("OpenPGP signatures cannot be verified here, because gpgv is not installed; "
                     "sign with an SSH "
                     "key, or have it installed and sign again.");
        return true;
    }
    g_auto(Status) status = {0};
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    for (char **line = lines; *line; line++)
        read_line(&status, *line);
    finding->verdict =
        judge(&status, key + strlen(IMP_OPENPGP_PREFIX), primary, moment_us, &finding->detail);
    return true;
}
