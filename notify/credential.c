#include "notify/credential.h"

#include <glib.h>

char *imp_credential_read(const char *path)
{
    g_autofree char *text = NULL;
    if (!path || !g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    g_strstrip(text);
    /* What is not one word could be further headers. */
    for (const char *c = text; *c; c++)
        if (!g_ascii_isgraph(*c))
            return NULL;
    return *text ? g_steal_pointer(&text) : NULL;
}
