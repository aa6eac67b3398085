#include "daemon/remote/kept.h"
#include "articles/repository_graph.h"
#include "articles/repository_refs.h"
#include "daemon/index/history.h"
#include "daemon/pass/pipeline.h"

#include <string.h>

/* A name says all: refs/imprimatur-kept/DAY/COMMIT/NAME, the day counted from 1970 on which the
 * head left the commit, and the head's name without "refs/". */

#define KEPT_DAYS 30
/* What somebody makes by moving heads about has an end. */
#define KEPT_MAX 10000

GPtrArray *imp_kept_before(ImpWorkplace *place, GError **error)
{
    return imp_pipeline_branches(place, error);
}

static bool keep(ImpWorkplace *place, const ImpRef *head, gint64 day, GError **error)
{
    g_autofree char *ref = g_strdup_printf(IMP_KEPT_REFS "%" G_GINT64_FORMAT "/%s/%s", day,
                                           head->commit, head->name + strlen("refs/"));
    g_autofree char *there = NULL;
    if (!imp_repository_find_tip(place->repository, ref, &there, error))
        return false;
    /* Two heads of one commit, one of them named as a folder of the other's: the first is kept. */
    if (!there)
        imp_repository_move_ref(place->repository, ref, NULL, head->commit,
                                "imprimatur: left by its head", NULL);
    return true;
}

static bool let_go(ImpWorkplace *place, gint64 day, guint *count, GError **error)
{
    char *all[] = {"**", NULL};
    g_autoptr(GPtrArray) kept =
        imp_repository_refs_below(place->repository, IMP_KEPT_REFS, NULL, all, error);
    *count = kept ? kept->len : 0;
    for (guint i = 0; kept && i < kept->len; i++) {
        const char *name = ((ImpRef *)kept->pdata[i])->name;
        gint64 since = g_ascii_strtoll(name + strlen(IMP_KEPT_REFS), NULL, 10);
        if (since >= day - KEPT_DAYS)
            continue;
        --*count;
        if (!imp_repository_delete_ref(place->repository, name, error))
            return false;
    }
    return kept != NULL;
}

/* What the head still has, or the watched branch, is not lost. */
static bool is_left(ImpWorkplace *place, const ImpRef *head, const char *now)
{
    if (now && (strcmp(now, head->commit) == 0 ||
                imp_repository_is_reachable(place->repository, head->commit, now)))
        return false;
    return !imp_history_has(place->database, head->commit);
}

bool imp_kept_after(ImpWorkplace *place, const GPtrArray *before, gint64 now_us, GError **error)
{
    gint64 day = now_us / IMP_DAY_US;
    guint count;
    g_autoptr(GPtrArray) after = imp_pipeline_branches(place, error);
    if (!after || !let_go(place, day, &count, error))
        return false;
    g_autoptr(GHashTable) tips = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < after->len; i++) {
        ImpRef *ref = after->pdata[i];
        g_hash_table_insert(tips, ref->name, ref->commit);
    }
    for (guint i = 0; i < before->len && count < KEPT_MAX; i++) {
        const ImpRef *head = before->pdata[i];
        if (!is_left(place, head, g_hash_table_lookup(tips, head->name)))
            continue;
        count++;
        if (!keep(place, head, day, error))
            return false;
    }
    return true;
}
