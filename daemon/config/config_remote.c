#include "daemon/config/config_remote.h"
#include "daemon/config/config_status.h"
#include "daemon/config/config_values.h"

#include <string.h>

#define LEDGER_REF "refs/imprimatur/ledger"

void imp_config_remote_free(ImpConfigRemote *remote)
{
    if (!remote)
        return;
    char *const texts[] = {remote->url,  remote->key,     remote->known_hosts, remote->token,
                           remote->user, remote->ca_file, remote->ledger_ref,  remote->status};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_strfreev(remote->heads);
    g_free(remote);
}

/* What is wrong with a URL for git, and what to do; NULL if nothing. Static. */
static const char *url_fault(const char *url)
{
    static const char *const schemes[] = {"ssh://", "https://", "http://", "git://", "file://"};
    for (const char *c = url; *c; c++)
        if (!g_ascii_isgraph(*c))
            return "has a blank or a control character; percent-encode it";
    for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (!g_str_has_prefix(url, schemes[i]))
            continue;
        const char *rest = url + strlen(schemes[i]);
        const char *at = strchr(rest, '@');
        const char *slash = strchr(rest, '/');
        if (!*rest || *rest == '-')
            return "names no host; write one as in ssh://git@host.example/path.git";
        if (at && slash && at < slash && i > 0)
            return "has a user before the host; write \"user\" and \"token\" instead";
        return NULL;
    }
    return strchr(url, ':') && !strstr(url, "://")
               ? "is scp's way to write it; write ssh://USER@HOST/PATH"
               : "is not a URL that git can fetch from; write one as in "
                 "ssh://git@host.example/path.git";
}

/* The path of a secret that another program reads, in the place of what the file says. */
bool imp_config_find_secret(const ImpConfigReading *reading, json_t *object, const char *key,
                            char **text, GError **error)
{
    if (!*text || !reading->secrets_wanted)
        return true;
    g_autofree char *file = NULL;
    if (!g_str_has_prefix(*text, "credential:") && !g_str_has_prefix(*text, "file:"))
        return imp_json_refuse(reading->file, object, key, -1, error,
                               "does not belong in the configuration; write credential:NAME or "
                               "file:PATH");
    g_autofree char *value = NULL;
    if (!imp_config_resolve(reading, object, key, *text, &value, &file, error))
        return false;
    g_free(*text);
    *text = g_steal_pointer(&file);
    return true;
}

static void make_absolute(const ImpConfigReading *reading, char **path)
{
    if (!*path)
        return;
    char *absolute = imp_config_absolute(reading, *path);
    g_free(*path);
    *path = absolute;
}

static bool check_refs(const ImpConfigReading *reading, json_t *object,
                       const ImpConfigRemote *remote, GError **error)
{
    const char *branch = g_str_has_prefix(remote->ledger_ref, "refs/heads/")
                             ? remote->ledger_ref + strlen("refs/heads/")
                             : NULL;
    if (!g_str_has_prefix(remote->ledger_ref, "refs/") ||
        imp_config_branch_fault(branch ? branch : remote->ledger_ref + strlen("refs/")))
        return imp_json_refuse(reading->file, object, "ledger_ref", -1, error,
                               "is not the full name of a ref; write one as in " LEDGER_REF
                               " or refs/heads/ledger");
    for (guint i = 0; remote->heads && remote->heads[i]; i++)
        if (!g_str_has_prefix(remote->heads[i], "refs/"))
            return imp_json_refuse(reading->file, object, "heads", (gssize)i, error,
                                   "is not a pattern of full names; write one as in "
                                   "refs/pull/*/head");
    return true;
}

static bool check_remote(const ImpConfigReading *reading, json_t *object, GError **error)
{
    const ImpConfigRemote *remote = reading->config->remote;
    const char *fault = url_fault(remote->url);
    if (fault)
        return imp_json_refuse(reading->file, object, "url", -1, error, "%s", fault);
    if (g_str_has_prefix(remote->url, "ssh://") && !remote->known_hosts)
        return imp_json_refuse(reading->file, object, "known_hosts", -1, error,
                               "is missing; the host's key is never learned by itself: put it into "
                               "a file (ssh-keyscan HOST), compare its fingerprint, and name that");
    if (remote->token && !g_str_has_prefix(remote->url, "http"))
        return imp_json_refuse(reading->file, object, "token", -1, error,
                               "goes with a URL of https; for ssh write \"key\"");
    return check_refs(reading, object, remote, error);
}

/* An entry that our key did not sign must be recognizable: most forges cannot guard the ref. */
static bool check_signing_key(const ImpConfigReading *reading, GError **error)
{
    json_t *root = imp_json_root(reading->file);
    if (json_object_get(root, "signing_key"))
        return true;
    return imp_json_refuse(reading->file, root, "remote", -1, error,
                           "needs \"signing_key\", so that a ledger which somebody else moved is "
                           "recognized; add it: credential:NAME or file:PATH of a key made by "
                           "ssh-keygen");
}

bool imp_config_read_remote(const ImpConfigReading *reading, json_t *object, GError **error)
{
    if (!object)
        return true;
    ImpConfigRemote *remote = g_new0(ImpConfigRemote, 1);
    reading->config->remote = remote;
    remote->ledger_ref = g_strdup(LEDGER_REF);
    remote->user = g_strdup("git");
    remote->settle_s = 10;
    remote->stall_s = 30;
    remote->push_s = 60;
    json_t *hook = NULL, *status = NULL;
    const ImpJsonField fields[] = {
        {"url", IMP_JSON_STRING, &remote->url, .required = true},
        {"key", IMP_JSON_STRING_OR_NULL, .member = &remote->key},
        {"known_hosts", IMP_JSON_STRING_OR_NULL, .member = &remote->known_hosts},
        {"token", IMP_JSON_STRING_OR_NULL, .member = &remote->token},
        {"user", IMP_JSON_STRING_OR_NULL, .member = &remote->user},
        {"ca_file", IMP_JSON_STRING_OR_NULL, .member = &remote->ca_file},
        {"ledger_ref", IMP_JSON_STRING, .member = &remote->ledger_ref},
        {"settle_s", IMP_JSON_COUNT, &remote->settle_s, .min = 0, .max = 3600},
        {"stall_s", IMP_JSON_COUNT, &remote->stall_s, .min = 1, .max = 3600},
        {"push_s", IMP_JSON_COUNT, &remote->push_s, .min = 1, .max = 3600},
        {"hook", IMP_JSON_OBJECT, .member = &hook},
        {"heads", IMP_JSON_GLOBS, .member = &remote->heads},
        {"status", IMP_JSON_OBJECT, .member = &status},
    };
    if (!imp_json_read(reading->file, object, fields, G_N_ELEMENTS(fields), error) ||
        !check_remote(reading, object, error) || !check_signing_key(reading, error) ||
        !imp_config_find_secret(reading, object, "key", &remote->key, error) ||
        !imp_config_find_secret(reading, object, "token", &remote->token, error) ||
        !imp_config_read_status(reading, status, error))
        return false;
    make_absolute(reading, &remote->known_hosts);
    make_absolute(reading, &remote->ca_file);
    return true;
}

char *imp_config_watched_ref(const ImpConfig *config, const char *ref)
{
    return config->remote ? g_strconcat("refs/imprimatur-remote/", ref + strlen("refs/"), NULL)
                          : g_strdup(ref);
}
