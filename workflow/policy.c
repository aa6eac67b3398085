#include "workflow/policy.h"

#include "workflow/glob.h"

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
    g_clear_pointer(&policy->signers, g_ptr_array_unref);
    g_clear_pointer(&policy->rules, g_ptr_array_unref);
    g_clear_pointer(&policy->people, g_ptr_array_unref);
    g_free(policy->name);
    g_free(policy->ledger_key);
    g_strfreev(policy->articles);
    g_strfreev(policy->exclude);
    g_strfreev(policy->carry);
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
        const ImpRule *rule = g_ptr_array_index(policy->rules, i);
        if (imp_glob_matches_any(rule->paths, path))
            return rule;
    }
    return g_ptr_array_index(policy->rules, last);
}

/* Addresses reach us from commits too, where they need not be UTF-8. */
char *imp_address_fold(const char *address)
{
    return g_utf8_validate(address, -1, NULL) ? g_utf8_casefold(address, -1) : g_ascii_strdown(address, -1);
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

const ImpSigner *imp_policy_signer(const ImpPolicy *policy, const char *key)
{
    return g_hash_table_lookup(policy->signer_by_key, key);
}

bool imp_signer_is_valid_at(const ImpSigner *signer, gint64 moment_us)
{
    return (signer->valid_after_us == 0 || signer->valid_after_us <= moment_us) &&
           (signer->valid_before_us == 0 || moment_us < signer->valid_before_us);
}

bool imp_person_is_specialist(const ImpPerson *person, const char *specialty)
{
    return specialty && g_strv_contains((const char *const *)person->specialties, specialty);
}

bool imp_person_is_away(const ImpPerson *person, gint64 moment_us)
{
    guint32 day = imp_moment_day(moment_us);
    for (guint i = 0; i < person->away->len; i++) {
        const ImpAbsence *absence = &g_array_index(person->away, ImpAbsence, i);
        if (absence->first_day <= day && day <= absence->last_day)
            return true;
    }
    return false;
}

bool imp_person_has_credentials(const ImpPerson *person, gint64 moment_us)
{
    return person->credentials_until == 0 || imp_moment_day(moment_us) <= person->credentials_until;
}
