#include "articles/ssh_sign.h"
#include "daemon/verbs/check/check.h"

#include <string.h>

/* Everybody else knows the ledger's key by the policy; the daemon has it by its configuration.
 * While the two differ, as in the middle of a rotation, what it signs proves nothing. */

void imp_check_ledger_key(ImpCheck *check, const ImpConfig *config, const ImpPolicy *policy)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *own =
        config->signing_key ? imp_ssh_public_key(config->signing_key, &error) : NULL;
    g_autofree char *message = NULL;
    if (error) {
        imp_check_report(check, IMP_SEVERITY_ERROR, config->path, 0, error->message);
        return;
    }
    if (!own && config->signing_key_file) /* it could not be read; that has been said */
        return;
    if (policy->ledger_key && !own)
        message = g_strdup_printf("there is no signing_key, but policy %u names a ledger_key: "
                                  "entries are not signed, and "
                                  "nobody can prove where they are from",
                                  policy->version);
    else if (own && !policy->ledger_key)
        message = g_strdup_printf(
            "policy %u names no ledger_key, by which others would know signing_key; put in: "
            "\"ledger_key\": \"%s\"",
            policy->version, own);
    else if (own && strcmp(own, policy->ledger_key) != 0)
        message = g_strdup_printf(
            "signing_key is %s, but the ledger_key of policy %u is %s: what is signed proves "
            "nothing until the two are the same",
            own, policy->version, policy->ledger_key);
    if (message)
        imp_check_report(check, IMP_SEVERITY_WARNING, config->path, 0, message);
}
