#include "daemon/index/compare.h"
#include "daemon/terminal/pager.h"
#include "daemon/terminal/user_git.h"
#include "daemon/verbs/command.h"
#include "daemon/verbs/decide/decide.h"
#include "daemon/verbs/failure.h"
#include "daemon/verbs/view/difference_view.h"
#include "workflow/base/limits.h"

#include <stdio.h>
#include <string.h>

#define INDENT 2

bool imp_decide_print_difference(const ImpDeciding *deciding, const char *old, const char *new,
                                 const ImpScreen *screen, GError **error)
{
    const ImpReader *reader = deciding->reader;
    g_autoptr(ImpDifference) difference = imp_compare_versions(
        reader->repository, old, new, reader->policy, IMP_ARTICLE_MAX_BYTES, error);
    if (difference)
        imp_difference_print(difference, screen);
    return difference != NULL;
}

/* What stands in the work tree; a file that is not there has no difference to show. */
static bool print_uncommitted(const ImpDeciding *deciding, const ImpArticle *article,
                              const ImpScreen *screen, GError **error)
{
    const ImpReader *reader = deciding->reader;
    const char *root = imp_repository_work_tree(reader->repository);
    g_autofree char *file = g_build_filename(root, article->path, NULL), *text = NULL;
    gsize length;
    if (!g_file_get_contents(file, &text, &length, NULL))
        return true;
    g_autoptr(ImpDifference) difference =
        imp_compare_with(reader->repository, article->version, text, length, reader->policy, error);
    if (difference)
        imp_difference_print(difference, screen);
    return difference != NULL;
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
        if (!deciding->command->json && !print_uncommitted(deciding, article, screen, &error))
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
