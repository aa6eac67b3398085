#include "daemon/service/service.h"
#include "daemon/verbs/verb.h"
#include "workflow/base/moment.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* imprimaturd: what `imprimatur daemon`, `imprimatur once --deliver` and, where no daemon runs,
 * `imprimatur endpoint ping NAME` become, with the same command line. */

#define DELIVER_S 60

/* To the journal with its fields where standard error is one, else a line on standard error. */
static GLogWriterOutput write_log(GLogLevelFlags level, const GLogField *fields, gsize count,
                                  gpointer data)
{
    if (g_log_writer_is_journald(STDERR_FILENO) &&
        g_log_writer_journald(level, fields, count, data) == G_LOG_WRITER_HANDLED)
        return G_LOG_WRITER_HANDLED;
    for (gsize i = 0; i < count; i++)
        if (strcmp(fields[i].key, "MESSAGE") == 0 &&
            !(level & (G_LOG_LEVEL_DEBUG | G_LOG_LEVEL_INFO)))
            fprintf(stderr, "imprimatur: %s\n", (const char *)fields[i].value);
    return G_LOG_WRITER_HANDLED;
}

static bool is_ping(int argc, char **argv)
{
    return argc == 4 && strcmp(argv[1], "endpoint") == 0 && strcmp(argv[2], "ping") == 0;
}

static ImpConfig *load(gpointer data, GError **error)
{
    return imp_config_load(data, g_getenv("CREDENTIALS_DIRECTORY"), g_getenv("STATE_DIRECTORY"),
                           error);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    g_log_set_writer_func(write_log, NULL, NULL);
    g_autofree char *path = NULL;
    g_autofree char *directory = NULL;
    gboolean json = FALSE;
    gboolean deliver = FALSE;
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &path, "the configuration of a repository",
         "FILE"},
        {"directory", 'C', 0, G_OPTION_ARG_FILENAME, &directory, "not used", "DIRECTORY"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "how a ping ended, as JSON", NULL},
        {"deliver", 0, 0, G_OPTION_ARG_NONE, &deliver, "send what is due after the pass", NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    g_autoptr(GOptionContext) context = g_option_context_new("daemon | once --deliver");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        return imp_command_fail(IMP_EXIT_USAGE, "%s", error->message);
    if (!path)
        path = g_strdup(g_getenv("IMPRIMATUR_CONFIG"));
    if (path && is_ping(argc, argv))
        return imp_service_ping(path, argv[3], json);
    if (!path || argc != 2)
        return imp_command_fail(IMP_EXIT_USAGE, "usage: imprimatur -c FILE daemon");
    if (strcmp(argv[1], "daemon") == 0)
        return imp_service_run(load, path);
    gint64 now_us = g_get_real_time();
    const char *now = g_getenv("IMPRIMATUR_NOW");
    if (now && !imp_moment_parse(now, &now_us))
        return imp_command_fail(
            IMP_EXIT_USAGE, "IMPRIMATUR_NOW: \"%s\" is no moment like 2026-11-23T09:14:07Z", now);
    return imp_service_deliver(load, path, now_us, DELIVER_S);
}
