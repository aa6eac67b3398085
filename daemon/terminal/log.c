#include "daemon/terminal/log.h"
#include "daemon/terminal/print.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *text_of(const GLogField *field)
{
    return field->length < 0 ? g_strdup(field->value)
                             : g_strndup(field->value, (gsize)field->length);
}

GLogWriterOutput imp_log_write(GLogLevelFlags level, const GLogField *fields, gsize count,
                               gpointer program)
{
    g_autofree GLogField *clean = g_memdup2(fields, count * sizeof(GLogField));
    g_autofree char *message = NULL;
    for (gsize i = 0; i < count && !message; i++) {
        if (strcmp(fields[i].key, "MESSAGE") != 0)
            continue;
        g_autofree char *text = text_of(&fields[i]);
        message = imp_print_clean(text);
        clean[i] = (GLogField){"MESSAGE", message, -1};
    }
    if (g_log_writer_is_journald(STDERR_FILENO) &&
        g_log_writer_journald(level, clean, count, NULL) == G_LOG_WRITER_HANDLED)
        return G_LOG_WRITER_HANDLED;
    if (message && !(level & (G_LOG_LEVEL_DEBUG | G_LOG_LEVEL_INFO)))
        fprintf(stderr, "%s: %s\n", (const char *)program, message);
    return G_LOG_WRITER_HANDLED;
}
