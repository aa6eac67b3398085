#include "notify/payload.h"
#include "workflow/base/limits.h"
#include "workflow/base/moment.h"

#include <string.h>

/* The message of imprimatur.json(5), THE MESSAGE, as it goes over the wire. */
static const char golden[] =
    "{\"type\":\"article.approved\",\"timestamp\":\"2026-11-23T09:14:07Z\",\"data\":{"
    "\"repository\":\"handbook\","
    "\"article\":{\"id\":\"content/oncology/stage-4.md\",\"path\":\"content/oncology/stage-4.md\","
    "\"title\":\"Adjuvant therapy in stage 4 disease\",\"version\":\"3f2a\","
    "\"url\":\"https://handbook.example.org/oncology/stage-4\"},"
    "\"state\":\"approved\",\"previous_state\":\"under_review\",\"round\":2,\"reason\":null,"
    "\"reason_text\":null,"
    "\"refusal\":null,\"problem\":null,\"count\":null,\"command\":null,"
    "\"actor\":{\"id\":\"onc1\",\"name\":\"Reviewer One\"},\"person\":null,\"verified\":true,"
    "\"review\":{\"approvals\":2,\"required\":2,\"decisions\":[{\"person\":\"onc1\",\"verdict\":"
    "\"approve\"},"
    "{\"person\":\"onc2\",\"verdict\":\"approve\"}],\"requested\":[\"onc1\",\"onc2\"],"
    "\"respond_by\":null,\"review_by\":null,\"valid_until\":\"2027-11-23T09:14:07Z\"},"
    "\"changes\":null,\"changes_more\":null,"
    "\"source\":\"77ab\",\"decision\":\"0f3c\",\"ledger\":\"9f1c\"}}";

static const char bare[] =
    "{\"type\":\"policy.changed\",\"timestamp\":\"2026-11-23T09:14:07Z\",\"data\":{\"repository\":"
    "\"handbook\","
    "\"article\":null,\"state\":null,\"previous_state\":null,\"round\":null,\"reason\":null,"
    "\"reason_text\":null,"
    "\"refusal\":null,\"problem\":null,\"count\":null,\"command\":null,\"actor\":null,\"person\":"
    "null,"
    "\"verified\":false,\"review\":null,\"changes\":null,\"changes_more\":null,"
    "\"source\":null,\"decision\":null,\"ledger\":null}}";

static void add_decision(ImpReview *review, const char *person, ImpDecisionKind verdict)
{
    ImpEventDecision decision = {g_strdup(person), verdict};
    g_array_append_val(review->decisions, decision);
}

static ImpEvent *event_new(const char *type)
{
    ImpEvent *event = imp_event_new();
    event->type = g_strdup(type);
    g_assert_true(imp_moment_parse("2026-11-23T09:14:07Z", &event->at_us));
    event->repository = g_strdup("handbook");
    return event;
}

static ImpEvent *approval_new(void)
{
    ImpEvent *event = event_new("article.approved");
    event->path = g_strdup("content/oncology/stage-4.md");
    event->title = g_strdup("Adjuvant therapy in stage 4 disease");
    event->version = g_strdup("3f2a");
    event->url = g_strdup("https://handbook.example.org/oncology/stage-4");
    event->has_state = true;
    event->state = IMP_STATE_APPROVED;
    event->previous_state = IMP_STATE_UNDER_REVIEW;
    event->round = 2;
    event->actor_id = g_strdup("onc1");
    event->actor_name = g_strdup("Reviewer One");
    event->verified = true;
    event->review = imp_review_new();
    event->review->approvals = event->review->required = 2;
    add_decision(event->review, "onc1", IMP_DECISION_APPROVE);
    add_decision(event->review, "onc2", IMP_DECISION_APPROVE);
    g_strfreev(event->review->requested);
    event->review->requested = g_strsplit("onc1 onc2", " ", -1);
    g_assert_true(imp_moment_parse("2027-11-23T09:14:07Z", &event->review->valid_until_us));
    event->source = g_strdup("77ab");
    event->decision = g_strdup("0f3c");
    event->ledger = g_strdup("9f1c");
    return event;
}

static char *render(const ImpEvent *event)
{
    g_autoptr(GBytes) body = imp_payload_render(event);
    gsize length;
    const char *text = g_bytes_get_data(body, &length);
    g_assert_cmpuint(length, <=, IMP_BODY_MAX_BYTES);
    return g_strndup(text, length);
}

static json_t *parse(const char *body)
{
    json_error_t error;
    json_t *parsed = json_loads(body, JSON_REJECT_DUPLICATES, &error);
    if (!parsed)
        g_error("%s in %s", error.text, body);
    return parsed;
}

static const char *text_at(json_t *body, const char *object, const char *key)
{
    json_t *data = json_object_get(body, "data");
    return json_string_value(json_object_get(object ? json_object_get(data, object) : data, key));
}

static void test_the_message_of_the_manual(void)
{
    g_autoptr(ImpEvent) event = approval_new();
    g_autofree char *body = render(event);
    g_assert_cmpstr(body, ==, golden);
    g_autofree char *again = render(event);
    g_assert_cmpstr(again, ==, golden);
}

static void test_all_keys_always(void)
{
    g_autoptr(ImpEvent) event = event_new("policy.changed");
    g_autofree char *body = render(event);
    g_assert_cmpstr(body, ==, bare);
}

static void test_words_and_numbers(void)
{
    g_autoptr(ImpEvent) event = event_new("decision.refused");
    event->path = g_strdup("content/a.md");
    event->reason = IMP_REASON_CHANGES_REQUESTED;
    event->refusal = IMP_REFUSAL_STALE;
    event->problem = IMP_PROBLEM_PATH_COLLISION;
    event->reason_text = g_strdup("says \"no\"\n");
    event->count = 0;
    event->person_id = g_strdup("onc2");
    event->review = imp_review_new();
    add_decision(event->review, "onc1", IMP_DECISION_REQUEST_CHANGES);
    g_autofree char *text = render(event);
    g_autoptr(json_t) body = parse(text);
    g_assert_cmpstr(text_at(body, NULL, "reason"), ==, "changes-requested");
    g_assert_cmpstr(text_at(body, NULL, "refusal"), ==, "stale");
    g_assert_cmpstr(text_at(body, NULL, "problem"), ==, "path-collision");
    g_assert_cmpstr(text_at(body, NULL, "reason_text"), ==, "says \"no\"\n");
    g_assert_cmpstr(text_at(body, "article", "title"), ==, "content/a.md");
    g_assert_cmpstr(text_at(body, "person", "name"), ==, "onc2");
    g_assert_null(text_at(body, NULL, "state"));
    g_assert_nonnull(strstr(text, "\"count\":0,"));
    g_assert_nonnull(strstr(text, "{\"person\":\"onc1\",\"verdict\":\"request-changes\"}"));
}

static void test_text_from_anywhere_stays_json(void)
{
    g_autoptr(ImpEvent) event = event_new("article.submitted");
    event->path = g_strdup("content/caf\xe9 \"1\".md");
    event->title = g_strdup("\", \"state\": \"approved\xff\x01\xe2\x80\xae");
    g_autofree char *text = render(event);
    g_autoptr(json_t) body = parse(text);
    g_assert_cmpstr(text_at(body, "article", "path"), ==, "\"content/caf\\351 \\\"1\\\".md\"");
    g_assert_cmpstr(text_at(body, "article", "id"), ==, text_at(body, "article", "path"));
    g_assert_cmpstr(text_at(body, "article", "title"), ==,
                    "\", \"state\": \"approved\xef\xbf\xbd\x01\xe2\x80\xae");
    g_assert_null(text_at(body, NULL, "state"));
}

static char *repeat(const char *text, gsize times)
{
    GString *all = g_string_new(NULL);
    for (gsize i = 0; i < times; i++)
        g_string_append(all, text);
    return g_string_free(all, false);
}

static void test_a_long_reason_is_cut_first(void)
{
    g_autoptr(ImpEvent) event = approval_new();
    event->reason_text = repeat("ü", IMP_BODY_MAX_BYTES);
    g_autofree char *text = render(event);
    g_autoptr(json_t) body = parse(text);
    g_assert_cmpuint(strlen(text), >, IMP_BODY_MAX_BYTES - 4);
    g_assert_true(g_str_has_suffix(text_at(body, NULL, "reason_text"), "ü… [cut]"));
    g_assert_cmpstr(text_at(body, "article", "title"), ==, event->title);
    g_assert_cmpuint(json_array_size(json_object_get(
                         json_object_get(json_object_get(body, "data"), "review"), "decisions")),
                     ==, 2);
}

static void test_escapes_count_when_cutting(void)
{
    g_autoptr(ImpEvent) event = approval_new();
    event->reason_text = repeat("\x01\"\n", 8000);
    g_autofree char *text = render(event);
    g_autoptr(json_t) body = parse(text);
    g_assert_cmpuint(strlen(text), >, IMP_BODY_MAX_BYTES - 8);
    g_assert_true(g_str_has_suffix(text_at(body, NULL, "reason_text"), "… [cut]"));
}

static void test_everything_long_still_fits(void)
{
    g_autoptr(ImpEvent) event = approval_new();
    g_free(event->path);
    event->path = repeat("\x02", 4096);
    g_free(event->title);
    event->title = repeat("t", 30000);
    g_free(event->url);
    event->url = repeat("%02", 4096);
    g_free(event->actor_name);
    event->actor_name = repeat("n", 30000);
    event->person_id = g_strdup("onc3");
    event->person_name = repeat("n", 30000);
    event->command = repeat("c", 30000);
    event->reason_text = repeat("r", 30000);
    for (guint i = 0; i < 5000; i++)
        add_decision(event->review, "somebody-with-a-name-as-long-as-names-can-be",
                     IMP_DECISION_APPROVE);
    g_strfreev(event->review->requested);
    g_autofree char *names = repeat("somebody-with-a-name-as-long-as-names-can-be ", 5000);
    event->review->requested = g_strsplit(g_strchomp(names), " ", -1);

    g_autofree char *text = render(event);
    g_autoptr(json_t) body = parse(text);
    g_assert_cmpstr(text_at(body, NULL, "reason_text"), ==, "… [cut]");
    g_assert_true(g_str_has_suffix(text_at(body, "article", "path"), "… [cut]"));
    g_assert_null(text_at(body, "article", "url"));
    g_assert_cmpstr(text_at(body, NULL, "ledger"), ==, "9f1c");
}

static void test_the_id_of_a_fact(void)
{
    /* As sha256sum sees the parts with a NUL between them. */
    g_autofree char *bare_id =
        imp_event_fact_id("handbook", "ledger.diverged", (const char *const[]){NULL});
    g_assert_cmpstr(bare_id, ==,
                    "evt_476817f7582bbe05328aab7dd2add604acb5d6fa29ed3031952c98e4da406573");
    g_autofree char *id =
        imp_event_fact_id("handbook", "policy.rejected", (const char *const[]){"77ab", "3", NULL});
    g_assert_cmpstr(id, ==, "evt_35f816e55a797585fcb9ba92aea9cafd23a2dacc76b64629ed3c7d566711936c");
    g_autofree char *shifted =
        imp_event_fact_id("handbook", "policy.rejected", (const char *const[]){"77a", "b3", NULL});
    g_assert_cmpstr(shifted, !=, id);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/payload/the-message-of-the-manual", test_the_message_of_the_manual);
    g_test_add_func("/payload/all-keys-always", test_all_keys_always);
    g_test_add_func("/payload/words-and-numbers", test_words_and_numbers);
    g_test_add_func("/payload/text-from-anywhere-stays-json", test_text_from_anywhere_stays_json);
    g_test_add_func("/payload/a-long-reason-is-cut-first", test_a_long_reason_is_cut_first);
    g_test_add_func("/payload/escapes-count-when-cutting", test_escapes_count_when_cutting);
    g_test_add_func("/payload/everything-long-still-fits", test_everything_long_still_fits);
    g_test_add_func("/payload/the-id-of-a-fact", test_the_id_of_a_fact);
    return g_test_run();
}
