#include "notify/dispatcher.h"
#include "notify/enqueue.h"
#include "tests/unit/queue.h"
#include "workflow/base/json.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

/* The dispatcher with everything real: a database file, HTTP over TCP to the scripted receiver
 * (tests/lib/receiver.py, a process of its own), and its record of what came. */

#define SECRET      "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define CERTIFICATE "tests/lib/certificate.pem"
#define PATIENCE_S  20
#define START_US    (1795422847 * IMP_SECOND_US)

typedef struct {
    GSubprocess *receiver;
    GInputStream *record; /* its standard output: the port, then a line of JSON for each message */
    GSource *record_source;
    GString *record_bytes;
    guint port;
    GPtrArray *messages; /* of json_t*: what came to the receiver */
    char *directory;
    ImpDatabase *database;
    ImpOutbox *outbox;
    ImpDispatcher *dispatcher;
    GPtrArray *endpoints;
    ImpDeliveryTimes *times;
    GPtrArray *failures; /* of char*: "ENDPOINT EVENT CLASS STATUS" */
    GPtrArray *facts;    /* of char*: "TYPE ENDPOINT EVENT" */
    GString *health;     /* "sick well ..." */
    guint compacted;     /* how many were left out */
    guint facts_to_refuse;
} Fixture;

/* Real time, moved so that each test begins at the same moment. */
static gint64 clock_offset_us;

static gint64 test_clock(void)
{
    return g_get_real_time() + clock_offset_us;
}

static const char *header(const Fixture *f, guint i, const char *name)
{
    const json_t *message = f->messages->pdata[i];
    return json_string_value(json_object_get(json_object_get(message, "headers"), name));
}

static const json_t *member(const Fixture *f, guint i, const char *name)
{
    return json_object_get(f->messages->pdata[i], name);
}

static guint came(const Fixture *f, const char *event)
{
    guint count = 0;
    for (guint i = 0; i < f->messages->len; i++)
        count += g_strcmp0(header(f, i, "webhook-id"), event) == 0;
    return count;
}

static guint count_of(const GPtrArray *texts, const char *text)
{
    guint count = 0;
    for (guint i = 0; i < texts->len; i++)
        count += strcmp(texts->pdata[i], text) == 0;
    return count;
}

static gboolean on_impatience(gpointer data)
{
    const Fixture *f = data;
    g_autoptr(GString) story = g_string_new("it does not come:");
    for (guint i = 0; i < f->messages->len; i++)
        g_string_append_printf(story, " [came %s]", header(f, i, "webhook-id"));
    for (guint i = 0; i < f->failures->len; i++)
        g_string_append_printf(story, " [failed %s]", (char *)f->failures->pdata[i]);
    g_error("%s", story->str);
    return G_SOURCE_REMOVE;
}

/* Runs the loop until the condition holds. */
#define await(f, condition)                                                                        \
    do {                                                                                           \
        guint limit = g_timeout_add_seconds(PATIENCE_S, on_impatience, (f));                       \
        while (!(condition))                                                                       \
            g_main_context_iteration(NULL, true);                                                  \
        g_source_remove(limit);                                                                    \
    } while (false)

static bool all_quiet(const Fixture *f)
{
    g_autoptr(GError) error = NULL;
    return imp_dispatcher_idle(f->dispatcher) && imp_outbox_undelivered(f->database, &error) == 0;
}

/* The receiver's record */

static void take_line(Fixture *f, const char *line)
{
    if (f->port == 0)
        f->port = (guint)g_ascii_strtoull(line, NULL, 10);
    else
        g_ptr_array_add(f->messages, json_loads(line, 0, NULL));
}

static gboolean on_record(GObject *stream, gpointer data)
{
    Fixture *f = data;
    char bytes[65536];
    gssize count = g_pollable_input_stream_read_nonblocking(G_POLLABLE_INPUT_STREAM(stream), bytes,
                                                            sizeof(bytes), NULL, NULL);
    g_assert_cmpint(count, >, 0);
    g_string_append_len(f->record_bytes, bytes, count);
    const char *end;
    while ((end = strchr(f->record_bytes->str, '\n'))) {
        g_autofree char *line =
            g_strndup(f->record_bytes->str, (gsize)(end - f->record_bytes->str));
        g_string_erase(f->record_bytes, 0, end - f->record_bytes->str + 1);
        take_line(f, line);
    }
    return G_SOURCE_CONTINUE;
}

/* A test that fails must not leave its receiver behind. */
static void die_with_parent(gpointer unused)
{
    (void)unused;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void receiver_start(Fixture *f, const char *certificate)
{
    g_autoptr(GError) error = NULL;
    f->port = 0;
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
    f->receiver = g_subprocess_launcher_spawn(
        launcher, &error, "python3", "tests/lib/receiver.py", "--record", "-", "--secret",
        "whsec_" SECRET, certificate ? "--certificate" : NULL, certificate, NULL);
    g_assert_no_error(error);
    f->record = g_subprocess_get_stdout_pipe(f->receiver);
    f->record_source =
        g_pollable_input_stream_create_source(G_POLLABLE_INPUT_STREAM(f->record), NULL);
    g_source_set_callback(f->record_source, G_SOURCE_FUNC(on_record), f, NULL);
    g_source_attach(f->record_source, NULL);
    await(f, f->port != 0);
}

static void receiver_stop(Fixture *f)
{
    g_source_destroy(f->record_source);
    g_clear_pointer(&f->record_source, g_source_unref);
    g_subprocess_force_exit(f->receiver);
    g_subprocess_wait(f->receiver, NULL, NULL);
    g_clear_object(&f->receiver);
}

/* What the daemon does */

static bool on_fact(const ImpDeliveryFact *fact, gpointer data, GError **error)
{
    Fixture *f = data;
    if (f->facts_to_refuse > 0) {
        f->facts_to_refuse--;
        g_set_error(error, IMP_DATABASE_ERROR, IMP_DATABASE_ERROR_FAILED, "refused by the test");
        return false;
    }
    g_ptr_array_add(f->facts, g_strdup_printf("%s %s %s", fact->type, fact->endpoint, fact->event));
    g_autoptr(ImpEvent) event = imp_event_new();
    event->id = g_strdup_printf("%s_%s_%s", fact->type, fact->endpoint, fact->event);
    event->type = g_strdup(fact->type);
    event->at_us = fact->at_us;
    event->repository = g_strdup("handbook");
    return imp_enqueue(f->outbox, f->endpoints, event, fact->endpoint, test_clock(), error);
}

static void on_failed(const ImpDelivery *delivery, const ImpOutcome *outcome, const ImpPlan *plan,
                      gpointer data)
{
    (void)plan;
    Fixture *f = data;
    g_ptr_array_add(f->failures,
                    g_strdup_printf("%s %s %s %u", delivery->endpoint, delivery->event,
                                    imp_failure_word(outcome->failure), outcome->status));
}

static void on_unhealthy(const GError *error, gpointer data)
{
    Fixture *f = data;
    g_string_append(f->health, error ? "sick " : "well ");
}

static void on_compacted(const char *endpoint, guint count, gpointer data)
{
    g_assert_cmpstr(endpoint, ==, "room");
    ((Fixture *)data)->compacted += count;
}

static const ImpDispatcherHooks hooks = {
    .fact = on_fact, .failed = on_failed, .unhealthy = on_unhealthy, .compacted = on_compacted};

static void daemon_start(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    f->outbox = imp_outbox_open(f->database, &error);
    g_assert_no_error(error);
    f->dispatcher = imp_dispatcher_new(NULL, f->outbox, f->database, "1.0", test_clock, &hooks, f);
}

static void daemon_stop(Fixture *f)
{
    g_clear_pointer(&f->dispatcher, imp_dispatcher_free);
    g_clear_pointer(&f->outbox, imp_outbox_free);
}

static void set_up(Fixture *f, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    f->record_bytes = g_string_new(NULL);
    f->messages = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    f->failures = g_ptr_array_new_with_free_func(g_free);
    f->facts = g_ptr_array_new_with_free_func(g_free);
    f->health = g_string_new(NULL);
    receiver_start(f, NULL);
    f->directory = g_dir_make_tmp("imprimatur-XXXXXX", &error);
    g_assert_no_error(error);
    g_autofree char *path = g_build_filename(f->directory, "index.db", NULL);
    f->database = imp_database_open(path, IMP_DATABASE_WRITE, &error);
    g_assert_no_error(error);
    f->endpoints = g_ptr_array_new_with_free_func((GDestroyNotify)imp_endpoint_free);
    f->times = imp_delivery_times_new();
    f->times->connect_s = f->times->total_s = 1;
    /* What fails is tried again as soon as it may be: the ladder itself is the schedule's test. */
    g_array_set_size(f->times->ladder_s, 1);
    clock_offset_us = START_US - g_get_real_time();
    daemon_start(f);
}

static void tear_down(Fixture *f, gconstpointer unused)
{
    (void)unused;
    daemon_stop(f);
    receiver_stop(f);
    imp_database_free(f->database);
    g_autofree char *path = g_build_filename(f->directory, "index.db", NULL);
    queue_remove(path);
    g_assert_cmpint(g_rmdir(f->directory), ==, 0);
    g_free(f->directory);
    g_ptr_array_unref(f->endpoints);
    imp_delivery_times_free(f->times);
    g_ptr_array_unref(f->failures);
    g_ptr_array_unref(f->facts);
    g_ptr_array_unref(f->messages);
    g_string_free(f->record_bytes, true);
    g_string_free(f->health, true);
}

/* An endpoint that takes everything and may be on loopback. */
static ImpEndpoint *add_endpoint(Fixture *f, const char *name, const char *scheme, guint port,
                                 const char *path)
{
    ImpEndpoint *endpoint = imp_endpoint_new();
    endpoint->name = g_strdup(name);
    endpoint->url = g_strdup_printf("%s://127.0.0.1:%u%s", scheme, port, path);
    g_strfreev(endpoint->events);
    endpoint->events = g_strsplit("*", " ", -1);
    g_ptr_array_add(endpoint->allow, g_inet_address_mask_new_from_string("127.0.0.0/8", NULL));
    gsize length;
    guchar *key = g_base64_decode(SECRET, &length);
    g_ptr_array_add(endpoint->secrets, g_bytes_new_take(key, length));
    g_ptr_array_add(f->endpoints, endpoint);
    return endpoint;
}

static ImpEndpoint *add_scripted(Fixture *f, const char *name, const char *path)
{
    return add_endpoint(f, name, "http", f->port, path);
}

static void start(Fixture *f)
{
    imp_dispatcher_set_endpoints(f->dispatcher, f->endpoints, f->times);
}

/* Puts in an event for all endpoints, as a pass of the pipeline does. */
static void announce(Fixture *f, const char *id, const char *article)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ImpEvent) event = imp_event_new();
    event->id = g_strdup(id);
    event->type = g_strdup("article.submitted");
    event->at_us = START_US;
    event->repository = g_strdup("handbook");
    event->path = g_strdup(article);
    queue_execute(f->database, "BEGIN");
    imp_enqueue(f->outbox, f->endpoints, event, NULL, test_clock(), &error);
    g_assert_no_error(error);
    queue_execute(f->database, "COMMIT");
    imp_dispatcher_kick(f->dispatcher);
}

/* A reload with another address for the first endpoint. */
static void move_first_endpoint(Fixture *f, const char *path)
{
    ImpEndpoint *endpoint = f->endpoints->pdata[0];
    g_autofree char *name = g_strdup(endpoint->name);
    g_ptr_array_unref(f->endpoints);
    f->endpoints = g_ptr_array_new_with_free_func((GDestroyNotify)imp_endpoint_free);
    add_scripted(f, name, path);
    start(f);
}

/* A listening socket that nobody serves: what is tried on it can be seen. */
static GSocket *trap_new(guint *port)
{
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) any_port = g_inet_socket_address_new(loopback, 0);
    GSocket *trap =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
    g_assert_true(g_socket_bind(trap, any_port, false, NULL));
    g_assert_true(g_socket_listen(trap, NULL));
    g_autoptr(GSocketAddress) bound = g_socket_get_local_address(trap, NULL);
    *port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    return trap;
}

static bool was_touched(GSocket *trap)
{
    return g_socket_condition_check(trap, G_IO_IN) != 0;
}

/* The tests */

static void test_a_message_arrives_signed(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/ok");
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, came(f, "evt_1") == 1 && all_quiet(f));
    g_assert_true(json_is_true(member(f, 0, "verified")));
    g_assert_cmpstr(header(f, 0, "content-type"), ==, "application/json");
    g_assert_cmpstr(header(f, 0, "user-agent"), ==, "imprimatur/1.0");
    g_assert_cmpstr(header(f, 0, "webhook-timestamp"), >=, "1795422847");
    g_assert_cmpstr(header(f, 0, "webhook-timestamp"), <=, "1795422867");
    g_assert_cmpstr(header(f, 0, "accept-encoding"), ==, "identity");
    g_assert_null(header(f, 0, "expect"));
    g_assert_cmpstr(json_string_value(json_object_get(member(f, 0, "body"), "type")), ==,
                    "article.submitted");
    g_assert_cmpuint(f->failures->len, ==, 0);

    /* The next one comes over the same connection. */
    announce(f, "evt_2", "a.md");
    await(f, came(f, "evt_2") == 1 && all_quiet(f));
    g_assert_cmpint(json_integer_value(member(f, 1, "connection")), ==,
                    json_integer_value(member(f, 0, "connection")));
    g_assert_cmpuint(f->messages->len, ==, 2);
}

static void test_refused_until_the_receiver_is_back(Fixture *f, gconstpointer unused)
{
    (void)unused;
    guint port;
    GSocket *trap = trap_new(&port);
    g_socket_close(trap, NULL);
    g_object_unref(trap);
    add_endpoint(f, "room", "http", port, "/ok");
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, count_of(f->failures, "room evt_1 connect 0") >= 2);
    move_first_endpoint(f, "/ok");
    await(f, all_quiet(f) && came(f, "evt_1") > 0);
    g_assert_cmpuint(came(f, "evt_1"), ==, 1);
}

static void test_a_reset_is_answered_with_the_same_message(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/drop/1");
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, came(f, "evt_1") == 2 && all_quiet(f));
    g_assert_cmpuint(count_of(f->failures, "room evt_1 connect 0"), ==, 1);
    g_assert_cmpstr(json_string_value(member(f, 0, "raw")), ==,
                    json_string_value(member(f, 1, "raw")));
}

static void test_order_within_an_article_only(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/503/1");
    announce(f, "evt_a1", "a.md");
    announce(f, "evt_a2", "a.md");
    announce(f, "evt_b1", "b.md");
    start(f);
    await(f, came(f, "evt_a2") == 2 && came(f, "evt_b1") == 2 && all_quiet(f));
    g_assert_cmpuint(count_of(f->failures, "room evt_a1 http 503"), ==, 1);
    /* a2 came only after a1 had, b1 did not wait for either. */
    static const char *const of_a[] = {"evt_a1", "evt_a1", "evt_a2", "evt_a2"};
    guint next = 0, b_at = G_MAXUINT;
    for (guint i = 0; i < f->messages->len; i++) {
        if (strcmp(header(f, i, "webhook-id"), "evt_b1") != 0)
            g_assert_cmpstr(header(f, i, "webhook-id"), ==, of_a[next++]);
        else if (b_at == G_MAXUINT)
            b_at = i;
    }
    g_assert_cmpuint(b_at, <, 2);
}

static void test_a_slow_endpoint_delays_no_other(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "slow", "/slow");
    add_scripted(f, "trickle", "/trickle");
    add_scripted(f, "room", "/ok");
    for (guint i = 0; i < 20; i++) {
        g_autofree char *event = g_strdup_printf("evt_%u", i);
        g_autofree char *article = g_strdup_printf("%u.md", i);
        announce(f, event, article);
    }
    start(f);
    guint to_room = 0, to_slow = 0;
    await(f, f->messages->len >= 24);
    for (guint i = 0; i < f->messages->len; i++) {
        const char *path = json_string_value(member(f, i, "path"));
        to_room += strcmp(path, "/ok") == 0;
        to_slow += strcmp(path, "/slow") == 0;
    }
    g_assert_cmpuint(to_room, ==, 20);
    g_assert_cmpuint(to_slow, ==, 2);
    g_assert_cmpuint(f->failures->len, ==, 0);
    await(f, count_of(f->failures, "slow evt_0 timeout 0") > 0 &&
                 count_of(f->failures, "trickle evt_0 timeout 0") > 0);
}

static void test_one_endpoint_of_50_dead(Fixture *f, gconstpointer unused)
{
    (void)unused;
    f->times->total_s = 2 * PATIENCE_S; /* whatever the machine does meanwhile */
    add_scripted(f, "dead", "/slow");
    for (guint i = 1; i < 50; i++) {
        g_autofree char *name = g_strdup_printf("room%u", i);
        add_scripted(f, name, "/ok");
    }
    start(f);
    for (guint i = 0; i < 5; i++) {
        g_autofree char *event = g_strdup_printf("evt_%u", i);
        announce(f, event, event);
    }
    /* All are told before the first try at the dead one has come to its end. */
    await(f, imp_outbox_undelivered(f->database, NULL) == 5);
    g_assert_cmpuint(f->failures->len, ==, 0);
}

static void test_forbidden_addresses_are_not_touched(Fixture *f, gconstpointer unused)
{
    (void)unused;
    guint port;
    g_autoptr(GSocket) trap = trap_new(&port);
    g_autofree char *by_name = g_strdup_printf("https://localhost:%u/", port);
    g_autofree char *mapped = g_strdup_printf("https://[::ffff:127.0.0.1]:%u/", port);
    ImpEndpoint *plain = add_endpoint(f, "plain", "http", port, "/");
    ImpEndpoint *number = add_endpoint(f, "number", "https", port, "/");
    ImpEndpoint *name = add_endpoint(f, "name", "https", port, "/");
    ImpEndpoint *six = add_endpoint(f, "six", "https", port, "/");
    g_ptr_array_set_size(plain->allow, 0);
    g_ptr_array_set_size(number->allow, 0);
    g_ptr_array_set_size(name->allow, 0);
    g_ptr_array_set_size(six->allow, 0);
    g_free(name->url);
    name->url = g_steal_pointer(&by_name);
    g_free(six->url);
    six->url = g_steal_pointer(&mapped);
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, count_of(f->failures, "plain evt_1 blocked 0") > 0 &&
                 count_of(f->failures, "number evt_1 blocked 0") > 0 &&
                 count_of(f->failures, "name evt_1 blocked 0") > 0 &&
                 count_of(f->failures, "six evt_1 blocked 0") > 0);
    g_assert_false(was_touched(trap));
}

static void test_a_kept_connection_is_judged_again(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "allowed", "/ok");
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, came(f, "evt_1") == 1 && all_quiet(f));
    ImpEndpoint *forbidden = add_scripted(f, "forbidden", "/ok");
    g_ptr_array_set_size(forbidden->allow, 0);
    start(f);
    announce(f, "evt_2", "a.md");
    await(f, count_of(f->failures, "forbidden evt_2 blocked 0") > 0 && came(f, "evt_2") > 0);
    g_assert_cmpuint(came(f, "evt_2"), ==, 1);
}

static void test_a_redirect_is_not_followed(Fixture *f, gconstpointer unused)
{
    (void)unused;
    guint port;
    g_autoptr(GSocket) trap = trap_new(&port);
    g_autofree char *path = g_strdup_printf("/redirect/http://127.0.0.1:%u/", port);
    add_scripted(f, "room", path);
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, count_of(f->failures, "room evt_1 http 302") >= 2);
    g_assert_false(was_touched(trap));
}

static void test_floods(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "headers", "/flood-headers");
    add_scripted(f, "body", "/flood-body");
    add_scripted(f, "nothing", "/no-body");
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, count_of(f->failures, "headers evt_1 protocol 0") > 0 &&
                 imp_outbox_undelivered(f->database, NULL) == 1);
    for (guint i = 0; i < f->failures->len; i++)
        g_assert_cmpstr(f->failures->pdata[i], ==, "headers evt_1 protocol 0");
}

static GBytes *authorities(void)
{
    char *text;
    gsize length;
    g_assert_true(g_file_get_contents(CERTIFICATE, &text, &length, NULL));
    return g_bytes_new_take(text, length);
}

static void test_certificates(Fixture *f, gconstpointer unused)
{
    (void)unused;
    receiver_stop(f);
    receiver_start(f, CERTIFICATE);
    add_endpoint(f, "stranger", "https", f->port, "/ok");
    ImpEndpoint *misnamed = add_endpoint(f, "misnamed", "https", f->port, "/ok");
    misnamed->ca = authorities();
    g_free(misnamed->url);
    misnamed->url = g_strdup_printf("https://localhost:%u/ok", f->port);
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, count_of(f->failures, "stranger evt_1 tls 0") > 0 &&
                 count_of(f->failures, "misnamed evt_1 tls 0") > 0);
    g_assert_cmpuint(f->messages->len, ==, 0);

    ImpEndpoint *trusted = add_endpoint(f, "trusted", "https", f->port, "/ok");
    trusted->ca = authorities();
    start(f);
    announce(f, "evt_2", "b.md");
    await(f, came(f, "evt_2") == 1);
    g_assert_true(json_is_true(member(f, 0, "verified")));
}

static void test_a_name_that_does_not_exist(Fixture *f, gconstpointer unused)
{
    (void)unused;
    ImpEndpoint *nowhere = add_scripted(f, "nowhere", "/ok");
    g_free(nowhere->url);
    nowhere->url = g_strdup("https://receiver.invalid/");
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, count_of(f->failures, "nowhere evt_1 dns 0") > 0);
}

static void test_410_disables_until_the_address_changes(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/410");
    add_scripted(f, "onc1", "/ok");
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, came(f, "endpoint.disabled_room_evt_1") == 1);
    announce(f, "evt_2", "b.md");
    await(f, came(f, "evt_2") == 1 && imp_dispatcher_idle(f->dispatcher));
    g_assert_cmpuint(came(f, "evt_1"), ==, 2);
    g_assert_cmpint(imp_outbox_undelivered(f->database, NULL), ==, 2);
    g_assert_cmpuint(f->facts->len, ==, 1);
    g_assert_cmpstr(f->facts->pdata[0], ==, "endpoint.disabled room evt_1");

    /* The same address again changes nothing, another does. */
    start(f);
    await(f, imp_dispatcher_idle(f->dispatcher));
    g_assert_cmpint(imp_outbox_undelivered(f->database, NULL), ==, 2);
    move_first_endpoint(f, "/ok/new");
    await(f, all_quiet(f) && came(f, "evt_1") == 3 && came(f, "evt_2") == 2);
}

static void test_a_faulty_message_dies_and_is_told(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/400");
    add_scripted(f, "onc1", "/ok");
    f->facts_to_refuse = 1;
    start(f);
    announce(f, "evt_1", "a.md");
    announce(f, "evt_2", "a.md");
    await(f, f->health->len > 0);
    /* The fact could not be written: all that belongs to it comes again, with the reload at once.
     */
    start(f);
    await(f, all_quiet(f) && came(f, "delivery.exhausted_room_evt_2") == 1);
    g_assert_cmpstr(f->health->str, ==, "sick well ");
    g_assert_cmpuint(came(f, "delivery.exhausted_room_evt_1"), ==, 1);
    g_assert_cmpuint(count_of(f->failures, "room evt_1 http 400"), ==, 3);
    g_assert_cmpuint(count_of(f->failures, "room evt_2 http 400"), ==, 3);
    g_assert_cmpuint(f->facts->len, ==, 2);
}

static void test_facts_about_facts_are_not_told(Fixture *f, gconstpointer unused)
{
    (void)unused;
    /* Both fail: each one's failure is told to the other, and that is the end of it. */
    add_scripted(f, "room", "/400/9");
    add_scripted(f, "onc1", "/422/9");
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, all_quiet(f) && f->facts->len == 2);
    g_assert_cmpuint(came(f, "delivery.exhausted_room_evt_1"), ==, 3);
    g_assert_cmpuint(came(f, "delivery.exhausted_onc1_evt_1"), ==, 3);
}

static void test_what_was_under_way_is_tried_again_by_the_next(Fixture *f, gconstpointer unused)
{
    (void)unused;
    f->times->connect_s = f->times->total_s = 60;
    add_scripted(f, "room", "/slow");
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, came(f, "evt_1") == 1);
    daemon_stop(f);
    daemon_start(f);
    move_first_endpoint(f, "/ok");
    await(f, all_quiet(f));
    g_assert_cmpuint(came(f, "evt_1"), ==, 2);
    g_assert_cmpuint(f->failures->len, ==, 0);
}

/* Nothing is under way, and nothing will be for now. */
static void rest(Fixture *f)
{
    imp_dispatcher_kick(f->dispatcher);
    await(f, imp_dispatcher_idle(f->dispatcher));
}

static void let_pass(Fixture *f, gint64 seconds)
{
    clock_offset_us += seconds * IMP_SECOND_US;
    rest(f);
}

typedef struct {
    const char *what, *path;
    gint64 held_s; /* 0: the ladder */
    guint tries;
} Quiet;

static void test_a_receiver_asks_for_quiet(Fixture *f, gconstpointer data)
{
    const Quiet *quiet = data;
    add_scripted(f, "room", quiet->path);
    add_scripted(f, "onc1", "/ok");
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, f->failures->len == 1 && came(f, "evt_1") >= 2);
    if (quiet->held_s == 0) {
        await(f, all_quiet(f));
    } else {
        announce(f, "evt_2", "b.md");
        await(f, came(f, "evt_2") == 1);
        rest(f);
        /* The whole endpoint is held, also by the next daemon; the other is not. */
        daemon_stop(f);
        daemon_start(f);
        start(f);
        let_pass(f, quiet->held_s - 30);
        g_assert_cmpuint(f->messages->len, ==, 3);
        clock_offset_us += 31 * IMP_SECOND_US;
        imp_dispatcher_kick(f->dispatcher);
        await(f, came(f, "evt_2") == 2 && f->failures->len == 2);
        /* To which it asked for quiet again, as it does once for each. */
        let_pass(f, quiet->held_s + 1);
        await(f, all_quiet(f));
    }
    g_assert_cmpint(
        queue_number(
            f->database,
            "SELECT attempts FROM outbox_delivery WHERE event = 'evt_1' AND endpoint = 'room'"),
        ==, quiet->tries);
}

static void test_a_receiver_that_is_down_is_probed(Fixture *f, gconstpointer unused)
{
    (void)unused;
    ImpEndpoint *room = add_scripted(f, "room", "/down/7");
    room->rate = 0;
    for (guint i = 0; i < 100; i++) {
        g_autofree char *event = g_strdup_printf("evt_%u", i);
        g_autofree char *article = g_strdup_printf("%u.md", i);
        announce(f, event, article);
    }
    start(f);
    await(f, f->failures->len >= 5);
    rest(f);
    /* The sixth was under way when the fifth failed. */
    guint tried = f->messages->len;
    g_assert_cmpuint(tried, <=, 6);
    let_pass(f, 29);
    g_assert_cmpuint(f->messages->len, ==, tried);
    for (gint64 wait_s = 31; f->messages->len < 7; wait_s = wait_s * 2) {
        let_pass(f, wait_s);
        g_assert_cmpuint(f->messages->len, ==, ++tried);
    }
    g_assert_cmpint(imp_outbox_undelivered(f->database, NULL), ==, 100);
    let_pass(f, 121);
    await(f, all_quiet(f));
    /* Those that waited have used up no try. */
    g_assert_cmpuint(f->messages->len, ==, 107);
    g_assert_cmpint(
        queue_number(f->database, "SELECT COUNT(*) FROM outbox_delivery WHERE attempts = 1"), >=,
        93);
}

/* Many events at once, in turn about so many articles. */
static void announce_many(Fixture *f, guint count, guint articles)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = g_bytes_new_static("{}", 2);
    queue_execute(f->database, "BEGIN");
    for (guint i = 0; i < count; i++) {
        g_autofree char *event = g_strdup_printf("evt_%u", i);
        g_autofree char *article = g_strdup_printf("%u.md", i % articles);
        const ImpOutboxMessage message = {event, "article.submitted", article, IMP_FORMAT_STANDARD,
                                          body};
        imp_outbox_enqueue(f->outbox, &message, "room", test_clock(), &error);
        g_assert_no_error(error);
    }
    queue_execute(f->database, "COMMIT");
}

static void test_500_for_10000_events(Fixture *f, gconstpointer unused)
{
    (void)unused;
    ImpEndpoint *room = add_scripted(f, "room", "/500");
    room->rate = 0;
    announce_many(f, 10000, 10000);
    start(f);
    await(f, f->failures->len >= 5);
    rest(f);
    guint tried = f->messages->len;
    g_assert_cmpuint(tried, <=, 6);
    /* One probe an interval, of which there are 30 s, 1, 2, 4, 8 and then 15 minutes: an hour
     * has 7. */
    for (guint minute = 0; minute < 60; minute++)
        let_pass(f, 60);
    g_assert_cmpuint(f->messages->len - tried, >=, 6);
    g_assert_cmpuint(f->messages->len - tried, <=, 8);
    g_assert_cmpint(imp_outbox_undelivered(f->database, NULL), ==, 10000);
    g_assert_cmpint(
        queue_number(f->database, "SELECT COUNT(*) FROM outbox_delivery WHERE attempts > 0"), <=,
        8 + tried);
}

static void test_old_ones_are_forgotten_at_any_rate(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/ok");
    announce_many(f, 5000, 5000);
    g_autofree char *delivered =
        g_strdup_printf("UPDATE outbox_delivery SET state = 2, ended_us = %" G_GINT64_FORMAT,
                        test_clock() - 8 * IMP_DAY_US);
    queue_execute(f->database, delivered);
    start(f);
    /* Not in the 300 s after which the upkeep comes again. */
    await(f, queue_number(f->database, "SELECT COUNT(*) FROM outbox_delivery") == 0);
    g_assert_cmpint(queue_number(f->database, "SELECT COUNT(*) FROM outbox_message"), ==, 0);
}

static void test_parked_ones_die_at_any_rate(Fixture *f, gconstpointer unused)
{
    (void)unused;
    announce_many(f, 1000, 1000); /* the endpoint is no longer configured */
    g_autofree char *old = g_strdup_printf(
        "UPDATE outbox_delivery SET created_us = %" G_GINT64_FORMAT, test_clock() - 8 * IMP_DAY_US);
    queue_execute(f->database, old);
    start(f);
    await(f, queue_number(f->database, "SELECT COUNT(*) FROM outbox_delivery WHERE state = 3") ==
                 1000);
}

static void test_too_many_that_wait_are_compacted(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/500");
    announce_many(f, 12000, 100);
    start(f);
    await(f, f->compacted > 0);
    rest(f);
    /* All but the last of each article, and what was tried before the walk came by. */
    gint64 left = imp_outbox_undelivered(f->database, NULL);
    g_assert_cmpint(left, >=, 100);
    g_assert_cmpint(left, <=, 110);
    g_assert_cmpint(left + f->compacted, ==, 12000);
}

static void test_another_format_while_one_is_under_way(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/slow");
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, came(f, "evt_1") == 1);
    ImpEndpoint *room = f->endpoints->pdata[0];
    room->format = IMP_FORMAT_NTFY;
    start(f);
    /* It ends as it began, and is not tried again. */
    await(f, f->failures->len == 1);
    rest(f);
    g_assert_cmpuint(came(f, "evt_1"), ==, 1);
    g_assert_cmpint(
        queue_number(
            f->database,
            "SELECT COUNT(*) FROM outbox_delivery WHERE state = 3 AND failure = 'timeout'"),
        ==, 1);
}

static void test_clock_an_hour_forward(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/503/1");
    g_array_index(f->times->ladder_s, guint, 0) = 1800;
    start(f);
    for (guint i = 0; i < 4; i++) {
        g_autofree char *event = g_strdup_printf("evt_%u", i);
        announce(f, event, event);
    }
    await(f, f->failures->len == 4);
    rest(f);
    /* What became due by the jump is tried once each, and that is all. */
    clock_offset_us += 3600 * IMP_SECOND_US;
    imp_dispatcher_kick(f->dispatcher);
    await(f, all_quiet(f));
    g_assert_cmpuint(f->messages->len, ==, 8);
}

static void test_clock_an_hour_back(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/503/1");
    g_array_index(f->times->ladder_s, guint, 1) = 60;
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, f->failures->len == 1);
    rest(f);
    /* It waits for its moment all the same, and what is new does not. */
    let_pass(f, -3600);
    announce(f, "evt_2", "b.md");
    await(f, f->failures->len == 2);
    rest(f);
    g_assert_cmpuint(f->messages->len, ==, 2);
    let_pass(f, 3600 + 120);
    await(f, all_quiet(f));
    g_assert_cmpuint(f->messages->len, ==, 4);
}

static void test_five_days_down_disable(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/500");
    add_scripted(f, "onc1", "/ok");
    start(f);
    static const char is_disabled[] =
        "SELECT COUNT(*) FROM outbox_disabled WHERE endpoint = 'room'";
    for (guint day = 0; queue_number(f->database, is_disabled) == 0; day++) {
        g_assert_cmpuint(day, <=, 6);
        g_autofree char *event = g_strdup_printf("evt_%u", day);
        guint failed = f->failures->len;
        announce(f, event, event);
        await(f, f->failures->len > failed);
        clock_offset_us += IMP_DAY_US;
    }
    rest(f);
    guint told = 0;
    for (guint i = 0; i < f->facts->len; i++)
        told += g_str_has_prefix(f->facts->pdata[i], "endpoint.disabled room ");
    g_assert_cmpuint(told, ==, 1);
    guint tried = f->messages->len;
    let_pass(f, 86400);
    g_assert_cmpuint(f->messages->len, ==, tried);
    move_first_endpoint(f, "/ok/new");
    await(f, all_quiet(f));
}

/* Most requests that were under way at the same time at the receiver, which answers none. */
static void test_slots(Fixture *f, gconstpointer unused)
{
    (void)unused;
    f->times->connect_s = f->times->total_s = 60;
    for (guint i = 0; i < 6; i++) {
        g_autofree char *name = g_strdup_printf("slow%u", i);
        add_scripted(f, name, "/slow");
    }
    ImpEndpoint *other_host = add_scripted(f, "other", "/slow");
    g_free(other_host->url);
    other_host->url = g_strdup_printf("http://127.0.0.2:%u/slow", f->port);
    other_host->in_flight = 3;
    for (guint i = 0; i < 20; i++) {
        g_autofree char *event = g_strdup_printf("evt_%u", i);
        announce(f, event, event);
    }
    start(f);
    /* 127.0.0.2 is another host, though nobody listens there. */
    await(f, f->messages->len >= 8 && count_of(f->failures, "other evt_0 connect 0") > 0);
    g_assert_cmpuint(f->messages->len, ==, 8);
    g_assert_cmpint(
        queue_number(
            f->database,
            "SELECT COUNT(*) FROM outbox_delivery WHERE state = 1 AND endpoint <> 'other'"),
        ==, 8);
    g_assert_cmpint(
        queue_number(f->database,
                     "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM outbox_delivery WHERE state = 1"
                     " AND endpoint <> 'other' GROUP BY endpoint)"),
        ==, 2);
}

static void test_a_rate_is_kept(Fixture *f, gconstpointer unused)
{
    (void)unused;
    ImpEndpoint *room = add_scripted(f, "room", "/ok");
    room->rate = 20;
    room->burst = 5;
    for (guint i = 0; i < 12; i++) {
        g_autofree char *event = g_strdup_printf("evt_%u", i);
        announce(f, event, event);
    }
    gint64 begin_us = g_get_monotonic_time();
    start(f);
    await(f, f->messages->len >= 1);
    /* What waits for its turn is due all the same: `once --deliver` waits for it. */
    while (imp_outbox_undelivered(f->database, NULL) > 0) {
        g_assert_false(imp_dispatcher_idle(f->dispatcher));
        g_main_context_iteration(NULL, true);
    }
    await(f, all_quiet(f) && f->messages->len == 12);
    g_assert_cmpint(g_get_monotonic_time() - begin_us, >=, 350000);
}

static int refuse_commit(void *data)
{
    bool *full = data;
    return *full;
}

static void test_nothing_is_sent_that_cannot_be_recorded(Fixture *f, gconstpointer unused)
{
    (void)unused;
    bool full = false;
    sqlite3_commit_hook(imp_database_handle(f->database), refuse_commit, &full);
    add_scripted(f, "room", "/ok");
    announce(f, "evt_1", "a.md");
    full = true;
    start(f);
    await(f, f->health->len > 0);
    start(f);
    while (g_main_context_iteration(NULL, false))
        ;
    g_assert_cmpstr(f->health->str, ==, "sick ");
    g_assert_cmpuint(f->messages->len, ==, 0);
    g_assert_false(imp_dispatcher_idle(f->dispatcher));
    full = false;
    start(f);
    await(f, all_quiet(f) && came(f, "evt_1") == 1);
    g_assert_cmpstr(f->health->str, ==, "sick well ");
}

static void test_clock_set_back_to_1970(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/503");
    start(f);
    announce(f, "evt_1", "a.md");
    await(f, f->failures->len == 1);
    clock_offset_us = -g_get_real_time();
    /* Tried again after a step, not in 56 years and not without end. */
    start(f);
    await(f, f->failures->len == 2);
    announce(f, "evt_2", "b.md");
    await(f, came(f, "evt_2") == 1);
    g_assert_cmpuint(f->failures->len, <=, 4);
}

static void test_one_delivery_costs_one_moment(Fixture *f, gconstpointer unused)
{
    (void)unused;
    add_scripted(f, "room", "/ok");
    start(f);
    announce(f, "evt_0", "a.md");
    await(f, all_quiet(f));
    gint64 best_us = G_MAXINT64;
    for (guint i = 1; i <= 20; i++) {
        g_autofree char *event = g_strdup_printf("evt_%u", i);
        gint64 begin_us = g_get_monotonic_time();
        announce(f, event, "a.md");
        await(f, all_quiet(f));
        best_us = MIN(best_us, g_get_monotonic_time() - begin_us);
    }
    g_test_message("enqueued, sent, answered and recorded in %" G_GINT64_FORMAT " us", best_us);
    g_assert_cmpint(best_us, <, 20000);
}

#define ADD(name, function)                                                                        \
    g_test_add("/dispatcher/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN);
    ADD("a-message-arrives-signed", test_a_message_arrives_signed);
    ADD("connection-refused-until-the-receiver-is-back", test_refused_until_the_receiver_is_back);
    ADD("a-reset-is-answered-with-the-same-message",
        test_a_reset_is_answered_with_the_same_message);
    ADD("order-within-an-article-only", test_order_within_an_article_only);
    ADD("a-slow-endpoint-delays-no-other", test_a_slow_endpoint_delays_no_other);
    ADD("one-endpoint-of-50-dead", test_one_endpoint_of_50_dead);
    ADD("forbidden-addresses-are-not-touched", test_forbidden_addresses_are_not_touched);
    ADD("a-kept-connection-is-judged-again", test_a_kept_connection_is_judged_again);
    ADD("a-redirect-is-not-followed", test_a_redirect_is_not_followed);
    ADD("floods", test_floods);
    ADD("certificates", test_certificates);
    ADD("a-name-that-does-not-exist", test_a_name_that_does_not_exist);
    ADD("410-disables-until-the-address-changes", test_410_disables_until_the_address_changes);
    ADD("a-faulty-message-dies-and-is-told", test_a_faulty_message_dies_and_is_told);
    ADD("facts-about-facts-are-not-told", test_facts_about_facts_are_not_told);
    ADD("what-was-under-way-is-tried-again-by-the-next",
        test_what_was_under_way_is_tried_again_by_the_next);
    static const Quiet quiets[] = {
        {"429-with-seconds", "/busy/429/120", 120, 1},
        {"429-with-date", "/busy/429/Fri,%2031%20Dec%202027%2023:59:59%20GMT", 86400, 1},
        {"429-with-past-date", "/busy/429/Sun,%2006%20Nov%201994%2008:49:37%20GMT", 0, 2},
        {"429-with-garbage", "/busy/429/soon", 0, 2},
        {"429-with-10^9", "/busy/429/1000000000", 86400, 1},
        {"503-with-seconds", "/busy/503/120", 120, 2},
        {"500-with-seconds", "/busy/500/120", 0, 2},
    };
    for (guint i = 0; i < G_N_ELEMENTS(quiets); i++) {
        g_autofree char *name = g_strdup_printf("/dispatcher/%s", quiets[i].what);
        g_test_add(name, Fixture, &quiets[i], set_up, test_a_receiver_asks_for_quiet, tear_down);
    }
    ADD("a-receiver-that-is-down-is-probed", test_a_receiver_that_is_down_is_probed);
    ADD("500-for-10000-events", test_500_for_10000_events);
    ADD("old-ones-are-forgotten-at-any-rate", test_old_ones_are_forgotten_at_any_rate);
    ADD("parked-ones-die-at-any-rate", test_parked_ones_die_at_any_rate);
    ADD("too-many-that-wait-are-compacted", test_too_many_that_wait_are_compacted);
    ADD("another-format-while-one-is-under-way", test_another_format_while_one_is_under_way);
    ADD("clock-an-hour-forward", test_clock_an_hour_forward);
    ADD("clock-an-hour-back", test_clock_an_hour_back);
    ADD("five-days-down-disable", test_five_days_down_disable);
    ADD("slots", test_slots);
    ADD("a-rate-is-kept", test_a_rate_is_kept);
    ADD("nothing-is-sent-that-cannot-be-recorded", test_nothing_is_sent_that_cannot_be_recorded);
    ADD("clock-set-back-to-1970", test_clock_set_back_to_1970);
    ADD("one-delivery-costs-one-moment", test_one_delivery_costs_one_moment);
    return g_test_run();
}
