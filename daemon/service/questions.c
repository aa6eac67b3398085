#include "daemon/service/questions.h"
#include "daemon/control/control_question.h"
#include "workflow/base/limits.h"

static bool is_allowed(ImpQuestions *questions)
{
    bool allowed = imp_allowance_use(&questions->allowance, IMP_QUESTIONS_AT_ONCE,
                                     IMP_QUESTIONS_PER_MINUTE, g_get_monotonic_time());
    if (!allowed && !questions->too_many)
        g_warning("more than %d readers' questions a minute; the others are dropped",
                  IMP_QUESTIONS_PER_MINUTE);
    questions->too_many = !allowed;
    return allowed;
}

/* Whoever may write to the socket chose the path; it is one short line in quotes. */
static void say_dropped(const char *article, ImpAsked result)
{
    static const char *const why[] = {
        [IMP_ASKED_FLAWED] = "it is empty, too long or not a text",
        [IMP_ASKED_NO_ARTICLE] = "there is no such article",
        [IMP_ASKED_NO_ENDPOINT] = "no endpoint takes reader.question for this article",
    };
    g_autofree char *quoted = imp_json_quote(article);
    g_warning("a reader's question about %s is dropped: %s", quoted, why[result]);
}

bool imp_questions_take(ImpQuestions *questions, ImpWorkplace *place, const char *article,
                        const char *question, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpEvent) event = NULL;
    ImpAsked result;
    if (!is_allowed(questions))
        return false;
    if (!imp_control_enqueue_question(place, article, question, now_us, &result, &event, &error)) {
        g_warning("a reader's question is dropped: %s", error->message);
        return false;
    }
    if (result != IMP_ASKED)
        say_dropped(article, result);
    return result == IMP_ASKED;
}
