#include "daemon/verbs/queue/endpoint_print.h"
#include "daemon/terminal/print.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/verb.h"
#include "notify/schedule.h"

#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *line, const char *key)
{
    return json_string_value(json_object_get(line, key));
}

/* What an operator looks at first. */
static const char *advice(const char *failure)
{
    static const char *const advices[] = {
        [IMP_FAILURE_DNS] = "its host's name does not resolve on this machine",
        [IMP_FAILURE_BLOCKED] =
            "its address is not one of the public internet; if it is meant, add its network to "
            "\"allow\" in the configuration",
        [IMP_FAILURE_CONNECT] = "nobody listens there, or a firewall is in between",
        [IMP_FAILURE_TLS] =
            "its certificate is not trusted here, has expired or is another host's; "
            "\"ca_file\" names "
            "a private authority",
        [IMP_FAILURE_TIMEOUT] =
            "it answers too late, or not at all; see \"timeouts\" in the configuration",
        [IMP_FAILURE_PROTOCOL] = "what answers there does not speak HTTP as it should",
        [IMP_FAILURE_HTTP] = "it answered, but does not take the message: look at its own log",
    };
    for (guint i = 1; i < G_N_ELEMENTS(advices); i++)
        if (g_strcmp0(imp_failure_word(i), failure) == 0)
            return advices[i];
    return NULL;
}

static void say_indented(const char *text, const ImpScreen *screen)
{
    printf("  ");
    imp_print_wrapped(text, 2, screen->columns);
}

static void print_line(const json_t *line)
{
    ImpScreen screen = imp_screen();
    const char *failure = text_of(line, "failure"), *answer = text_of(line, "answer");
    json_int_t status = json_integer_value(json_object_get(line, "status"));
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "%s (%s): ", text_of(line, "endpoint"), text_of(line, "address"));
    if (failure && !status)
        g_string_append_printf(text, "failed (%s)", failure);
    else
        g_string_append_printf(text, "%s with status %" JSON_INTEGER_FORMAT,
                               failure ? "refused" : "answered", status);
    g_string_append_printf(text, " after %" JSON_INTEGER_FORMAT " ms",
                           json_integer_value(json_object_get(line, "took_ms")));
    if (answer && *answer)
        g_string_append_printf(text, ": %s", answer);
    g_autofree char *clean = imp_print_clean(text->str);
    imp_print_wrapped(clean, 2, screen.columns);
    if (failure && imp_schedule_is_redirect((guint)status))
        say_indented(IMP_ENDPOINT_HAS_MOVED, &screen);
    else if (failure)
        say_indented(advice(failure), &screen);
    else if (json_is_true(json_object_get(line, "disabled")))
        printf("  It is disabled. To send what waits for it: imprimatur endpoint enable %s\n",
               text_of(line, "endpoint"));
}

int imp_endpoint_print_ping(const json_t *answer, bool json)
{
    const json_t *line = json_array_get(json_object_get(answer, "lines"), 0);
    const char *sentence = json_string_value(json_object_get(answer, "error"));
    int status = (int)json_integer_value(json_object_get(answer, "exit"));
    if (sentence)
        return imp_command_fail(status, "%s", sentence);
    json ? imp_print_json(line) : print_line(line);
    return status;
}
