#include "workflow/policy.h"
#include "workflow/base/fault.h"
#include "workflow/base/glob.h"
#include "workflow/keys/openpgp.h"

#include <string.h>

G_DEFINE_QUARK(imp_policy_error, imp_policy_error)

ImpPolicy *imp_policy_ref(ImpPolicy *policy)
{
    g_atomic_ref_count_inc(&policy->references);
    return policy;
}

void imp_policy_unref(ImpPolicy *policy)
{
    if (!policy || !g_atomic_ref_count_dec(&policy->references))
        return;
    g_clear_pointer(&policy->person_by_id, g_hash_table_unref);
    g_clear_pointer(&policy->person_by_email, g_hash_table_unref);
    g_clear_pointer(&policy->signer_by_key, g_hash_table_unref);
    g_clear_pointer(&policy->person_by_openpgp, g_hash_table_unref);
    g_clear_pointer(&policy->openpgp_primaries, g_hash_table_unref);
    g_clear_pointer(&policy->key_since, g_hash_table_unref);
    g_clear_pointer(&policy->keyring, g_bytes_unref);
    g_clear_pointer(&policy->openpgp_packets, g_bytes_unref);
    g_clear_pointer(&policy->signers, g_ptr_array_unref);
    g_clear_pointer(&policy->rules, g_ptr_array_unref);
    g_clear_pointer(&policy->people, g_ptr_array_unref);
    g_free(policy->name);
    g_free(policy->ledger_key);
    g_strfreev(policy->articles);
    g_strfreev(policy->exclude);
    g_strfreev(policy->carry);
    g_free(policy->disclaimer);
    g_free(policy->contact);
    g_free(policy->language);
    g_clear_pointer(&policy->audiences, g_ptr_array_unref);
    g_strfreev(policy->terms);
    g_free(policy);
}

bool imp_policy_matches_articles(const ImpPolicy *policy, const char *path)
{
    return imp_glob_matches_any(policy->articles, path);
}

bool imp_policy_is_article(const ImpPolicy *policy, const char *path)
{
    return !g_str_has_prefix(path, ".imprimatur/") && imp_policy_matches_articles(policy, path) &&
           !imp_glob_matches_any(policy->exclude, path);
}

bool imp_policy_is_carried(const ImpPolicy *policy, const char *path)
{
    return imp_glob_matches_any(policy->carry, path) && !imp_policy_matches_articles(policy, path);
}

const ImpRule *imp_policy_rule(const ImpPolicy *policy, const char *path)
{
    guint last = policy->rules->len - 1;
    for (guint i = 0; i < last; i++) {
        const ImpRule *rule = policy->rules->pdata[i];
        if (imp_glob_matches_any(rule->paths, path))
            return rule;
    }
    return policy->rules->pdata[last];
}

const ImpPerson *imp_policy_person(const ImpPolicy *policy, const char *id)
{
    return g_hash_table_lookup(policy->person_by_id, id);
}

const ImpPerson *imp_policy_person_by_email(const ImpPolicy *policy, const char *email)
{
    g_autofree char *folded = imp_address_fold(email);
    return g_hash_table_lookup(policy->person_by_email, folded);
}

const ImpPerson *imp_policy_contributor(const ImpPolicy *policy, const char *folded)
{
    const ImpPerson *found = imp_policy_person_by_email(policy, folded);
    for (guint i = 0; !found && i < policy->people->len; i++)
        if (imp_person_has_account(policy->people->pdata[i], folded))
            found = policy->people->pdata[i];
    return found;
}

const ImpSigner *imp_policy_signer(const ImpPolicy *policy, const char *key)
{
    return g_hash_table_lookup(policy->signer_by_key, key);
}

const char *imp_policy_openpgp_primary(const ImpPolicy *policy, const char *key)
{
    if (!g_str_has_prefix(key, IMP_OPENPGP_PREFIX) || !policy->openpgp_primaries)
        return NULL;
    const char *primary =
        g_hash_table_lookup(policy->openpgp_primaries, key + strlen(IMP_OPENPGP_PREFIX));
    return primary && g_hash_table_contains(policy->person_by_openpgp, primary) ? primary : NULL;
}

const ImpPerson *imp_policy_key_owner(const ImpPolicy *policy, const char *key)
{
    const char *primary = imp_policy_openpgp_primary(policy, key);
    if (primary)
        return g_hash_table_lookup(policy->person_by_openpgp, primary);
    const ImpSigner *signer = imp_policy_signer(policy, key);
    return signer ? signer->person : NULL;
}

char **imp_policy_keys(const ImpPolicy *policy)
{
    g_autoptr(GStrvBuilder) keys = g_strv_builder_new();
    GHashTableIter iter;
    gpointer key, primary;
    g_hash_table_iter_init(&iter, policy->signer_by_key);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_strv_builder_add(keys, key);
    if (policy->openpgp_primaries) {
        g_hash_table_iter_init(&iter, policy->openpgp_primaries);
        while (g_hash_table_iter_next(&iter, &key, &primary)) {
            g_autofree char *name = g_strconcat(IMP_OPENPGP_PREFIX, key, NULL);
            if (imp_policy_openpgp_primary(policy, name))
                g_strv_builder_add(keys, name);
        }
    }
    return g_strv_builder_end(keys);
}

bool imp_policy_takes_key(const ImpPolicy *policy, const char *key, gint64 moment_us)
{
    if (imp_policy_openpgp_primary(policy, key))
        return true;
    for (guint i = 0; i < policy->signers->len; i++) {
        const ImpSigner *signer = policy->signers->pdata[i];
        if (strcmp(signer->key, key) == 0 && imp_signer_is_valid_at(signer, moment_us))
            return true;
    }
    return false;
}

gint64 imp_policy_key_since(const ImpPolicy *policy, const char *key)
{
    const gint64 *since_us = policy->key_since ? g_hash_table_lookup(policy->key_since, key) : NULL;
    return since_us ? *since_us : 0;
}

/* The earliest moment from which a line of the key takes it; 0: always. */
static gint64 key_valid_after(const ImpPolicy *policy, const char *key)
{
    gint64 earliest_us = G_MAXINT64;
    for (guint i = 0; i < policy->signers->len; i++) {
        const ImpSigner *signer = policy->signers->pdata[i];
        if (strcmp(signer->key, key) == 0)
            earliest_us = MIN(earliest_us, signer->valid_after_us);
    }
    return earliest_us == G_MAXINT64 ? 0 : earliest_us;
}

void imp_policy_set_key_since(ImpPolicy *policy, const char *key, gint64 since_us)
{
    since_us = MAX(since_us, key_valid_after(policy, key));
    if (!policy->key_since)
        policy->key_since = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_replace(policy->key_since, g_strdup(key), g_memdup2(&since_us, sizeof since_us));
}

bool imp_policy_take_keyring(ImpPolicy *policy, const char *armored, gsize length, GError **error)
{
    if (armored) {
        policy->openpgp_packets =
            imp_openpgp_keyring_parse(armored, length, &policy->openpgp_primaries, error);
        if (!policy->openpgp_packets)
            return imp_fault_reword(error, IMP_POLICY_ERROR, IMP_POLICY_ERROR_INVALID,
                                    "keyring.asc");
        policy->keyring = g_bytes_new(armored, length);
    }
    for (guint i = 0; i < policy->people->len; i++) {
        const ImpPerson *person = policy->people->pdata[i];
        for (char **key = person->openpgp; *key; key++) {
            const char *primary =
                armored ? g_hash_table_lookup(policy->openpgp_primaries, *key) : NULL;
            if (g_strcmp0(primary, *key) == 0)
                continue;
            g_set_error(error, IMP_POLICY_ERROR, IMP_POLICY_ERROR_INVALID,
                        primary ? "keyring.asc: the key %s of %s is a subkey; name its primary key "
                                  "in policy.json"
                                : "keyring.asc: the key %s of %s is not there; add it with gpg "
                                  "--armor --export",
                        *key, person->id);
            return false;
        }
    }
    return true;
}

bool imp_signer_is_valid_at(const ImpSigner *signer, gint64 moment_us)
{
    return (signer->valid_after_us == 0 || signer->valid_after_us <= moment_us) &&
           (signer->valid_before_us == 0 || moment_us < signer->valid_before_us);
}
