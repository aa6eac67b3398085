#include "articles/commit.h"
#include "tests/fuzz/fuzz.h"

/* Commit objects. Whatever is read: header, payload, signature and message are the object again,
 * byte for byte, and a commit that is fit to be a decision has one signature at most, which is
 * found by a plain search too. */

typedef struct {
    gsize start, end;
} Span;

/* The object put together from the payload and the signature headers. */
static void assert_reassembles(const ImpCommit *commit, const char *object, gsize length)
{
    g_autoptr(GBytes) payload = imp_commit_payload(commit);
    gsize left;
    const char *at = g_bytes_get_data(payload, &left);
    g_autoptr(GString) again = g_string_new(NULL);
    for (guint i = 0; i < commit->signature_headers->len; i++) {
        const Span *span = &((const Span *)(const void *)commit->signature_headers->data)[i];
        g_assert_true(again->len <= span->start && span->start < span->end && span->end <= length);
        gsize before = span->start - again->len;
        g_assert_cmpuint(before, <=, left);
        g_string_append_len(again, at, (gssize)before);
        at += before;
        left -= before;
        g_string_append_len(again, object + span->start, (gssize)(span->end - span->start));
        g_assert_true(g_str_has_prefix(object + span->start, "gpgsig"));
    }
    g_string_append_len(again, at, (gssize)left);
    g_assert_cmpmem(again->str, again->len, object, length);
    g_autofree char *digest = imp_commit_payload_sha256(commit);
    g_autofree char *expected = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, payload);
    g_assert_cmpstr(digest, ==, expected);
}

/* The message is what stands behind the first empty line. */
static void assert_message(const ImpCommit *commit, const char *object, gsize length)
{
    const char *empty = memmem(object, length, "\n\n", 2);
    gsize from = empty ? (gsize)(empty + 2 - object) : length;
    g_assert_true(commit->message == object + from || commit->message_length == 0);
    g_assert_cmpuint(commit->message_length, ==, length - from);
}

static void assert_object_id(const char *id)
{
    g_assert_cmpuint(strlen(id), ==, 40);
    g_assert_cmpuint(strspn(id, "0123456789abcdef"), ==, 40);
}

/* The payload alone is the same commit, unsigned; and folded again the signature is the header. */
static void assert_well_formed(const ImpCommit *commit, const char *object, gsize length)
{
    g_autofree char *text = g_strndup(object, length);
    g_assert_cmpuint(strlen(text), ==, length); /* no NUL */
    g_assert_null(strchr(text, '\r'));
    g_assert_cmpuint(commit->signature_headers->len, ==, commit->signature ? 1 : 0);
    g_assert_true(*commit->author_email ? strstr(text, "\nauthor ") != NULL : true);

    g_autoptr(GBytes) payload = imp_commit_payload(commit);
    g_autoptr(ImpCommit) unsigned_one = imp_commit_parse(payload, NULL);
    g_assert_nonnull(unsigned_one);
    g_assert_null(unsigned_one->signature);
    g_assert_cmpstr(unsigned_one->tree, ==, commit->tree);
    g_assert_true(g_strv_equal((const char *const *)unsigned_one->parents,
                               (const char *const *)commit->parents));
    g_assert_cmpstr(unsigned_one->author_email, ==, commit->author_email);
    g_assert_cmpint(unsigned_one->committer_date_us, ==, commit->committer_date_us);
    g_assert_cmpmem(unsigned_one->message, unsigned_one->message_length, commit->message,
                    commit->message_length);

    const char *header = strstr(text, "\ngpgsig "), *message = strstr(text, "\n\n");
    bool in_header = header && (!message || header < message);
    g_assert_true(in_header == (commit->signature != NULL));
    if (in_header) {
        g_autoptr(GString) folded = g_string_new(commit->signature);
        g_string_replace(folded, "\n", "\n ", 0);
        g_string_truncate(folded, folded->len - 1);
        g_string_prepend(folded, "\ngpgsig ");
        g_assert_true(strncmp(header, folded->str, folded->len - 1) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) object = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpCommit) commit = imp_commit_parse(object, &error);
    g_assert_true((commit == NULL) == (error != NULL));
    if (!commit)
        return 0;
    const char *bytes = g_bytes_get_data(object, NULL);
    g_assert_cmpuint(imp_commit_size(commit), ==, size);
    assert_reassembles(commit, bytes, size);
    assert_message(commit, bytes, size);
    assert_object_id(commit->tree);
    for (char **parent = commit->parents; *parent; parent++)
        assert_object_id(*parent);
    const char *texts[] = {commit->author_name, commit->author_email, commit->committer_name,
                           commit->committer_email};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_true(g_utf8_validate(texts[i], -1, NULL) && !strchr(texts[i], '\n'));
    g_autofree char *malformed = imp_commit_malformed(commit);
    if (malformed)
        fuzz_assert_sentence(malformed);
    else
        assert_well_formed(commit, bytes, size);
    return 0;
}
