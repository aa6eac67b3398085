#include "daemon/verbs/decide/decide.h"
#include "workflow/base/limits.h"
#include "workflow/base/quote.h"

#include <string.h>

/* A decision commit has at most IMP_DECISION_MAX_BYTES, and a pattern may mean thousands of
 * articles. They are then decided by several commits with the same words, each on top of the one
 * before, on one branch: pushed together, and judged in the same pass. */

/* For the headers, a signature (OpenPGP's with large keys are the longest) and the other trailers.
 */
#define OTHER_BYTES (8 * 1024)

static void part_free(gpointer data)
{
    ImpDecisionPart *part = data;
    imp_decision_free(part->decision);
    g_free(part->commit);
    g_free(part);
}

static gsize line_length(const ImpTarget *target)
{
    g_autofree char *path = imp_path_quote(target->path);
    return strlen("Article: @\n") + strlen(path) + (target->version ? strlen(target->version) : 0);
}

/* How many targets from `from` on fit; at least one. */
static guint fitting(const ImpDecision *whole, guint from)
{
    const GPtrArray *targets = whole->targets;
    gsize used = OTHER_BYTES + strlen(whole->reason) +
                 (whole->competing_interests ? strlen(whole->competing_interests) : 0);
    guint count = 0;
    for (; from + count < targets->len; count++) {
        used += line_length(targets->pdata[from + count]);
        if (count > 0 && used > IMP_DECISION_MAX_BYTES)
            break;
    }
    return count;
}

static ImpDecisionPart *part_new(const ImpDecision *whole, guint from, guint count)
{
    ImpDecisionPart *part = g_new0(ImpDecisionPart, 1);
    ImpDecision *decision = g_new0(ImpDecision, 1);
    *part = (ImpDecisionPart){.from = from, .count = count, .decision = decision};
    decision->verdict = whole->verdict;
    decision->reason = g_strdup(whole->reason);
    decision->competing_interests = g_strdup(whole->competing_interests);
    decision->of = g_strdup(whole->of);
    decision->targets = g_ptr_array_new_with_free_func((GDestroyNotify)imp_target_free);
    for (guint i = from; i < from + count; i++) {
        const ImpTarget *target = whole->targets->pdata[i];
        ImpTarget *copy = g_new0(ImpTarget, 1);
        *copy = (ImpTarget){g_strdup(target->path), g_strdup(target->version)};
        g_ptr_array_add(decision->targets, copy);
    }
    return part;
}

void imp_decide_cut(ImpDeciding *deciding)
{
    const ImpDecision *whole = deciding->decision;
    g_clear_pointer(&deciding->parts, g_ptr_array_unref);
    deciding->parts = g_ptr_array_new_with_free_func(part_free);
    for (guint from = 0; from < whole->targets->len;) {
        guint count = fitting(whole, from);
        g_ptr_array_add(deciding->parts, part_new(whole, from, count));
        from += count;
    }
}

const ImpDecisionPart *imp_decide_part_of(const ImpDeciding *deciding, guint article)
{
    for (guint i = 0; i < deciding->parts->len; i++) {
        const ImpDecisionPart *part = deciding->parts->pdata[i];
        if (article < part->from + part->count)
            return part;
    }
    return NULL;
}
