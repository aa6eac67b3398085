#include "daemon/remote/doubt.h"
#include "daemon/index/index.h"

#include <string.h>

/* A daemon measures what it has seen itself by the monotonic clock, so that setting the other one
 * shortens nothing. A command, or a daemon that was started in between, has only that other one:
 * since when is noted in the index. */

void imp_doubt_clear(ImpDoubt *doubt)
{
    g_clear_pointer(&doubt->what, g_free);
}

/* 0: something else is noted, or nothing. */
static gint64 noted_since_us(ImpDatabase *database, const char *what)
{
    g_autofree char *noted = imp_index_get(database, IMP_INDEX_REMOTE_DOUBT);
    const char *space = noted ? strchr(noted, ' ') : NULL;
    return space && strcmp(space + 1, what) == 0 ? g_ascii_strtoll(noted, NULL, 10) : 0;
}

bool imp_doubt_see(ImpDoubt *doubt, ImpWorkplace *place, const char *what, gint64 now_us,
                   gint64 monotonic_us, bool *settled, GError **error)
{
    gint64 settle_us = (gint64)place->config->remote->settle_s * IMP_SECOND_US;
    gint64 noted_us = noted_since_us(place->database, what);
    /* Also where the clock was set back. */
    if (!noted_us || noted_us > now_us) {
        noted_us = now_us;
        g_autofree char *note = g_strdup_printf("%" G_GINT64_FORMAT " %s", now_us, what);
        if (!imp_index_set(place->database, IMP_INDEX_REMOTE_DOUBT, note, error))
            return false;
    }
    if (g_strcmp0(doubt->what, what) == 0) {
        *settled = monotonic_us - doubt->since_us >= settle_us;
        return true;
    }
    g_free(doubt->what);
    *doubt = (ImpDoubt){g_strdup(what), monotonic_us};
    *settled = now_us - noted_us >= settle_us;
    return true;
}

bool imp_doubt_dispel(ImpDoubt *doubt, ImpWorkplace *place, GError **error)
{
    imp_doubt_clear(doubt);
    g_autofree char *noted = imp_index_get(place->database, IMP_INDEX_REMOTE_DOUBT);
    return !noted || imp_index_unset(place->database, IMP_INDEX_REMOTE_DOUBT, error);
}
