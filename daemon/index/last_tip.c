#include "daemon/index/last_tip.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

/* Two lines: the tip, and the one before or "-". */

void imp_last_tip_clear(ImpLastTip *memory)
{
    g_clear_pointer(&memory->tip, g_free);
    g_clear_pointer(&memory->previous, g_free);
}

static bool is_id(const char *text)
{
    return strlen(text) == 40 && strspn(text, "0123456789abcdef") == 40;
}

bool imp_last_tip_read(const char *state_directory, ImpLastTip *memory, GError **error)
{
    g_autofree char *path = g_build_filename(state_directory, "tip", NULL);
    g_autofree char *text = NULL;
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return true;
    if (!g_file_get_contents(path, &text, NULL, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", 3);
    if (!lines[0] || !is_id(lines[0]) ||
        (lines[1] && *lines[1] && strcmp(lines[1], "-") != 0 && !is_id(lines[1]))) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s: does not hold the ledger's tip; put it back from a backup, or remove it "
                    "and type: imprimatur "
                    "ledger restore --trust OID",
                    path);
        return false;
    }
    memory->tip = g_strdup(lines[0]);
    memory->previous = lines[1] && is_id(lines[1]) ? g_strdup(lines[1]) : NULL;
    return true;
}

const char *imp_last_tip_left_at(const ImpLastTip *memory, const char *ledger, const char *indexed)
{
    if (!memory->tip || g_strcmp0(ledger, memory->tip) == 0 ||
        (g_strcmp0(ledger, memory->previous) == 0 && g_strcmp0(indexed, memory->tip) != 0))
        return ledger;
    if (indexed)
        return indexed;
    return memory->previous ? memory->previous : memory->tip;
}

bool imp_last_tip_write(const char *state_directory, const char *tip, const char *previous,
                        GError **error)
{
    g_autofree char *path = g_build_filename(state_directory, "tip", NULL);
    g_autofree char *text = g_strdup_printf("%s\n%s\n", tip, previous ? previous : "-");
    return g_file_set_contents_full(
        path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0640, error);
}
