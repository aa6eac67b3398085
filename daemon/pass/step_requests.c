#include "daemon/pass/pass.h"
#include "daemon/pass/step.h"

/* Deadlines, and who is asked later or instead. */

bool imp_step_deadlines(ImpPass *pass, GError **error)
{
    g_autoptr(GPtrArray) paths = imp_index_expired(pass->database, pass->at_us, error);
    for (guint i = 0; paths && i < paths->len; i++) {
        g_autoptr(ImpArticle) article = imp_index_load(pass->database, paths->pdata[i], error);
        if (!article)
            return false;
        g_autoptr(ImpEntry) entry = imp_entry_new();
        entry->event = IMP_ENTRY_EXPIRY;
        entry->reason = IMP_REASON_EXPIRED;
        entry->problem = article->problem;
        entry->version = g_strdup(article->version);
        if (!imp_pass_open_round(pass, article, entry, error))
            return false;
    }
    return paths != NULL;
}

bool imp_pass_has_free(const ImpPass *pass, GHashTable *open)
{
    const ImpPolicy *policy = imp_fold_policy(pass->fold);
    for (guint i = 0; i < policy->people->len; i++) {
        const ImpPerson *person = policy->people->pdata[i];
        if ((person->roles & IMP_ROLE_REVIEWER) && !imp_person_is_away(person, pass->at_us) &&
            imp_person_has_credentials(person, pass->at_us) &&
            GPOINTER_TO_UINT(g_hash_table_lookup(open, person->id)) < person->capacity)
            return true;
    }
    return false;
}

/* Whose approval has become too old is missing again. */
static bool find_too_old(ImpPass *pass, GError **error)
{
    g_autoptr(GPtrArray) paths = imp_index_too_old(pass->database, pass->at_us, error);
    for (guint i = 0; paths && i < paths->len; i++) {
        g_autoptr(ImpArticle) article = imp_index_load(pass->database, paths->pdata[i], error);
        if (!article || !imp_index_save(pass->database, article, imp_fold_policy(pass->fold),
                                        pass->at_us, error))
            return false;
    }
    return paths != NULL;
}

bool imp_step_requests(ImpPass *pass, GError **error)
{
    if (!find_too_old(pass, error))
        return false;
    g_autoptr(GPtrArray) paths = imp_index_vacant(pass->database, error);
    for (guint i = 0; paths && i < paths->len; i++) {
        g_autoptr(GHashTable) open = imp_index_open_requests(pass->database, error);
        if (!open)
            return false;
        if (!imp_pass_has_free(pass, open))
            return true;
        g_autoptr(ImpArticle) article = imp_index_load(pass->database, paths->pdata[i], error);
        g_autoptr(ImpEntry) entry = imp_entry_new();
        entry->event = IMP_ENTRY_REQUEST;
        if (!article || !imp_pass_ask(pass, article, entry, error))
            return false;
        if (entry->requested && !imp_pass_record(pass, article, entry, error))
            return false;
    }
    return paths != NULL;
}
