#include "notify/credential.h"

char *imp_credential_of(const ImpEndpoint *endpoint)
{
    g_autofree char *text = g_strdup(endpoint->credential);
    if (!text &&
        (!endpoint->token_file || !g_file_get_contents(endpoint->token_file, &text, NULL, NULL)))
        return NULL;
    g_strstrip(text);
    /* What is not one word could be further headers. */
    for (const char *c = text; *c; c++)
        if (!g_ascii_isgraph(*c))
            return NULL;
    return *text ? g_steal_pointer(&text) : NULL;
}
