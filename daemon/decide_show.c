#include "daemon/decide.h"
#include "daemon/user_git.h"

#include <stdio.h>
#include <string.h>

static bool is_body(const char *line)
{
    return g_str_has_prefix(line, "@@");
}

static const char *style_of(const ImpScreen *screen, const char *line)
{
    return imp_screen_style(screen, is_body(line) ? IMP_STYLE_FAINT : IMP_STYLE_PLAIN);
}

bool imp_decide_print_difference(const ImpDeciding *deciding, const char *old, const char *new, const ImpScreen *screen,
                                 GError **error)
{
    const char *const arguments[] = {
        "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--word-diff=plain", "--unified=1", old, new, NULL};
    g_autofree char *said = imp_user_git(deciding->directory, arguments, error);
    if (!said)
        return false;
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    char **line = lines;
    while (*line && !is_body(*line))
        line++;
    for (; *line; line++) {
        g_autofree char *clean = imp_print_clean(*line);
        printf("  %s%s%s\n", style_of(screen, *line), clean, imp_screen_style(screen, IMP_STYLE_PLAIN));
    }
    return true;
}

static bool preview(const ImpDeciding *deciding, const ImpArticle *article, const ImpScreen *screen, GError **error)
{
    g_autofree char *title = imp_print_clean(article->title ? article->title : article->path);
    g_autofree char *path = imp_print_path(article->path);
    printf("%s%s%s\n  %s, version %.12s\n", imp_screen_style(screen, IMP_STYLE_BOLD), title,
           imp_screen_style(screen, IMP_STYLE_PLAIN), path, article->version);
    const char *approved = article->approved_text;
    if (!approved)
        puts("  no text of it was approved before");
    else if (strcmp(approved, article->version) == 0)
        puts("  this text was approved before");
    else if (!imp_repository_has_object(deciding->reader->repository, approved))
        printf("  the text last approved, %.12s, is not in this clone\n", approved);
    else {
        printf("  changed since the text last approved, %.12s:\n", approved);
        return imp_decide_print_difference(deciding, approved, article->version, screen, error);
    }
    return true;
}

int imp_decide_preview(const ImpDeciding *deciding, const ImpScreen *screen)
{
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < deciding->articles->len; i++)
        if (!preview(deciding, deciding->articles->pdata[i], screen, &error))
            return imp_command_fail_with(error);
    fflush(stdout);
    return IMP_EXIT_DONE;
}
