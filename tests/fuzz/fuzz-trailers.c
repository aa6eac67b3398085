#include "articles/trailers.h"
#include "tests/fuzz/fuzz.h"

/* Commit messages. What is accepted is what a second, much simpler reader finds; and a decision
 * that is written out is read again as itself. */

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t")] == '\0';
}

/* The last paragraph's lines, each cut at its first colon. */
static void assert_simple_reader_agrees(const char *message, const GPtrArray *trailers)
{
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
    guint end = g_strv_length(lines);
    while (end > 0 && is_blank(lines[end - 1]))
        end--;
    guint start = end;
    while (start > 0 && !is_blank(lines[start - 1]))
        start--;
    g_assert_cmpuint(start, >, 0); /* the first paragraph is none */
    g_assert_cmpuint(end - start, ==, trailers->len);
    for (guint i = 0; i < trailers->len; i++) {
        const ImpTrailer *trailer = trailers->pdata[i];
        g_auto(GStrv) halves = g_strsplit(lines[start + i], ":", 2);
        const char *value = halves[1] + strspn(halves[1], " \t");
        g_autofree char *stripped = g_strdup(value);
        gsize length = strlen(stripped);
        while (length > 0 && (stripped[length - 1] == ' ' || stripped[length - 1] == '\t'))
            stripped[--length] = '\0';
        g_assert_cmpuint(trailer->line, ==, start + i + 1);
        g_assert_cmpstr(trailer->key, ==, halves[0]);
        g_assert_cmpstr(trailer->value, ==, stripped);
        g_assert_true(*stripped);
    }
}

static void assert_same(const ImpDecision *one, const ImpDecision *other)
{
    g_assert_cmpint(one->verdict, ==, other->verdict);
    g_assert_cmpstr(one->competing_interests, ==, other->competing_interests);
    g_assert_cmpstr(one->of, ==, other->of);
    g_assert_cmpstr(one->reason, ==, other->reason);
    g_assert_cmpuint(one->targets->len, ==, other->targets->len);
    for (guint i = 0; i < one->targets->len; i++) {
        const ImpTarget *target = one->targets->pdata[i], *another = other->targets->pdata[i];
        g_assert_cmpstr(target->path, ==, another->path);
        g_assert_cmpstr(target->version, ==, another->version);
    }
}

static void look_at_decision(const char *message, gsize size)
{
    g_autofree char *malformed = NULL;
    g_autoptr(ImpDecision) decision = imp_trailers_parse_decision(message, size, &malformed);
    g_assert_true((decision == NULL) == (malformed != NULL));
    if (!decision) {
        fuzz_assert_sentence(malformed);
        return;
    }
    g_assert_true(imp_trailers_has_review_line(message, size));
    g_assert_cmpuint(decision->targets->len, >, 0);
    bool takes_of =
        decision->verdict == IMP_DECISION_DISMISS || decision->verdict == IMP_DECISION_REQUEST;
    g_assert_true(takes_of == (decision->of != NULL));
    g_autofree char *written = imp_trailers_format_decision(decision);
    g_autoptr(ImpDecision) again =
        imp_trailers_parse_decision(written, strlen(written), &malformed);
    if (!again)
        g_error("%s\n%s", malformed, written);
    assert_same(decision, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *message = fuzz_text(data, size);
    g_autofree char *malformed = NULL;
    gsize reason_length = 0;
    g_autoptr(GPtrArray) trailers = imp_trailers_read(message, size, &reason_length, &malformed);
    g_assert_true((trailers == NULL) == (malformed != NULL));
    if (trailers) {
        g_assert_cmpuint(strlen(message), ==, size); /* no NUL */
        g_assert_cmpuint(reason_length, <, size);
        g_assert_true(reason_length > 0 && message[reason_length] == '\n');
        assert_simple_reader_agrees(message, trailers);
    } else {
        fuzz_assert_sentence(malformed);
    }
    look_at_decision(message, size);
    g_auto(GStrv) authors = imp_trailers_co_authors(message, size);
    for (char **author = authors; *author; author++)
        g_assert_true(**author && g_utf8_validate(*author, -1, NULL) && !strchr(*author, '\n'));
    return 0;
}
