#include "notify/answer_judge.h"
#include "notify/format/format.h"
#include "notify/redact.h"

#include <string.h>

#define NOW_US (1795422847 * IMP_SECOND_US)

/* What services answer, and what it means: failure, status, milliseconds of quiet. */
static void test_what_answers_mean(void)
{
    static const struct {
        ImpFormat format;
        struct {
            guint status;
            const char *retry_after, *remaining, *reset_after, *body;
        } answer;
        bool taken;
        guint status;
        gint64 quiet_ms;
    } answers[] = {
        {IMP_FORMAT_STANDARD, {200, NULL, NULL, NULL, "no"}, true, 200, 0},
        {IMP_FORMAT_STANDARD, {429, "120", NULL, NULL, ""}, false, 429, 120000},
        {IMP_FORMAT_STANDARD, {500, "120", NULL, NULL, ""}, false, 500, 0},
        {IMP_FORMAT_SLACK, {200, NULL, NULL, NULL, "ok"}, true, 200, 0},
        {IMP_FORMAT_SLACK, {200, NULL, NULL, NULL, "ok\n"}, true, 200, 0},
        {IMP_FORMAT_SLACK, {200, NULL, NULL, NULL, ""}, true, 200, 0},
        {IMP_FORMAT_SLACK, {200, NULL, NULL, NULL, "{\"success\":true}"}, true, 200, 0},
        {IMP_FORMAT_SLACK, {200, NULL, NULL, NULL, "invalid_token"}, false, 200, 0},
        {IMP_FORMAT_SLACK, {200, NULL, NULL, NULL, "<html>Log in</html>"}, false, 200, 0},
        {IMP_FORMAT_SLACK,
         {200, NULL, NULL, NULL, "{\"ok\":false,\"error\":\"no_text\"}"},
         false,
         200,
         0},
        {IMP_FORMAT_SLACK,
         {200, NULL, NULL, NULL, "{\"id\":\"a\",\"message\":\"b\",\"status_code\":400}"},
         false,
         400,
         0},
        {IMP_FORMAT_SLACK, {429, "30", NULL, NULL, "rate_limited"}, false, 429, 30000},
        {IMP_FORMAT_TEAMS, {202, NULL, NULL, NULL, ""}, true, 202, 0},
        {IMP_FORMAT_TEAMS, {200, NULL, NULL, NULL, "1"}, true, 200, 0},
        {IMP_FORMAT_TEAMS,
         {200, NULL, NULL, NULL,
          "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP "
          "error 413 with ContextId "
          "tcid=0"},
         false,
         413,
         0},
        {IMP_FORMAT_DISCORD, {204, NULL, "4", "1.5", ""}, true, 204, 0},
        {IMP_FORMAT_DISCORD, {204, NULL, "0", "1.5", ""}, true, 204, 1500},
        {IMP_FORMAT_DISCORD,
         {429, "1", "0", "0.25", "{\"retry_after\":64.57,\"global\":true}"},
         false,
         429,
         64570},
        {IMP_FORMAT_DISCORD, {429, "0.65", NULL, NULL, "no JSON"}, false, 429, 650},
        {IMP_FORMAT_DISCORD, {204, NULL, "0", "never", ""}, true, 204, 0},
        {IMP_FORMAT_DISCORD, {204, NULL, "0", "nan", ""}, true, 204, 0},
        {IMP_FORMAT_DISCORD, {204, NULL, "0", "-1", ""}, true, 204, 0},
        {IMP_FORMAT_DISCORD, {429, NULL, "0", "1e300", ""}, false, 429, 86400000},
        {IMP_FORMAT_GOOGLE_CHAT,
         {200, NULL, NULL, NULL, "{\"name\":\"spaces/A/messages/B\"}"},
         true,
         200,
         0},
        {IMP_FORMAT_GOOGLE_CHAT,
         {200, NULL, NULL, NULL, "{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}"},
         false,
         429,
         0},
        {IMP_FORMAT_MATRIX, {200, NULL, NULL, NULL, "{\"event_id\":\"$a\"}"}, true, 200, 0},
        {IMP_FORMAT_MATRIX,
         {429, NULL, NULL, NULL, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":2500}"},
         false,
         429,
         2500},
        {IMP_FORMAT_MATRIX,
         {200, NULL, NULL, NULL, "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":2500}"},
         false,
         429,
         2500},
        {IMP_FORMAT_MATRIX,
         {200, NULL, NULL, NULL, "{\"errcode\":\"M_FORBIDDEN\"}"},
         false,
         200,
         0},
        {IMP_FORMAT_NTFY,
         {200, NULL, NULL, NULL, "{\"id\":\"a\",\"event\":\"message\"}"},
         true,
         200,
         0},
        {IMP_FORMAT_NTFY,
         {200, NULL, NULL, NULL, "{\"code\":42901,\"http\":429,\"error\":\"limit reached\"}"},
         false,
         429,
         0},
        {IMP_FORMAT_NTFY, {507, NULL, NULL, NULL, ""}, false, 507, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        ImpOutcome outcome = {0};
        const ImpAnswer answer = {.status = answers[i].answer.status,
                                  .retry_after = answers[i].answer.retry_after,
                                  .remaining = answers[i].answer.remaining,
                                  .reset_after = answers[i].answer.reset_after,
                                  .body = answers[i].answer.body};
        imp_answer_judge(answers[i].format, &answer, NOW_US, &outcome);
        g_test_message("%s: %u %s", imp_format_word(answers[i].format), answers[i].answer.status,
                       answers[i].answer.body);
        g_assert_cmpint(outcome.failure, ==,
                        answers[i].taken ? IMP_FAILURE_NONE : IMP_FAILURE_HTTP);
        g_assert_cmpuint(outcome.status, ==, answers[i].status);
        gint64 quiet_us = outcome.held_until_us ? outcome.held_until_us - NOW_US : 0;
        g_assert_cmpint(quiet_us / 1000, ==, answers[i].quiet_ms);
    }
}

static void test_tokens_leave_the_url(void)
{
    static const char *const urls[][3] = {
        {"https://tk_a@ntfy.example/t?a=b@c", "https://ntfy.example/t?a=b@c", "tk_a"},
        {"https://syt%5Fa@h:8448/r", "https://h:8448/r", "syt_a"},
        {"https://h/@a", "https://h/@a", NULL},
        {"https://h?@a", "https://h?@a", NULL},
        {"https://%zz@h/", "https://h/", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autofree char *token = NULL;
        g_autofree char *url = imp_endpoint_split_url(urls[i][0], &token);
        g_assert_cmpstr(url, ==, urls[i][1]);
        g_assert_cmpstr(token, ==, urls[i][2]);
    }
}

/* The address has a path and a query that are secrets, a token, and a key to sign with. */
static void test_what_is_secret_is_cut_out(void)
{
    static const char *const texts[][2] = {
        {"ok", "\"ok\""},
        {"no service", "\"no service\""},
        {"Unknown Webhook", "\"Unknown Webhook\""},
        {"Cannot POST /webhooks/T00/bQ7-x%21yZ", "\"Cannot POST [...]\""},
        {"Cannot POST /webhooks/T00/bQ7-x!yZ?key=Zm9v", "\"Cannot POST [...]\""},
        {"no route for \\/webhooks\\/T00\\/bQ7-x!yZ9",
         "\"no route for \\\\[...]\\\\/T00\\\\[...]9\""},
        {"CANNOT POST /WEBHOOKS/T00/BQ7-X!YZ", "\"CANNOT POST [...]\""},
        {"token syt_s3cret!value is revoked", "\"token [...] is revoked\""},
        {"key Zm9v, signed with YSBrZXkgdGhhdCBpcyBub2JvZHkgZWxzZSdz",
         "\"key [...], signed with [...]\""},
        {"", NULL},
    };
    g_autoptr(ImpEndpoint) endpoint = imp_endpoint_new();
    endpoint->url =
        g_strdup("https://syt_s3cret%21value@chat.example/webhooks/T00/bQ7-x%21yZ?key=Zm9v");
    static const char key[] = "a key that is nobody else's";
    g_ptr_array_add(endpoint->secrets, g_bytes_new_static(key, strlen(key)));
    g_auto(GStrv) secrets = imp_redact_secrets(endpoint, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        const ImpAnswer answer = {404, NULL, NULL, NULL, texts[i][0], NULL, NULL};
        g_autofree char *shown = imp_answer_text(&answer, (const char *const *)secrets);
        g_assert_cmpstr(shown, ==, texts[i][1]);
    }
}

/* However long the text before it, a secret is not shown in part. */
static void test_no_secret_is_cut_in_two(void)
{
    g_autoptr(ImpEndpoint) endpoint = imp_endpoint_new();
    endpoint->url = g_strdup("https://chat.example/0123456789abcdefghijklmnopqrstuvwxyz");
    g_auto(GStrv) secrets = imp_redact_secrets(endpoint, NULL);
    for (guint blanks = 0; blanks < 300; blanks++) {
        g_autofree char *before = g_strnfill(blanks, ' ');
        g_autofree char *text = g_strconcat(endpoint->url, before, endpoint->url, NULL);
        const ImpAnswer answer = {404, NULL, NULL, NULL, text, NULL, NULL};
        g_autofree char *shown = imp_answer_text(&answer, (const char *const *)secrets);
        g_assert_null(strstr(shown, "012"));
        g_assert_null(strstr(shown, "xyz"));
    }
}

static void test_a_redirect_names_its_target(void)
{
    g_autoptr(ImpEndpoint) endpoint = imp_endpoint_new();
    endpoint->url = g_strdup("https://chat.example/services/0123456789");
    g_auto(GStrv) secrets = imp_redact_secrets(endpoint, NULL);
    const ImpAnswer answer = {
        308, NULL, NULL, NULL, "moved", "https://new.example/services/0123456789", NULL};
    g_autofree char *shown = imp_answer_text(&answer, (const char *const *)secrets);
    g_assert_cmpstr(shown, ==, "\"redirects to https://new.example[...]\"");
    const ImpAnswer no_redirect = {201, NULL, NULL, NULL, "made", "https://new.example/1", NULL};
    g_autofree char *made = imp_answer_text(&no_redirect, (const char *const *)secrets);
    g_assert_cmpstr(made, ==, "\"made\"");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/answer/what-answers-mean", test_what_answers_mean);
    g_test_add_func("/answer/tokens-leave-the-url", test_tokens_leave_the_url);
    g_test_add_func("/answer/what-is-secret-is-cut-out", test_what_is_secret_is_cut_out);
    g_test_add_func("/answer/no-secret-is-cut-in-two", test_no_secret_is_cut_in_two);
    g_test_add_func("/answer/a-redirect-names-its-target", test_a_redirect_names_its_target);
    return g_test_run();
}
