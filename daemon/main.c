#include "articles/repository.h"
#include "daemon/config.h"
#include "daemon/store.h"
#include "daemon/verb.h"
#include "daemon/workplace.h"
#include "workflow/moment.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const ImpVerb *const verbs[] = {&imp_verb_once};

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    g_autofree char *config = NULL;
    g_autofree char *directory = NULL;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &config, "the configuration of a repository", "FILE"},
        {"directory", 'C', 0, G_OPTION_ARG_FILENAME, &directory, "a repository or clone to work in", "DIRECTORY"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "one JSON object a line", NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    g_autoptr(GOptionContext) context = g_option_context_new("VERB [ARGUMENT...]");
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_strict_posix(context, TRUE);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        return imp_command_fail(IMP_EXIT_USAGE, "%s", error->message);
    if (!config)
        config = g_strdup(g_getenv("IMPRIMATUR_CONFIG"));
    ImpCommand command = {.config_path = config, .directory = directory, .json = json, .now_us = g_get_real_time()};
    const char *now = g_getenv("IMPRIMATUR_NOW");
    if (now && !imp_moment_parse(now, &command.now_us))
        return imp_command_fail(IMP_EXIT_USAGE, "IMPRIMATUR_NOW: \"%s\" is no moment like 2026-11-23T09:14:07Z", now);
    for (gsize i = 0; argc > 1 && i < G_N_ELEMENTS(verbs); i++)
        if (strcmp(verbs[i]->name, argv[1]) == 0)
            return verbs[i]->run(&command, verbs[i], argv + 2);
    return imp_command_fail(IMP_EXIT_USAGE, "no such verb");
}
