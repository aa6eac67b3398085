#include "daemon/verbs/failure.h"
#include "articles/repository.h"
#include "daemon/config/config.h"
#include "daemon/control/control_request.h"
#include "daemon/pass/workplace.h"
#include "daemon/terminal/print.h"
#include "daemon/verbs/verb.h"
#include "workflow/base/database.h"
#include "workflow/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* How a program says that it failed. */

/* GLib's messages have quotes that not every terminal can show, and not the ones of all others
 * here. */
static void plain_quotes(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        if (g_str_has_prefix(from, "\u201c") || g_str_has_prefix(from, "\u201d")) {
            *to++ = '"';
            from += strlen("\u201c");
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
}

int imp_command_fail(int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
    guint columns = imp_screen_error_columns();
    for (char **line = lines; *line; line++) {
        g_autofree char *clean = imp_print_clean(*line);
        g_autofree char *whole = g_strconcat(line == lines ? "imprimatur: " : "  ", clean, NULL);
        plain_quotes(whole);
        /* Further lines are commands, which are copied: a terminal breaks them where it likes. */
        if (columns > 0 && line == lines)
            imp_print_wrapped_to(stderr, whole, 2, columns);
        else
            fprintf(stderr, "%s\n", whole);
    }
    return status;
}

int imp_command_fail_with(const GError *error)
{
    int status = IMP_EXIT_NO;
    if (error->domain == IMP_CONFIG_ERROR || error->domain == IMP_POLICY_ERROR ||
        g_error_matches(error, IMP_WORKPLACE_ERROR, IMP_WORKPLACE_ERROR_INVALID) ||
        g_error_matches(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_FOREIGN) ||
        g_error_matches(error, IMP_REPOSITORY_ERROR, IMP_REPOSITORY_ERROR_PARTIAL))
        status = IMP_EXIT_CONFIGURATION;
    else if (error->domain == IMP_REPOSITORY_ERROR || error->domain == IMP_DATABASE_ERROR ||
             g_error_matches(error, IMP_WORKPLACE_ERROR, IMP_WORKPLACE_ERROR_BUSY) ||
             g_error_matches(error, IMP_CONTROL_ERROR, IMP_CONTROL_ERROR_AGAIN))
        status = IMP_EXIT_AGAIN;
    return imp_command_fail(status, "%s", error->message);
}
