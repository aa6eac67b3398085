#include "daemon/site/names.h"
#include "workflow/base/glob.h"
#include "workflow/base/path.h"

#include <string.h>

/* A file system takes parts of 255 bytes, and names get endings; addresses get long by encoding. */
#define PART_MAX_BYTES 200
#define NAME_MAX_BYTES 600
#define DIGITS         12

char *imp_site_digest(const char *path, gsize digits)
{
    g_autofree char *whole = g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);
    return g_strndup(whole, digits);
}

/* Names of files that stand beside the folders of articles, and what web servers hide or treat in
 * their own way. */
static bool is_taken(const char *part)
{
    static const char *const endings[] = {".html", ".json", ".svg", NULL};
    for (const char *const *ending = endings; *ending; ending++)
        if (g_str_has_suffix(part, *ending))
            return true;
    return part[0] == '.';
}

static bool can_stand(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);
    if (strlen(name) > NAME_MAX_BYTES || imp_path_problem(name, strlen(name)) || strchr(name, '\\'))
        return false;
    for (char **part = parts; *part; part++)
        if (!**part || strlen(*part) > PART_MAX_BYTES || is_taken(*part))
            return false;
    return true;
}

/* The literal folder that all patterns have; "" where they differ. */
static char *shared_folder(const ImpPolicy *policy)
{
    g_autofree char *shared = NULL;
    for (char **pattern = policy ? policy->articles : NULL; pattern && *pattern; pattern++) {
        g_autofree char *folder = imp_glob_literal_folder(*pattern);
        if (shared && strcmp(shared, folder) != 0)
            return g_strdup("");
        if (!shared)
            shared = g_steal_pointer(&folder);
    }
    return shared ? g_steal_pointer(&shared) : g_strdup("");
}

char *imp_site_stem(const ImpPolicy *policy, const char *path)
{
    g_autofree char *folder = shared_folder(policy);
    const char *stem = g_str_has_prefix(path, folder) ? path + strlen(folder) : path;
    bool has_ending = g_str_has_suffix(stem, ".md");
    g_autofree char *name = g_strndup(stem, strlen(stem) - (has_ending ? strlen(".md") : 0));
    g_autofree char *digest = imp_site_digest(path, DIGITS);
    if (!can_stand(name))
        return g_strconcat("article-", digest, NULL);
    return has_ending ? g_steal_pointer(&name) : g_strconcat(name, "-", digest, NULL);
}

char *imp_site_status_name(const char *path)
{
    const char *last = strrchr(path, '/');
    g_autofree char *folders = last ? g_strndup(path, (gsize)(last - path)) : NULL;
    if ((!folders || can_stand(folders)) && (last ? last[1] : path[0]) != '.' &&
        strlen(last ? last + 1 : path) <= PART_MAX_BYTES && strlen(path) <= NAME_MAX_BYTES &&
        !imp_path_problem(path, strlen(path)) && !strchr(path, '\\') &&
        strcmp(path, "pending") != 0)
        return g_strdup(path);
    g_autofree char *digest = imp_site_digest(path, DIGITS);
    return g_strconcat("article-", digest, NULL);
}

char *imp_site_folder_of(const ImpPolicy *policy, const char *path)
{
    g_autofree char *shared = shared_folder(policy);
    const char *rest = g_str_has_prefix(path, shared) ? path + strlen(shared) : path;
    const char *last = strrchr(rest, '/');
    g_autofree char *folder = g_strndup(rest, last ? (gsize)(last - rest) : 0);
    if (!*folder || can_stand(folder))
        return g_steal_pointer(&folder);
    g_autofree char *digest = imp_site_digest(folder, DIGITS);
    return g_strconcat("folder-", digest, NULL);
}

static gsize folder_length(const char *path)
{
    const char *last = strrchr(path, '/');
    return last ? (gsize)(last - path) : 0;
}

bool imp_site_is_beside(const char *path, const char *other)
{
    gsize length = folder_length(path);
    return other && folder_length(other) == length && strncmp(path, other, length) == 0;
}

char *imp_site_address(const char *name)
{
    gsize length = strlen(name);
    if (g_str_has_suffix(name, "/index.html"))
        length -= strlen("index.html");
    return g_uri_escape_bytes((const guint8 *)name, length, "/");
}

char *imp_site_link(const char *name)
{
    return g_uri_escape_bytes((const guint8 *)name, strlen(name), "/");
}

char *imp_site_way_up(const char *name)
{
    GString *way = g_string_new(NULL);
    for (; *name; name++)
        if (*name == '/')
            g_string_append(way, "../");
    return g_string_free(way, FALSE);
}
