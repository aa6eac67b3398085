#include "daemon/service/metrics_file.h"
#include "daemon/index/index.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Between two writes: Prometheus looks every 15 s at the most often. */
#define EVERY_MS 5000

struct ImpMetricsFile {
    ImpWorkplace *place;
    ImpMetricsCounters counters;
    bool unhealthy, diverged;
    gint64 written_us; /* monotonic; 0: not yet */
    guint timer;       /* the next write; 0: there is nothing new */
    bool failed;       /* and that was said */
};

ImpMetricsFile *imp_metrics_file_new(ImpWorkplace *place)
{
    ImpMetricsFile *file = g_new0(ImpMetricsFile, 1);
    file->place = place;
    imp_metrics_counters_init(&file->counters);
    return file;
}

void imp_metrics_file_free(ImpMetricsFile *file)
{
    if (!file)
        return;
    g_clear_handle_id(&file->timer, g_source_remove);
    imp_metrics_counters_clear(&file->counters);
    g_free(file);
}

static char *render(ImpMetricsFile *file, GError **error)
{
    ImpWorkplace *place = file->place;
    g_autoptr(GPtrArray) endpoints = g_ptr_array_new();
    g_autoptr(GPtrArray) views = imp_outbox_load(place->database, error);
    g_autofree char *unpushed = imp_index_get(place->database, IMP_INDEX_UNPUSHED);
    ImpMetricsState state = {
        .repository = place->config->name,
        .endpoints = endpoints,
        .views = views,
        .pass_at_us = imp_index_get_moment(place->database, IMP_INDEX_PASS_AT),
        .has_remote = place->config->remote != NULL,
        .fetched_at_us = imp_index_get_moment(place->database, IMP_INDEX_FETCHED_AT),
        .unpushed = unpushed != NULL,
        .unhealthy = file->unhealthy,
        .diverged = file->diverged,
    };
    for (guint i = 0; i < place->config->endpoints->len; i++)
        g_ptr_array_add(endpoints, ((ImpEndpoint *)place->config->endpoints->pdata[i])->name);
    gint64 now_us = g_get_real_time();
    if (!views || !imp_index_count(place->database, now_us, state.articles, &state.overdue, error))
        return NULL;
    return imp_metrics_render(&file->counters, &state, now_us);
}

/* A file of another name that is renamed, so that no reader sees half of it; readable for whoever
 * collects. It is not synced: the loop would wait for the disk, for what is old in 5 s. */
static bool replace(const char *path, const char *text, GError **error)
{
    g_autofree char *made = g_strconcat(path, ".XXXXXX", NULL);
    gssize length = (gssize)strlen(text);
    errno = 0;
    int file = g_mkstemp_full(made, O_WRONLY | O_CLOEXEC, 0644);
    bool written =
        file >= 0 && write(file, text, (gsize)length) == length && fchmod(file, 0644) == 0;
    if (file >= 0)
        close(file);
    if (written && g_rename(made, path) == 0)
        return true;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", path,
                g_strerror(errno ? errno : ENOSPC));
    if (file >= 0)
        g_unlink(made);
    return false;
}

static gboolean write_out(gpointer data)
{
    ImpMetricsFile *file = data;
    g_autoptr(GError) error = NULL;
    const char *path = file->place->config->metrics_file;
    file->timer = 0;
    file->written_us = g_get_monotonic_time();
    if (!path)
        return G_SOURCE_REMOVE;
    g_autofree char *text = render(file, &error);
    bool written = text && replace(path, text, &error);
    if (!written && !file->failed)
        g_warning("metrics_file: %s", error->message);
    file->failed = !written;
    return G_SOURCE_REMOVE;
}

void imp_metrics_file_note_change(ImpMetricsFile *file)
{
    if (file->timer || !file->place->config->metrics_file)
        return;
    gint64 since_ms =
        file->written_us ? (g_get_monotonic_time() - file->written_us) / 1000 : EVERY_MS;
    file->timer = g_timeout_add((guint)CLAMP(EVERY_MS - since_ms, 0, EVERY_MS), write_out, file);
}

void imp_metrics_file_note_try(ImpMetricsFile *file, const char *endpoint, ImpFailure failure)
{
    imp_metrics_count_try(&file->counters, endpoint, failure);
    imp_metrics_file_note_change(file);
}

void imp_metrics_file_note_pass(ImpMetricsFile *file, double seconds, bool done, guint entries,
                                bool diverged)
{
    imp_metrics_count_pass(&file->counters, seconds, done, entries);
    file->diverged = diverged;
    imp_metrics_file_note_change(file);
}

void imp_metrics_file_note_health(ImpMetricsFile *file, bool unhealthy)
{
    file->unhealthy = unhealthy;
    imp_metrics_file_note_change(file);
}
