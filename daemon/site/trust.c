#include "daemon/site/trust.h"
#include "articles/ledger.h"
#include "articles/policy_source.h"
#include "articles/repository_graph.h"
#include "daemon/index/index.h"

/* Whether what the ledger says may be told to readers as true. Each check is what anybody with a
 * clone and the authority's file can do; none asks how the ledger came about, which is what
 * `imprimatur verify` does. */

static bool is_the_authoritys(ImpSite *site, const char *source, const char *manifest)
{
    const ImpReader *reader = site->reader;
    if (!source || !imp_repository_has_object(reader->repository, source))
        return false;
    g_autoptr(ImpPolicySource) found = imp_policy_source_read(
        reader->repository, source, reader->name, site->options->authority, site->now_us, NULL);
    return found && found->policy && g_strcmp0(found->manifest, manifest) == 0;
}

/* Finds the Source of the entry that put the policy in force; *source is NULL where there is none.
 */
static bool find_source_of_policy(ImpSite *site, char **source, GError **error)
{
    g_autofree char *id = g_strdup(site->reader->ledger);
    *source = NULL;
    while (id && !*source) {
        char *parent = NULL;
        g_autoptr(ImpEntry) entry =
            imp_ledger_read_entry(site->reader->repository, id, &parent, error);
        if (!entry)
            return false;
        g_free(id);
        id = parent;
        if (entry->event == IMP_ENTRY_POLICY || entry->event == IMP_ENTRY_START) {
            *source = g_steal_pointer(&entry->source);
            return true;
        }
    }
    return true;
}

/* Mostly the policy in force is the one at the tip, so that no entry has to be looked for. */
static bool policy_is_proved(ImpSite *site, bool *proved, GError **error)
{
    g_autofree char *manifest = imp_index_policy_manifest(site->reader->database);
    *proved = is_the_authoritys(site, site->reader->tip, manifest);
    if (*proved)
        return true;
    g_autofree char *source = NULL;
    if (!find_source_of_policy(site, &source, error))
        return false;
    *proved = is_the_authoritys(site, source, manifest);
    return true;
}

static bool find_lack_of_proof(ImpSite *site, char **doubt, GError **error)
{
    const ImpReader *reader = site->reader;
    bool proved, is_signed;
    if (!reader->verified) {
        *doubt = g_strdup("signatures are not looked at in this repository");
    } else if (!site->options->authority) {
        *doubt = g_strdup("nobody has said who signs policies; name the authority's file with "
                          "--authority");
    } else if (!policy_is_proved(site, &proved, error)) {
        return false;
    } else if (!proved) {
        *doubt = g_strdup_printf("policy %u is not signed by the authority", site->policy->version);
    } else if (!site->policy->ledger_key) {
        *doubt = g_strdup_printf("policy %u names no ledger_key", site->policy->version);
    } else if (!imp_ledger_check_signature(reader->repository, reader->ledger,
                                           site->policy->ledger_key, &is_signed, error)) {
        return false;
    } else if (!is_signed) {
        *doubt = g_strdup_printf("the ledger's last entry, %.12s, is not signed with the "
                                 "ledger_key of policy %u",
                                 reader->ledger, site->policy->version);
    }
    return true;
}

bool imp_site_find_doubt(ImpSite *site, const char *exported, char **doubt, bool *cut,
                         GError **error)
{
    const ImpReader *reader = site->reader;
    *cut = exported && (!reader->ledger ||
                        !imp_repository_is_reachable(reader->repository, exported, reader->ledger));
    if (*cut)
        *doubt = g_strdup_printf("the ledger no longer has the entry %.12s, from which this site "
                                 "was written; put the ledger back, or begin in an empty folder",
                                 exported);
    else if (reader->diverged)
        *doubt = g_strdup(reader->diverged);
    else if (!reader->ledger || !site->policy)
        *doubt = g_strdup("no policy is in force yet");
    else if (!site->options->unproved)
        return find_lack_of_proof(site, doubt, error);
    return true;
}
