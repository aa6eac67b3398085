#include "daemon/door/hook.h"

#include <string.h>

/* How far the clock of a sender may be away (Standard Webhooks 1.0, Verifying webhook authenticity:
 * "within some allowable tolerance"). */
#define TOLERANCE_S 300
/* A signature header holds one for each secret of the sender; more are not looked at. */
#define SIGNATURES_MAX 8
#define DIGEST_BYTES   32

typedef struct {
    const char *word;
    const char *header;
    const char *prefix; /* of the digest in hex; NULL: the header is not a digest */
} Format;

static const Format formats[IMP_HOOK_FORMATS] = {
    [IMP_HOOK_GITHUB] = {"github", "X-Hub-Signature-256", "sha256="},
    [IMP_HOOK_GITLAB] = {"gitlab", "X-Gitlab-Token", NULL},
    [IMP_HOOK_GITEA] = {"gitea", "X-Gitea-Signature", ""},
    [IMP_HOOK_FORGEJO] = {"forgejo", "X-Forgejo-Signature", ""},
    [IMP_HOOK_BITBUCKET] = {"bitbucket", "X-Hub-Signature", "sha256="},
    [IMP_HOOK_STANDARD] = {"standard", "webhook-signature", NULL},
};

typedef enum {
    BY_DIGEST,   /* the header holds the HMAC of the body in hex */
    BY_TOKEN,    /* the header is the secret */
    BY_STANDARD, /* Standard Webhooks */
} Way;

struct ImpHookCheck {
    ImpHookFormat format;
    Way way;
    bool hopeless;    /* a header is missing or malformed: whatever the body is */
    char *claim;      /* the header's value */
    GStrv secrets;    /* BY_TOKEN */
    GPtrArray *hmacs; /* of GHmac*, one for each secret; else */
};

const char *imp_hook_format_word(ImpHookFormat format)
{
    return formats[format].word;
}

bool imp_hook_format_from_word(const char *word, ImpHookFormat *format)
{
    for (guint i = 0; i < IMP_HOOK_FORMATS; i++) {
        if (strcmp(word, formats[i].word) == 0) {
            *format = (ImpHookFormat)i;
            return true;
        }
    }
    return false;
}

static GStrv split(const char *secret)
{
    /* Forges take secrets with blanks in them. */
    g_auto(GStrv) lines = g_strsplit_set(secret, "\r\n", -1);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (char **line = lines; *line; line++)
        if (**line)
            g_strv_builder_add(builder, *line);
    return g_strv_builder_end(builder);
}

static Way way_of(ImpHookFormat format, const char *secret)
{
    if (format == IMP_HOOK_STANDARD)
        return BY_STANDARD;
    if (format == IMP_HOOK_GITLAB)
        return g_str_has_prefix(secret, "whsec_") ? BY_STANDARD : BY_TOKEN;
    return BY_DIGEST;
}

/* The key of a secret: what base64 stands for, or the characters themselves. NULL: not base64. */
static GBytes *key_of(const char *secret, Way way)
{
    if (way != BY_STANDARD)
        return g_bytes_new(secret, strlen(secret));
    const char *text = secret + strlen("whsec_");
    gsize length = strlen(text);
    if (!g_str_has_prefix(secret, "whsec_") || length == 0 || length % 4 != 0 ||
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != length)
        return NULL;
    guchar *key = g_base64_decode(text, &length);
    return g_bytes_new_take(key, length);
}

const char *imp_hook_secret_fault(ImpHookFormat format, const char *secret)
{
    g_auto(GStrv) secrets = split(secret);
    guint count = g_strv_length(secrets);
    if (count == 0)
        return "is empty; write the secret that the forge signs its hooks with";
    if (count > IMP_HOOK_SECRETS_MAX)
        return "holds more than 4 secrets; remove those that are no longer used";
    for (guint i = 0; i < count; i++) {
        Way way = way_of(format, secrets[i]);
        g_autoptr(GBytes) key = key_of(secrets[i], way);
        if (!key)
            return "is not \"whsec_\" and base64, as a Standard Webhooks secret is; copy it again";
        if (g_bytes_get_size(key) < 16)
            return "is shorter than 16 bytes and could be guessed; make a longer one";
        if (way != way_of(format, secrets[0]))
            return "mixes secrets with and without \"whsec_\"; keep those of one kind";
    }
    return NULL;
}

static void hmac_free(gpointer hmac)
{
    g_hmac_unref(hmac);
}

/* Standard Webhooks sign "ID.TIMESTAMP.BODY". */
static bool begin_standard(ImpHookCheck *check, ImpHookHeader header, gpointer data, gint64 now_s)
{
    const char *id = header(data, "webhook-id"), *moment = header(data, "webhook-timestamp");
    gint64 at_s = 0;
    if (!id || !*id || !moment ||
        !g_ascii_string_to_signed(moment, 10, 0, G_MAXINT64, &at_s, NULL) ||
        ABS(now_s - at_s) > TOLERANCE_S)
        return false;
    g_autofree char *prefix = g_strdup_printf("%s.%s.", id, moment);
    imp_hook_check_update(check, prefix, strlen(prefix));
    return true;
}

ImpHookCheck *imp_hook_check_new(ImpHookFormat format, const char *secret, ImpHookHeader header,
                                 gpointer data, gint64 now_s)
{
    g_autoptr(ImpHookCheck) check = g_new0(ImpHookCheck, 1);
    check->format = format;
    check->secrets = split(secret);
    check->way = way_of(format, check->secrets[0] ? check->secrets[0] : "");
    const char *name = check->way == BY_STANDARD ? "webhook-signature" : formats[format].header;
    check->claim = g_strdup(header(data, name));
    check->hmacs = g_ptr_array_new_with_free_func(hmac_free);
    for (char **one = check->secrets; *one && check->way != BY_TOKEN; one++) {
        g_autoptr(GBytes) key = key_of(*one, check->way);
        gsize length = 0;
        const guchar *bytes = key ? g_bytes_get_data(key, &length) : NULL;
        if (bytes)
            g_ptr_array_add(check->hmacs, g_hmac_new(G_CHECKSUM_SHA256, bytes, length));
    }
    check->hopeless =
        !check->claim || (check->way == BY_STANDARD && !begin_standard(check, header, data, now_s));
    return g_steal_pointer(&check);
}

void imp_hook_check_update(ImpHookCheck *check, const void *bytes, gsize length)
{
    for (guint i = 0; i < check->hmacs->len && length > 0; i++)
        g_hmac_update(check->hmacs->pdata[i], bytes, (gssize)length);
}

/* How long it takes tells only the lengths. */
static bool same(const void *one, gsize one_length, const void *other, gsize other_length)
{
    const guchar *a = one, *b = other;
    volatile guchar difference = one_length != other_length;
    for (gsize i = 0; i < one_length && other_length > 0; i++)
        difference |= (guchar)(a[i] ^ b[i % other_length]);
    return !difference;
}

static bool is_token(const ImpHookCheck *check)
{
    bool found = false;
    for (char **secret = check->secrets; *secret; secret++)
        found |= same(check->claim, strlen(check->claim), *secret, strlen(*secret));
    return found;
}

static bool is_digest(const ImpHookCheck *check, const guchar digest[DIGEST_BYTES])
{
    char hex[DIGEST_BYTES * 2 + 1];
    for (guint i = 0; i < DIGEST_BYTES; i++)
        g_snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    const char *prefix = formats[check->format].prefix;
    return g_str_has_prefix(check->claim, prefix) &&
           same(check->claim + strlen(prefix), strlen(check->claim + strlen(prefix)), hex,
                strlen(hex));
}

static bool is_standard(const ImpHookCheck *check, const guchar digest[DIGEST_BYTES])
{
    g_autofree char *base64 = g_base64_encode(digest, DIGEST_BYTES);
    g_autofree char *expected = g_strconcat("v1,", base64, NULL);
    g_auto(GStrv) claims = g_strsplit(check->claim, " ", SIGNATURES_MAX + 1);
    bool found = false;
    for (guint i = 0; claims[i] && i < SIGNATURES_MAX; i++)
        found |= same(claims[i], strlen(claims[i]), expected, strlen(expected));
    return found;
}

bool imp_hook_check_end(ImpHookCheck *check)
{
    if (check->hopeless)
        return false;
    bool found = check->way == BY_TOKEN && is_token(check);
    for (guint i = 0; i < check->hmacs->len; i++) {
        guchar digest[DIGEST_BYTES];
        gsize length = sizeof digest;
        g_hmac_get_digest(check->hmacs->pdata[i], digest, &length);
        found |= check->way == BY_STANDARD ? is_standard(check, digest) : is_digest(check, digest);
    }
    return found;
}

void imp_hook_check_free(ImpHookCheck *check)
{
    if (!check)
        return;
    g_free(check->claim);
    g_strfreev(check->secrets);
    g_ptr_array_unref(check->hmacs);
    g_free(check);
}

char *imp_hook_commit(const char *body, gsize length)
{
    /* Not parsed as JSON: it may be cut, and is others' text that decides nothing. */
    g_autofree char *text = g_utf8_make_valid(body, (gssize)length);
    g_autoptr(GRegex) regex =
        g_regex_new("\"(?:after|checkout_sha|hash)\"\\s*:\\s*\"([0-9a-f]{40})\"", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_regex_match(regex, text, 0, &match);
    for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
        g_autofree char *id = g_match_info_fetch(match, 1);
        if (strspn(id, "0") != strlen(id))
            return g_steal_pointer(&id);
    }
    return NULL;
}
