#include "daemon/remote/comparison.h"
#include "articles/ledger.h"
#include "articles/repository_graph.h"
#include "articles/repository_refs.h"
#include "articles/ssh_sign.h"
#include "daemon/index/index.h"
#include "daemon/index/last_tip.h"
#include "daemon/remote/refs.h"

void imp_comparison_clear(ImpComparison *comparison)
{
    g_clear_pointer(&comparison->ours, g_free);
    g_clear_pointer(&comparison->theirs, g_free);
    g_clear_pointer(&comparison->here, g_free);
    g_clear_pointer(&comparison->branch, g_free);
    g_clear_pointer(&comparison->sentence, g_free);
}

/* Whether the end of their ledger is ours: the tip that we noted before we pushed it, or one that
 * our key signed, by another daemon of the same operator. */
static bool is_own(ImpWorkplace *place, const char *theirs, const ImpLastTip *noted, bool *own,
                   GError **error)
{
    *own = g_strcmp0(noted->tip, theirs) == 0;
    if (*own)
        return true;
    g_autofree char *key = imp_ssh_public_key(place->config->signing_key, error);
    return key && imp_ledger_check_signature(place->repository, theirs, key, own, error);
}

/* Both are there and differ, or ours is not. */
static bool compare(ImpWorkplace *place, ImpComparison *comparison, const ImpLastTip *noted,
                    GError **error)
{
    const char *ours = comparison->ours, *theirs = comparison->theirs;
    bool goes_on = !ours || imp_repository_is_reachable(place->repository, ours, theirs);
    bool own = false;
    if (goes_on && !is_own(place, theirs, noted, &own, error))
        return false;
    if (goes_on && (own || !ours)) {
        /* One that begins without us is recognized, or not, by the pass. */
        comparison->kind = IMP_COMPARISON_AHEAD;
    } else if (ours && imp_repository_is_reachable(place->repository, theirs, ours)) {
        comparison->kind = IMP_COMPARISON_BEHIND;
        comparison->sentence =
            g_strdup_printf("the remote's ledger is back at %.12s, but this daemon left it at "
                            "%.12s; type: imprimatur ledger restore",
                            theirs, ours);
    } else {
        comparison->kind = IMP_COMPARISON_DIVERGED;
        comparison->sentence = g_strdup_printf(
            "the remote's ledger was moved to %.12s by somebody who does not have this daemon's "
            "key; it left it at %.12s; type: imprimatur ledger restore",
            theirs, ours);
    }
    return true;
}

/* The watched branch may be behind too: then the last pass saw more than there is now. */
static bool look_at_branch(ImpWorkplace *place, ImpComparison *comparison, GError **error)
{
    g_autofree char *source = imp_index_get(place->database, IMP_INDEX_SOURCE);
    g_autofree char *named = g_strconcat("refs/heads/", place->config->branch, NULL);
    g_autofree char *ref = imp_config_watched_ref(place->config, named);
    g_autofree char *tip = NULL;
    if (!imp_repository_find_tip(place->repository, ref, &tip, error))
        return false;
    if (!source || (tip && imp_repository_is_reachable(place->repository, source, tip)))
        return true;
    comparison->kind = IMP_COMPARISON_BEHIND;
    comparison->branch = g_steal_pointer(&tip);
    /* Confirmed, it is a force-push, which is everybody's right: no sentence. */
    return true;
}

bool imp_comparison_read(ImpWorkplace *place, ImpComparison *comparison, GError **error)
{
    *comparison = (ImpComparison){0};
    g_auto(ImpLastTip) noted = {0};
    g_autofree char *there = imp_remote_mirrored(place->config->remote->ledger_ref);
    g_autofree char *indexed = imp_index_get(place->database, IMP_INDEX_LEDGER);
    if (!imp_repository_find_tip(place->repository, IMP_LEDGER_REF, &comparison->here, error) ||
        !imp_repository_find_tip(place->repository, there, &comparison->theirs, error) ||
        !imp_last_tip_read(place->config->state_directory, &noted, error))
        return false;
    comparison->ours = g_strdup(imp_last_tip_left_at(&noted, comparison->here, indexed));
    if (comparison->ours && !comparison->theirs) {
        comparison->kind = IMP_COMPARISON_BEHIND;
        comparison->sentence =
            g_strdup_printf("the remote's ledger is gone; this daemon left it at "
                            "%.12s; type: imprimatur ledger restore",
                            comparison->ours);
    } else if (g_strcmp0(comparison->ours, comparison->theirs) != 0 &&
               !compare(place, comparison, &noted, error)) {
        return false;
    }
    if (comparison->kind == IMP_COMPARISON_SAME && !look_at_branch(place, comparison, error))
        return false;
    if (comparison->kind == IMP_COMPARISON_SAME &&
        g_strcmp0(comparison->here, comparison->theirs) != 0)
        comparison->kind = IMP_COMPARISON_AHEAD;
    return true;
}

/* The remote's counts, so this needs nobody. */
static void tell_moved(const ImpComparison *comparison)
{
    if (g_strcmp0(comparison->here, comparison->ours) == 0)
        return;
    g_autofree char *where = comparison->here
                                 ? g_strdup_printf("was moved to %.12s by", comparison->here)
                                 : g_strdup("was deleted by");
    g_warning("the ledger of the mirror %s somebody else; it is put at %.12s, where the remote has "
              "it",
              where, comparison->theirs);
}

bool imp_comparison_follow(ImpWorkplace *place, const ImpComparison *comparison, GError **error)
{
    g_auto(ImpLastTip) noted = {0};
    if (!imp_last_tip_read(place->config->state_directory, &noted, error))
        return false;
    tell_moved(comparison);
    /* A beginning that nobody here remembers is not noted: that is what tells it apart. */
    bool noting = g_strcmp0(noted.tip, comparison->theirs) != 0 && (comparison->ours || noted.tip);
    return (!noting || imp_last_tip_write(place->config->state_directory, comparison->theirs,
                                          comparison->ours, error)) &&
           imp_repository_move_ref(place->repository, IMP_LEDGER_REF, comparison->here,
                                   comparison->theirs, "imprimatur: as the remote has it", error);
}
