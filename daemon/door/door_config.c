#include "daemon/door/door_config.h"
#include "workflow/base/fault.h"
#include "workflow/base/json.h"

#include <string.h>

#define CONFIG_MAX_BYTES (1024 * 1024)
#define SECRET_MAX_BYTES 4096

G_DEFINE_QUARK(imp_door_error, imp_door_error)

typedef struct {
    const ImpJsonFile *file;
    const char *folder;                /* relative paths begin here */
    const char *credentials_directory; /* or NULL */
} Reading;

static void repository_free(gpointer data)
{
    ImpDoorRepository *repository = data;
    g_free(repository->name);
    g_free(repository->secret);
    g_free(repository->wake);
    g_free(repository);
}

/* Where the secret that `text` names lies; NULL: it is the value itself. */
static char *secret_path(const Reading *reading, const char *text)
{
    if (g_str_has_prefix(text, "file:"))
        return g_canonicalize_filename(text + strlen("file:"), reading->folder);
    if (!g_str_has_prefix(text, "credential:"))
        return NULL;
    const char *directory = reading->credentials_directory ? reading->credentials_directory : "";
    const char *name = text + strlen("credential:");
    g_autofree char *path = g_build_filename(directory, name, NULL);
    /* Of a folder of credentials systemd makes such names (systemd.exec(5), LoadCredential=). */
    g_autofree char *prefixed = g_strconcat("credential_", name, NULL);
    g_autofree char *in_folder = g_build_filename(directory, prefixed, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS) ? g_steal_pointer(&path)
                                                 : g_steal_pointer(&in_folder);
}

static bool read_secret(const Reading *reading, json_t *object, const char *text, char **secret,
                        GError **error)
{
    if (g_str_has_prefix(text, "credential:") && !imp_json_name_is_valid(text + 11))
        return imp_json_refuse(reading->file, object, "secret", -1, error,
                               "this is not the name of a credential; correct it");
    if (g_str_has_prefix(text, "credential:") && !reading->credentials_directory)
        return imp_json_refuse(reading->file, object, "secret", -1, error,
                               "$CREDENTIALS_DIRECTORY is not set; start the door by its systemd "
                               "unit, or write file:PATH");
    g_autofree char *path = secret_path(reading, text);
    if (!path) {
        *secret = g_strdup(text);
        return true;
    }
    g_autofree char *value = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &value, &length, error))
        return imp_json_refuse_fault(reading->file, object, "secret", "cannot be read", error);
    if (length > SECRET_MAX_BYTES || strlen(value) != length || !g_utf8_validate(value, -1, NULL))
        return imp_json_refuse(reading->file, object, "secret", -1, error,
                               "%s holds no text of at most %d bytes; write the secret there", path,
                               SECRET_MAX_BYTES);
    *secret = g_strdup(g_strstrip(value));
    return true;
}

static bool read_hook(const Reading *reading, json_t *object, ImpDoorRepository *repository,
                      GError **error)
{
    g_autofree char *format = NULL, *text = NULL;
    const ImpJsonField fields[] = {
        {"format", IMP_JSON_STRING, &format, true, 0, 0},
        {"secret", IMP_JSON_STRING, &text, true, 0, 0},
    };
    if (!imp_json_read(reading->file, object, fields, G_N_ELEMENTS(fields), error))
        return false;
    if (!imp_hook_format_from_word(format, &repository->format)) {
        g_autofree char *quoted = imp_json_quote(format);
        return imp_json_refuse(reading->file, object, "format", -1, error,
                               "%s is not a format of hooks; write github, gitlab, gitea, forgejo, "
                               "bitbucket or standard",
                               quoted);
    }
    if (!read_secret(reading, object, text, &repository->secret, error))
        return false;
    const char *fault = imp_hook_secret_fault(repository->format, repository->secret);
    if (fault)
        return imp_json_refuse(reading->file, object, "secret", -1, error, "%s", fault);
    repository->has_hook = true;
    return true;
}

static bool read_repository(const Reading *reading, json_t *object, ImpDoorConfig *config,
                            GError **error)
{
    ImpDoorRepository *repository = g_new0(ImpDoorRepository, 1);
    json_t *hook = NULL;
    g_autofree char *wake = NULL;
    const ImpJsonField fields[] = {
        {"name", IMP_JSON_NAME, &repository->name, true, 0, 0},
        {"hook", IMP_JSON_OBJECT, &hook, false, 0, 0},
        {"wake", IMP_JSON_STRING, &wake, false, 0, 0},
        {"questions", IMP_JSON_BOOLEAN, &repository->questions, false, 0, 0},
    };
    bool read = imp_json_read(reading->file, object, fields, G_N_ELEMENTS(fields), error);
    if (read && g_hash_table_contains(config->repositories, repository->name))
        read = imp_json_refuse(reading->file, object, "name", -1, error,
                               "this name appears twice; keep one of them");
    read = read && (!hook || read_hook(reading, hook, repository, error));
    if (!read) {
        repository_free(repository);
        return false;
    }
    repository->wake = wake ? g_canonicalize_filename(wake, reading->folder)
                            : g_build_filename("/run/imprimatur", repository->name, "wake", NULL);
    g_hash_table_insert(config->repositories, repository->name, repository);
    return true;
}

ImpDoorConfig *imp_door_config_load(const char *path, const char *credentials_directory,
                                    GError **error)
{
    g_autofree char *text = NULL, *folder = g_path_get_dirname(path);
    gsize length = 0;
    if (!g_file_get_contents(path, &text, &length, error)) {
        imp_fault_reword(error, IMP_DOOR_ERROR, IMP_DOOR_ERROR_INVALID,
                         "%s: cannot be read; see THE DOOR in imprimatur.json(5)", path);
        return NULL;
    }
    g_autoptr(ImpJsonFile) file = imp_json_load(path, text, length, CONFIG_MAX_BYTES,
                                                IMP_DOOR_ERROR, IMP_DOOR_ERROR_INVALID, error);
    if (!file)
        return NULL;
    g_autofree char *absolute = g_canonicalize_filename(folder, NULL);
    const Reading reading = {file, absolute, credentials_directory};
    g_autoptr(ImpDoorConfig) config = g_new0(ImpDoorConfig, 1);
    config->repositories = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, repository_free);
    json_t *repositories = NULL;
    const ImpJsonField fields[] = {{"repositories", IMP_JSON_ARRAY, &repositories, true, 1, 0}};
    if (!imp_json_read(file, imp_json_root(file), fields, G_N_ELEMENTS(fields), error))
        return NULL;
    for (gsize i = 0; i < json_array_size(repositories); i++) {
        json_t *object = json_array_get(repositories, i);
        if (!json_is_object(object)) {
            imp_json_refuse(file, imp_json_root(file), "repositories", (gssize)i, error,
                            "write an object as in {\"name\": \"handbook\"}");
            return NULL;
        }
        if (!read_repository(&reading, object, config, error))
            return NULL;
    }
    return g_steal_pointer(&config);
}

void imp_door_config_free(ImpDoorConfig *config)
{
    if (!config)
        return;
    g_hash_table_unref(config->repositories);
    g_free(config);
}
