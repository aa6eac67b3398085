#include "articles/address.h"
#include "workflow/base/path.h"

#include <string.h>

/* Unreserved and reserved characters (RFC 3986, sections 2.2 and 2.3), and "%", which authors write
 * themselves; without the marks that end an attribute or a word in other places. */
static bool is_plain(char c)
{
    return g_ascii_isalnum(c) || (c && strchr("-._~:/?#[]@!$&()*+,;=%", c));
}

static char *encode(const char *address)
{
    GString *href = g_string_sized_new(strlen(address));
    for (const char *at = address; *at; at++)
        if (is_plain(*at))
            g_string_append_c(href, *at);
        else
            g_string_append_printf(href, "%%%02X", (guchar)*at);
    return g_string_free(href, FALSE);
}

ImpAddressKind imp_address_read(const char *address, char **href)
{
    static const struct {
        const char *start;
        ImpAddressKind kind;
    } schemes[] = {
        {"https:", IMP_ADDRESS_WEB}, {"http:", IMP_ADDRESS_WEB}, {"mailto:", IMP_ADDRESS_MAIL}};
    g_autofree char *trimmed = g_strstrip(g_strdup(address));
    g_autofree char *encoded = encode(trimmed);
    ImpAddressKind kind = *encoded == '#' ? IMP_ADDRESS_PLACE : IMP_ADDRESS_LOCAL;
    if (g_str_has_prefix(encoded, "//")) {
        *href = g_strconcat("https:", encoded, NULL);
        return IMP_ADDRESS_WEB;
    }
    /* A colon in the first segment is a scheme's, or would be taken for one (section 4.2). */
    if (encoded[strcspn(encoded, ":/?#")] == ':') {
        kind = IMP_ADDRESS_REFUSED;
        for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
            if (g_ascii_strncasecmp(encoded, schemes[i].start, strlen(schemes[i].start)) == 0)
                kind = schemes[i].kind;
    }
    if (kind != IMP_ADDRESS_REFUSED)
        *href = g_steal_pointer(&encoded);
    return kind;
}

/* Takes the segments of `path` onto `segments`; false where ".." goes above the root. */
static bool walk(GPtrArray *segments, char **path)
{
    for (; *path; path++) {
        if (strcmp(*path, "..") == 0) {
            if (segments->len == 0)
                return false;
            g_ptr_array_set_size(segments, (gint)segments->len - 1);
        } else if (**path && strcmp(*path, ".") != 0) {
            g_ptr_array_add(segments, *path);
        }
    }
    return true;
}

char *imp_address_resolve(const char *href, const char *article)
{
    g_autofree char *encoded = g_strndup(href, strcspn(href, "?#"));
    g_autofree char *path = g_uri_unescape_string(encoded, NULL);
    if (!path || !*path || imp_path_problem(path, strlen(path)) != IMP_PROBLEM_NONE)
        return NULL;
    const char *slash = *path == '/' ? NULL : strrchr(article, '/');
    g_autofree char *folder = slash ? g_strndup(article, (gsize)(slash - article)) : g_strdup("");
    g_auto(GStrv) above = g_strsplit(folder, "/", -1), below = g_strsplit(path, "/", -1);
    g_autoptr(GPtrArray) segments = g_ptr_array_new();
    if (!walk(segments, above) || !walk(segments, below) || segments->len == 0)
        return NULL;
    g_ptr_array_add(segments, NULL);
    return g_strjoinv("/", (char **)segments->pdata);
}

bool imp_path_is_picture(const char *path)
{
    static const char *const ends[] = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg"};
    gsize length = strlen(path);
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        gsize end = strlen(ends[i]);
        if (length > end && g_ascii_strcasecmp(path + length - end, ends[i]) == 0)
            return true;
    }
    return false;
}
