#include "workflow/review_branch.h"

#include <string.h>

#define FOLDER_MAX 24
#define FILE_MAX   40
#define DIGITS     8

/* Adds a text as a word of a name: letters and digits of ASCII, accents taken off, and "-" for what
 * git refs or a file system might not hold. False: nothing is left of it. */
static bool add_word(GString *name, const char *text, gsize most)
{
    gsize from = name->len;
    g_autofree char *ascii = g_str_to_ascii(text, "C");
    for (const char *at = ascii; *at && name->len - from < most; at++) {
        if (g_ascii_isalnum(*at))
            g_string_append_c(name, *at);
        else if (name->len > from && name->str[name->len - 1] != '-')
            g_string_append_c(name, '-');
    }
    while (name->len > from && name->str[name->len - 1] == '-')
        g_string_truncate(name, name->len - 1);
    return name->len > from;
}

static void add_part(GString *name, const char *text, gsize most)
{
    g_string_append_c(name, '-');
    if (!add_word(name, text, most))
        g_string_truncate(name, name->len - 1);
}

char *imp_review_branches_of(const char *person)
{
    GString *name = g_string_new("review/");
    add_word(name, person, FILE_MAX);
    g_string_append_c(name, '/');
    return g_string_free(name, FALSE);
}

char *imp_review_branch(const char *person, ImpDecisionKind verdict, const char *path,
                        const char *id, guint number)
{
    g_autofree char *valid = g_utf8_make_valid(path, -1);
    g_autofree char *file = g_path_get_basename(valid);
    g_autofree char *folders = g_path_get_dirname(valid);
    g_autofree char *folder = g_path_get_basename(folders);
    char *dot = strrchr(file, '.');
    if (dot && dot > file)
        *dot = '\0';
    g_autofree char *branches = imp_review_branches_of(person);
    GString *name = g_string_new(branches);
    g_string_append(name, imp_decision_kind_word(verdict));
    add_part(name, folder, FOLDER_MAX);
    add_part(name, file, FILE_MAX);
    g_string_append_printf(name, "-%.*s", DIGITS, id);
    if (number > 1)
        g_string_append_printf(name, "-%u", number);
    return g_string_free(name, FALSE);
}
