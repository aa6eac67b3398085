#include "notify/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

typedef struct {
    const char *address;
    bool permitted;
} Row;

/* What https may go to when nothing is allowed: the edges of every network that is not a global
 * unicast. */
static const Row by_default[] = {
    {"0.0.0.0", false},
    {"0.255.255.255", false},
    {"1.0.0.0", true},
    {"9.255.255.255", true},
    {"10.0.0.0", false},
    {"10.255.255.255", false},
    {"11.0.0.0", true},
    {"100.63.255.255", true},
    {"100.64.0.0", false},
    {"100.127.255.255", false},
    {"100.128.0.0", true},
    {"127.0.0.1", false},
    {"127.255.255.255", false},
    {"128.0.0.1", true},
    {"168.63.129.15", true},
    {"168.63.129.16", false},
    {"168.63.129.17", true},
    {"169.253.255.255", true},
    {"169.254.0.0", false},
    {"169.254.169.254", false},
    {"169.255.0.0", true},
    {"172.15.255.255", true},
    {"172.16.0.0", false},
    {"172.31.255.255", false},
    {"172.32.0.0", true},
    {"192.0.0.1", false},
    {"192.0.1.0", true},
    {"192.0.2.1", false},
    {"192.88.99.1", false},
    {"192.167.255.255", true},
    {"192.168.0.0", false},
    {"192.168.255.255", false},
    {"192.169.0.0", true},
    {"198.17.255.255", true},
    {"198.18.0.0", false},
    {"198.19.255.255", false},
    {"198.20.0.0", true},
    {"198.51.100.1", false},
    {"203.0.113.1", false},
    {"223.255.255.255", true},
    {"224.0.0.1", false},
    {"239.255.255.255", false},
    {"240.0.0.1", false},
    {"255.255.255.255", false},
    {"::", false},
    {"::1", false},
    {"::127.0.0.1", false},
    {"::8.8.8.8", false},
    {"::ffff:127.0.0.1", false},
    {"::ffff:10.0.0.1", false},
    {"::ffff:169.254.169.254", false},
    {"::ffff:8.8.8.8", true},
    {"::ffff:0:8.8.8.8", false},
    {"64:ff9b::8.8.8.8", true},
    {"64:ff9b::10.0.0.1", false},
    {"64:ff9b::169.254.169.254", false},
    {"64:ff9b:1::8.8.8.8", false},
    {"100::1", false},
    {"1fff::1", false},
    {"2001::1", false},
    {"2001:2::1", false},
    {"2001:10::1", false},
    {"2001:1ff:ffff::1", false},
    {"2001:200::1", true},
    {"2001:db7:ffff::1", true},
    {"2001:db8::1", false},
    {"2001:db9::1", true},
    {"2002:808:808::1", false},
    {"2003::1", true},
    {"2606:4700::1111", true},
    {"3ffe:ffff::1", true},
    {"3fff::1", false},
    {"3fff:fff:ffff::1", false},
    {"3fff:1000::1", true},
    {"4000::1", false},
    {"fc00::1", false},
    {"fd00:ec2::254", false},
    {"fe80::1", false},
    {"febf::1", false},
    {"fec0::1", false},
    {"ff02::1", false},
};

static GPtrArray *networks_new(const char *const *texts)
{
    GPtrArray *networks = g_ptr_array_new_with_free_func(g_object_unref);
    for (; *texts; texts++) {
        g_autoptr(GError) error = NULL;
        g_ptr_array_add(networks, g_inet_address_mask_new_from_string(*texts, &error));
        g_assert_no_error(error);
    }
    return networks;
}

static void check(const Row *row, const GPtrArray *allow, bool encrypted)
{
    if (imp_guard_permits_text(row->address, allow, encrypted) != row->permitted)
        g_error("%s should %sbe permitted (%s)", row->address, row->permitted ? "" : "not ",
                encrypted ? "https" : "http");
}

static void test_only_global_unicast_by_default(void)
{
    g_autoptr(GPtrArray) nothing = networks_new((const char *const[]){NULL});
    for (gsize i = 0; i < G_N_ELEMENTS(by_default); i++)
        check(&by_default[i], nothing, true);
}

static void test_http_only_to_what_is_allowed(void)
{
    g_autoptr(GPtrArray) nothing = networks_new((const char *const[]){NULL});
    for (gsize i = 0; i < G_N_ELEMENTS(by_default); i++)
        check(&(Row){by_default[i].address, false}, nothing, false);

    static const Row rows[] = {
        {"127.0.0.1", true},  {"127.255.255.255", true}, {"::ffff:127.0.0.1", true},
        {"128.0.0.1", false}, {"10.1.2.3", true},        {"10.1.3.3", false},
        {"fd00:1::1", true},  {"fd00:2::1", false},      {"64:ff9b::a01:203", true},
    };
    g_autoptr(GPtrArray) allow =
        networks_new((const char *const[]){"127.0.0.0/8", "10.1.2.0/24", "fd00:1::/32", NULL});
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        check(&rows[i], allow, false);
}

static void test_nothing_allows_link_local_and_metadata(void)
{
    static const char *const addresses[] = {
        "169.254.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "fe80::1",
        "febf:ffff::1",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "::ffff:0:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::169.254.169.254",
        "2002:a9fe:a9fe::1",
        "2001:0:808:808:0:0:5601:5601",
    };
    g_autoptr(GPtrArray) all =
        networks_new((const char *const[]){"0.0.0.0/0", "::/0", "169.254.169.254", NULL});
    for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
        check(&(Row){addresses[i], false}, all, true);
        check(&(Row){addresses[i], false}, all, false);
    }
    check(&(Row){"192.168.1.1", true}, all, false);
    check(&(Row){"::1", true}, all, false);
    check(&(Row){"2002:808:808::1", true}, all, false);
}

static void test_other_families_and_texts_never_pass(void)
{
    g_autoptr(GPtrArray) all = networks_new((const char *const[]){"0.0.0.0/0", "::/0", NULL});
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/run/something"};
    g_assert_false(imp_guard_permits((const struct sockaddr *)&local, all, true));
    g_assert_false(imp_guard_permits_text("", all, true));
    g_assert_false(imp_guard_permits_text("localhost", all, true));
    g_assert_false(imp_guard_permits_text("8.8.8.8:443", all, true));
    g_assert_false(imp_guard_permits_text("0x7f.1", all, true));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guard/only-global-unicast-by-default", test_only_global_unicast_by_default);
    g_test_add_func("/guard/http-only-to-what-is-allowed", test_http_only_to_what_is_allowed);
    g_test_add_func("/guard/nothing-allows-link-local-and-metadata",
                    test_nothing_allows_link_local_and_metadata);
    g_test_add_func("/guard/other-families-and-texts-never-pass",
                    test_other_families_and_texts_never_pass);
    return g_test_run();
}
