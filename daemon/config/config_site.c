#include "daemon/config/config_site.h"

#include <string.h>

#define ALIVE_HOURS     24
#define ALIVE_HOURS_MAX (7 * 24)

void imp_config_site_free(ImpConfigSite *site)
{
    if (!site)
        return;
    g_free(site->directory);
    g_free(site->url);
    g_free(site->view);
    g_free(site->style);
    g_free(site->header);
    g_free(site->footer);
    g_free(site);
}

static bool one_of(const ImpConfigReading *reading, const json_t *object, const char *key,
                   const char *word, const char *one, const char *other, GError **error)
{
    return !word || strcmp(word, one) == 0 || strcmp(word, other) == 0 ||
           imp_json_refuse(reading->file, object, key, -1, error,
                           "is not one of the words; write \"%s\" or \"%s\"", one, other);
}

static void make_absolute(const ImpConfigReading *reading, char **path)
{
    char *absolute = *path ? imp_config_absolute(reading, *path) : NULL;
    g_free(*path);
    *path = absolute;
}

static bool complete(const ImpConfigReading *reading, const json_t *object, ImpConfigSite *site,
                     const char *pending, GError **error)
{
    const char *fault = site->url ? imp_config_url_fault(site->url) : NULL;
    if (!one_of(reading, object, "view", site->view, "readers", "editors", error) ||
        !one_of(reading, object, "pending", pending, "show", "notice", error))
        return false;
    if (fault)
        return imp_json_refuse(reading->file, object, "url", -1, error, "%s", fault);
    if (site->url && !g_str_has_suffix(site->url, "/")) {
        char *url = g_strconcat(site->url, "/", NULL);
        g_free(site->url);
        site->url = url;
    }
    site->notice = g_strcmp0(pending, "notice") == 0;
    make_absolute(reading, &site->directory);
    make_absolute(reading, &site->style);
    make_absolute(reading, &site->header);
    make_absolute(reading, &site->footer);
    return true;
}

static bool read_site(const ImpConfigReading *reading, json_t *object, GError **error)
{
    ImpConfigSite *site = g_new0(ImpConfigSite, 1);
    g_autofree char *pending = NULL;
    g_ptr_array_add(reading->config->sites, site);
    site->view = g_strdup("readers");
    site->alive_hours = ALIVE_HOURS;
    const ImpJsonField fields[] = {
        {"directory", IMP_JSON_STRING, &site->directory, .required = true},
        {"url", IMP_JSON_STRING, .member = &site->url},
        {"view", IMP_JSON_STRING, .member = &site->view},
        {"pending", IMP_JSON_STRING, .member = &pending},
        {"alive_hours", IMP_JSON_COUNT, &site->alive_hours, .min = 2, .max = ALIVE_HOURS_MAX},
        {"style", IMP_JSON_STRING, .member = &site->style},
        {"header", IMP_JSON_STRING, .member = &site->header},
        {"footer", IMP_JSON_STRING, .member = &site->footer},
    };
    return imp_json_read(reading->file, object, fields, G_N_ELEMENTS(fields), error) &&
           complete(reading, object, site, pending, error);
}

bool imp_config_read_sites(const ImpConfigReading *reading, json_t *value, GError **error)
{
    if (!value || json_is_object(value))
        return !value || read_site(reading, value, error);
    for (gsize i = 0; i < json_array_size(value); i++) {
        json_t *item = json_array_get(value, i);
        if (!json_is_object(item))
            return imp_json_refuse(reading->file, imp_json_root(reading->file), "site", (gssize)i,
                                   error, "item %" G_GSIZE_FORMAT " is not an object; write {...}",
                                   i + 1);
        if (!read_site(reading, item, error))
            return false;
    }
    return true;
}
