#include "articles/difference_markup.h"
#include "articles/markup.h"
#include "daemon/index/compare.h"
#include "daemon/terminal/pager.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/difference_view.h"
#include "daemon/verbs/view/reader.h"
#include "workflow/base/json_write.h"
#include "workflow/base/limits.h"

#include <stdio.h>
#include <string.h>

static void print_json(const ImpArticle *article, const ImpDifference *difference)
{
    g_autoptr(json_t) object = json_object();
    imp_json_set_text(object, "path", article->path);
    imp_json_set_text(object, "approved", article->approved_text);
    imp_json_set_text(object, "version", article->version);
    imp_difference_put_json(object, difference);
    imp_print_json(object);
}

/* A page of its own, which needs no other file. */
static void print_html(const ImpArticle *article, const ImpDifference *difference)
{
    g_autofree char *shown = imp_print_clean(article->title ? article->title : article->path);
    g_autofree char *changes = imp_changes_markup(difference->changes);
    g_autofree char *passages = imp_passages_markup(difference);
    g_autoptr(GString) title = g_string_new(NULL);
    imp_markup_text(title, shown, strlen(shown));
    printf("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
           "<meta name=\"viewport\" content=\"width=device-width\"/>\n"
           "<title>What changed: %s</title>\n<style>\n"
           ":root { color-scheme: light dark }\n"
           "body { font: 1.1em/1.6 serif; max-width: 42em; margin: 2em auto; padding: 0 1em }\n"
           ".changes { border-left: .3em solid; padding: .5em 2em }\n"
           ".flagged, .where { font-weight: bold }\n"
           "del { background: #f883; text-decoration: line-through }\n"
           "ins { background: #4a83; text-decoration: underline }\n"
           ".imprimatur-hidden { position: absolute; clip-path: inset(50%%); width: 1px; height: "
           "1px;\n"
           "  overflow: hidden; white-space: nowrap }\n"
           "</style></head><body><main>\n<h1>%s</h1>\n"
           "<p>From the text last approved, <code>%.12s</code>, to the current one, "
           "<code>%.12s</code>.</p>\n%s%s</main></body></html>\n",
           title->str, title->str, article->approved_text, article->version, changes, passages);
}

static void print_text(const ImpCommand *command, const ImpArticle *article,
                       const ImpDifference *difference)
{
    const ImpScreen screen = imp_screen();
    G_GNUC_UNUSED g_autoptr(ImpPager) pager = imp_command_pager(command);
    g_autofree char *title = imp_print_clean(article->title ? article->title : article->path);
    fputs(imp_screen_style(&screen, IMP_STYLE_BOLD), stdout);
    imp_print_wrapped(title, 0, screen.columns);
    fputs(imp_screen_style(&screen, IMP_STYLE_PLAIN), stdout);
    printf("  from the text last approved, %.12s, to the current one, %.12s\n",
           article->approved_text, article->version);
    imp_difference_print(difference, &screen);
}

static int show(const ImpCommand *command, ImpReader *reader, const ImpArticle *article)
{
    g_autoptr(GError) error = NULL;
    if (!article->approved_text) {
        g_autofree char *path = imp_print_path(article->path);
        return imp_command_fail(IMP_EXIT_NO, "no text of %s was approved before", path);
    }
    g_autoptr(ImpDifference) difference =
        imp_compare_versions(reader->repository, article->approved_text, article->version,
                             reader->policy, IMP_ARTICLE_MAX_BYTES, &error);
    if (!difference)
        return imp_command_fail_with(error);
    if (strcmp(article->approved_text, article->version) == 0 && !command->json &&
        !imp_command_has(command, "html"))
        puts("the current text is the one last approved");
    else if (command->json)
        print_json(article, difference);
    else if (imp_command_has(command, "html"))
        print_html(article, difference);
    else
        print_text(command, article, difference);
    return strcmp(article->approved_text, article->version) == 0 ? IMP_EXIT_DONE : IMP_EXIT_NO;
}

static int run(const ImpCommand *command, const ImpVerb *verb, char **arguments)
{
    (void)verb;
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpReader) reader = imp_reader_open(command, &error);
    g_autoptr(ImpArticle) article = NULL;
    if (!reader || !imp_reader_find(reader, arguments[0], &article, &error))
        return imp_command_fail_with(error);
    return article ? show(command, reader, article)
                   : imp_reader_refuse_article(reader, arguments[0]);
}

static const GOptionEntry options[] = {
    {"html", 0, 0, G_OPTION_ARG_NONE, NULL, "print a page for a browser", NULL}, {0}};

const ImpVerb imp_verb_diff = {
    .name = "diff",
    .arguments = "ARTICLE",
    .summary = "show what changed since the text last approved",
    .help = "First what must not be missed: numbers, units, comparisons, negations, and the\n"
            "policy's terms that have changed, are new or gone, with the factor between two\n"
            "numbers; dangerous ones come first, marked \"!\". Then the passages that changed,\n"
            "word by word. A paragraph that was broken into other lines has not changed. The\n"
            "exit status is 1 unless the current text is the one last approved.\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
