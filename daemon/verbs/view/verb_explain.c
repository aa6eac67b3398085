#include "daemon/terminal/page.h"
#include "daemon/terminal/pager.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/explain.h"
#include "daemon/verbs/view/uncounted.h"

static int explain(const ImpCommand *command, ImpReader *reader, ImpArticle *article)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpStatus) status = imp_status_new(article, reader->policy, command->now_us);
    g_autoptr(ImpExplanation) explanation = imp_explain(reader, status, command->now_us, &error);
    if (!explanation)
        return imp_command_fail_with(error);
    const ImpScreen screen = imp_screen();
    G_GNUC_UNUSED g_autoptr(ImpPager) pager = imp_command_pager(command);
    G_GNUC_UNUSED g_autoptr(ImpPage) page = imp_page_begin();
    if (command->json) {
        g_autoptr(json_t) line = imp_explain_json(explanation, command->now_us);
        json_object_set_new(line, "unrecorded",
                            imp_uncounted_json(reader, article->path, command->now_us));
        imp_print_json(line);
    } else {
        imp_status_print_warnings(reader, &screen);
        imp_status_warn_of_uncounted(reader, article->path, command->now_us, &screen);
        imp_explain_print(explanation, command->now_us, &screen);
    }
    imp_reader_let_go(reader);
    return article->state == IMP_STATE_APPROVED && !reader->diverged ? IMP_EXIT_DONE : IMP_EXIT_NO;
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpReader) reader = imp_reader_open(command, &error);
    if (!reader)
        return imp_command_fail_with(error);
    g_autofree char *lacking = imp_reader_lacking_policy(reader);
    if (lacking)
        return imp_command_fail(IMP_EXIT_NO, "nothing can be explained: %s", lacking);
    if (!reader->policy)
        return imp_command_fail(
            IMP_EXIT_NO, "no policy is in force here, so nothing is an article yet; see imprimatur "
                         "status");
    ImpArticle *article = NULL;
    if (!imp_reader_find(reader, arguments[0], &article, &error))
        return imp_command_fail_with(error);
    if (!article)
        return imp_reader_refuse_article(reader, arguments[0]);
    if (article->state != IMP_STATE_REMOVED)
        return explain(command, reader, article);
    imp_article_free(article);
    return imp_command_fail(IMP_EXIT_NO,
                            "%s is no longer an article: it was removed; see imprimatur log",
                            arguments[0]);
}

const ImpVerb imp_verb_explain = {
    .name = "explain",
    .arguments = "ARTICLE",
    .summary = "say why an article is not approved, and how it would be",
    .help = "In sentences that can be forwarded: what the rule wants, what counts and what\n"
            "does not and why, who is asked and since when, who cannot review it, what is\n"
            "next, and the git commands by which a reviewer approves the text. The exit\n"
            "status is 1 unless it is Approved. IMPRIMATUR_NOW sets the moment.\n",
    .least = 1,
    .most = 1,
    .judges_by_time = true,
    .run = run,
};
