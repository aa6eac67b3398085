#include "workflow/base/path.h"

#include <string.h>

static bool ends_like_a_version(const char *path, gsize length)
{
    gsize digits = 0;
    while (digits < length && g_ascii_isxdigit(path[length - 1 - digits]))
        digits++;
    return digits > 0 && digits < length && path[length - 1 - digits] == '@';
}

ImpProblem imp_path_problem(const char *path, gsize length)
{
    if (!g_utf8_validate_len(path, length, NULL) || ends_like_a_version(path, length))
        return IMP_PROBLEM_PATH;
    for (const char *at = path; at < path + length; at = g_utf8_next_char(at))
        if (g_unichar_iscntrl(g_utf8_get_char(at)))
            return IMP_PROBLEM_PATH;
    return IMP_PROBLEM_NONE;
}

const char *imp_path_markdown_ending(const char *path)
{
    static const char *const endings[] = {".md", ".qmd", ".Rmd", ".mdx"};
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
        if (g_str_has_suffix(path, endings[i]))
            return endings[i];
    return NULL;
}

char *imp_path_fold(const char *path)
{
    /* Most paths are ASCII, and there may be a million of them. */
    if (g_str_is_ascii(path) || !g_utf8_validate(path, -1, NULL))
        return g_ascii_strdown(path, -1);
    g_autofree char *decomposed = g_utf8_normalize(path, -1, G_NORMALIZE_NFD);
    g_autofree char *folded = g_utf8_casefold(decomposed, -1);
    return g_utf8_normalize(folded, -1, G_NORMALIZE_NFC);
}
