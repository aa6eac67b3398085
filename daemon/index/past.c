#include "daemon/index/past.h"
#include "articles/attempt.h"
#include "articles/ledger.h"
#include "daemon/index/index.h"

struct ImpPasts {
    ImpDatabase *database;
    ImpRepository *repository;
    GHashTable *policies; /* version -> ImpPolicy*, NULL: lost */
};

static void policy_free(gpointer policy)
{
    if (policy)
        imp_policy_unref(policy);
}

ImpPasts *imp_pasts_new(ImpDatabase *database, ImpRepository *repository)
{
    ImpPasts *pasts = g_new0(ImpPasts, 1);
    pasts->database = database;
    pasts->repository = repository;
    pasts->policies = g_hash_table_new_full(NULL, NULL, NULL, policy_free);
    return pasts;
}

void imp_pasts_free(ImpPasts *pasts)
{
    if (!pasts)
        return;
    g_hash_table_unref(pasts->policies);
    g_free(pasts);
}

/* A policy whose files are lost says nothing. */
static const ImpPolicy *policy_of(ImpPasts *pasts, guint version)
{
    gpointer policy;
    if (!g_hash_table_lookup_extended(pasts->policies, GUINT_TO_POINTER(version), NULL, &policy)) {
        policy = imp_index_policy_of(pasts->database, version);
        g_hash_table_insert(pasts->policies, GUINT_TO_POINTER(version), policy);
    }
    return policy;
}

const ImpPerson *imp_pasts_person(ImpPasts *pasts, const char *id)
{
    for (guint version = imp_index_policy_version(pasts->database); version > 0;
         version = imp_index_policy_before(pasts->database, version)) {
        const ImpPolicy *policy = policy_of(pasts, version);
        const ImpPerson *person = policy ? imp_policy_person(policy, id) : NULL;
        if (person)
            return person;
    }
    return NULL;
}

ImpPast *imp_pasts_load(ImpPasts *pasts, const char *path, ImpPastFunc each, gpointer data,
                        GError **error)
{
    g_autoptr(ImpPast) past = imp_past_new(path);
    g_autoptr(GPtrArray) ids = imp_index_entries(pasts->database, path, error);
    for (guint i = 0; ids && i < ids->len; i++) {
        g_autofree char *parent = NULL;
        g_autoptr(ImpEntry) entry =
            imp_ledger_read_entry(pasts->repository, ids->pdata[i], &parent, error);
        if (!entry)
            return NULL;
        g_autoptr(ImpAttempt) attempt =
            entry->decision_object ? imp_attempt_from_entry(entry) : NULL;
        const char *reason = attempt && attempt->decision && *attempt->decision->reason
                                 ? attempt->decision->reason
                                 : NULL;
        imp_past_take(past, ids->pdata[i], entry, reason, policy_of(pasts, entry->policy));
        if (each)
            each(past, ids->pdata[i], entry, reason, data);
    }
    return ids ? g_steal_pointer(&past) : NULL;
}
