#include "notify/format/format.h"
#include "notify/format/markup.h"
#include "workflow/base/limits.h"
#include "workflow/base/moment.h"

#include <string.h>

/* What people read in their channels, word for word: golden/chat/. With GOLDEN=write the files are
 * written again, to be read before they are believed. */

#define GOLDEN "tests/unit/golden/chat"

static ImpEvent *event_new(const char *type)
{
    ImpEvent *event = imp_event_new();
    event->id = g_strdup("evt_9f1c");
    event->type = g_strdup(type);
    g_assert_true(imp_moment_parse("2026-11-23T09:14:07Z", &event->at_us));
    event->repository = g_strdup("handbook");
    event->verified = true;
    return event;
}

static void decide(ImpReview *review, const char *person, ImpDecisionKind verdict)
{
    ImpEventDecision decision = {g_strdup(person), verdict};
    g_array_append_val(review->decisions, decision);
}

static ImpEvent *article_event_new(const char *type, ImpState state)
{
    ImpEvent *event = event_new(type);
    event->path = g_strdup("content/oncology/stage-4.md");
    event->title = g_strdup("Adjuvant therapy in stage 4 disease");
    event->url = g_strdup("https://handbook.example.org/oncology/stage-4?a=1&b=2");
    event->has_state = true;
    event->state = state;
    event->round = 2;
    event->review = imp_review_new();
    event->review->required = 2;
    g_strfreev(event->review->requested);
    event->review->requested = g_strsplit("onc1 onc2", " ", -1);
    return event;
}

static ImpEvent *approved_new(void)
{
    ImpEvent *event = article_event_new("article.approved", IMP_STATE_APPROVED);
    event->actor_id = g_strdup("onc2");
    event->actor_name = g_strdup("Oncologist Two");
    event->review->approvals = 2;
    g_assert_true(imp_moment_parse("2027-11-23T09:14:07Z", &event->review->valid_until_us));
    return event;
}

static ImpEvent *requested_new(void)
{
    ImpEvent *event = article_event_new("review.requested", IMP_STATE_SUBMITTED);
    event->reason = IMP_REASON_REVISED;
    event->person_id = g_strdup("onc1");
    event->person_name = g_strdup("Oncologist One");
    event->command = g_strdup(
        "git commit --allow-empty -S -m Reviewed --trailer 'Review: approve' --trailer "
        "'Article: content/oncology/stage-4.md@3f2a' --trailer 'Competing-Interests: none'");
    g_assert_true(imp_moment_parse("2026-11-26T09:14:07Z", &event->review->respond_by_us));
    g_assert_true(imp_moment_parse("2026-12-07T09:14:07Z", &event->review->review_by_us));
    return event;
}

static ImpEvent *objection_new(void)
{
    ImpEvent *event = article_event_new("review.changes_requested", IMP_STATE_SUBMITTED);
    event->reason = IMP_REASON_CHANGES_REQUESTED;
    event->actor_id = g_strdup("onc1");
    event->actor_name = g_strdup("Oncologist One");
    event->reason_text = g_strdup("Page 3 is wrong:\nthe dose is 5 mg, not 50.");
    decide(event->review, "onc1", IMP_DECISION_REQUEST_CHANGES);
    return event;
}

static ImpEvent *claimed_new(void)
{
    ImpEvent *event = article_event_new("article.under_review", IMP_STATE_UNDER_REVIEW);
    event->actor_id = g_strdup("onc3");
    event->actor_name = g_strdup("Oncologist Three");
    event->review->approvals = 1;
    decide(event->review, "onc2", IMP_DECISION_APPROVE);
    decide(event->review, "onc3", IMP_DECISION_CLAIM);
    return event;
}

static ImpEvent *refused_new(void)
{
    ImpEvent *event = article_event_new("decision.refused", IMP_STATE_SUBMITTED);
    event->person_id = g_strdup("onc1");
    event->person_name = g_strdup("Oncologist One");
    event->reason_text = g_strdup("It names a text that is no longer the article's.");
    return event;
}

static ImpEvent *adopted_new(void)
{
    ImpEvent *event = event_new("repository.adopted");
    event->count = 5000;
    event->verified = false;
    return event;
}

static ImpEvent *overdue_new(void)
{
    ImpEvent *event = article_event_new("review.overdue", IMP_STATE_UNDER_REVIEW);
    event->person_id = g_strdup("onc1");
    event->person_name = g_strdup("Oncologist One");
    g_assert_true(imp_moment_parse("2026-11-20T09:14:07Z", &event->review->review_by_us));
    return event;
}

#define EVIL                                                                                       \
    "@channel @everyone @here @room <!channel> <!here> <@U123> <@&1> <users/all> <at>x</at> "      \
    "\xe2\x80\xae"                                                                                 \
    "evil"                                                                                         \
    "\xe2\x80\xac\n# [click](https://evil.example) <https://evil.example|click> *b* _i_ ~s~ `c` "  \
    "```d``` ||e|| "                                                                               \
    "<b onclick=\"x\">'&amp;' {{DATE(x)}} ${x} snake_case"

/* Everything that others can write tries everything. */
static ImpEvent *evil_new(void)
{
    ImpEvent *event = article_event_new("review.changes_requested", IMP_STATE_SUBMITTED);
    g_free(event->title);
    event->title = g_strdup(EVIL);
    event->actor_name = g_strdup("@room <!here> *One* [x](https://evil.example)");
    event->actor_id = g_strdup("onc1");
    event->reason_text = g_strdup("```\n@everyone\n```\n" EVIL);
    g_free(event->url);
    event->url = g_strdup("https://handbook.example.org/a>|<b>(\"'`)[x]");
    return event;
}

static const struct {
    const char *name;
    ImpEvent *(*make)(void);
} stories[] = {
    {"requested", requested_new},  {"approved", approved_new}, {"changes-requested", objection_new},
    {"under-review", claimed_new}, {"refused", refused_new},   {"adopted", adopted_new},
    {"overdue", overdue_new},      {"evil", evil_new},
};

static char *text_of(GBytes *body)
{
    return g_strndup(g_bytes_get_data(body, NULL), g_bytes_get_size(body));
}

static void look(const char *name, const char *text)
{
    g_autofree char *file = g_strdup_printf(GOLDEN "/%s", name), *expected = NULL;
    g_autofree char *line = g_strconcat(text, "\n", NULL);
    if (g_strcmp0(g_getenv("GOLDEN"), "write") == 0)
        g_assert_true(g_file_set_contents(file, line, -1, NULL));
    g_assert_true(g_file_get_contents(file, &expected, NULL, NULL));
    g_assert_cmpstr(line, ==, expected);
}

static void add_count(GArray *counts, const char *type, guint count)
{
    ImpChatCount one = {type, count};
    g_array_append_val(counts, one);
}

static void line_free(gpointer line)
{
    imp_chat_line_free(line);
}

/* The first ten of many. */
static ImpChat *digest_new(ImpEvent *(*make)(void))
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(line_free);
    g_autoptr(GArray) counts = g_array_new(false, false, sizeof(ImpChatCount));
    for (guint i = 0; i < IMP_CHAT_LISTED; i++) {
        g_autoptr(ImpEvent) event = make ? make() : stories[i % 7].make();
        g_autoptr(ImpChatLine) line = imp_chat_line_new(event);
        g_autofree char *stored = imp_chat_line_store(line);
        g_ptr_array_add(lines, imp_chat_line_load(stored));
    }
    add_count(counts, "review.requested", 240);
    add_count(counts, "article.submitted", 5000);
    return imp_chat_new_digest("handbook", lines, counts);
}

static void test_every_format_word_for_word(gconstpointer data)
{
    ImpFormat format = GPOINTER_TO_UINT(data);
    for (guint i = 0; i < G_N_ELEMENTS(stories); i++) {
        g_autoptr(ImpEvent) event = stories[i].make();
        g_autoptr(GBytes) body = imp_format_render(format, event);
        g_autofree char *text = text_of(body);
        g_autofree char *name =
            g_strdup_printf("%s-%s.txt", imp_format_word(format), stories[i].name);
        look(name, text);
    }
    g_autoptr(ImpChat) digest = digest_new(NULL);
    g_autoptr(GBytes) body = imp_format_render_chat(format, digest);
    g_autofree char *text = text_of(body);
    g_autofree char *name = g_strdup_printf("%s-digest.txt", imp_format_word(format));
    look(name, text);
}

static gsize measure(ImpFormat format, const char *body)
{
    g_autoptr(json_t) object = json_loads(body, 0, NULL);
    if (format == IMP_FORMAT_NTFY)
        return strlen(json_string_value(json_object_get(object, "message")));
    const char *text = json_string_value(
        json_object_get(object, format == IMP_FORMAT_DISCORD ? "content" : "text"));
    if (format == IMP_FORMAT_DISCORD) {
        glong units = 0;
        g_free(g_utf8_to_utf16(text, -1, NULL, &units, NULL));
        return (gsize)units;
    }
    return text ? (gsize)g_utf8_strlen(text, -1) : strlen(body);
}

static char *repeat(const char *text, gsize times)
{
    GString *all = g_string_new(NULL);
    for (gsize i = 0; i < times; i++)
        g_string_append(all, text);
    return g_string_free(all, false);
}

/* All that can be long is, in the characters that take the most room. */
static ImpEvent *huge_new(const char *character)
{
    ImpEvent *event = requested_new();
    g_free(event->type);
    event->type = g_strdup("review.changes_requested");
    g_free(event->title);
    event->title = repeat(character, 5000);
    event->actor_id = repeat(character, 5000);
    event->reason_text = repeat(character, 50000);
    g_free(event->repository);
    event->repository = repeat(character, 5000);
    g_free(event->url);
    g_autofree char *path = repeat("%26", 4000);
    event->url = g_strconcat("https://host.example/", path, NULL);
    g_free(event->command);
    event->command = repeat("c", 30000);
    g_strfreev(event->review->requested);
    event->review->requested = g_new0(char *, 2001);
    for (guint i = 0; i < 2000; i++)
        event->review->requested[i] = repeat(character, 64);
    return event;
}

static ImpEvent *huge_signs_new(void)
{
    return huge_new("<");
}

static ImpEvent *huge_letters_new(void)
{
    return huge_new("\xf0\x9f\xa6\x8a");
}

static ImpEvent *huge_mentions_new(void)
{
    return huge_new("@");
}

static void test_the_longest_fits(void)
{
    ImpEvent *(*const makers[])(void) = {huge_signs_new, huge_letters_new, huge_mentions_new};
    for (guint i = 0; i < G_N_ELEMENTS(makers); i++) {
        for (ImpFormat format = IMP_FORMAT_SLACK; format < IMP_N_MESSAGE_FORMATS; format++) {
            g_autoptr(ImpEvent) event = makers[i]();
            g_autoptr(GBytes) single = imp_format_render(format, event);
            g_autoptr(ImpChat) chat = digest_new(makers[i]);
            g_autoptr(GBytes) digest = imp_format_render_chat(format, chat);
            g_autofree char *one = text_of(single), *many = text_of(digest);
            g_assert_cmpuint(measure(format, one), <=, imp_format_traits(format)->limit);
            g_assert_cmpuint(measure(format, many), <=, imp_format_traits(format)->limit);
            g_assert_cmpuint(strlen(many), <=, IMP_BODY_MAX_BYTES);
            g_assert_true(g_utf8_validate(one, -1, NULL) && g_utf8_validate(many, -1, NULL));
            g_assert_nonnull(strstr(one, "…"));
        }
    }
}

/* Whether it is there without a "\" before it, which takes its meaning away. */
static bool has(const char *text, const char *forbidden)
{
    for (const char *at = strstr(text, forbidden); at; at = strstr(at + 1, forbidden)) {
        if (at == text || at[-1] != '\\')
            return true;
    }
    return false;
}

static void assert_has_not(ImpFormat format, const char *forbidden)
{
    g_autoptr(ImpEvent) event = evil_new();
    g_autoptr(ImpChat) chat = digest_new(evil_new);
    g_autoptr(GBytes) single = imp_format_render(format, event);
    g_autoptr(GBytes) digest = imp_format_render_chat(format, chat);
    g_autofree char *one = text_of(single), *many = text_of(digest);
    if (has(one, forbidden) || has(many, forbidden))
        g_error("%s: %s is in %s or %s", imp_format_word(format), forbidden, one, many);
}

/* What would be read as a mention or a link, or hides something, is in no format; and what is
 * markup in one of them is not in that. */
static void test_nobody_is_mentioned(void)
{
    static const char *const everywhere[] = {"@channel",    "@everyone",      "@here",
                                             "@room",       "](https://evil", "https://evil",
                                             "\xe2\x80\xae"};
    static const struct {
        ImpFormat format;
        const char *markup;
    } markups[] = {
        {IMP_FORMAT_SLACK, "<!channel"},
        {IMP_FORMAT_SLACK, "<@"},
        {IMP_FORMAT_SLACK, "`"},
        {IMP_FORMAT_SLACK, "]("},
        {IMP_FORMAT_DISCORD, "<@"},
        {IMP_FORMAT_DISCORD, "`"},
        {IMP_FORMAT_DISCORD, "||e"},
        {IMP_FORMAT_DISCORD, "[click"},
        {IMP_FORMAT_GOOGLE_CHAT, "<users"},
        {IMP_FORMAT_GOOGLE_CHAT, "`"},
        {IMP_FORMAT_TEAMS, "{{"},
    };
    for (ImpFormat format = IMP_FORMAT_SLACK; format < IMP_N_MESSAGE_FORMATS; format++) {
        for (guint i = 0; i < G_N_ELEMENTS(everywhere); i++)
            assert_has_not(format, everywhere[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(markups); i++)
        assert_has_not(markups[i].format, markups[i].markup);
}

/* Names of hosts and files, schemes, shortcodes and dangling brackets, as titles have them. */
static ImpEvent *names_new(void)
{
    ImpEvent *event = article_event_new("article.submitted", IMP_STATE_SUBMITTED);
    g_free(event->title);
    event->title = g_strdup("Asthma | Information] [x\\ see www.evil.com evil.\u200bcom README.md "
                            "mailto:x@evil.com localhost/x tel:123 :white_check_mark: "
                            "1:100:1000 1.5 mg");
    return event;
}

static void test_titles_are_no_links_and_no_pictures(void)
{
    static const char *const forbidden[] = {"localhost", "www.evil", "evil.com", "README.md",
                                            "mailto:x",  "tel:1",    ":white_",  ":100:"};
    for (ImpFormat format = IMP_FORMAT_SLACK; format < IMP_N_MESSAGE_FORMATS; format++) {
        g_autoptr(ImpEvent) event = names_new();
        g_autoptr(ImpChat) digest = digest_new(names_new);
        g_autoptr(GBytes) single = imp_format_render(format, event);
        g_autoptr(GBytes) several = imp_format_render_chat(format, digest);
        g_autofree char *one = text_of(single), *many = text_of(several);
        for (guint i = 0; i < G_N_ELEMENTS(forbidden); i++) {
            if (strstr(one, forbidden[i]) || strstr(many, forbidden[i]))
                g_error("%s: %s is in %s", imp_format_word(format), forbidden[i], one);
        }
        g_assert_nonnull(strstr(one, "1.5 mg"));
        g_assert_nonnull(strstr(one, "handbook.example.org"));
    }
}

/* What stands between a link's URL and its end, in Slack's markup and in Google Chat's, which
 * others read, too. */
static void test_a_label_has_not_what_ends_it(void)
{
    static const struct {
        ImpFormat format;
        const char *signs;
    } readers[] = {{IMP_FORMAT_SLACK, "|[]\\<>"}, {IMP_FORMAT_GOOGLE_CHAT, "|<>"}};
    for (guint i = 0; i < G_N_ELEMENTS(readers); i++) {
        g_autoptr(ImpEvent) event = names_new();
        g_autoptr(GBytes) body = imp_format_render(readers[i].format, event);
        g_autofree char *json = text_of(body);
        g_autoptr(json_t) object = json_loads(json, 0, NULL);
        const char *text = json_string_value(json_object_get(object, "text"));
        const char *label = strchr(text, '|') + 1;
        g_autofree char *only = g_strndup(label, strcspn(label, ">"));
        g_assert_nonnull(strstr(only, "Asthma ∣ Information"));
        g_assert_true(g_str_has_suffix(only, "1.5 mg"));
        g_assert_null(strpbrk(only, readers[i].signs));
    }
}

/* What must not be missed stands in the request. */
static void test_a_request_tells_what_changed(void)
{
    g_autoptr(ImpEvent) event = requested_new();
    event->changes = imp_changes_new();
    imp_changes_compare("Give 60 mg daily.", "Give 600 mg daily.", NULL, NULL, event->changes);
    for (guint dose = 1; dose < 5; dose++) {
        g_autofree char *before = g_strdup_printf("Wait %u days.", dose),
                        *after = g_strdup_printf("Wait %u days.", dose + 1);
        imp_changes_compare(before, after, NULL, NULL, event->changes);
    }
    imp_changes_settle(event->changes, 4);
    g_autoptr(GBytes) chat = imp_format_render(IMP_FORMAT_TEAMS, event);
    g_autofree char *told = text_of(chat);
    g_assert_nonnull(strstr(told, ". Changed: 60 mg -> 600 mg, tenfold; "));
    g_assert_nonnull(strstr(told, "; and 2 more"));
    g_autoptr(GBytes) message = imp_format_render(IMP_FORMAT_STANDARD, event);
    g_autofree char *body = text_of(message);
    g_autoptr(json_t) object = json_loads(body, 0, NULL);
    const json_t *data = json_object_get(object, "data"), *list = json_object_get(data, "changes");
    g_assert_cmpuint(json_array_size(list), ==, 4);
    g_assert_cmpint(json_integer_value(json_object_get(data, "changes_more")), ==, 1);
    g_assert_cmpstr(json_string_value(json_object_get(json_array_get(list, 0), "sentence")), ==,
                    "60 mg -> 600 mg, tenfold");
}

/* Where a text was approved and nothing of this kind has changed, nothing is said. */
static void test_a_request_without_changes_is_silent_about_them(void)
{
    g_autoptr(ImpEvent) event = requested_new();
    event->changes = imp_changes_new();
    g_autoptr(GBytes) chat = imp_format_render(IMP_FORMAT_TEAMS, event);
    g_autofree char *told = text_of(chat);
    g_assert_null(strstr(told, "Changed"));
}

/* Of HTML there is nothing in a Matrix message but what the program wrote. */
static void test_no_element_is_forged(void)
{
    g_autoptr(ImpEvent) event = evil_new();
    g_autoptr(GBytes) body = imp_format_render(IMP_FORMAT_MATRIX, event);
    g_autofree char *text = text_of(body);
    g_autoptr(json_t) object = json_loads(text, 0, NULL);
    const char *html = json_string_value(json_object_get(object, "formatted_body"));
    g_auto(GStrv) parts = g_strsplit(html, "<", -1);
    g_assert_cmpuint(g_strv_length(parts), ==, 5);
    g_assert_true(g_str_has_prefix(parts[1], "strong>") && g_str_has_prefix(parts[2], "/strong>"));
    g_assert_true(g_str_has_prefix(parts[3], "a href=\"https://handbook.example.org/") &&
                  g_str_has_prefix(parts[4], "/a>"));
    g_assert_cmpuint(json_object_size(json_object_get(object, "m.mentions")), ==, 0);
}

static void test_a_command_that_breaks_out_is_left_out(void)
{
    static const char *const commands[] = {"git commit `x`", "git commit ```", "git commit\nrm",
                                           "a\u202Eb", "a\xff"};
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        for (ImpFormat format = IMP_FORMAT_SLACK; format < IMP_N_MESSAGE_FORMATS; format++) {
            g_autoptr(ImpEvent) event = requested_new();
            g_free(event->command);
            event->command = g_strdup(commands[i]);
            g_autoptr(GBytes) body = imp_format_render(format, event);
            g_autofree char *text = text_of(body);
            g_assert_null(strstr(text, "git commit"));
            g_assert_nonnull(strstr(text, "imprimatur explain"));
        }
    }
}

static void test_standard_stays_as_it_is(void)
{
    g_autoptr(ImpEvent) event = approved_new();
    g_autoptr(GBytes) body = imp_format_render(IMP_FORMAT_STANDARD, event);
    g_assert_true(g_str_has_prefix(g_bytes_get_data(body, NULL),
                                   "{\"type\":\"article.approved\",\"timestamp\""));
    g_assert_cmpint(imp_format_traits(IMP_FORMAT_STANDARD)->life_us, ==, 96 * 3600 * IMP_SECOND_US);
    g_assert_cmpint(imp_format_traits(IMP_FORMAT_MATRIX)->life_us, ==, 24 * 3600 * IMP_SECOND_US);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint format = IMP_FORMAT_SLACK; format < IMP_N_MESSAGE_FORMATS; format++) {
        g_autofree char *path =
            g_strdup_printf("/formats/%s-word-for-word", imp_format_word(format));
        g_test_add_data_func(path, GUINT_TO_POINTER(format), test_every_format_word_for_word);
    }
    g_test_add_func("/formats/the-longest-fits", test_the_longest_fits);
    g_test_add_func("/formats/titles-are-no-links-and-no-pictures",
                    test_titles_are_no_links_and_no_pictures);
    g_test_add_func("/formats/a-request-tells-what-changed", test_a_request_tells_what_changed);
    g_test_add_func("/formats/a-request-without-changes-is-silent-about-them",
                    test_a_request_without_changes_is_silent_about_them);
    g_test_add_func("/formats/a-label-has-not-what-ends-it", test_a_label_has_not_what_ends_it);
    g_test_add_func("/formats/nobody-is-mentioned", test_nobody_is_mentioned);
    g_test_add_func("/formats/no-element-is-forged", test_no_element_is_forged);
    g_test_add_func("/formats/a-command-that-breaks-out-is-left-out",
                    test_a_command_that_breaks_out_is_left_out);
    g_test_add_func("/formats/standard-stays-as-it-is", test_standard_stays_as_it_is);
    return g_test_run();
}
