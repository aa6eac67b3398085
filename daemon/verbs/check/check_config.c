#include "articles/repository.h"
#include "daemon/config/credentials.h"
#include "daemon/verbs/check/check.h"
#include "workflow/signers.h"

#include <grp.h>
#include <string.h>
#include <sys/stat.h>

/* A configuration is checked by whoever writes it, mostly root, for the daemon that will run under
 * the unit imprimatur@.service: as its own user, with its credentials, and inside its sandbox. */

/* What the unit allows to write, besides its own directories. */
#define UNIT_WRITES  "/srv/git/"
#define UNIT_FOLDERS "/etc/systemd/system/"

static ImpConfig *load(ImpCheck *check, const char *path)
{
    g_autoptr(GError) error = NULL;
    const char *state = g_getenv("STATE_DIRECTORY");
    g_autofree char *credentials = imp_config_credentials_directory(path);
    g_autoptr(ImpConfig) config = imp_config_load_readable(path, credentials, state, &error);
    if (!config) {
        imp_check_report_sentence(check, IMP_SEVERITY_ERROR, path, error->message);
        config = imp_config_load_without_secrets(path, state, NULL);
    }
    /* What this user cannot read only the daemon can look at; what is wrong is wrong for both. */
    for (guint i = 0; config && i < config->warnings->len; i++)
        imp_check_report_sentence(check, IMP_SEVERITY_WARNING, path, config->warnings->pdata[i]);
    return g_steal_pointer(&config);
}

GPtrArray *imp_check_authority(ImpCheck *check, const ImpConfig *config)
{
    g_autofree char *text = NULL;
    gsize length;
    g_autoptr(GError) error = NULL;
    if (config->signatures_off)
        return NULL;
    GPtrArray *authority = NULL;
    if (g_file_get_contents(config->authority, &text, &length, &error))
        authority = imp_signers_parse_authority(config->authority, text, length, &error);
    if (!authority)
        imp_check_report_sentence(check, IMP_SEVERITY_ERROR, config->authority, error->message);
    return authority;
}

/* Whether a drop-in of the unit names the directory already. */
static bool is_dropped_in(const char *unit, const char *directory)
{
    g_autofree char *folder = g_strconcat(UNIT_FOLDERS, unit, ".d", NULL);
    g_autofree char *line = g_strconcat("ReadWritePaths=", directory, NULL);
    g_autoptr(GDir) listing = g_dir_open(folder, 0, NULL);
    const char *name;
    bool found = false;
    while (listing && !found && (name = g_dir_read_name(listing))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *text = NULL;
        found = g_file_get_contents(path, &text, NULL, NULL) && strstr(text, line);
    }
    return found;
}

static char *group_of(const char *directory)
{
    struct stat status;
    struct group entry, *found = NULL;
    char buffer[4096];
    if (stat(directory, &status) < 0 || !(status.st_mode & S_IWGRP) ||
        getgrgid_r(status.st_gid, &entry, buffer, sizeof buffer, &found) != 0 || !found)
        return NULL;
    return g_strdup(entry.gr_name);
}

static bool is_below_homes(const char *directory)
{
    return g_str_has_prefix(directory, "/home/") || g_str_has_prefix(directory, "/root/") ||
           g_str_has_prefix(directory, "/run/user/");
}

/* The drop-in by which the unit may write to the repository, and to nothing that others would run.
 */
static void print_drop_in(ImpCheck *check, const ImpConfig *config, const char *directory)
{
    g_autofree char *unit = g_strdup_printf("imprimatur@%s.service", config->name);
    if (g_str_has_prefix(directory, UNIT_WRITES) || is_dropped_in(unit, directory) ||
        config->remote) /* whose mirror is among the state */
        return;
    g_autofree char *group = group_of(directory);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(
        text,
        "the systemd unit may write in " UNIT_WRITES
        " only; for this place type \"systemctl edit %s\" and put in:\n[Service]\n",
        unit);
    if (is_below_homes(directory)) /* of which the unit sees nothing otherwise */
        g_string_append_printf(text, "ProtectHome=tmpfs\nBindPaths=%s\n", directory);
    g_string_append_printf(text,
                           "ReadWritePaths=%s\nReadOnlyPaths=%s/hooks\nReadOnlyPaths=%s/config",
                           directory, directory, directory);
    if (group && strcmp(group, "git") != 0)
        g_string_append_printf(text, "\nSupplementaryGroups=%s", group);
    imp_check_report(check, IMP_SEVERITY_NOTE, directory, 0, text->str);
}

static void check_repository(ImpCheck *check, const ImpConfig *config)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpRepository) repository = imp_repository_open(config->repository, &error);
    if (!repository) {
        /* A daemon waits for a repository that is not there yet. */
        bool missing = g_error_matches(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_MISSING);
        imp_check_report(check, missing ? IMP_SEVERITY_WARNING : IMP_SEVERITY_ERROR,
                         config->repository, 0,
                         missing ? "there is no git repository here yet" : error->message);
        return;
    }
    g_autofree char *directory =
        g_canonicalize_filename(imp_repository_git_directory(repository), NULL);
    if (!imp_repository_check(repository, imp_check_daemon_user(config), &error))
        imp_check_report_sentence(check, IMP_SEVERITY_ERROR, directory, error->message);
    else
        imp_check_repository_access(check, config, directory);
    print_drop_in(check, config, directory);
}

static void check_credentials(ImpCheck *check, const char *path)
{
    g_autoptr(GPtrArray) changed = imp_config_changed_credentials(path);
    g_autofree char *unit = imp_config_unit(path);
    for (guint i = 0; i < changed->len; i++) {
        g_autofree char *sentence = g_strdup_printf(
            "has changed since the service was started, which goes on with what it was given then; "
            "type: systemctl restart %s",
            unit);
        imp_check_report(check, IMP_SEVERITY_WARNING, changed->pdata[i], 0, sentence);
    }
}

ImpConfig *imp_check_config(ImpCheck *check, const char *path, GPtrArray **authority)
{
    ImpConfig *config = load(check, path);
    *authority = NULL;
    if (!config)
        return NULL;
    *authority = imp_check_authority(check, config);
    imp_check_access(check, config);
    check_credentials(check, path);
    check_repository(check, config);
    return config;
}
