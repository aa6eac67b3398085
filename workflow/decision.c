#include "workflow/decision.h"

#include <string.h>

void imp_target_free(ImpTarget *target)
{
    if (!target)
        return;
    g_free(target->path);
    g_free(target->version);
    g_free(target);
}

void imp_decision_free(ImpDecision *decision)
{
    if (!decision)
        return;
    g_clear_pointer(&decision->targets, g_ptr_array_unref);
    g_free(decision->competing_interests);
    g_free(decision->of);
    g_free(decision->reason);
    g_free(decision);
}

static int by_path(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ImpTarget *const *)a)->path, (*(const ImpTarget *const *)b)->path);
}

void imp_decision_order(ImpDecision *decision)
{
    g_ptr_array_sort(decision->targets, by_path);
}

void imp_attempt_free(ImpAttempt *attempt)
{
    if (!attempt)
        return;
    g_free(attempt->commit);
    g_free(attempt->branch);
    g_free(attempt->payload_sha256);
    g_free(attempt->author_name);
    g_free(attempt->author_email);
    imp_decision_free(attempt->decision);
    g_free(attempt->malformed);
    g_free(attempt->signature_detail);
    g_free(attempt->person);
    g_free(attempt->key);
    g_free(attempt->claimed_key);
    g_clear_pointer(&attempt->object, g_bytes_unref);
    g_free(attempt);
}
