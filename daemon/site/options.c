#include "daemon/site/options.h"

#include <string.h>

void imp_site_result_clear(ImpSiteResult *result)
{
    g_clear_pointer(&result->doubt, g_free);
    g_clear_pointer(&result->ledger, g_free);
}

bool imp_site_view_from_word(const char *word, ImpSiteView *view)
{
    if (strcmp(word, "readers") == 0)
        *view = IMP_SITE_READERS;
    else if (strcmp(word, "editors") == 0)
        *view = IMP_SITE_EDITORS;
    else
        return false;
    return true;
}
