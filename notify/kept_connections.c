#include "notify/kept_connections.h"

#include <errno.h>
#include <sys/socket.h>

struct ImpKeptConnections {
    GHashTable *descriptors; /* "local port remote port" -> descriptor */
};

ImpKeptConnections *imp_kept_connections_new(void)
{
    ImpKeptConnections *kept = g_new0(ImpKeptConnections, 1);
    kept->descriptors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return kept;
}

void imp_kept_connections_free(ImpKeptConnections *kept)
{
    if (!kept)
        return;
    g_hash_table_unref(kept->descriptors);
    g_free(kept);
}

static char *key_of(const ImpConnectionEnds *ends)
{
    return g_strdup_printf("%s %d %s %d", ends->local, ends->local_port, ends->remote,
                           ends->remote_port);
}

void imp_kept_connections_note(ImpKeptConnections *kept, const ImpConnectionEnds *ends,
                               int descriptor)
{
    g_hash_table_insert(kept->descriptors, key_of(ends), GINT_TO_POINTER(descriptor));
}

static gboolean is_it(gpointer key, gpointer value, gpointer descriptor)
{
    (void)key;
    return value == descriptor;
}

void imp_kept_connections_forget(ImpKeptConnections *kept, int descriptor)
{
    g_hash_table_foreach_remove(kept->descriptors, is_it, GINT_TO_POINTER(descriptor));
}

bool imp_kept_connections_is_silent(const ImpKeptConnections *kept, const ImpConnectionEnds *ends)
{
    gpointer descriptor;
    g_autofree char *key = key_of(ends);
    if (!g_hash_table_lookup_extended(kept->descriptors, key, NULL, &descriptor))
        return false;
    char byte;
    return recv(GPOINTER_TO_INT(descriptor), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}
