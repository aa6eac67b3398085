#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <sys/socket.h>

/* Whether a webhook may be sent to an address: the defence against names that resolve to where only
 * this host can reach (imprimatur.json(5), ENDPOINTS, `allow`).
 *
 * Judges the binary address, after name resolution and before the connection, never a name or its
 * text. Without an entry in `allow` only global unicast passes (IANA special-purpose registries,
 * RFC 6890), and only `encrypted` (https). `allow` holds GInetAddressMask*s: what one of them
 * covers passes, encrypted or not, except link-local networks and cloud metadata services, which
 * nothing can allow. IPv4-mapped IPv6 is judged as the IPv4 it is, NAT64 (RFC 6052) as the IPv4 it
 * leads to. Families other than IPv4 and IPv6 never pass. */
bool imp_guard_permits(const struct sockaddr *address, const GPtrArray *allow, bool encrypted);
/* The same for an address that libcurl hands over as text, such as "192.0.2.1" or "2001:db8::1";
 * what is not an address never passes. */
bool imp_guard_permits_text(const char *address, const GPtrArray *allow, bool encrypted);
