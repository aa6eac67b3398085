#pragma once

#include <glib.h>
#include <stdbool.h>

/* The connections that are kept after an exchange, to be used again. HTTP/1.1 pairs answers with
 * requests by nothing but their order on a connection (RFC 9112, section 9.3), so what a receiver
 * says while nothing was asked (a second answer, the 408 of an impatient server) would be taken for
 * the answer to the next request. A connection is therefore looked at before it is used again. */
typedef struct ImpKeptConnections ImpKeptConnections;

/* Both ends of a connection, of which no two that are open are alike. */
typedef struct {
    const char *local, *remote; /* IP addresses as text */
    int local_port, remote_port;
} ImpConnectionEnds;

ImpKeptConnections *imp_kept_connections_new(void);
void imp_kept_connections_free(ImpKeptConnections *kept);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImpKeptConnections, imp_kept_connections_free)

/* An exchange on this socket has ended, and the connection may be used again. */
void imp_kept_connections_note(ImpKeptConnections *kept, const ImpConnectionEnds *ends,
                               int descriptor);
/* The socket is being closed; one that was not noted changes nothing. */
void imp_kept_connections_forget(ImpKeptConnections *kept, int descriptor);

/* Whether a request may be sent on a connection that was used before: nothing has come on it since
 * its last exchange, and the other side has not closed it. False for one that was not noted. */
bool imp_kept_connections_is_silent(const ImpKeptConnections *kept, const ImpConnectionEnds *ends);
