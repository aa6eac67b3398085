#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* A receiver of webhooks that is not a bottleneck: one thread, HTTP/1.1 with kept connections,
 * behaviour by path.
 *
 *     /ok      200 at once, and the time from the moment in the body ("inserted_us":N) to the first
 * byte is noted /other   200 at once /late    200 after a second /hang    no answer /random  by
 * chance: 200, 503, a reset, no answer, or a connection closed in the midst of an answer
 *
 * Prints its port. On a line of standard input it prints a line of JSON about what came since the
 * last one: how many requests, and of the times the count, median, 99th percentile and longest, in
 * microseconds. Ends with its input. */

#define LONGEST_REQUEST (64 * 1024)
#define HOSTS           64
#define LATE_US         (1000 * 1000)

typedef struct {
    int socket;
    gint64 first_us;  /* when the first byte of the request came; 0: none yet */
    gint64 answer_us; /* monotonic: when to answer what is late; 0: nothing is */
    GString *text;
} Connection;

typedef struct {
    int epoll, listeners[HOSTS];
    guint requests;
    GArray *times_us; /* of gint64 */
    GPtrArray *late;  /* of Connection* */
} Bench;

static void close_connection(Bench *bench, Connection *connection, bool reset)
{
    if (reset)
        setsockopt(connection->socket, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
                   sizeof(struct linger));
    g_ptr_array_remove_fast(bench->late, connection);
    close(connection->socket);
    g_string_free(connection->text, true);
    g_free(connection);
}

static bool say(Connection *connection, const char *text)
{
    return send(connection->socket, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

#define OK "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n"

/* Whether the connection goes on. */
static bool answer_by_chance(Bench *bench, Connection *connection)
{
    switch (g_random_int_range(0, 5)) {
    case 0:
        return say(connection, "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
    case 1:
        close_connection(bench, connection, true);
        return false;
    case 2:
        return true; /* no answer */
    case 3:
        say(connection, "HTTP/1.1 200 OK\r\nx-half");
        close_connection(bench, connection, false);
        return false;
    default:
        return say(connection, OK);
    }
}

/* Answers a whole request that stands at the beginning of the text. */
static bool answer(Bench *bench, Connection *connection, const char *body)
{
    const char *path = strchr(connection->text->str, ' ');
    bench->requests++;
    if (g_str_has_prefix(path, " /hang"))
        return true;
    if (g_str_has_prefix(path, " /random"))
        return answer_by_chance(bench, connection);
    if (g_str_has_prefix(path, " /late")) {
        connection->answer_us = g_get_monotonic_time() + LATE_US;
        g_ptr_array_add(bench->late, connection);
        return true;
    }
    const char *inserted = g_str_has_prefix(path, " /ok") ? strstr(body, "\"inserted_us\":") : NULL;
    if (inserted) {
        gint64 time_us =
            connection->first_us - g_ascii_strtoll(inserted + strlen("\"inserted_us\":"), NULL, 10);
        g_array_append_val(bench->times_us, time_us);
    }
    return say(connection, OK);
}

/* Answers all whole requests; false: the connection is gone. */
static bool take_requests(Bench *bench, Connection *connection)
{
    while (true) {
        const char *end = strstr(connection->text->str, "\r\n\r\n");
        if (!end)
            return true;
        gsize head = (gsize)(end - connection->text->str) + 4, length = 0;
        for (const char *line = connection->text->str; line < end;
             line = strstr(line, "\r\n") + 2) {
            if (g_ascii_strncasecmp(line, "content-length:", 15) == 0)
                length = (gsize)g_ascii_strtoull(line + 15, NULL, 10);
        }
        if (connection->text->len < head + length)
            return true;
        if (!answer(bench, connection, connection->text->str + head))
            return false;
        g_string_erase(connection->text, 0, (gssize)(head + length));
        connection->first_us = connection->text->len > 0 ? g_get_real_time() : 0;
    }
}

static void read_connection(Bench *bench, Connection *connection)
{
    char bytes[16384];
    ssize_t count = recv(connection->socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0 || connection->text->len > LONGEST_REQUEST) {
        close_connection(bench, connection, false);
        return;
    }
    if (!connection->first_us)
        connection->first_us = g_get_real_time();
    g_string_append_len(connection->text, bytes, count);
    take_requests(bench, connection);
}

static void watch(Bench *bench, int socket, void *data)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = data}};
    if (epoll_ctl(bench->epoll, EPOLL_CTL_ADD, socket, &event) != 0)
        g_error("epoll_ctl: %s", g_strerror(errno));
}

static void accept_connections(Bench *bench, int listener)
{
    int socket;
    while ((socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        Connection *connection = g_new0(Connection, 1);
        connection->socket = socket;
        connection->text = g_string_new(NULL);
        watch(bench, socket, connection);
    }
}

static gint compare(gconstpointer one, gconstpointer other)
{
    gint64 difference = *(const gint64 *)one - *(const gint64 *)other;
    return (difference > 0) - (difference < 0);
}

static void report(Bench *bench)
{
    GArray *times = bench->times_us;
    g_array_sort(times, compare);
    guint last = times->len > 0 ? times->len - 1 : 0;
    gint64 none = 0;
    const gint64 *at = times->len > 0 ? (const gint64 *)(const void *)times->data : &none;
    printf("{\"requests\": %u, \"timed\": %u, \"median_us\": %" G_GINT64_FORMAT
           ", \"p99_us\": %" G_GINT64_FORMAT ", \"longest_us\": %" G_GINT64_FORMAT "}\n",
           bench->requests, times->len, at[last / 2], at[(guint)(last * 0.99)], at[last]);
    fflush(stdout);
    g_array_set_size(times, 0);
    bench->requests = 0;
}

static bool read_command(Bench *bench)
{
    char bytes[64];
    ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count <= 0)
        return false;
    report(bench);
    return true;
}

static void answer_late(Bench *bench)
{
    gint64 now_us = g_get_monotonic_time();
    for (guint i = bench->late->len; i > 0; i--) {
        Connection *connection = bench->late->pdata[i - 1];
        if (connection->answer_us <= now_us) {
            g_ptr_array_remove_index_fast(bench->late, i - 1);
            say(connection, OK);
        }
    }
}

/* Listens on one port of HOSTS addresses of loopback, so that endpoints can be at different hosts.
 */
static guint16 listen_all(Bench *bench)
{
    guint16 port = 0;
    for (guint32 i = 0; i < HOSTS; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
        socklen_t size = sizeof address;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i);
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1024) != 0 ||
            getsockname(listener, (struct sockaddr *)&address, &size) != 0)
            g_error("cannot listen: %s", g_strerror(errno));
        port = ntohs(address.sin_port);
        bench->listeners[i] = listener;
        watch(bench, listener, &bench->listeners[i]);
    }
    return port;
}

static bool is_listener(const Bench *bench, const void *data)
{
    const int *begin = bench->listeners;
    return (const int *)data >= begin && (const int *)data < begin + HOSTS;
}

int main(void)
{
    Bench bench = {.times_us = g_array_new(false, false, sizeof(gint64)),
                   .late = g_ptr_array_new()};
    signal(SIGPIPE, SIG_IGN);
    bench.epoll = epoll_create1(EPOLL_CLOEXEC);
    printf("%u\n", listen_all(&bench));
    fflush(stdout);
    watch(&bench, STDIN_FILENO, &bench);
    while (true) {
        struct epoll_event events[64];
        int count =
            epoll_wait(bench.epoll, events, G_N_ELEMENTS(events), bench.late->len > 0 ? 10 : -1);
        for (int i = 0; i < count; i++) {
            void *data = events[i].data.ptr;
            if (is_listener(&bench, data))
                accept_connections(&bench, *(int *)data);
            else if (data != &bench)
                read_connection(&bench, data);
            else if (!read_command(&bench))
                return EXIT_SUCCESS;
        }
        answer_late(&bench);
    }
}
