#include "notify/request.h"

#include <string.h>

static ImpRequest *request_new(ImpFormat format, const char *url, const char *stored)
{
    g_autoptr(ImpHmac) hmac = imp_hmac_new();
    g_autoptr(ImpEndpoint) endpoint = imp_endpoint_new();
    g_autoptr(GBytes) body = g_bytes_new(stored, strlen(stored));
    endpoint->format = format;
    endpoint->url = g_strdup(url);
    return imp_request_new(hmac, endpoint, "evt_1", 1614265330, body, NULL);
}

static void assert_body(const ImpRequest *request, const char *expected)
{
    g_assert_cmpmem(g_bytes_get_data(request->body, NULL), g_bytes_get_size(request->body),
                    expected, strlen(expected));
}

static bool has_header(const ImpRequest *request, const char *line)
{
    return g_strv_contains((const char *const *)request->headers, line);
}

static void test_a_program_gets_the_body_as_it_is(void)
{
    g_autoptr(ImpRequest) request =
        request_new(IMP_FORMAT_STANDARD, "https://host.example/hook", "{\"message\":\"a\"}");
    assert_body(request, "{\"message\":\"a\"}");
    g_assert_cmpstr(request->url, ==, "https://host.example/hook");
    g_assert_true(has_header(request, "content-type: application/json"));
    g_assert_true(has_header(request, "accept-encoding: identity"));
    g_assert_true(has_header(request, "webhook-id: evt_1"));
    g_assert_true(has_header(request, "webhook-timestamp: 1614265330"));
}

/* What ntfy takes as headers; a title beyond ASCII in words of RFC 2047. */
static void test_ntfy_gets_title_click_and_priority(void)
{
    g_autoptr(ImpRequest) request =
        request_new(IMP_FORMAT_NTFY, "https://tk_a@ntfy.example/board",
                    "{\"message\":\"Stage 4 – due\",\"title\":\"Review overdue for M\u00fcller\","
                    "\"click\":\"https://handbook.example/a\",\"priority\":\"4\"}");
    assert_body(request, "Stage 4 – due");
    g_assert_cmpstr(request->url, ==, "https://ntfy.example/board");
    g_assert_true(has_header(request, "title: =?UTF-8?B?UmV2aWV3IG92ZXJkdWUgZm9yIE3DvGxsZXI=?="));
    g_assert_true(has_header(request, "click: https://handbook.example/a"));
    g_assert_true(has_header(request, "priority: 4"));
    g_assert_true(has_header(request, "authorization: Bearer tk_a"));
    g_autoptr(ImpRequest) old =
        request_new(IMP_FORMAT_NTFY, "https://ntfy.example/board", "Stored by an earlier version");
    assert_body(old, "Stored by an earlier version");
}

static void test_a_room_is_told_in_a_transaction(void)
{
    g_autoptr(ImpRequest) request =
        request_new(IMP_FORMAT_MATRIX, "https://t@host/send/m.room.message?a=b", "{}");
    g_assert_cmpstr(request->url, ==, "https://host/send/m.room.message/evt_1?a=b");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/request/a-program-gets-the-body-as-it-is",
                    test_a_program_gets_the_body_as_it_is);
    g_test_add_func("/request/ntfy-gets-title-click-and-priority",
                    test_ntfy_gets_title_click_and_priority);
    g_test_add_func("/request/a-room-is-told-in-a-transaction",
                    test_a_room_is_told_in_a_transaction);
    return g_test_run();
}
