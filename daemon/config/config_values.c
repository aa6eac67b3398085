#include "daemon/config/config_values.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Keys, URLs and secrets are short; a private RSA key of 16384 bits is the longest. */
#define SECRET_MAX_BYTES (64 * 1024)

char *imp_config_absolute(const ImpConfigReading *reading, const char *path)
{
    return g_canonicalize_filename(path, reading->folder);
}

void imp_config_warn(const ImpConfigReading *reading, json_t *object, const char *key,
                     const char *message)
{
    g_ptr_array_add(reading->config->warnings,
                    g_strdup_printf("%s:%u: %s: %s", reading->config->path,
                                    imp_json_line(reading->file, object, key, -1), key, message));
}

/* Of a secret that this user cannot read, as another one may, the daemon's: the same in either way.
 */
static bool warn_or_refuse(const ImpConfigReading *reading, json_t *object, const char *key,
                           const char *message, GError **error)
{
    if (reading->unreadable_is_warned) {
        imp_config_warn(reading, object, key, message);
        return true;
    }
    imp_json_refuse(reading->file, object, key, -1, error, "%s", message);
    if (error)
        (*error)->code = IMP_CONFIG_ERROR_SECRET;
    return false;
}

/* The file of a credential; NULL where this user cannot read it and that is only warned of. */
static bool find_credential(const ImpConfigReading *reading, json_t *object, const char *key,
                            const char *name, char **file, GError **error)
{
    g_autofree char *quoted = imp_json_quote(name);
    *file = NULL;
    if (!imp_json_name_is_valid(name))
        return imp_json_refuse(reading->file, object, key, -1, error,
                               "%s is not the name of a credential; correct it", quoted);
    if (!reading->credentials_directory) {
        g_autofree char *message =
            g_strdup_printf("the credential %s is not here since $CREDENTIALS_DIRECTORY is not "
                            "set; run this by the systemd unit or write file:PATH",
                            quoted);
        return warn_or_refuse(reading, object, key, message, error);
    }
    g_autofree char *path = g_build_filename(reading->credentials_directory, name, NULL);
    /* Of a folder of credentials named "credential", as the unit has one, systemd makes such names
     * (systemd.exec(5), LoadCredential=). */
    g_autofree char *prefixed = g_strconcat("credential_", name, NULL);
    g_autofree char *in_folder = g_build_filename(reading->credentials_directory, prefixed, NULL);
    bool made =
        !g_file_test(path, G_FILE_TEST_EXISTS) && g_file_test(in_folder, G_FILE_TEST_EXISTS);
    *file = made ? g_steal_pointer(&in_folder) : g_steal_pointer(&path);
    return true;
}

/* Reads a secret; *value stays NULL where this user cannot read it and that is only warned of. */
static bool read_secret_file(const ImpConfigReading *reading, json_t *object, const char *key,
                             const char *path, const char *advice, char **value, GError **error)
{
    g_autofree char *text = NULL;
    g_autofree char *before = g_strdup_printf("cannot be read; %s", advice);
    gsize length;
    if (access(path, R_OK) < 0 && errno == EACCES) {
        g_autofree char *message = g_strdup_printf("%s: %s: %s", before, path, g_strerror(errno));
        return warn_or_refuse(reading, object, key, message, error);
    }
    if (!g_file_get_contents(path, &text, &length, error))
        return imp_json_refuse_fault(reading->file, object, key, before, error);
    while (length > 0 && strchr("\r\n", text[length - 1]))
        text[--length] = '\0';
    if (length == 0 || length > SECRET_MAX_BYTES || strlen(text) != length ||
        !g_utf8_validate(text, -1, NULL))
        return imp_json_refuse(
            reading->file, object, key, -1, error,
            "holds nothing that can be used in %s; put one text of up to %d bytes there", path,
            SECRET_MAX_BYTES);
    *value = g_steal_pointer(&text);
    return true;
}

/* What the shipped unit hands to the daemon lies beside the configuration. */
static char *where_kept(const char *file, const char *name)
{
    gsize length = strlen(file) - (g_str_has_suffix(file, ".json") ? strlen(".json") : 0);
    return g_strdup_printf("write it, as root, to %.*s.credentials/%s, and restart the service",
                           (int)length, file, name);
}

bool imp_config_resolve(const ImpConfigReading *reading, json_t *object, const char *key,
                        const char *text, char **value, char **file, GError **error)
{
    g_autofree char *path = NULL, *advice = NULL;
    *value = NULL;
    if (g_str_has_prefix(text, "credential:")) {
        const char *name = text + strlen("credential:");
        if (!find_credential(reading, object, key, name, &path, error))
            return false;
        if (!path)
            return true;
        advice = where_kept(reading->config->path, name);
    } else if (g_str_has_prefix(text, "file:")) {
        path = imp_config_absolute(reading, text + strlen("file:"));
        advice = g_strdup("create it or correct the path");
    } else if (reading->others_can_read) {
        imp_config_warn(reading, object, key,
                        "is in a file that others can read; move it to a credential or type: "
                        "chgrp imprimatur FILE && chmod 640 FILE");
    }
    if (!path)
        *value = g_strdup(text);
    else if (!read_secret_file(reading, object, key, path, advice, value, error))
        return false;
    if (*value && file)
        *file = g_steal_pointer(&path);
    return true;
}

const char *imp_config_url_fault(const char *url)
{
    for (const char *c = url; *c; c++) {
        if (!g_ascii_isgraph(*c))
            return "has a blank, a control character or one beyond ASCII; percent-encode it";
    }
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    if (!uri)
        return "is not a URL; write one as in \"https://host.example/path\"";
    const char *scheme = g_uri_get_scheme(uri), *host = g_uri_get_host(uri);
    if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
        return "is not of https or http; write one as in \"https://host.example/path\"";
    if (!host || !*host)
        return "has no host; write one as in \"https://host.example/path\"";
    if (g_uri_get_userinfo(uri))
        return "has a user or password before the host; remove it";
    return NULL;
}

const char *imp_config_branch_fault(const char *name)
{
    if (g_str_has_prefix(name, "refs/"))
        return "write the branch's name without \"refs/heads/\"";
    if (name[0] == '-' || strcmp(name, "@") == 0 || strcmp(name, "HEAD") == 0)
        return "git has no branch of that name; write another one";
    if (strpbrk(name, " ~^:?*[\\\177") || strstr(name, "..") || strstr(name, "@{") ||
        g_str_has_suffix(name, "."))
        return "a branch has no blank, no \"..\" or \"@{\", none of ~^:?*[\\ and no \".\" at its "
               "end; correct it";
    for (const char *c = name; *c; c++) {
        if (g_ascii_iscntrl(*c))
            return "it has a control character; remove it";
    }
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);
    for (char **part = parts; *part; part++) {
        if (!**part || **part == '.' || g_str_has_suffix(*part, ".lock"))
            return "a part between \"/\" is empty, begins with \".\" or ends in \".lock\"; correct "
                   "it";
    }
    return NULL;
}
