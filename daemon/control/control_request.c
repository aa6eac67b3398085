#include "daemon/control/control_request.h"
#include "daemon/terminal/exit.h"
#include "notify/outbox/outbox_list.h"
#include "workflow/base/json_write.h"

#include <string.h>

G_DEFINE_QUARK(imp_control_error, imp_control_error)

static const char *const verb_words[] = {
    [IMP_CONTROL_REPLAY] = "replay", [IMP_CONTROL_DROP] = "drop", [IMP_CONTROL_ENABLE] = "enable",
    [IMP_CONTROL_PING] = "ping",     [IMP_CONTROL_ASK] = "ask",
};

void imp_control_request_clear(ImpControlRequest *request)
{
    g_strfreev(request->deliveries);
    g_free(request->endpoint);
    g_free(request->article);
    g_free(request->question);
    *request = (ImpControlRequest){0};
}

/* The request */

static bool refuse(GError **error, const char *message)
{
    g_set_error(error, IMP_CONTROL_ERROR, IMP_CONTROL_ERROR_REQUEST, "request: %s", message);
    return false;
}

static bool read_verb(const char *word, ImpControlVerb *verb)
{
    for (guint i = 0; i < G_N_ELEMENTS(verb_words); i++) {
        if (strcmp(verb_words[i], word) == 0) {
            *verb = i;
            return true;
        }
    }
    return false;
}

/* What a verb is about must be said, and nothing else. */
static bool is_whole(const ImpControlRequest *request)
{
    bool named = request->deliveries && request->deliveries[0];
    bool asks = request->verb == IMP_CONTROL_ASK;
    if ((request->article != NULL) != asks || (request->question != NULL) != asks)
        return false;
    switch (request->verb) {
    case IMP_CONTROL_REPLAY:
    case IMP_CONTROL_DROP:
        return named + request->dead + request->waiting == 1 &&
               (!request->waiting || (request->verb == IMP_CONTROL_DROP && request->endpoint));
    case IMP_CONTROL_ASK:
        return !request->endpoint && !named && !request->dead && !request->waiting;
    default:
        return request->endpoint && !named && !request->dead && !request->waiting;
    }
}

bool imp_control_request_parse(const char *line, gsize length, ImpControlRequest *request,
                               GError **error)
{
    g_autofree char *verb = NULL, *state = NULL;
    g_auto(ImpControlRequest) read = {0};
    g_autoptr(ImpJsonFile) file =
        imp_json_load("request", line, length, IMP_CONTROL_REQUEST_MAX_BYTES, IMP_CONTROL_ERROR,
                      IMP_CONTROL_ERROR_REQUEST, error);
    const ImpJsonField fields[] = {
        {"verb", IMP_JSON_STRING, .member = &verb, .required = true},
        {"deliveries", IMP_JSON_STRINGS, .member = &read.deliveries, .min = 1,
         .max = IMP_CONTROL_DELIVERIES_MAX},
        {"endpoint", IMP_JSON_NAME, .member = &read.endpoint},
        {"state", IMP_JSON_STRING, .member = &state},
        {"article", IMP_JSON_STRING, .member = &read.article},
        {"question", IMP_JSON_STRING, .member = &read.question},
    };
    if (!file || !imp_json_read(file, imp_json_root(file), fields, G_N_ELEMENTS(fields), error))
        return false;
    if (!read_verb(verb, &read.verb))
        return refuse(error,
                      "there is no such verb; the verbs are replay, drop, enable, ping and ask");
    read.dead = g_strcmp0(state, imp_delivery_state_word(IMP_DELIVERY_DEAD)) == 0;
    read.waiting = g_strcmp0(state, imp_delivery_state_word(IMP_DELIVERY_WAITING)) == 0;
    if (state && !read.dead && !read.waiting)
        return refuse(error, "\"state\" can be \"dead\" or \"waiting\" only");
    if (!is_whole(&read))
        return refuse(error, "it does not say what for, or says it twice");
    *request = read;
    read = (ImpControlRequest){0};
    return true;
}

ImpDeliveryState imp_control_state(const ImpControlRequest *request)
{
    return request->waiting ? IMP_DELIVERY_WAITING : IMP_DELIVERY_DEAD;
}

char *imp_control_request_line(const ImpControlRequest *request)
{
    g_autoptr(json_t) object = json_object();
    imp_json_set_text(object, "verb", verb_words[request->verb]);
    if (request->deliveries) {
        json_t *list = json_array();
        for (char **name = request->deliveries; *name; name++)
            json_array_append_new(list, imp_json_string_or_null(*name));
        json_object_set_new(object, "deliveries", list);
    }
    if (request->endpoint)
        imp_json_set_text(object, "endpoint", request->endpoint);
    if (request->article)
        imp_json_set_text(object, "article", request->article);
    if (request->question)
        imp_json_set_text(object, "question", request->question);
    if (request->dead || request->waiting)
        imp_json_set_text(object, "state", imp_delivery_state_word(imp_control_state(request)));
    g_autofree char *text = imp_json_dump_line(object);
    return g_strconcat(text, "\n", NULL);
}

/* The answer */

json_t *imp_control_answer(int status, const char *error, json_t *lines, bool more)
{
    json_t *answer = json_object();
    imp_json_set_number(answer, "schema", 1);
    imp_json_set_number(answer, "exit", status);
    imp_json_set_text(answer, "error", error);
    imp_json_set_flag(answer, "more", more);
    json_object_set_new(answer, "lines", lines ? lines : json_array());
    return answer;
}

json_t *imp_control_answer_fault(const GError *error)
{
    bool mistake = g_error_matches(error, IMP_CONTROL_ERROR, IMP_CONTROL_ERROR_REQUEST);
    return imp_control_answer(mistake ? IMP_EXIT_USAGE : IMP_EXIT_AGAIN, error->message, NULL,
                              false);
}

json_t *imp_control_answer_ping(const ImpConfig *config, const ImpEndpoint *endpoint,
                                const char *event, const ImpOutcome *outcome, gint64 took_us,
                                bool disabled)
{
    json_t *line = json_object(), *lines = json_array();
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "repository", config->name);
    imp_json_set_text(line, "endpoint", endpoint->name);
    imp_json_set_text(line, "address", endpoint->display);
    imp_json_set_text(line, "webhook_id", event);
    imp_json_set_text(line, "failure", imp_failure_word(outcome->failure));
    imp_json_set_number_or_null(line, "status", outcome->status);
    imp_json_set_text(line, "answer", outcome->answer);
    imp_json_set_number(line, "took_ms", took_us / 1000);
    imp_json_set_flag(line, "disabled", disabled);
    json_array_append_new(lines, line);
    return imp_control_answer(outcome->failure ? IMP_EXIT_NO : IMP_EXIT_DONE, NULL, lines, false);
}
