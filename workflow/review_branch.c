#include "workflow/review_branch.h"

#include <string.h>

/* What git refs may not hold is left out. */
static void add_word(GString *name, const char *text)
{
    gsize from = name->len;
    for (; *text && name->len - from < 40; text++) {
        if (g_ascii_isalnum(*text))
            g_string_append_c(name, *text);
        else if (name->len > from && name->str[name->len - 1] != '-')
            g_string_append_c(name, '-');
    }
    while (name->len > from && name->str[name->len - 1] == '-')
        g_string_truncate(name, name->len - 1);
}

char *imp_review_branch(const char *person, ImpDecisionKind verdict, const char *path, guint number)
{
    g_autofree char *file = g_path_get_basename(path);
    char *dot = strrchr(file, '.');
    if (dot)
        *dot = '\0';
    GString *name = g_string_new("review/");
    add_word(name, person);
    g_string_append_printf(name, "/%s", imp_decision_kind_word(verdict));
    g_autoptr(GString) stem = g_string_new(NULL);
    add_word(stem, file);
    if (stem->len > 0)
        g_string_append_printf(name, "-%s", stem->str);
    if (number > 1)
        g_string_append_printf(name, "-%u", number);
    return g_string_free(name, FALSE);
}
