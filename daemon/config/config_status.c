#include "daemon/config/config_status.h"
#include "daemon/config/config_endpoint.h"
#include "daemon/config/config_remote.h"
#include "daemon/config/config_values.h"
#include "notify/format/format.h"

#include <string.h>

/* The forge that is told the statuses of commits is an endpoint like others, with a name that no
 * other may have, and no events. */

#define NAME "status"

static bool read_format(const ImpConfigReading *reading, json_t *object, const char *word,
                        ImpEndpoint *endpoint, GError **error)
{
    if (imp_format_from_word(word, &endpoint->format) && imp_format_is_forge(endpoint->format))
        return true;
    g_autofree char *quoted = imp_json_quote(word);
    return imp_json_refuse(reading->file, object, "format", -1, error,
                           "%s is not a forge's; write one of: github, github-check, gitlab, gitea",
                           quoted);
}

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

/* Only an App can make check runs. */
static bool check_app(const ImpConfigReading *reading, json_t *object, const ImpEndpoint *endpoint,
                      GError **error)
{
    bool wanted = endpoint->format == IMP_FORMAT_GITHUB_CHECK;
    if (wanted && !endpoint->app)
        return imp_json_refuse(reading->file, object, "app", -1, error,
                               "is missing; check runs are made by a GitHub App: write its id");
    if (wanted && (!endpoint->installation || !is_number(endpoint->installation)))
        return imp_json_refuse(reading->file, object, "installation", -1, error,
                               "is not the number of the App's installation on the repository; "
                               "write the digits at the end of its page's address");
    if (!wanted && (endpoint->app || endpoint->installation))
        return imp_json_refuse(reading->file, object, endpoint->app ? "app" : "installation", -1,
                               error, "goes with the format github-check alone; remove it");
    return true;
}

static bool is_free(const ImpConfigReading *reading, json_t *object, GError **error)
{
    const GPtrArray *endpoints = reading->config->endpoints;
    for (guint i = 0; i < endpoints->len; i++)
        if (strcmp(((ImpEndpoint *)endpoints->pdata[i])->name, NAME) == 0)
            return imp_json_refuse(reading->file, object, "format", -1, error,
                                   "cannot be told: the name \"" NAME
                                   "\" is another endpoint's; choose another one there");
    return true;
}

bool imp_config_read_status(const ImpConfigReading *reading, json_t *object, GError **error)
{
    if (!object)
        return true;
    g_autoptr(ImpEndpoint) endpoint = imp_endpoint_new();
    g_autofree char *format = NULL, *api = NULL, *ca_file = NULL;
    g_auto(GStrv) allow = NULL;
    endpoint->name = g_strdup(NAME);
    endpoint->context = g_strdup("imprimatur");
    const ImpJsonField fields[] = {
        {"format", IMP_JSON_STRING, &format, .required = true},
        {"api", IMP_JSON_STRING, &api, .required = true},
        {"token", IMP_JSON_STRING, &endpoint->token_file, .required = true},
        {"app", IMP_JSON_STRING, .member = &endpoint->app},
        {"installation", IMP_JSON_STRING, .member = &endpoint->installation},
        {"context", IMP_JSON_STRING, .member = &endpoint->context},
        {"allow", IMP_JSON_STRINGS, .member = &allow},
        {"ca_file", IMP_JSON_STRING, .member = &ca_file},
    };
    if (!imp_json_read(reading->file, object, fields, G_N_ELEMENTS(fields), error) ||
        !is_free(reading, object, error) ||
        !read_format(reading, object, format, endpoint, error) ||
        !check_app(reading, object, endpoint, error) ||
        !imp_config_read_place(reading, object, "api", &(ImpConfigPlace){api, allow, ca_file},
                               endpoint, error) ||
        !imp_config_find_secret(reading, object, "token", &endpoint->token_file, error))
        return false;
    reading->config->remote->status = g_strdup(NAME);
    g_ptr_array_add(reading->config->endpoints, g_steal_pointer(&endpoint));
    return true;
}
