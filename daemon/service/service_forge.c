#include "daemon/service/service_forge.h"
#include "daemon/control/control_request.h"
#include "daemon/service/control.h"
#include "notify/sender.h"

#include <signal.h>

/* One question, and the end of it. */

typedef struct {
    GMainLoop *loop;
    ImpFormat format;
    GPtrArray *found;
} Question;

static char *why_not(const ImpOutcome *outcome)
{
    if (outcome->failure == IMP_FAILURE_NONE)
        return g_strdup("said nothing about the repository that is known");
    return outcome->status
               ? g_strdup_printf("answered %u%s%s", outcome->status, outcome->answer ? ": " : "",
                                 outcome->answer ? outcome->answer : "")
               : g_strdup("gave no answer");
}

static void on_end(const ImpOutcome *outcome, gpointer data)
{
    Question *question = data;
    if (outcome->failure == IMP_FAILURE_NONE && outcome->body)
        question->found = imp_forge_rights_read(question->format, outcome->body);
    if (!question->found) {
        g_autofree char *sentence = why_not(outcome);
        question->found = imp_forge_findings_new();
        imp_forge_findings_add(question->found, "forge", sentence);
    }
    g_main_loop_quit(question->loop);
}

GPtrArray *imp_service_ask_forge(const ImpConfig *config)
{
    const char *name = config->remote ? config->remote->status : NULL;
    const ImpEndpoint *endpoint = name ? imp_control_endpoint(config, name) : NULL;
    if (!endpoint || endpoint->format == IMP_FORMAT_GITHUB_CHECK)
        return imp_forge_findings_new();
    signal(SIGPIPE, SIG_IGN);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(ImpSender) sender = imp_sender_new(NULL, IMP_VERSION, g_get_real_time);
    g_autoptr(GBytes) body = imp_forge_rights_question();
    Question question = {loop, endpoint->format, NULL};
    imp_sender_post(sender, endpoint, config->times, "question", body, on_end, &question);
    g_main_loop_run(loop);
    return question.found;
}
