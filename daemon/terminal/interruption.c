#include "daemon/terminal/interruption.h"

#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

/* GLib takes a signal in a thread of its own and hands it to the main contexts that wait for it.
 * The default one may be busy for long, so a thread waits in another. */

struct ImpInterruption {
    GCancellable *cancellable;
    GMainContext *context;
    GMainLoop *loop;
    GThread *thread;
    gint signal; /* atomic */
};

static const int signals[] = {SIGINT, SIGTERM};

static void note(ImpInterruption *interruption, int signal)
{
    if (g_atomic_int_compare_and_exchange(&interruption->signal, 0, signal)) {
        g_cancellable_cancel(interruption->cancellable);
        g_main_context_wakeup(NULL);
        return;
    }
    /* Whoever asks twice does not want to wait. */
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(signal, &action, NULL);
    kill(getpid(), signal);
}

static gboolean on_interrupt(gpointer data)
{
    note(data, SIGINT);
    return G_SOURCE_CONTINUE;
}

static gboolean on_terminate(gpointer data)
{
    note(data, SIGTERM);
    return G_SOURCE_CONTINUE;
}

static gpointer wait_for_signals(gpointer data)
{
    ImpInterruption *interruption = data;
    g_main_context_push_thread_default(interruption->context);
    g_main_loop_run(interruption->loop);
    g_main_context_pop_thread_default(interruption->context);
    return NULL;
}

ImpInterruption *imp_interruption_new(void)
{
    static const GSourceFunc take[] = {on_interrupt, on_terminate};
    ImpInterruption *interruption = g_new0(ImpInterruption, 1);
    interruption->cancellable = g_cancellable_new();
    interruption->context = g_main_context_new();
    interruption->loop = g_main_loop_new(interruption->context, FALSE);
    for (gsize i = 0; i < G_N_ELEMENTS(signals); i++) {
        GSource *source = g_unix_signal_source_new(signals[i]);
        g_source_set_callback(source, take[i], interruption, NULL);
        g_source_attach(source, interruption->context);
        g_source_unref(source);
    }
    interruption->thread = g_thread_new("signals", wait_for_signals, interruption);
    return interruption;
}

GCancellable *imp_interruption_cancellable(const ImpInterruption *interruption)
{
    return interruption->cancellable;
}

int imp_interruption_signal(const ImpInterruption *interruption)
{
    return g_atomic_int_get(&interruption->signal);
}

static gboolean stop(gpointer data)
{
    g_main_loop_quit(data);
    return G_SOURCE_REMOVE;
}

void imp_interruption_free(ImpInterruption *interruption)
{
    if (!interruption)
        return;
    g_main_context_invoke(interruption->context, stop, interruption->loop);
    g_thread_join(interruption->thread);
    g_main_loop_unref(interruption->loop);
    g_main_context_unref(interruption->context);
    g_object_unref(interruption->cancellable);
    g_free(interruption);
}
