#include "articles/yaml_advice.h"
#include "workflow/base/text.h"

#include <string.h>

/* What looks like a blank or an end of a line, or is one for YAML alone, and that nobody sees. */
static const struct {
    const char *bytes, *what, *instead;
} lookalikes[] = {
    {"\u00a0", "a no-break space (U+00A0)", "an ordinary blank"},
    {"\u2007", "a no-break space (U+2007)", "an ordinary blank"},
    {"\u202f", "a no-break space (U+202F)", "an ordinary blank"},
    {"\u3000", "an ideographic space (U+3000)", "an ordinary blank"},
    {"\xc2\x85", "a line end that only YAML knows (U+0085)", "an ordinary line end"},
    {"\u2028", "a line separator (U+2028)", "an ordinary line end"},
    {"\u2029", "a paragraph separator (U+2029)", "an ordinary line end"},
};

/* The first of these in a line; -1: none. */
static int lookalike_in(const ImpLines *line)
{
    for (gsize i = 0; i < G_N_ELEMENTS(lookalikes); i++)
        if (g_strstr_len(line->text, (gssize)line->length, lookalikes[i].bytes))
            return (int)i;
    return -1;
}

/* Whether the line is a key and a value that YAML takes for something else, as in "title: Asthma:
 * what now". */
static bool wants_quotes(const ImpLines *line)
{
    const char *colon = line->text ? memchr(line->text, ':', line->length) : NULL;
    if (!colon || colon == line->text)
        return false;
    const char *value = colon + 1;
    gsize length = line->length - (gsize)(value - line->text);
    imp_trim(&value, &length);
    if (length == 0 || strchr("\"'|>", *value))
        return false;
    return strchr("[]{},#&*!%@`?", *value) || value[length - 1] == ':' ||
           g_strstr_len(value, (gssize)length, ": ");
}

char *imp_yaml_lookalike(const char *text, gsize length, guint first_line, guint *line)
{
    ImpLines lines = imp_lines(text, length);
    /* What makes the parser stumble in a line stands in it, or in the one before. */
    while (imp_lines_next(&lines) && first_line + lines.number - 1 <= *line) {
        int found = first_line + lines.number >= *line ? lookalike_in(&lines) : -1;
        if (found < 0)
            continue;
        *line = first_line + lines.number - 1;
        return g_strdup_printf("%s stands here; write %s instead", lookalikes[found].what,
                               lookalikes[found].instead);
    }
    return NULL;
}

char *imp_yaml_advice(const char *text, gsize length, guint first_line, guint *line,
                      const char *problem)
{
    char *lookalike = imp_yaml_lookalike(text, length, first_line, line);
    ImpLines lines = imp_lines(text, length);
    if (lookalike)
        return lookalike;
    while (imp_lines_next(&lines) && first_line + lines.number - 1 < *line)
        continue;
    if (lines.text && lines.length > 0 && *lines.text == '\t')
        return g_strdup("a tab begins the line, and YAML takes blanks alone there; write those");
    return g_strdup_printf("this is not YAML (%s)%s", problem,
                           wants_quotes(&lines)
                               ? "; a value with a sign of YAML in it goes into quotes: \"...\""
                               : "");
}
