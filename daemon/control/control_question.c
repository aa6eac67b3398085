#include "daemon/control/control_question.h"
#include "daemon/index/announce.h"
#include "daemon/index/index.h"
#include "daemon/terminal/exit.h"
#include "notify/route.h"
#include "workflow/base/json_write.h"
#include "workflow/base/question.h"

static json_t *takers(const ImpWorkplace *place, const ImpEvent *event)
{
    json_t *names = json_array();
    for (guint i = 0; i < place->config->endpoints->len; i++) {
        const ImpEndpoint *endpoint = place->config->endpoints->pdata[i];
        if (imp_route_takes(endpoint, event, NULL))
            json_array_append_new(names, imp_json_string_or_null(endpoint->name));
    }
    return names;
}

static ImpEvent *event_of(const ImpWorkplace *place, const ImpArticle *article,
                          const char *question, gint64 now_us)
{
    g_autoptr(ImpPolicy) policy = imp_index_policy(place->database);
    const ImpAnnouncing announcing =
        imp_workplace_announcing(place, policy, NULL, imp_moment_whole_seconds(now_us));
    /* Two questions may be of the same moment; and nobody is to find out from an id, which is kept
     * for a while, whether it was made from words that they guess. */
    g_autofree char *mark = g_uuid_string_random();
    return imp_announce_question(&announcing, article, question, mark);
}

bool imp_control_enqueue_question(ImpWorkplace *place, const char *article, const char *question,
                                  gint64 now_us, ImpAsked *result, ImpEvent **event, GError **error)
{
    ImpQuestionFlaw flaw;
    g_autofree char *clean = imp_question_clean(question, &flaw);
    g_autoptr(ImpArticle) known = imp_index_load(place->database, article, error);
    if (!known)
        return false;
    *result = !clean                              ? IMP_ASKED_FLAWED
              : known->state == IMP_STATE_REMOVED ? IMP_ASKED_NO_ARTICLE
                                                  : IMP_ASKED;
    if (*result != IMP_ASKED)
        return true;
    g_autoptr(ImpEvent) asked = event_of(place, known, clean, now_us);
    g_autoptr(json_t) names = takers(place, asked);
    if (json_array_size(names) == 0) {
        *result = IMP_ASKED_NO_ENDPOINT;
        return true;
    }
    if (!imp_database_begin(place->database, error) ||
        !imp_workplace_enqueue(place, asked, NULL, now_us, error) ||
        !imp_database_commit(place->database, error)) {
        imp_database_rollback(place->database);
        return false;
    }
    *event = g_steal_pointer(&asked);
    return true;
}

static json_t *answer_asked(const ImpWorkplace *place, const ImpEvent *event)
{
    json_t *line = json_object(), *lines = json_array();
    imp_json_set_number(line, "schema", 1);
    imp_json_set_text(line, "repository", place->config->name);
    imp_json_set_text(line, "article", event->path);
    imp_json_set_text(line, "webhook_id", event->id);
    json_object_set_new(line, "endpoints", takers(place, event));
    json_array_append_new(lines, line);
    return imp_control_answer(IMP_EXIT_DONE, NULL, lines, false);
}

json_t *imp_control_act_question(ImpWorkplace *place, const ImpControlRequest *request,
                                 gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpEvent) event = NULL;
    g_autofree char *sentence = NULL, *quoted = imp_json_quote(request->article);
    ImpAsked result;
    if (!imp_control_enqueue_question(place, request->article, request->question, now_us, &result,
                                      &event, &error))
        return imp_control_answer_fault(error);
    switch (result) {
    case IMP_ASKED:
        return answer_asked(place, event);
    case IMP_ASKED_FLAWED:
        return imp_control_answer(IMP_EXIT_USAGE, "the question is empty, too long or not a text",
                                  NULL, false);
    case IMP_ASKED_NO_ARTICLE:
        sentence = g_strdup_printf("there is no article %s; write its path as imprimatur status "
                                   "has it",
                                   quoted);
        break;
    case IMP_ASKED_NO_ENDPOINT:
        sentence = g_strdup("no endpoint takes reader.question for this article, so nobody would "
                            "read it; see \"events\" in imprimatur.json(5)");
        break;
    }
    return imp_control_answer(IMP_EXIT_NO, sentence, NULL, false);
}
