#include "daemon/config/config_endpoint.h"
#include "daemon/config/config_values.h"
#include "notify/certificates.h"
#include "notify/event.h"
#include "notify/format/format.h"
#include "workflow/base/glob.h"

#include <string.h>

/* Bytes of a signing secret: Standard Webhooks, "Signature scheme". */
#define SECRET_MIN_BYTES 24
#define SECRET_MAX_BYTES 64

static bool is_token(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (!g_ascii_isgraph(*c) || *c == ':')
            return false;
    }
    return *text;
}

/* What is wrong with the access token in a URL, and what to do; NULL if nothing. Static. */
static const char *token_fault(ImpUrlToken wanted, const char *token)
{
    if (wanted == IMP_TOKEN_NONE)
        return token ? "has a user or password before the host; remove it" : NULL;
    if (!token)
        return wanted == IMP_TOKEN_OPTIONAL
                   ? NULL
                   : "has no credential before the host; write it there as in "
                     "\"https://TOKEN@host.example/path\"";
    return is_token(token)
               ? NULL
               : "has something other than a credential before the host; write it alone as in "
                 "\"https://TOKEN@host.example/path\"";
}

static const char *url_fault(const ImpEndpoint *endpoint)
{
    g_autofree char *token = NULL;
    g_autofree char *url = imp_endpoint_split_url(endpoint->url, &token);
    const char *fault = imp_config_url_fault(url);
    return fault ? fault : token_fault(imp_format_traits(endpoint->format)->token, token);
}

/* A host beyond ASCII as DNS knows it, "xn--..."; NULL for all others. The caller frees. */
static char *ascii_host(const char *url)
{
    g_autofree char *token = NULL;
    g_autofree char *place = imp_endpoint_split_url(url, &token);
    const char *host = strstr(place, "://");
    if (!host)
        return NULL;
    host += strlen("://");
    g_autofree char *name = g_strndup(host, strcspn(host, "/?#:"));
    return g_hostname_is_non_ascii(name) ? g_hostname_to_ascii(name) : NULL;
}

static bool read_url(const ImpConfigReading *reading, json_t *object, const char *key,
                     const char *text, ImpEndpoint *endpoint, GError **error)
{
    if (!reading->secrets_wanted)
        return true;
    /* The API of a forge is not a secret. */
    bool is_secret = strcmp(key, "url") == 0;
    if (!is_secret)
        endpoint->url = g_strdup(text);
    else if (!imp_config_resolve(reading, object, key, text, &endpoint->url, NULL, error))
        return false;
    if (!endpoint->url)
        return true;
    g_autofree char *host = ascii_host(endpoint->url);
    if (host)
        return imp_json_refuse(reading->file, object, key, -1, error,
                               "has a host beyond ASCII; write it as DNS knows it: \"%s\"", host);
    const char *fault = url_fault(endpoint);
    if (fault)
        return imp_json_refuse(reading->file, object, key, -1, error, "%s", fault);
    endpoint->display = imp_endpoint_display(endpoint->url);
    if (endpoint->allow->len == 0 && g_ascii_strncasecmp(endpoint->url, "http:", 5) == 0)
        imp_config_warn(reading, object, key,
                        "is http, which goes only to networks in \"allow\": add the receiver's "
                        "there or use https");
    return true;
}

/* "whsec_" and base64 in its one canonical form. */
static GBytes *parse_secret(const char *text)
{
    if (!g_str_has_prefix(text, "whsec_"))
        return NULL;
    const char *base64 = text + strlen("whsec_");
    gsize length;
    g_autofree guchar *bytes = g_base64_decode(base64, &length);
    g_autofree char *canonical = g_base64_encode(bytes, length);
    if (strcmp(canonical, base64) != 0 || length < SECRET_MIN_BYTES || length > SECRET_MAX_BYTES)
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&bytes), length);
}

static bool read_secrets(const ImpConfigReading *reading, json_t *object, const char *text,
                         ImpEndpoint *endpoint, GError **error)
{
    if (!text || !reading->secrets_wanted)
        return true;
    g_autofree char *value = NULL;
    if (!imp_config_resolve(reading, object, "secret", text, &value, NULL, error))
        return false;
    if (!value)
        return true;
    g_auto(GStrv) words = g_strsplit_set(value, " \t\r\n", -1);
    for (char **word = words; *word; word++) {
        if (!**word)
            continue;
        GBytes *secret = parse_secret(*word);
        if (!secret)
            return imp_json_refuse(
                reading->file, object, "secret", -1, error,
                "secret %u is not \"whsec_\" and base64 of %d to %d bytes; correct it",
                endpoint->secrets->len + 1, SECRET_MIN_BYTES, SECRET_MAX_BYTES);
        g_ptr_array_add(endpoint->secrets, secret);
    }
    if (endpoint->secrets->len == 0)
        return imp_json_refuse(
            reading->file, object, "secret", -1, error,
            "has no secret in it; write \"whsec_\" and base64 or remove the key");
    return true;
}

static char *format_words(void)
{
    const char *words[IMP_N_MESSAGE_FORMATS + 1] = {NULL};
    for (ImpFormat format = 0; format < IMP_N_MESSAGE_FORMATS; format++)
        words[format] = imp_format_word(format);
    return g_strjoinv(", ", (char **)words);
}

static bool read_format(const ImpConfigReading *reading, json_t *object, const char *word,
                        ImpEndpoint *endpoint, GError **error)
{
    if (!word)
        return true;
    if (!imp_format_from_word(word, &endpoint->format) || imp_format_is_forge(endpoint->format)) {
        g_autofree char *quoted = imp_json_quote(word), *words = format_words();
        return imp_json_refuse(reading->file, object, "format", -1, error,
                               "%s is not a format; write one of: %s", quoted, words);
    }
    return true;
}

static bool read_networks(const ImpConfigReading *reading, json_t *object, char **texts,
                          GPtrArray *networks, GError **error)
{
    for (guint i = 0; texts && texts[i]; i++) {
        GInetAddressMask *network = g_inet_address_mask_new_from_string(texts[i], NULL);
        if (!network) {
            g_autofree char *quoted = imp_json_quote(texts[i]);
            return imp_json_refuse(
                reading->file, object, "allow", i, error,
                "%s is not a network; write one as in \"10.1.0.0/16\" or \"fd00::/8\"", quoted);
        }
        g_ptr_array_add(networks, network);
    }
    return true;
}

/* A pattern that no event matches is a slip of the pen, and the endpoint would be told nothing. */
static bool check_events(const ImpConfigReading *reading, json_t *object, char **patterns,
                         GError **error)
{
    for (guint i = 0; patterns[i]; i++) {
        guint type = 0;
        while (imp_event_types[type] && !imp_glob_matches(patterns[i], imp_event_types[type]))
            type++;
        if (imp_event_types[type])
            continue;
        g_autofree char *quoted = imp_json_quote(patterns[i]);
        return imp_json_refuse(reading->file, object, "events", (int)i, error,
                               "no event matches %s; write one as in \"article.*\" or "
                               "\"review.requested\"; imprimatur.json(5), EVENTS, has them all",
                               quoted);
    }
    return true;
}

static bool check_unique(const ImpConfigReading *reading, json_t *object, const char *name,
                         GError **error)
{
    const GPtrArray *endpoints = reading->config->endpoints;
    for (guint i = 0; i < endpoints->len; i++) {
        const ImpEndpoint *other = endpoints->pdata[i];
        if (strcmp(other->name, name) == 0)
            return imp_json_refuse(reading->file, object, "name", -1, error,
                                   "\"%s\" is already another endpoint's; choose another one",
                                   name);
    }
    return true;
}

/* By content: what a file says is known when the configuration is read, again at each reload, and a
 * broken one is found there. */
static bool read_authorities(const ImpConfigReading *reading, json_t *object, const char *name,
                             ImpEndpoint *endpoint, GError **error)
{
    g_autofree char *path = name ? imp_config_absolute(reading, name) : NULL;
    g_autofree char *text = NULL;
    gsize length;
    if (!path || !reading->secrets_wanted)
        return true;
    if (!g_file_get_contents(path, &text, &length, error))
        return imp_json_refuse_fault(reading->file, object, "ca_file", "cannot be read", error);
    if (imp_certificates_count(text, length) == 0)
        return imp_json_refuse(reading->file, object, "ca_file", -1, error,
                               "%s holds no certificate in PEM, or a broken one", path);
    endpoint->ca = g_bytes_new_take(g_steal_pointer(&text), length);
    return true;
}

bool imp_config_read_place(const ImpConfigReading *reading, json_t *object, const char *key,
                           const ImpConfigPlace *place, ImpEndpoint *endpoint, GError **error)
{
    return read_networks(reading, object, place->allow, endpoint->allow, error) &&
           read_url(reading, object, key, place->url, endpoint, error) &&
           read_authorities(reading, object, place->ca_file, endpoint, error);
}

bool imp_config_read_endpoint(const ImpConfigReading *reading, json_t *object, GError **error)
{
    g_autoptr(ImpEndpoint) endpoint = imp_endpoint_new();
    g_autofree char *url = NULL, *secret = NULL, *format = NULL, *ca_file = NULL;
    g_auto(GStrv) allow = NULL;
    const ImpJsonField fields[] = {
        {"name", IMP_JSON_NAME, &endpoint->name, .required = true},
        {"reviewer", IMP_JSON_NAME, .member = &endpoint->reviewer},
        {"format", IMP_JSON_STRING, .member = &format},
        {"url", IMP_JSON_STRING, &url, .required = true},
        {"secret", IMP_JSON_STRING, .member = &secret},
        {"events", IMP_JSON_GLOBS, &endpoint->events, .min = 1},
        {"paths", IMP_JSON_GLOBS, &endpoint->paths, .min = 1},
        {"allow", IMP_JSON_STRINGS, .member = &allow},
        {"ca_file", IMP_JSON_STRING, .member = &ca_file},
        {"rate", IMP_JSON_NUMBER, &endpoint->rate, .max = 1000},
        {"burst", IMP_JSON_COUNT, &endpoint->burst, .min = 1, .max = 1000},
        {"in_flight", IMP_JSON_COUNT, &endpoint->in_flight, .min = 1, .max = 64},
    };
    if (!imp_json_read(reading->file, object, fields, G_N_ELEMENTS(fields), error) ||
        !check_unique(reading, object, endpoint->name, error) ||
        !check_events(reading, object, endpoint->events, error) ||
        !read_format(reading, object, format, endpoint, error) ||
        !imp_config_read_place(reading, object, "url", &(ImpConfigPlace){url, allow, ca_file},
                               endpoint, error) ||
        !read_secrets(reading, object, secret, endpoint, error))
        return false;
    if (!endpoint->events[0]) {
        g_strfreev(endpoint->events);
        endpoint->events = g_strsplit(imp_format_traits(endpoint->format)->events, " ", -1);
    }
    g_ptr_array_add(reading->config->endpoints, g_steal_pointer(&endpoint));
    return true;
}
