#include "daemon/terminal/pager.h"
#include "daemon/terminal/user_git.h"
#include "daemon/verbs/decide/decide.h"

#include <stdio.h>
#include <string.h>

/* A word diff is read, not applied: it is set in lines of the terminal's width, broken between
 * words, what went as
 * [-...-] and what came as {+...+}, in colours besides where there are any. */

#define INDENT 2

typedef struct {
    const ImpScreen *screen;
    guint column;   /* of the cursor; INDENT: at the beginning of a line */
    bool blank;     /* wanted before the next word */
    ImpStyle style; /* that is on: it ends with the run, and with each line, since pagers forget it
                       there */
} Setting;

static void switch_style(Setting *setting, ImpStyle style)
{
    if (style != setting->style)
        fputs(imp_screen_style(setting->screen, style), stdout);
    setting->style = style;
}

static void end_line(Setting *setting)
{
    switch_style(setting, IMP_STYLE_PLAIN);
    if (setting->column > INDENT)
        puts("");
    setting->column = INDENT;
    setting->blank = false;
}

static void set_word(Setting *setting, const char *word, ImpStyle style)
{
    guint width = imp_print_columns(word);
    if (setting->blank && setting->column + 1 + width > setting->screen->columns)
        end_line(setting);
    if (setting->column == INDENT) {
        printf("%*s", INDENT, "");
    } else if (setting->blank) {
        fputs(" ", stdout);
        setting->column++;
    }
    switch_style(setting, style);
    fputs(word, stdout);
    setting->column += width;
    setting->blank = false;
}

/* A run of words; several blanks are one, those at its ends too. */
static void set_run(Setting *setting, const char *run, ImpStyle style)
{
    g_auto(GStrv) words = g_strsplit_set(run, " \t", -1);
    for (char **word = words; *word; word++) {
        if (word > words)
            setting->blank = true;
        g_autofree char *clean = imp_print_clean(*word);
        if (*clean)
            set_word(setting, clean, style);
    }
    switch_style(setting, IMP_STYLE_PLAIN);
}

/* One line of git's --word-diff=porcelain. */
static void set_piece(Setting *setting, const char *piece)
{
    const char *text = piece + 1;
    g_autofree char *marked = *piece == '-'   ? g_strdup_printf("[-%s-]", text)
                              : *piece == '+' ? g_strdup_printf("{+%s+}", text)
                                              : g_strdup(text);
    if (*piece == '-' || *piece == '+')
        set_run(setting, marked, *piece == '-' ? IMP_STYLE_BAD : IMP_STYLE_GOOD);
    else if (*piece == ' ')
        set_run(setting, marked, IMP_STYLE_PLAIN);
    else if (*piece == '~')
        end_line(setting);
}

/* `old`, and `new` or, with a path, that file of the work tree. */
static bool print_word_diff(const ImpDeciding *deciding, const char *old, const char *new,
                            const char *path, const ImpScreen *screen, GError **error)
{
    const char *const arguments[] = {"diff",       "--no-ext-diff",         "--no-textconv",
                                     "--no-color", "--word-diff=porcelain", "--unified=1",
                                     old,          new ? new : "--",        path,
                                     NULL};
    g_autofree char *said = imp_user_git(deciding->directory, arguments, error);
    if (!said)
        return false;
    Setting setting = {.screen = screen, .column = INDENT};
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    bool begun = false;
    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, "@@")) {
            end_line(&setting);
            if (begun)
                printf("  %s...%s\n", imp_screen_style(screen, IMP_STYLE_FAINT),
                       imp_screen_style(screen, IMP_STYLE_PLAIN));
            begun = true;
        } else if (begun) {
            set_piece(&setting, *line);
        } else if (g_str_has_prefix(*line, "Binary files ")) {
            puts("  they differ, and are no text that can be shown");
        }
    }
    end_line(&setting);
    return true;
}

bool imp_decide_print_difference(const ImpDeciding *deciding, const char *old, const char *new,
                                 const ImpScreen *screen, GError **error)
{
    return print_word_diff(deciding, old, new, NULL, screen, error);
}

int imp_decide_warn_uncommitted(const ImpDeciding *deciding, const ImpScreen *screen)
{
    g_autoptr(GError) error = NULL;
    const char *const ask[] = {"--literal-pathspecs", "diff", "--name-only", "-z", "HEAD", NULL};
    if (!imp_repository_work_tree(deciding->reader->repository))
        return IMP_EXIT_DONE;
    g_autofree char *listed = imp_user_git_bytes(deciding->directory, ask, NULL, &error);
    if (!listed)
        return imp_command_fail_with(error);
    g_autoptr(GHashTable) changed = g_hash_table_new(g_str_hash, g_str_equal);
    for (char *path = listed; *path; path += strlen(path) + 1)
        g_hash_table_add(changed, path);
    for (guint i = 0; i < deciding->articles->len; i++) {
        const ImpArticle *article = deciding->articles->pdata[i];
        if (!g_hash_table_contains(changed, article->path))
            continue;
        g_autofree char *path = imp_print_path(article->path);
        imp_command_fail(IMP_EXIT_DONE,
                         "%s: the file in your work tree is not the text that you approve, which "
                         "is the one at HEAD, version %.12s; what is different there is not "
                         "approved",
                         path, article->version);
        if (!deciding->command->json &&
            !print_word_diff(deciding, "HEAD", NULL, article->path, screen, &error))
            return imp_command_fail_with(error);
    }
    fflush(stdout);
    return IMP_EXIT_DONE;
}

static bool preview(const ImpDeciding *deciding, const ImpArticle *article, const ImpScreen *screen,
                    GError **error)
{
    g_autofree char *title = imp_print_clean(article->title ? article->title : article->path);
    g_autofree char *path = imp_print_path(article->path);
    fputs(imp_screen_style(screen, IMP_STYLE_BOLD), stdout);
    imp_print_wrapped(title, 0, screen->columns);
    printf("%s  ", imp_screen_style(screen, IMP_STYLE_PLAIN));
    g_autofree char *where = g_strdup_printf("%s, version %.12s", path, article->version);
    imp_print_wrapped(where, INDENT, screen->columns);
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
    G_GNUC_UNUSED g_autoptr(ImpPager) pager = imp_command_pager(deciding->command);
    for (guint i = 0; i < deciding->articles->len; i++)
        if (!preview(deciding, deciding->articles->pdata[i], screen, &error))
            return imp_command_fail_with(error);
    fflush(stdout);
    return IMP_EXIT_DONE;
}
