#include "daemon/verbs/help.h"
#include "daemon/terminal/print.h"

#include <stdio.h>
#include <string.h>

#define HELP_INDENT  30 /* of what an option does */
#define HELP_COLUMNS 80 /* that texts are laid out for */

static void print_option(const GOptionEntry *option)
{
    char letter[] = {'-', option->short_name, ',', ' ', '\0'};
    bool optional = option->flags & G_OPTION_FLAG_OPTIONAL_ARG;
    g_autofree char *left = g_strdup_printf(
        "%s--%s%s%s%s", option->short_name ? letter : "    ", option->long_name,
        optional                  ? "[="
        : option->arg_description ? " "
                                  : "",
        option->arg_description ? option->arg_description : "", optional ? "]" : "");
    int room = HELP_INDENT - 4;
    printf("  %-*s  ", room, left);
    imp_print_wrapped(option->description, MAX(HELP_INDENT, (guint)strlen(left) + 4),
                      imp_screen().columns);
}

static void print_options(const GOptionEntry *option)
{
    for (; option->long_name; option++)
        print_option(option);
}

/* A text in lines for 80 columns, laid out again where there are fewer, except lines that are
 * indented. */
static void print_text(const char *text)
{
    guint columns = imp_screen().columns;
    if (columns >= HELP_COLUMNS) {
        fputs(text, stdout);
        return;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GString) paragraph = g_string_new(NULL);
    for (char **line = lines; *line; line++) {
        bool joins = **line && **line != ' ';
        if (joins)
            g_string_append_printf(paragraph, "%s%s", paragraph->len > 0 ? " " : "", *line);
        if (paragraph->len > 0 && (!joins || !line[1])) {
            imp_print_wrapped(paragraph->str, 0, columns);
            g_string_truncate(paragraph, 0);
        }
        if (!joins && line[1])
            puts(*line);
    }
}

void imp_help_print_verb(const ImpVerb *verb, const GOptionEntry *general)
{
    printf("Usage: imprimatur %s%s%s%s\n", verb->name, verb->options ? " [OPTION...]" : "",
           verb->arguments ? " " : "", verb->arguments ? verb->arguments : "");
    g_autofree char *summary =
        g_strdup_printf("%c%s.\n", g_ascii_toupper(verb->summary[0]), verb->summary + 1);
    print_text(summary);
    if (verb->help) {
        puts("");
        print_text(verb->help);
    }
    if (verb->options) {
        printf("\nOptions:\n");
        print_options(verb->options);
    }
    printf("\nGeneral options:\n");
    print_options(general);
}

static void print_line(const char *name, const char *summary)
{
    printf("  %-17s  ", name);
    imp_print_wrapped(summary, MAX(21, (guint)strlen(name) + 4), imp_screen().columns);
}

void imp_help_print(const ImpVerb *const *verbs, const GOptionEntry *general)
{
    imp_print_wrapped("Usage: imprimatur [-c FILE] [-C DIRECTORY] [--json] VERB [ARGUMENT...]", 7,
                      imp_screen().columns);
    print_text(
        "Editorial review of articles in git: Submitted -> Under Review -> Approved.\n\nVerbs:\n");
    for (; *verbs; verbs++)
        if (!(*verbs)->hidden)
            print_line((*verbs)->name, (*verbs)->summary);
    printf("\nOptions:\n");
    print_options(general);
    print_text("\n\"imprimatur VERB --help\" tells about one of them, imprimatur(1) about all.\n");
}
