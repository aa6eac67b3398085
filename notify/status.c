#include "notify/status.h"

void imp_status_clear(ImpStatus *status)
{
    g_clear_pointer(&status->commit, g_free);
    g_clear_pointer(&status->ref, g_free);
    g_clear_pointer(&status->description, g_free);
}
