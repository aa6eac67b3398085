#include "articles/align.h"
#include "articles/git.h"

#include <string.h>

/* libgit2 compares lines, and knows how to give up on what has little in common: so each item
 * becomes a line, and what a hunk does not hold is common. */

typedef struct {
    guint *partner;
    guint before, after; /* what has been told so far */
} Alignment;

/* Up to here, everything since the last hunk was common. */
static void take_common(Alignment *alignment, guint before)
{
    while (alignment->before < before)
        alignment->partner[alignment->before++] = alignment->after++;
}

static int take_hunk(const git_diff_delta *delta, const git_diff_hunk *hunk, void *data)
{
    (void)delta;
    Alignment *alignment = data;
    /* The start of an empty side is the line before it. */
    guint start = (guint)hunk->old_start - (hunk->old_lines > 0 ? 1 : 0);
    take_common(alignment, start);
    for (int i = 0; i < hunk->old_lines; i++)
        alignment->partner[alignment->before++] = IMP_ALIGN_NONE;
    alignment->after += (guint)hunk->new_lines;
    return 0;
}

static GString *lines_of(const guint *items, guint count)
{
    GString *lines = g_string_sized_new(count * 6);
    for (guint i = 0; i < count; i++)
        g_string_append_printf(lines, "%x\n", items[i]);
    return lines;
}

/* What has little in common costs more than in proportion; so more than this is compared in
 * stretches that lie at the same part of either sequence. */
#define STRETCH 50000

static void align_stretch(const guint *before, guint rows, const guint *after, guint columns,
                          guint *partner)
{
    g_autoptr(GString) old = lines_of(before, rows), new = lines_of(after, columns);
    git_diff_options options;
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.context_lines = 0;
    options.flags = GIT_DIFF_FORCE_TEXT;
    options.max_size = G_MAXINT32;
    Alignment alignment = {.partner = partner};
    if (git_diff_buffers(old->str, old->len, NULL, new->str, new->len, NULL, &options, NULL, NULL,
                         take_hunk, NULL, &alignment) == 0)
        take_common(&alignment, rows);
}

static void align_middle(const guint *before, guint rows, const guint *after, guint columns,
                         guint *partner)
{
    guint stretches = MAX(rows, columns) / STRETCH + 1;
    git_libgit2_init(); /* counted; whoever has a repository open has done it before */
    for (guint64 i = 0; i < stretches; i++) {
        guint from = (guint)(rows * i / stretches), to = (guint)(rows * (i + 1) / stretches);
        guint start = (guint)(columns * i / stretches);
        guint end = (guint)(columns * (i + 1) / stretches);
        if (from < to && start < end)
            align_stretch(before + from, to - from, after + start, end - start, partner + from);
        for (guint at = from; at < to; at++)
            if (partner[at] != IMP_ALIGN_NONE)
                partner[at] += start;
    }
    git_libgit2_shutdown();
}

void imp_align(const guint *before, guint before_count, const guint *after, guint after_count,
               guint *partner)
{
    guint start = 0, tail = 0, most = MIN(before_count, after_count);
    while (start < most && before[start] == after[start]) {
        partner[start] = start;
        start++;
    }
    while (tail < most - start &&
           before[before_count - 1 - tail] == after[after_count - 1 - tail]) {
        partner[before_count - 1 - tail] = after_count - 1 - tail;
        tail++;
    }
    guint rows = before_count - start - tail, columns = after_count - start - tail;
    for (guint i = 0; i < rows; i++)
        partner[start + i] = IMP_ALIGN_NONE;
    if (rows == 0 || columns == 0)
        return;
    align_middle(before + start, rows, after + start, columns, partner + start);
    for (guint i = 0; i < rows; i++)
        if (partner[start + i] != IMP_ALIGN_NONE)
            partner[start + i] += start;
}
