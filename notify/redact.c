#include "notify/redact.h"

#include <string.h>

static void add(GStrvBuilder *secrets, const char *text)
{
    if (!text || strlen(text) < IMP_REDACT_WHOLE_BYTES)
        return;
    g_autofree char *lower = g_ascii_strdown(text, -1);
    g_strv_builder_add(secrets, lower);
}

static void add_both(GStrvBuilder *secrets, const char *encoded)
{
    g_autofree char *decoded = g_uri_unescape_string(encoded, NULL);
    add(secrets, encoded);
    if (g_strcmp0(decoded, encoded) != 0)
        add(secrets, decoded);
}

char **imp_redact_secrets(const ImpEndpoint *endpoint, const char *credential)
{
    g_autoptr(GStrvBuilder) secrets = g_strv_builder_new();
    g_autofree char *token = NULL;
    g_autofree char *place = imp_endpoint_split_url(endpoint->url, &token);
    const char *host = strstr(place, "://");
    host = host ? host + strlen("://") : place;
    add_both(secrets, host + strcspn(host, "/?#"));
    if (token) {
        g_autofree char *escaped = g_uri_escape_string(token, NULL, false);
        add(secrets, token);
        add(secrets, escaped);
    }
    add(secrets, credential);
    for (guint i = 0; i < endpoint->secrets->len; i++) {
        gsize length;
        const guchar *key = g_bytes_get_data(endpoint->secrets->pdata[i], &length);
        g_autofree char *base64 = g_base64_encode(key, length);
        add(secrets, base64);
    }
    return g_strv_builder_end(secrets);
}

static bool is_word_end(char one, char other)
{
    return !g_ascii_isalnum(one) || !g_ascii_isalnum(other);
}

/* Whether the word of `length` bytes is one of the secret's, too. */
static bool has_word(const char *secret, const char *word, gsize length)
{
    for (const char *at = secret; (at = g_strstr_len(at, -1, word)); at++) {
        if ((at == secret || !g_ascii_isalnum(at[-1])) && !g_ascii_isalnum(at[length]))
            return true;
    }
    return false;
}

static bool any_has_run(const char *const *secrets, const char *run)
{
    char text[IMP_REDACT_RUN_BYTES + 1];
    g_strlcpy(text, run, sizeof(text));
    for (; *secrets; secrets++) {
        if (strstr(*secrets, text))
            return true;
    }
    return false;
}

static bool any_has_word(const char *const *secrets, const char *word, gsize length)
{
    g_autofree char *text = g_strndup(word, length);
    for (; *secrets; secrets++) {
        if (has_word(*secrets, text, length))
            return true;
    }
    return false;
}

static gsize word_at(const char *at)
{
    gsize length = 0;
    while (g_ascii_isalnum(at[length]))
        length++;
    return length;
}

/* Marks the bytes of `lower` that a secret has, too. */
static void mark(const char *lower, const char *const *secrets, bool *marked)
{
    gsize length = strlen(lower);
    for (gsize i = 0; i < length; i++) {
        bool begins = i == 0 || is_word_end(lower[i - 1], lower[i]);
        gsize word = begins ? word_at(lower + i) : 0;
        if (i + IMP_REDACT_RUN_BYTES <= length && any_has_run(secrets, lower + i))
            memset(marked + i, true, IMP_REDACT_RUN_BYTES);
        if (word >= IMP_REDACT_WHOLE_BYTES && any_has_word(secrets, lower + i, word))
            memset(marked + i, true, word);
    }
}

char *imp_redact(const char *text, const char *const *secrets)
{
    g_autofree char *lower = g_ascii_strdown(text, -1);
    gsize length = strlen(text);
    g_autofree bool *marked = g_new0(bool, length + 1);
    mark(lower, secrets, marked);
    g_autoptr(GString) clean = g_string_new(NULL);
    for (gsize i = 0; i < length; i++) {
        if (!marked[i])
            g_string_append_c(clean, text[i]);
        else if (i == 0 || !marked[i - 1])
            g_string_append(clean, IMP_REDACT_MARK);
    }
    return g_string_free(g_steal_pointer(&clean), false);
}
