#include "daemon/config/config.h"
#include "daemon/config/config_endpoint.h"
#include "daemon/config/config_remote.h"
#include "daemon/config/config_site.h"
#include "workflow/base/fault.h"
#include "workflow/base/limits.h"
#include "workflow/base/path.h"
#include "workflow/forge_keys.h"

#include <glib/gstdio.h>
#include <string.h>

G_DEFINE_QUARK(imp_config_error, imp_config_error)

/* The unit of systemd reads NAME.json there. */
#define UNIT_READS "/etc/imprimatur/"

/* Tries of one delivery, and seconds between two: all within the week that anything is kept. */
#define LADDER_MAX_STEPS 20
#define LADDER_MAX_S     (7 * 86400)

static ImpConfig *config_new(const char *path)
{
    ImpConfig *config = g_new0(ImpConfig, 1);
    config->path = g_strdup(path);
    config->branch = g_strdup("main");
    config->review_branches = g_strsplit("review/**", " ", -1);
    config->approved_branch = g_strdup("approved");
    config->forge_keys = g_new0(char *, 1);
    config->poll_seconds = 60;
    config->deliver = true;
    config->endpoints = g_ptr_array_new_with_free_func((GDestroyNotify)imp_endpoint_free);
    config->times = imp_delivery_times_new();
    config->sites = g_ptr_array_new_with_free_func((GDestroyNotify)imp_config_site_free);
    config->warnings = g_ptr_array_new_with_free_func(g_free);
    return config;
}

void imp_config_free(ImpConfig *config)
{
    if (!config)
        return;
    char *const texts[] = {config->path,
                           config->name,
                           config->repository,
                           config->branch,
                           config->authority,
                           config->state_directory,
                           config->signing_key,
                           config->approved_branch,
                           config->signing_key_file,
                           config->article_url,
                           config->committer_name,
                           config->committer_email,
                           config->metrics_file,
                           config->approved_data};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_strfreev(config->review_branches);
    g_strfreev(config->forge_keys);
    g_clear_pointer(&config->endpoints, g_ptr_array_unref);
    g_clear_pointer(&config->sites, g_ptr_array_unref);
    imp_delivery_times_free(config->times);
    imp_config_remote_free(config->remote);
    g_clear_pointer(&config->warnings, g_ptr_array_unref);
    g_free(config);
}

static char *fill_in(const char *template, const char *path, const char *stem)
{
    g_autoptr(GString) url = g_string_new(template);
    g_string_replace(url, "{path}", path, 0);
    g_string_replace(url, "{stem}", stem, 0);
    return g_string_free(g_steal_pointer(&url), false);
}

/* An encoded path has no braces, so that filling in one placeholder never makes another. */
static char *encode(const char *path, gsize length)
{
    return g_uri_escape_bytes((const guint8 *)path, length, "/");
}

char *imp_config_article_url(const ImpConfig *config, const char *folder, const char *path)
{
    if (!config->article_url)
        return NULL;
    const char *stem = g_str_has_prefix(path, folder) ? path + strlen(folder) : path;
    gsize stem_length = strlen(stem) - (g_str_has_suffix(stem, ".md") ? strlen(".md") : 0);
    g_autofree char *encoded_path = encode(path, strlen(path));
    g_autofree char *encoded_stem = encode(stem, stem_length);
    return fill_in(config->article_url, encoded_path, encoded_stem);
}

static bool refuse(const ImpConfigReading *reading, const char *key, GError **error,
                   const char *message)
{
    return imp_json_refuse(reading->file, imp_json_root(reading->file), key, -1, error, "%s",
                           message);
}

static bool check_branches(const ImpConfigReading *reading, GError **error)
{
    const ImpConfig *config = reading->config;
    const char *fault = imp_config_branch_fault(config->branch);
    if (fault)
        return refuse(reading, "branch", error, fault);
    if (!config->approved_branch)
        return true;
    fault = imp_config_branch_fault(config->approved_branch);
    if (!fault && strcmp(config->branch, config->approved_branch) == 0)
        fault = "is the watched branch; name another one or write null";
    return fault ? refuse(reading, "approved_branch", error, fault) : true;
}

static bool read_signatures(const ImpConfigReading *reading, const char *word, GError **error)
{
    ImpConfig *config = reading->config;
    config->signatures_off = word && strcmp(word, "off") == 0;
    if (word && !config->signatures_off && strcmp(word, "required") != 0)
        return refuse(reading, "signatures", error,
                      "is not one of the words; write \"required\" or \"off\"");
    if (!config->signatures_off && !config->authority)
        return refuse(reading, "authority", error,
                      "is missing; add it: the path of a file with the keys that sign policies");
    return true;
}

static bool read_signing_key(const ImpConfigReading *reading, const char *text, GError **error)
{
    if (!text || !reading->secrets_wanted)
        return true;
    ImpConfig *config = reading->config;
    g_autofree char *key = NULL;
    if (!imp_config_resolve(reading, imp_json_root(reading->file), "signing_key", text, &key,
                            &config->signing_key_file, error))
        return false;
    if (!key)
        return true;
    if (!g_str_has_prefix(key, "-----BEGIN "))
        return refuse(
            reading, "signing_key", error,
            "is not a private key; write credential:NAME or file:PATH of one made by ssh-keygen");
    config->signing_key = g_strconcat(key, g_str_has_suffix(key, "\n") ? "" : "\n", NULL);
    return true;
}

static bool check_article_url(const ImpConfigReading *reading, GError **error)
{
    const char *template = reading->config->article_url;
    if (!template)
        return true;
    g_autofree char *sample = fill_in(template, "x", "x");
    if (strcmp(sample, template) == 0)
        return refuse(reading, "article_url", error,
                      "has no place for the article; write {path} or {stem} in it");
    if (strpbrk(sample, "{}"))
        return refuse(reading, "article_url", error,
                      "has other braces than {path} and {stem}; remove them");
    const char *fault = imp_config_url_fault(sample);
    return fault ? refuse(reading, "article_url", error, fault) : true;
}

/* "NAME <ADDRESS>" as it can stand in a commit. */
static bool read_committer(const ImpConfigReading *reading, const char *text, GError **error)
{
    ImpConfig *config = reading->config;
    g_autoptr(GMatchInfo) match = NULL;
    g_autoptr(GRegex) form =
        g_regex_new("^([^<>[:cntrl:][:space:]](?:[^<>[:cntrl:]]*[^<>[:cntrl:][:space:]])?) "
                    "<([^<>[:cntrl:][:space:]]+)>$",
                    G_REGEX_DOLLAR_ENDONLY, 0, NULL);
    if (!g_regex_match(form, text, 0, &match))
        return refuse(reading, "committer", error, "is not a committer; write \"NAME <ADDRESS>\"");
    config->committer_name = g_match_info_fetch(match, 1);
    config->committer_email = g_match_info_fetch(match, 2);
    return true;
}

static bool read_timeouts(const ImpConfigReading *reading, json_t *object, GError **error)
{
    ImpDeliveryTimes *times = reading->config->times;
    const ImpJsonField fields[] = {
        {"connect_s", IMP_JSON_COUNT, &times->connect_s, .min = 1, .max = 300},
        {"total_s", IMP_JSON_COUNT, &times->total_s, .min = 1, .max = 300},
    };
    if (!object)
        return true;
    if (!imp_json_read(reading->file, object, fields, G_N_ELEMENTS(fields), error))
        return false;
    if (times->connect_s > times->total_s)
        return imp_json_refuse(reading->file, object, "connect_s", -1, error,
                               "is %u s of %u s in all; lower it or raise \"total_s\"",
                               times->connect_s, times->total_s);
    return true;
}

static bool read_ladder(const ImpConfigReading *reading, const json_t *steps, GError **error)
{
    if (!steps)
        return true;
    GArray *ladder_s = reading->config->times->ladder_s;
    g_array_set_size(ladder_s, 0);
    for (gsize i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        json_int_t wait_s = json_is_integer(step) ? json_integer_value(step) : -1;
        if (wait_s < 0 || wait_s > LADDER_MAX_S)
            return imp_json_refuse(reading->file, imp_json_root(reading->file), "ladder", (gssize)i,
                                   error,
                                   "item %" G_GSIZE_FORMAT
                                   " is not a number of seconds; write a whole one from 0 to %d",
                                   i + 1, LADDER_MAX_S);
        guint value_s = (guint)wait_s;
        g_array_append_val(ladder_s, value_s);
    }
    return true;
}

static bool read_endpoints(const ImpConfigReading *reading, const json_t *list, GError **error)
{
    for (gsize i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        if (!json_is_object(item))
            return imp_json_refuse(reading->file, imp_json_root(reading->file), "endpoints",
                                   (gssize)i, error,
                                   "item %" G_GSIZE_FORMAT " is not an object; write {...}", i + 1);
        if (!imp_config_read_endpoint(reading, item, error))
            return false;
    }
    return true;
}

/* A path as git has them, which anybody can check out. */
static bool check_approved_data(const ImpConfigReading *reading, GError **error)
{
    const char *path = reading->config->approved_data;
    g_auto(GStrv) parts = g_strsplit(path ? path : "data", "/", -1);
    bool fine = true;
    for (char **part = parts; *part; part++)
        fine = fine && **part && (*part)[0] != '.' && strpbrk(*part, "\\:") == NULL;
    if (fine && (!path || imp_path_problem(path, strlen(path)) == IMP_PROBLEM_NONE))
        return true;
    return refuse(reading, "approved_data", error,
                  "is not the path of a file in the branch; write one such as "
                  "\"data/imprimatur.json\"");
}

/* From what people write to what keys are compared by. */
static bool read_forge_keys(const ImpConfigReading *reading, GError **error)
{
    for (char **key = reading->config->forge_keys; *key; key++) {
        char *read = imp_forge_key_read(*key);
        if (!read)
            return imp_json_refuse(reading->file, imp_json_root(reading->file), "forge_keys",
                                   key - reading->config->forge_keys, error,
                                   "is neither a public SSH key (\"ssh-ed25519 AAAA...\") nor the "
                                   "fingerprint of an OpenPGP key in 40 hex digits; copy what the "
                                   "forge publishes");
        g_free(*key);
        *key = read;
    }
    return true;
}

static void make_absolute(const ImpConfigReading *reading, char **path)
{
    char *absolute = *path ? imp_config_absolute(reading, *path) : NULL;
    g_free(*path);
    *path = absolute;
}

/* systemd lists several directories with colons; the first is the state's. */
static void set_paths(const ImpConfigReading *reading, const char *state_directory_env)
{
    ImpConfig *config = reading->config;
    if (!config->state_directory && state_directory_env && *state_directory_env)
        config->state_directory = g_strndup(state_directory_env, strcspn(state_directory_env, ":"));
    if (!config->state_directory)
        config->state_directory = g_build_filename("/var/lib/imprimatur", config->name, NULL);
    /* With a remote, the mirror. */
    if (!config->repository)
        config->repository = g_build_filename(config->state_directory, "repository.git", NULL);
    make_absolute(reading, &config->repository);
    make_absolute(reading, &config->authority);
    make_absolute(reading, &config->state_directory);
    make_absolute(reading, &config->metrics_file);
}

static bool check_repository(const ImpConfigReading *reading, GError **error)
{
    if (reading->config->repository || reading->config->remote)
        return true;
    return refuse(reading, "repository", error, "is missing; add it: a string");
}

/* What editors see of the repository is where a status links to. */
static void link_statuses(ImpConfig *config)
{
    const ImpConfigSite *page = NULL;
    for (guint i = 0; i < config->sites->len; i++) {
        const ImpConfigSite *site = config->sites->pdata[i];
        if (site->url && (!page || strcmp(site->view, "editors") == 0))
            page = site;
    }
    for (guint i = 0; page && i < config->endpoints->len; i++) {
        ImpEndpoint *endpoint = config->endpoints->pdata[i];
        if (endpoint->context)
            endpoint->page = g_strdup(page->url);
    }
}

static bool read_config(const ImpConfigReading *reading, const char *state_directory_env,
                        GError **error)
{
    ImpConfig *config = reading->config;
    g_autofree char *signatures = NULL, *signing_key = NULL, *committer = NULL;
    committer = g_strdup("imprimatur <imprimatur@localhost>");
    json_t *endpoints = NULL, *timeouts = NULL, *ladder = NULL, *remote = NULL, *sites = NULL;
    const ImpJsonField fields[] = {
        {"name", IMP_JSON_NAME, &config->name, .required = true},
        {"repository", IMP_JSON_STRING, .member = &config->repository},
        {"branch", IMP_JSON_STRING, .member = &config->branch},
        {"review_branches", IMP_JSON_GLOBS, .member = &config->review_branches},
        {"authority", IMP_JSON_STRING, .member = &config->authority},
        {"signatures", IMP_JSON_STRING, .member = &signatures},
        {"state_directory", IMP_JSON_STRING, .member = &config->state_directory},
        {"approved_branch", IMP_JSON_STRING_OR_NULL, .member = &config->approved_branch},
        {"signing_key", IMP_JSON_STRING, .member = &signing_key},
        {"article_url", IMP_JSON_STRING, .member = &config->article_url},
        {"poll_seconds", IMP_JSON_COUNT, &config->poll_seconds, .min = 1, .max = 3600},
        {"committer", IMP_JSON_STRING, .member = &committer},
        {"endpoints", IMP_JSON_ARRAY, .member = &endpoints},
        {"timeouts", IMP_JSON_OBJECT, .member = &timeouts},
        {"ladder", IMP_JSON_ARRAY, &ladder, .min = 1, .max = LADDER_MAX_STEPS},
        {"metrics_file", IMP_JSON_STRING, .member = &config->metrics_file},
        {"remote", IMP_JSON_OBJECT, .member = &remote},
        {"deliver", IMP_JSON_BOOLEAN, .member = &config->deliver},
        {"site", IMP_JSON_OBJECTS, .member = &sites},
        {"approved_data", IMP_JSON_STRING, .member = &config->approved_data},
        {"forge_keys", IMP_JSON_STRINGS, .member = &config->forge_keys},
    };
    if (!imp_json_read(reading->file, imp_json_root(reading->file), fields, G_N_ELEMENTS(fields),
                       error) ||
        !check_branches(reading, error) || !read_signatures(reading, signatures, error) ||
        !read_signing_key(reading, signing_key, error) || !check_article_url(reading, error) ||
        !read_committer(reading, committer, error) || !read_timeouts(reading, timeouts, error) ||
        !read_ladder(reading, ladder, error) || !read_endpoints(reading, endpoints, error) ||
        !imp_config_read_remote(reading, remote, error) || !check_repository(reading, error) ||
        !imp_config_read_sites(reading, sites, error) || !check_approved_data(reading, error) ||
        !read_forge_keys(reading, error))
        return false;
    set_paths(reading, state_directory_env);
    link_statuses(config);
    return true;
}

static ImpConfig *load(const char *path, ImpConfigReading *reading, const char *state_directory_env,
                       GError **error)
{
    g_autoptr(ImpConfig) config = config_new(path);
    g_autofree char *text = NULL;
    gsize length;
    if (!g_file_get_contents(path, &text, &length, error)) {
        imp_fault_reword(error, IMP_CONFIG_ERROR, IMP_CONFIG_ERROR_UNREADABLE,
                         "%s: the configuration cannot be read; create it or name another with -c",
                         path);
        return NULL;
    }
    g_autoptr(ImpJsonFile) file = imp_json_load(path, text, length, IMP_CONFIG_MAX_BYTES,
                                                IMP_CONFIG_ERROR, IMP_CONFIG_ERROR_INVALID, error);
    if (!file)
        return NULL;
    g_autofree char *absolute = g_canonicalize_filename(path, NULL);
    g_autofree char *folder = g_path_get_dirname(absolute);
    GStatBuf status;
    reading->file = file;
    reading->config = config;
    reading->folder = folder;
    reading->others_can_read = g_stat(path, &status) == 0 && (status.st_mode & 007) != 0;
    if (!read_config(reading, state_directory_env, error))
        return NULL;
    return g_steal_pointer(&config);
}

ImpConfig *imp_config_load(const char *path, const char *credentials_directory,
                           const char *state_directory_env, GError **error)
{
    ImpConfigReading reading = {.credentials_directory = credentials_directory,
                                .secrets_wanted = true};
    return load(path, &reading, state_directory_env, error);
}

ImpConfig *imp_config_load_readable(const char *path, const char *credentials_directory,
                                    const char *state_directory_env, GError **error)
{
    ImpConfigReading reading = {.credentials_directory = credentials_directory,
                                .secrets_wanted = true,
                                .unreadable_is_warned = true};
    return load(path, &reading, state_directory_env, error);
}

ImpConfig *imp_config_load_without_secrets(const char *path, const char *state_directory_env,
                                           GError **error)
{
    ImpConfigReading reading = {.secrets_wanted = false};
    return load(path, &reading, state_directory_env, error);
}

char *imp_config_unit(const char *path)
{
    g_autofree char *file = g_canonicalize_filename(path, NULL);
    if (!g_str_has_prefix(file, UNIT_READS) || !g_str_has_suffix(file, ".json"))
        return NULL;
    const char *name = file + strlen(UNIT_READS);
    return strchr(name, '/')
               ? NULL
               : g_strdup_printf("imprimatur@%.*s", (int)(strlen(name) - strlen(".json")), name);
}

char *imp_config_credentials_directory(const char *path)
{
    const char *given = g_getenv("CREDENTIALS_DIRECTORY");
    if (given)
        return g_strdup(given);
    gsize length = strlen(path) - (g_str_has_suffix(path, ".json") ? strlen(".json") : 0);
    g_autofree char *directory = g_strdup_printf("%.*s.credentials", (int)length, path);
    return g_access(directory, X_OK) == 0 ? g_steal_pointer(&directory) : NULL;
}
