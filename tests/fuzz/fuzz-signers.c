#include "tests/fuzz/fuzz.h"
#include "workflow/keys/ssh_key.h"
#include "workflow/policy.h"
#include "workflow/signers.h"

#include <gio/gio.h>

/* Signers files. What is accepted has one line for each signer, which says nothing else; each key
 * is a canonical one; and written out from what was read, the file is read again as the same. */

static char *bound(const char *name, gint64 moment_us)
{
    if (moment_us == 0)
        return g_strdup("");
    g_autofree char *text = imp_moment_format(moment_us);
    g_autoptr(GString) option = g_string_new(NULL);
    g_string_append_printf(option, ",%s=\"", name);
    for (const char *at = text; *at; at++)
        if (g_ascii_isdigit(*at))
            g_string_append_c(option, *at);
    g_string_append(option, "Z\"");
    return g_string_free(g_steal_pointer(&option), FALSE);
}

static char *written(const GPtrArray *signers)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < signers->len; i++) {
        const ImpSigner *signer = signers->pdata[i];
        g_autofree char *after = bound("valid-after", signer->valid_after_us);
        g_autofree char *before = bound("valid-before", signer->valid_before_us);
        g_string_append_printf(text, "%s namespaces=\"imprimatur-policy\"%s%s %s %s\n",
                               signer->principal, after, before, signer->key_type, signer->key);
    }
    return g_string_free(text, FALSE);
}

static void assert_same(const GPtrArray *some, const GPtrArray *others)
{
    g_assert_cmpuint(some->len, ==, others->len);
    for (guint i = 0; i < some->len; i++) {
        const ImpSigner *one = some->pdata[i], *other = others->pdata[i];
        g_assert_cmpstr(one->principal, ==, other->principal);
        g_assert_cmpstr(one->key_type, ==, other->key_type);
        g_assert_cmpstr(one->key, ==, other->key);
        g_assert_cmpint(one->valid_after_us, ==, other->valid_after_us);
        g_assert_cmpint(one->valid_before_us, ==, other->valid_before_us);
    }
}

/* The line that a signer was read from: principal, namespace and key stand in it, and no wildcard
 * or list. */
static void assert_stands_in(const ImpSigner *signer, const char *line)
{
    g_autofree char *why = NULL;
    g_assert_true(g_str_has_prefix(line + strspn(line, " \t"), signer->principal));
    g_assert_nonnull(strstr(line, "namespaces=\"imprimatur-policy\""));
    g_assert_nonnull(strstr(line, signer->key));
    g_assert_null(strpbrk(signer->principal, "*?!, \t\"\\"));
    g_assert_true(imp_ssh_key_check(signer->key_type, signer->key, &why));
    g_assert_true(!signer->valid_before_us || signer->valid_after_us < signer->valid_before_us);
    g_assert_false(signer->valid_before_us &&
                   imp_signer_is_valid_at(signer, signer->valid_before_us));
    g_assert_null(signer->person);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) signers = imp_signers_parse_authority("authority", text, size, &error);
    g_assert_true((signers == NULL) == (error != NULL));
    if (!signers) {
        g_assert_error(error, IMP_POLICY_ERROR, IMP_POLICY_ERROR_INVALID);
        g_assert_true(g_str_has_prefix(error->message, "authority:"));
        fuzz_assert_sentence(error->message);
        return 0;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint read = 0;
    for (char **line = lines; *line; line++) {
        char first = (*line)[strspn(*line, " \t")];
        if (first == '\0' || first == '#')
            continue;
        g_assert_cmpuint(read, <, signers->len);
        assert_stands_in(signers->pdata[read++], *line);
    }
    g_assert_cmpuint(read, ==, signers->len);
    g_autofree char *again_text = written(signers);
    g_autoptr(GPtrArray) again =
        imp_signers_parse_authority("authority", again_text, strlen(again_text), &error);
    g_assert_no_error(error);
    assert_same(signers, again);
    return 0;
}
