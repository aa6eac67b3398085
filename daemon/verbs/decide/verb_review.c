#include "daemon/terminal/user_git.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/decide/decide.h"
#include "daemon/verbs/decide/verb_decide.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/status_select.h"
#include "workflow/base/limits.h"

#include <stdio.h>
#include <string.h>

/* One article after the other of what waits for the user: the text, what changed, and a decision,
 * which is made as its own verb makes it. */

typedef struct {
    const ImpCommand *command;
    char **queue; /* paths */
    guint decided;
    bool ended; /* the user has had enough */
} Session;

static int find_queue(Session *session)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpReader) reader = imp_reader_open(session->command, &error);
    g_autoptr(GPtrArray) all =
        reader ? imp_status_load_all(reader, session->command->now_us, &error) : NULL;
    if (!all)
        return imp_command_fail_with(error);
    char *nothing[] = {NULL};
    g_auto(ImpSelection) selection = {.mine = true, .state = IMP_STATE_REMOVED};
    int status = imp_selection_resolve(&selection, reader, NULL, nothing);
    if (status)
        return status;
    imp_status_sort_by_attention(all);
    g_autoptr(GStrvBuilder) paths = g_strv_builder_new();
    for (guint i = 0; i < all->len; i++)
        if (imp_selection_wants(&selection, all->pdata[i]))
            g_strv_builder_add(paths, ((ImpStatus *)all->pdata[i])->article->path);
    session->queue = g_strv_builder_end(paths);
    return IMP_EXIT_DONE;
}

static void print_text(const ImpDeciding *deciding, const ImpArticle *article,
                       const ImpScreen *screen)
{
    g_autoptr(GBytes) bytes =
        imp_repository_peek(deciding->reader->repository, article->version, IMP_ARTICLE_MAX_BYTES);
    if (!bytes) {
        puts("  its text is not in this clone; type: git fetch");
        return;
    }
    g_autofree char *text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_autofree char *clean = imp_print_clean(*line);
        printf("  ");
        imp_print_wrapped(clean, 2, screen->columns);
    }
}

/* The text as the watched branch has it, and what changed. */
static int show(const ImpCommand *command, const char *path)
{
    g_autoptr(GError) error = NULL;
    const ImpScreen screen = imp_screen();
    g_auto(ImpDeciding) deciding = {.command = command};
    deciding.reader = imp_reader_open(command, &error);
    if (!deciding.reader)
        return imp_command_fail_with(error);
    char *const named[] = {(char *)path, NULL};
    deciding.decision = g_new0(ImpDecision, 1);
    deciding.decision->targets = g_ptr_array_new_with_free_func((GDestroyNotify)imp_target_free);
    int status = imp_decide_find_base(&deciding, imp_command_text(command, "push"));
    if (!status)
        status = imp_decide_find(&deciding, named);
    if (status)
        return status;
    G_GNUC_UNUSED g_autoptr(ImpPager) pager = imp_command_pager(command);
    print_text(&deciding, deciding.articles->pdata[0], &screen);
    puts("");
    return imp_decide_preview(&deciding, &screen);
}

static const struct {
    const char *letter, *words;
    ImpDecisionKind kind; /* IMP_DECISION_NONE: not a decision */
} answers[] = {
    {"a", "approve", IMP_DECISION_APPROVE}, {"r", "request changes", IMP_DECISION_REQUEST_CHANGES},
    {"c", "comment", IMP_DECISION_COMMENT}, {"t", "take up", IMP_DECISION_CLAIM},
    {"d", "decline", IMP_DECISION_DECLINE}, {"v", "view again", IMP_DECISION_NONE},
    {"s", "skip", IMP_DECISION_NONE},       {"q", "quit", IMP_DECISION_NONE},
};

/* The letter of the answer; "q" at the end of input. */
static const char *ask(void)
{
    g_autoptr(GString) question = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++)
        g_string_append_printf(question, "%s%s (%s)", i ? ", " : "", answers[i].words,
                               answers[i].letter);
    const ImpScreen screen = imp_screen();
    while (true) {
        imp_print_wrapped(question->str, 0, screen.columns);
        fflush(stdout);
        g_autofree char *answer = imp_user_ask("?");
        if (!*answer && feof(stdin))
            return "q";
        for (guint i = 0; i < G_N_ELEMENTS(answers); i++)
            if (g_ascii_strcasecmp(answer, answers[i].letter) == 0 ||
                g_ascii_strcasecmp(answer, answers[i].words) == 0)
                return answers[i].letter;
    }
}

static ImpDecisionKind kind_of(const char *letter)
{
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++)
        if (strcmp(answers[i].letter, letter) == 0)
            return answers[i].kind;
    return IMP_DECISION_NONE;
}

/* Whether that ends what there is to do about the article now. */
static bool ends(ImpDecisionKind kind)
{
    return kind != IMP_DECISION_COMMENT && kind != IMP_DECISION_CLAIM;
}

static int review_one(Session *session, char *path)
{
    int status = show(session->command, path);
    while (!status) {
        const char *letter = ask();
        ImpDecisionKind kind = kind_of(letter);
        char *const named[] = {path, NULL};
        session->ended = *letter == 'q';
        if (*letter == 'q' || *letter == 's')
            return IMP_EXIT_DONE;
        if (*letter == 'v') {
            status = show(session->command, path);
            continue;
        }
        /* One that failed has said why; the question is asked again. */
        bool made = imp_decide(session->command, kind, named, true) == IMP_EXIT_DONE;
        session->decided += made;
        if (made && ends(kind))
            return IMP_EXIT_DONE;
    }
    return status;
}

static int review(Session *session)
{
    int status = find_queue(session);
    guint count = session->queue ? g_strv_length(session->queue) : 0;
    if (status)
        return status;
    if (count == 0)
        puts("Nothing waits for you.");
    for (guint i = 0; i < count && !session->ended; i++) {
        g_autofree char *path = imp_print_path(session->queue[i]);
        printf("\n%u of %u: %s\n\n", i + 1, count, path);
        fflush(stdout);
        int one = review_one(session, session->queue[i]);
        status = MAX(status, one);
    }
    if (count > 0)
        printf("\n%u decision%s made. What still waits: imprimatur status --mine\n",
               session->decided, session->decided == 1 ? "" : "s");
    return status;
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    (void)arguments;
    bool cleans = imp_command_has(command, "clean");
    if (imp_command_has(command, "wait") && !imp_command_has(command, "push"))
        return imp_command_fail(IMP_EXIT_USAGE,
                                "--wait goes with --push: nobody judges what is not sent");
    if (!imp_user_is_here() && !cleans)
        return imp_command_fail(IMP_EXIT_USAGE,
                                "review asks on a terminal; elsewhere there are imprimatur status "
                                "--mine and the verbs of decisions");
    Session session = {.command = command};
    int status = imp_user_is_here() ? review(&session) : IMP_EXIT_DONE;
    g_strfreev(session.queue);
    return !status && cleans ? imp_decide_clean(command, NULL) : status;
}

static const GOptionEntry options[] = {
    {"push", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_STRING, NULL,
     "send each, to origin if nothing else", "REMOTE"},
    {"wait", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_STRING, NULL,
     "with --push: wait for each verdict; 60", "SECONDS"},
    {"clean", 0, 0, G_OPTION_ARG_NONE, NULL, "delete your branches whose decisions are recorded",
     NULL},
    {0},
};

const ImpVerb imp_verb_review = {
    .name = "review",
    .summary = "go through what waits for you: text, changes, decision",
    .help = "Shows one article after the other of those that wait for you, by git's\n"
            "user.email: the text, and what changed since the one last approved; asks what to\n"
            "do, and makes the decision as its own verb makes it.\n",
    .options = options,
    .judges_by_time = true,
    .run = run,
};
