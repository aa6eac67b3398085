#include "notify/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* An address is judged in three steps: what nothing can allow, then what `allow` covers, then what
 * is global unicast. Tunnels and translators carry an IPv4 address inside an IPv6 one. What they
 * lead to is looked at for the first step whatever their prefix, so that no `allow` opens a way
 * round it; only NAT64's well-known prefix passes the third. */

typedef struct {
    guint8 bytes[16];
    guint bits;
} Network;

static const Network ipv4_never[] = {
    {{169, 254}, 16},         /* link-local; the metadata service of most clouds */
    {{168, 63, 129, 16}, 32}, /* Azure's host */
};

static const Network ipv6_never[] = {
    {{0xfe, 0x80}, 10},                                        /* link-local */
    {{0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54}, 128}, /* AWS metadata */
};

static const Network ipv4_not_global[] = {
    {{0}, 8},             /* this network */
    {{10}, 8},            /* private, RFC 1918 */
    {{100, 64}, 10},      /* carrier-grade NAT, RFC 6598 */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* IETF protocol assignments */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 88, 99}, 24},  /* 6to4 relays, RFC 7526 */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarking */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 4},           /* multicast */
    {{240}, 4},           /* reserved, broadcast */
};

/* All that IANA has given out for global unicast; the list below is what lies in it and is not. */
static const Network ipv6_global = {{0x20}, 3};

static const Network ipv6_not_global[] = {
    {{0x20, 0x01}, 23},             /* IETF protocol assignments: Teredo, benchmarking, ORCHID */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4 */
    {{0x3f, 0xff}, 20},             /* documentation, RFC 9637 */
};

static const Network nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};
static const Network nat64_local = {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48};
static const Network six_to_four = {{0x20, 0x02}, 16};
static const Network teredo = {{0x20, 0x01, 0x00, 0x00}, 32};
static const Network mapped = {{[10] = 0xff, [11] = 0xff}, 96};
static const Network translated = {{[8] = 0xff, [9] = 0xff}, 96};
static const Network compatible = {{0}, 96};

static bool covers(const Network *network, const guint8 *address)
{
    guint whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->bytes, address, whole) != 0)
        return false;
    return rest == 0 || (network->bytes[whole] ^ address[whole]) >> (8 - rest) == 0;
}

static bool any_covers(const Network *networks, gsize count, const guint8 *address)
{
    for (gsize i = 0; i < count; i++) {
        if (covers(&networks[i], address))
            return true;
    }
    return false;
}

static bool is_listed(const GPtrArray *allow, const guint8 *bytes, GSocketFamily family)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_bytes(bytes, family);
    for (guint i = 0; i < allow->len; i++) {
        if (g_inet_address_mask_matches(allow->pdata[i], address))
            return true;
    }
    return false;
}

static bool ipv4_is_never(const guint8 *address)
{
    return any_covers(ipv4_never, G_N_ELEMENTS(ipv4_never), address);
}

static bool permits_ipv4(const guint8 *address, const GPtrArray *allow, bool encrypted)
{
    if (ipv4_is_never(address))
        return false;
    if (is_listed(allow, address, G_SOCKET_FAMILY_IPV4))
        return true;
    return encrypted && !any_covers(ipv4_not_global, G_N_ELEMENTS(ipv4_not_global), address);
}

static bool leads_to_never(const guint8 *address)
{
    if (covers(&six_to_four, address))
        return ipv4_is_never(address + 2);
    if (covers(&teredo, address)) {
        /* RFC 4380 section 4: the client's address with every bit inverted, so that no NAT rewrites
         * it. */
        guint8 client[4];
        for (guint i = 0; i < sizeof(client); i++)
            client[i] = (guint8)~address[12 + i];
        return ipv4_is_never(client) || ipv4_is_never(address + 4);
    }
    static const Network *const trailing[] = {&nat64, &nat64_local, &translated, &compatible};
    for (gsize i = 0; i < G_N_ELEMENTS(trailing); i++) {
        if (covers(trailing[i], address))
            return ipv4_is_never(address + 12);
    }
    return false;
}

static bool permits_ipv6(const guint8 *address, const GPtrArray *allow, bool encrypted)
{
    if (covers(&mapped, address))
        return permits_ipv4(address + 12, allow, encrypted);
    if (any_covers(ipv6_never, G_N_ELEMENTS(ipv6_never), address) || leads_to_never(address))
        return false;
    if (is_listed(allow, address, G_SOCKET_FAMILY_IPV6))
        return true;
    if (covers(&nat64, address))
        return permits_ipv4(address + 12, allow, encrypted);
    return encrypted && covers(&ipv6_global, address) &&
           !any_covers(ipv6_not_global, G_N_ELEMENTS(ipv6_not_global), address);
}

bool imp_guard_permits(const struct sockaddr *address, const GPtrArray *allow, bool encrypted)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, address, sizeof(ipv4));
        return permits_ipv4((const guint8 *)&ipv4.sin_addr, allow, encrypted);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 ipv6;
        memcpy(&ipv6, address, sizeof(ipv6));
        return permits_ipv6(ipv6.sin6_addr.s6_addr, allow, encrypted);
    }
    return false;
}

bool imp_guard_permits_text(const char *address, const GPtrArray *allow, bool encrypted)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, address, &ipv4.sin_addr) == 1)
        return imp_guard_permits((const struct sockaddr *)&ipv4, allow, encrypted);
    if (inet_pton(AF_INET6, address, &ipv6.sin6_addr) == 1)
        return imp_guard_permits((const struct sockaddr *)&ipv6, allow, encrypted);
    return false;
}
