#include "daemon/terminal/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR_COLUMNS   30
#define BEGIN_US      (G_USEC_PER_SEC / 2)
#define EVERY_US      (G_USEC_PER_SEC / 10)
#define RATE_AFTER_US (G_USEC_PER_SEC / 2) /* of one kind of work: before, a rate says nothing */
#define CLEAR_LINE    "\r\033[K"

struct ImpProgress {
    gint64 began_us; /* all of it */
    char *what;      /* the present kind of work */
    gint64 what_us;  /* since when */
    gint64 drawn_us;
    bool drawn;
};

ImpProgress *imp_progress_new(void)
{
    if (!isatty(STDERR_FILENO))
        return NULL;
    ImpProgress *progress = g_new0(ImpProgress, 1);
    progress->began_us = g_get_monotonic_time();
    return progress;
}

void imp_progress_free(ImpProgress *progress)
{
    if (!progress)
        return;
    if (progress->drawn)
        fputs(CLEAR_LINE, stderr);
    g_free(progress->what);
    g_free(progress);
}

static char *left(gint64 seconds)
{
    if (seconds < 100)
        return g_strdup_printf(", %d s left", (int)seconds);
    return g_strdup_printf(", %d min left", (int)((seconds + 59) / 60));
}

char *imp_progress_line(const char *what, guint done, guint of, gint64 passed_us)
{
    double rate = passed_us > RATE_AFTER_US ? (double)done * G_USEC_PER_SEC / (double)passed_us : 0;
    g_autofree char *speed = rate > 0 ? g_strdup_printf(", %.0f/s", rate) : g_strdup("");
    if (!of)
        return g_strdup_printf("%s: %u%s", what, done, speed);
    int filled = (int)((guint64)MIN(done, of) * BAR_COLUMNS / of);
    g_autofree char *end =
        rate > 0 && of > done ? left((gint64)((of - done) / rate)) : g_strdup("");
    g_autofree char *bar = g_strnfill((gsize)filled, '#');
    return g_strdup_printf("%s [%-*s] %u of %u%s%s", what, BAR_COLUMNS, bar, done, of, speed, end);
}

void imp_progress_show(const char *what, guint done, guint of, gpointer data)
{
    ImpProgress *progress = data;
    if (!progress)
        return;
    gint64 now_us = g_get_monotonic_time();
    if (g_strcmp0(progress->what, what) != 0) {
        g_free(progress->what);
        progress->what = g_strdup(what);
        progress->what_us = now_us;
    }
    if (now_us < progress->began_us + BEGIN_US || now_us < progress->drawn_us + EVERY_US)
        return;
    g_autofree char *line = imp_progress_line(what, done, of, now_us - progress->what_us);
    fprintf(stderr, CLEAR_LINE "%s", line);
    progress->drawn_us = now_us;
    progress->drawn = true;
}
