#include "notify/dispatcher.h"
#include "workflow/base/database.h"
#include "workflow/base/moment.h"

#include <dirent.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The delivery half of the daemon under load: the database as the daemon opens it, its outbox and
 * its dispatcher, and in place of passes events that are made up.
 *
 *     load DATABASE fill NUMBER URL          puts in that many, for articles of their own
 *     load DATABASE send NUMBER URL...       puts in that many, in turn for each URL, and sends
 * them load DATABASE pour RATE SECONDS URL... puts in so many a second, those of a moment in one
 * transaction load DATABASE pick                     how long it takes to find what is due next
 *
 * Prints a line of JSON: how long it took, and of the process resident memory and descriptors at
 * the end of the first tenth and of the whole. */

#define BODY_BYTES 1200
#define IN_FLIGHT  4

typedef struct {
    ImpDatabase *database;
    ImpOutbox *outbox;
    ImpDispatcher *dispatcher;
    GPtrArray *endpoints;
    GMainLoop *loop;
    guint number, rate, wanted;
    gint64 begin_us;
    double filled_s;
    gint64 resident[2], descriptors[2];
} Load;

static gint64 clock_us(void)
{
    return g_get_real_time();
}

static void must(bool done, const GError *error)
{
    if (!done)
        g_error("%s", error ? error->message : "failed");
}

static gint64 resident_kib(void)
{
    g_autofree char *text = NULL;
    g_file_get_contents("/proc/self/status", &text, NULL, NULL);
    const char *line = text ? strstr(text, "VmRSS:") : NULL;
    return line ? g_ascii_strtoll(line + strlen("VmRSS:"), NULL, 10) : 0;
}

static gint64 count_descriptors(void)
{
    g_autoptr(GDir) directory = g_dir_open("/proc/self/fd", 0, NULL);
    gint64 count = 0;
    while (directory && g_dir_read_name(directory))
        count++;
    return count;
}

static void look(Load *load, guint at)
{
    load->resident[at] = resident_kib();
    load->descriptors[at] = count_descriptors();
}

static void add_endpoint(Load *load, const char *url)
{
    ImpEndpoint *endpoint = imp_endpoint_new();
    endpoint->name = g_strdup_printf("endpoint%u", load->endpoints->len);
    endpoint->url = g_strdup(url);
    endpoint->display = imp_endpoint_display(url);
    endpoint->events = g_new0(char *, 1);
    endpoint->paths = g_new0(char *, 1);
    static const char key[] = "a key that is nobody else's";
    g_ptr_array_add(endpoint->secrets, g_bytes_new_static(key, sizeof key - 1));
    g_ptr_array_add(endpoint->allow, g_inet_address_mask_new_from_string("127.0.0.0/8", NULL));
    endpoint->rate = 0;
    endpoint->in_flight = IN_FLIGHT;
    g_ptr_array_add(load->endpoints, endpoint);
}

/* One event of the size that real ones have, for the next endpoint in turn. */
static void enqueue(Load *load, const char *type, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    const ImpEndpoint *endpoint = load->endpoints->pdata[load->number % load->endpoints->len];
    g_autofree char *event = g_strdup_printf("evt_%040u", load->number);
    g_autofree char *article = g_strdup_printf("content/%u.md", load->number);
    GString *text = g_string_new(NULL);
    g_string_printf(text, "{\"type\":\"%s\",\"inserted_us\":%" G_GINT64_FORMAT ",\"text\":\"", type,
                    now_us);
    while (text->len < BODY_BYTES)
        g_string_append(text, "Doses checked against the labels. ");
    g_string_append(text, "\"}");
    g_autoptr(GBytes) body = g_string_free_to_bytes(text);
    const ImpOutboxMessage message = {event, type, article, IMP_FORMAT_STANDARD, body};
    must(imp_outbox_enqueue(load->outbox, &message, endpoint->name, now_us, &error), error);
    load->number++;
}

static void fill(Load *load, guint number)
{
    g_autoptr(GError) error = NULL;
    must(imp_database_begin(load->database, &error), error);
    for (guint i = 0; i < number; i++)
        enqueue(load, "review.requested", clock_us());
    must(imp_database_commit(load->database, &error), error);
}

static void begin_to_send(Load *load)
{
    static const ImpDispatcherHooks none = {0};
    g_autoptr(ImpDeliveryTimes) times = imp_delivery_times_new();
    load->dispatcher =
        imp_dispatcher_new(NULL, load->outbox, load->database, "bench", clock_us, &none, NULL);
    imp_dispatcher_set_endpoints(load->dispatcher, load->endpoints, times);
}

static void send_all(Load *load, guint number)
{
    gint64 begin_us = g_get_monotonic_time();
    fill(load, number);
    load->filled_s = (double)(g_get_monotonic_time() - begin_us) / (double)IMP_SECOND_US;
    begin_to_send(load);
    while (!imp_dispatcher_idle(load->dispatcher))
        g_main_context_iteration(NULL, true);
    look(load, 0);
}

/* As many as the time that has passed asks for. */
static gboolean pour_some(gpointer data)
{
    Load *load = data;
    g_autoptr(GError) error = NULL;
    gint64 passed_us = g_get_monotonic_time() - load->begin_us;
    guint due = (guint)MIN(passed_us * load->rate / IMP_SECOND_US, load->wanted);
    if (load->number < due) {
        guint before = load->number;
        gint64 now_us = clock_us();
        must(imp_database_begin(load->database, &error), error);
        while (load->number < due)
            enqueue(load, "article.submitted", now_us);
        must(imp_database_commit(load->database, &error), error);
        imp_dispatcher_kick(load->dispatcher);
        if (before < load->wanted / 10 && load->number >= load->wanted / 10)
            look(load, 0);
    }
    if (load->number == load->wanted)
        g_main_loop_quit(load->loop);
    return G_SOURCE_CONTINUE;
}

static void pour(Load *load, guint rate, guint seconds)
{
    load->rate = rate;
    load->wanted = rate * seconds;
    begin_to_send(load);
    load->loop = g_main_loop_new(NULL, false);
    load->begin_us = g_get_monotonic_time();
    g_timeout_add(1, pour_some, load);
    g_main_loop_run(load->loop);
    g_main_loop_unref(load->loop);
}

/* Microseconds for one question, the best of many: what it costs, not what else the machine does.
 */
static double pick(Load *load)
{
    g_autoptr(GError) error = NULL;
    gint64 best_ns = G_MAXINT64;
    for (guint round = 0; round < 50; round++) {
        gint64 begin_us = g_get_monotonic_time();
        for (guint i = 0; i < 100; i++) {
            g_autoptr(GPtrArray) due =
                g_ptr_array_new_with_free_func((GDestroyNotify)imp_delivery_free);
            gint64 next_us;
            must(imp_outbox_due(load->outbox, "endpoint0", clock_us(), 1, due, &next_us, &error) &&
                     due->len == 1,
                 error);
        }
        best_ns = MIN(best_ns, (g_get_monotonic_time() - begin_us) * 1000 / 100);
    }
    return (double)best_ns / 1000;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return EXIT_FAILURE;
    g_autoptr(GError) error = NULL;
    Load load = {.endpoints = g_ptr_array_new_with_free_func((GDestroyNotify)imp_endpoint_free)};
    signal(SIGPIPE, SIG_IGN);
    mallopt(M_TRIM_THRESHOLD, 4 * 1024 * 1024); /* as the daemon does */
    load.database = imp_database_open(argv[1], IMP_DATABASE_WRITE, &error);
    must(load.database != NULL, error);
    load.outbox = imp_outbox_open(load.database, &error);
    must(load.outbox != NULL, error);
    bool pours = strcmp(argv[2], "pour") == 0;
    for (int i = pours ? 5 : 4; i < argc; i++)
        add_endpoint(&load, argv[i]);
    double figure = 0;
    gint64 begin_us = g_get_monotonic_time();
    if (strcmp(argv[2], "fill") == 0)
        fill(&load, (guint)g_ascii_strtoull(argv[3], NULL, 10));
    else if (strcmp(argv[2], "send") == 0)
        send_all(&load, (guint)g_ascii_strtoull(argv[3], NULL, 10));
    else if (pours)
        pour(&load, (guint)g_ascii_strtoull(argv[3], NULL, 10),
             (guint)g_ascii_strtoull(argv[4], NULL, 10));
    else
        figure = pick(&load);
    double seconds = (double)(g_get_monotonic_time() - begin_us) / (double)IMP_SECOND_US;
    look(&load, 1);
    gint64 left = imp_outbox_undelivered(load.database, &error);
    printf("{\"seconds\": %.3f, \"filled\": %.3f, \"picked_us\": %.2f, \"left\": %" G_GINT64_FORMAT
           ", \"resident_kib\": [%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
           "], \"descriptors\": [%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT "]}\n",
           seconds, load.filled_s, figure, left, load.resident[0], load.resident[1],
           load.descriptors[0], load.descriptors[1]);
    imp_dispatcher_free(load.dispatcher);
    g_ptr_array_unref(load.endpoints);
    imp_outbox_free(load.outbox);
    imp_database_free(load.database);
    return EXIT_SUCCESS;
}
