#include "daemon/verbs/setup/agent_keys.h"

#include <glib.h>

typedef struct {
    char *key;     /* "ssh-ed25519 AAAA..." */
    char *comment; /* often an address; may be "" */
} AgentKey;

static void agent_key_free(gpointer data)
{
    AgentKey *key = data;
    g_free(key->key);
    g_free(key->comment);
    g_free(key);
}

/* Empty where there is no agent, or no key in it. */
static GPtrArray *read_keys(void)
{
    const char *const words[] = {"ssh-add", "-L", NULL};
    g_autofree char *said = NULL;
    int status = 0;
    GPtrArray *keys = g_ptr_array_new_with_free_func(agent_key_free);
    /* Without a key it says so in a line on standard output, and exits with 1. */
    if (!g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
                      NULL, NULL, &said, NULL, &status, NULL) ||
        !g_spawn_check_wait_status(status, NULL))
        return keys;
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) parts = g_strsplit(*line, " ", 3);
        if (g_strv_length(parts) < 2)
            continue;
        AgentKey *key = g_new0(AgentKey, 1);
        key->key = g_strdup_printf("%s %s", parts[0], parts[1]);
        key->comment = g_strdup(parts[2] ? parts[2] : "");
        g_ptr_array_add(keys, key);
    }
    return keys;
}

char **imp_agent_keys(void)
{
    g_autoptr(GPtrArray) keys = read_keys();
    g_autoptr(GStrvBuilder) all = g_strv_builder_new();
    for (guint i = 0; i < keys->len; i++)
        g_strv_builder_add(all, ((AgentKey *)keys->pdata[i])->key);
    return g_strv_builder_end(all);
}

static const AgentKey *with_comment(GPtrArray *keys, const char *comment)
{
    for (guint i = 0; i < keys->len; i++)
        if (g_ascii_strcasecmp(((AgentKey *)keys->pdata[i])->comment, comment) == 0)
            return keys->pdata[i];
    return NULL;
}

char *imp_agent_key_for(const char *email, const char *comment, char **wrong)
{
    g_autoptr(GPtrArray) keys = read_keys();
    const AgentKey *found = with_comment(keys, comment ? comment : email);
    if (!found && !comment && keys->len == 1)
        found = keys->pdata[0];
    if (found)
        return g_strdup(found->key);
    g_autoptr(GString) comments = g_string_new(NULL);
    for (guint i = 0; i < keys->len; i++)
        g_string_append_printf(comments, "%s\"%s\"", i ? ", " : "",
                               ((AgentKey *)keys->pdata[i])->comment);
    *wrong = keys->len == 0
                 ? g_strdup("the SSH agent has no keys, or there is none; ssh-add -l lists them")
                 : g_strdup_printf("which of the agent's keys? Write agent=COMMENT; it has %s",
                                   comments->str);
    return NULL;
}
