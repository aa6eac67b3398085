#include "daemon/control/control_client.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/queue/queue.h"
#include "workflow/base/limits.h"
#include "workflow/base/question.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A reader's question, handed on by hand or by a publisher's own form. It comes on standard input,
 * since a command line is there for everybody to read. */

static char *read_question(ImpQuestionFlaw *flaw)
{
    g_autofree char *bytes = g_malloc(IMP_QUESTION_MAX_BYTES + 1);
    if (isatty(STDIN_FILENO))
        fputs("Write the question, and end it with Ctrl-D on a line of its own:\n", stderr);
    gsize length = fread(bytes, 1, IMP_QUESTION_MAX_BYTES, stdin);
    bytes[length] = '\0';
    *flaw = length == IMP_QUESTION_MAX_BYTES ? IMP_QUESTION_LONG : IMP_QUESTION_UNREADABLE;
    if (length == IMP_QUESTION_MAX_BYTES || strlen(bytes) < length)
        return NULL;
    return imp_question_clean(bytes, flaw);
}

static int refuse(ImpQuestionFlaw flaw)
{
    static const char *const why[] = {
        [IMP_QUESTION_UNREADABLE] = "is not text in UTF-8",
        [IMP_QUESTION_EMPTY] = "is empty: write the question there",
        [IMP_QUESTION_LONG] = "has more than 2000 characters: make it shorter",
    };
    G_STATIC_ASSERT(IMP_QUESTION_MAX_CHARACTERS == 2000);
    return imp_command_fail(IMP_EXIT_USAGE, "standard input %s", why[flaw]);
}

static void show(const json_t *line, const ImpQueue *queue)
{
    if (queue->json) {
        imp_print_json(line);
        return;
    }
    gsize count = json_array_size(json_object_get(line, "endpoints"));
    g_autofree char *path = imp_print_path(json_string_value(json_object_get(line, "article")));
    g_autofree char *text =
        g_strdup_printf("The question about %s goes to %" G_GSIZE_FORMAT " endpoint%s", path, count,
                        count == 1 ? "" : "s");
    imp_queue_say(queue, text);
}

static int ask(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    g_auto(ImpQueue) queue = {0};
    ImpQuestionFlaw flaw;
    int status;
    if (!imp_queue_open(&queue, command, verb, &status))
        return status;
    if (!g_utf8_validate(arguments[0], -1, NULL))
        return imp_command_fail(IMP_EXIT_USAGE, "%s: is not a path in UTF-8", arguments[0]);
    g_autofree char *question = read_question(&flaw);
    if (!question)
        return refuse(flaw);
    const ImpControlRequest request = {
        .verb = IMP_CONTROL_ASK, .article = arguments[0], .question = question};
    return imp_queue_carry_out(&queue, &request, show);
}

const ImpVerb imp_verb_ask = {
    .name = "ask",
    .arguments = "ARTICLE",
    .summary = "hand a reader's question, on standard input, to the editors",
    .help = "The message reader.question goes to the endpoints that take reader.*, with at\n"
            "most 2000 characters. The question is kept nowhere once it is delivered, and\n"
            "for 96 hours at most; it is never in git.\n",
    .least = 1,
    .most = 1,
    .run = ask,
};
