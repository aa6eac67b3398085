#include "workflow/entry.h"

ImpEntry *imp_entry_new(void)
{
    return g_new0(ImpEntry, 1);
}

void imp_entry_free(ImpEntry *entry)
{
    if (!entry)
        return;
    g_free(entry->article);
    g_free(entry->version);
    g_strfreev(entry->contributors);
    g_free(entry->person);
    g_free(entry->reviewed_by);
    g_free(entry->of);
    g_strfreev(entry->requested);
    g_free(entry->decision);
    g_free(entry->repository);
    g_free(entry->manifest);
    g_free(entry->branch);
    g_strfreev(entry->review_branches);
    g_free(entry->source);
    g_free(entry->subject);
    g_clear_pointer(&entry->decision_object, g_bytes_unref);
    g_free(entry->decision_key);
    g_free(entry->decision_payload);
    g_free(entry);
}
