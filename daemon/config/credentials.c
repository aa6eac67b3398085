#include "daemon/config/credentials.h"
#include "daemon/config/config.h"

#include <string.h>

/* Of a folder of credentials named "credential", as the unit has one, systemd makes such names. */
#define COPY_PREFIX "credential_"

/* Where the unit's copies are. What the unit itself runs at a reload does not see them there, but
 * by way of its main process. */
static char *copies_of(const char *unit)
{
    g_autofree char *copies = g_strdup_printf("/run/credentials/%s.service", unit);
    const char *main_process = g_getenv("MAINPID");
    if (g_file_test(copies, G_FILE_TEST_IS_DIR) || !main_process ||
        !g_ascii_string_to_unsigned(main_process, 10, 1, G_MAXINT, NULL, NULL))
        return g_steal_pointer(&copies);
    return g_strdup_printf("/proc/%s/root%s", main_process, copies);
}

static bool is_same(const char *file, const char *copy)
{
    g_autofree char *now = NULL, *then = NULL;
    gsize length, then_length = 0;
    if (!g_file_get_contents(file, &now, &length, NULL))
        return true; /* not to be read, so not to be compared */
    g_file_get_contents(copy, &then, &then_length, NULL);
    return then && length == then_length && memcmp(now, then, length) == 0;
}

GPtrArray *imp_config_changed_credentials(const char *path)
{
    GPtrArray *changed = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *unit = imp_config_unit(path);
    if (!unit)
        return changed;
    g_autofree char *given = copies_of(unit);
    g_autofree char *stem = g_strndup(path, strlen(path) - strlen(".json"));
    g_autofree char *kept = g_strconcat(stem, ".credentials", NULL);
    g_autoptr(GDir) listing =
        g_file_test(given, G_FILE_TEST_IS_DIR) ? g_dir_open(kept, 0, NULL) : NULL;
    const char *name;
    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *file = g_build_filename(kept, name, NULL);
        g_autofree char *copy = g_strconcat(given, "/" COPY_PREFIX, name, NULL);
        if (!is_same(file, copy))
            g_ptr_array_add(changed, g_steal_pointer(&file));
    }
    return changed;
}
