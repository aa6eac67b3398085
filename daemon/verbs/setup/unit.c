#include "daemon/verbs/setup/unit.h"

#include <string.h>

/* The output of a program; NULL where it cannot be run or fails. */
static char *output_of(const char *const *words)
{
    g_autofree char *said = NULL;
    int status = 0;
    if (!g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
                      NULL, NULL, &said, NULL, &status, NULL) ||
        !g_spawn_check_wait_status(status, NULL))
        return NULL;
    return g_steal_pointer(&said);
}

/* The value of a property among the lines of `systemctl show`; "" where it has none. */
static const char *property(char *const *lines, const char *name)
{
    gsize length = strlen(name);
    for (; *lines; lines++)
        if (strncmp(*lines, name, length) == 0 && (*lines)[length] == '=')
            return *lines + length + 1;
    return "";
}

/* systemd names each start of a unit; what was said after another one is over. */
static char *last_words(const char *invocation)
{
    if (!*invocation)
        return NULL;
    g_autofree char *match = g_strconcat("_SYSTEMD_INVOCATION_ID=", invocation, NULL);
    const char *const words[] = {"journalctl", "--quiet", "--no-pager", "--output=cat",
                                 "--lines=1",  match,     NULL};
    g_autofree char *said = output_of(words);
    if (!said || !*g_strchomp(said))
        return NULL;
    return g_steal_pointer(&said);
}

ImpUnit *imp_unit_ask(const char *name)
{
    const char *const words[] = {
        "systemctl", "show", name,
        "--property=LoadState,ActiveState,UnitFileState,ExecMainStatus,NRestarts,InvocationID,"
        "Result",
        NULL};
    g_autofree char *said =
        g_file_test("/run/systemd/system", G_FILE_TEST_IS_DIR) ? output_of(words) : NULL;
    if (!said)
        return NULL;
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    ImpUnit *unit = g_new0(ImpUnit, 1);
    unit->state = g_strdup(property(lines, "ActiveState"));
    unit->loaded = strcmp(property(lines, "LoadState"), "loaded") == 0;
    unit->enabled = strcmp(property(lines, "UnitFileState"), "enabled") == 0;
    unit->status = (int)g_ascii_strtoll(property(lines, "ExecMainStatus"), NULL, 10);
    unit->restarts = (guint)g_ascii_strtoull(property(lines, "NRestarts"), NULL, 10);
    unit->active = strcmp(unit->state, "active") == 0;
    unit->failed = strcmp(unit->state, "failed") == 0 ||
                   (strcmp(unit->state, "activating") == 0 && unit->status != 0);
    unit->given_up = strcmp(property(lines, "Result"), "start-limit-hit") == 0;
    unit->said = last_words(property(lines, "InvocationID"));
    return unit;
}

void imp_unit_free(ImpUnit *unit)
{
    if (!unit)
        return;
    g_free(unit->state);
    g_free(unit->said);
    g_free(unit);
}
