#include "daemon/door/door.h"
#include "daemon/door/question.h"
#include "daemon/door/wake.h"
#include "workflow/base/allowance.h"
#include "workflow/base/limits.h"

#include <errno.h>
#include <glib-unix.h>
#include <microhttpd.h>
#include <string.h>

/* libmicrohttpd calls handle() once when a request's headers have come, then for each piece of its
 * body, then once more for the answer. What is too large is refused at the first call, before a
 * byte of the body is read; what is refused for another reason is read first, as far as it is
 * short, since many clients send all before they listen. A body streams through the check of its
 * signature; of a hook only the beginning is kept, for the commit that it names.
 *
 * Hooks come from whoever can reach the web server. Each costs one pass of HMAC over at most 25 MiB
 * and some KiB of memory while it comes; how many there are at once is limited, and so is how long
 * one may take. Those with a right signature wake the daemon at most once a second for each
 * repository: the last commit named waits for the next second. */

/* Forges send at most 25 MB (GitHub's documentation, Webhook events and payloads). */
#define HOOK_MAX_BYTES (25 * 1024 * 1024)
/* A push names its new tip at the beginning of its body. */
#define HOOK_KEPT_BYTES (64 * 1024)
/* A busy forge sends some hooks a second; what is above that is a flood. */
#define HOOKS_AT_ONCE    60
#define HOOKS_PER_MINUTE 600
/* Readers of one site; each question is read by an editor. */
#define CONNECTIONS  128
#define HEADER_BYTES (16 * 1024)
#define IDLE_S       10
/* The whole of a request, so that a byte now and then keeps no connection. */
#define REQUEST_S 60

typedef struct {
    const ImpDoorRepository *repository;
    ImpAllowance hooks, questions;
    gint64 woken_us; /* monotonic; 0: never */
    guint timer;     /* of the wake-up that waits; 0: none */
    char *commit;    /* what it will name, or NULL */
} Place;

struct ImpDoor {
    struct MHD_Daemon *server;
    GHashTable *places; /* name -> Place*; the names are the configuration's */
    guint readable, timer;
};

/* A request. */
typedef struct {
    Place *place;        /* NULL: there is none of that name */
    guint fault;         /* the status that refuses it by its headers; 0: none */
    bool asks;           /* a question; else a hook */
    ImpHookCheck *check; /* of a hook */
    GString *kept;
    guint64 length;
    gint64 began_us;
} Visit;

static void place_free(gpointer data)
{
    Place *place = data;
    g_clear_handle_id(&place->timer, g_source_remove);
    g_free(place->commit);
    g_free(place);
}

static void visit_free(Visit *visit)
{
    if (!visit)
        return;
    imp_hook_check_free(visit->check);
    g_string_free(visit->kept, TRUE);
    g_free(visit);
}

/* Waking */

static void wake(Place *place)
{
    place->woken_us = g_get_monotonic_time();
    if (!imp_wake_send(place->repository->wake, place->commit))
        g_log_structured(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "REPOSITORY", place->repository->name,
                         "MESSAGE", "%s: %s: no daemon takes the wake-up: %s",
                         place->repository->name, place->repository->wake, g_strerror(errno));
    g_clear_pointer(&place->commit, g_free);
}

static gboolean wake_later(gpointer data)
{
    Place *place = data;
    place->timer = 0;
    wake(place);
    return G_SOURCE_REMOVE;
}

/* Takes `commit`. */
static void want_wake(Place *place, char *commit)
{
    gint64 since_us = g_get_monotonic_time() - place->woken_us;
    if (commit || !place->timer) {
        g_free(place->commit);
        place->commit = commit;
    }
    if (place->timer)
        return;
    if (!place->woken_us || since_us >= G_USEC_PER_SEC)
        wake(place);
    else
        place->timer =
            g_timeout_add((guint)((G_USEC_PER_SEC - since_us) / 1000 + 1), wake_later, place);
}

/* Answers */

static enum MHD_Result answer(struct MHD_Connection *connection, guint status, const char *text)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)(gintptr)text, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_TOO_MANY_REQUESTS || status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "60");
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static const char *header_of(gpointer connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* As its headers tell; 0: they do not. */
static guint64 length_of(struct MHD_Connection *connection)
{
    const char *length = header_of(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length ? g_ascii_strtoull(length, NULL, 10) : 0;
}

static bool is_type(const char *content_type, const char *type)
{
    gsize length = strlen(type);
    return content_type && g_ascii_strncasecmp(content_type, type, length) == 0 &&
           strchr("; \t", content_type[length]); /* the end, too */
}

/* The end of a request whose body has come. */

static enum MHD_Result finish_hook(struct MHD_Connection *connection, Visit *visit)
{
    if (!imp_hook_check_end(visit->check))
        return answer(connection, MHD_HTTP_UNAUTHORIZED,
                      "The signature does not fit; compare the secret on both sides.\n");
    if (!imp_allowance_use(&visit->place->hooks, HOOKS_AT_ONCE, HOOKS_PER_MINUTE,
                           g_get_monotonic_time()))
        return answer(connection, MHD_HTTP_TOO_MANY_REQUESTS,
                      "Too many hooks; the repository is looked at anyway.\n");
    want_wake(visit->place, imp_hook_commit(visit->kept->str, visit->kept->len));
    return answer(connection, MHD_HTTP_ACCEPTED, "Taken.\n");
}

static enum MHD_Result finish_question(struct MHD_Connection *connection, Visit *visit)
{
    g_auto(ImpQuestion) question = {0};
    const char *sentence = NULL;
    if (!imp_question_read(header_of(connection, MHD_HTTP_HEADER_CONTENT_TYPE), visit->kept->str,
                           visit->kept->len, &question, &sentence))
        return answer(connection, MHD_HTTP_BAD_REQUEST, sentence);
    if (!imp_allowance_use(&visit->place->questions, IMP_QUESTIONS_AT_ONCE,
                           IMP_QUESTIONS_PER_MINUTE, g_get_monotonic_time()))
        return answer(connection, MHD_HTTP_TOO_MANY_REQUESTS,
                      "Too many questions at the moment; please ask again in a minute.\n");
    if (!imp_wake_ask(visit->place->repository->wake, question.article, question.text))
        return answer(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                      "Questions cannot be taken at the moment; please ask again later.\n");
    return answer(connection, MHD_HTTP_ACCEPTED,
                  "Thank you. Your question has been handed to the editors.\n");
}

/* The beginning of a request: what the headers alone can refuse. */

static enum MHD_Result refuse(struct MHD_Connection *connection, guint status)
{
    const char *text = status == MHD_HTTP_METHOD_NOT_ALLOWED  ? "Send it by POST.\n"
                       : status == MHD_HTTP_CONTENT_TOO_LARGE ? "This is too large.\n"
                       : status == MHD_HTTP_UNSUPPORTED_MEDIA_TYPE
                           ? "Send it as application/json.\n"
                           : "There is nothing here.\n";
    return answer(connection, status, text);
}

static guint64 most_bytes(const Visit *visit)
{
    return visit->fault ? HOOK_KEPT_BYTES : visit->asks ? IMP_QUESTION_MAX_BYTES : HOOK_MAX_BYTES;
}

static guint fault_of(struct MHD_Connection *connection, const Visit *visit, const char *method)
{
    const char *type = header_of(connection, MHD_HTTP_HEADER_CONTENT_TYPE);
    if (!visit->place)
        return MHD_HTTP_NOT_FOUND;
    if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
        return MHD_HTTP_METHOD_NOT_ALLOWED;
    if (!is_type(type, "application/json") &&
        !(visit->asks && is_type(type, "application/x-www-form-urlencoded")))
        return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
    if (length_of(connection) > most_bytes(visit))
        return MHD_HTTP_CONTENT_TOO_LARGE;
    return 0;
}

static Place *find_place(const ImpDoor *door, const char *url, bool asks)
{
    if (!asks && !g_str_has_prefix(url, "/hooks/"))
        return NULL;
    Place *place = g_hash_table_lookup(door->places, strchr(url + 1, '/') + 1);
    return place && (asks ? place->repository->questions : place->repository->has_hook) ? place
                                                                                        : NULL;
}

static enum MHD_Result handle_first(ImpDoor *door, struct MHD_Connection *connection,
                                    const char *url, const char *method, void **state)
{
    if (strcmp(url, "/healthz") == 0 && strcmp(method, MHD_HTTP_METHOD_GET) == 0)
        return answer(connection, MHD_HTTP_OK, "ok\n");
    Visit *visit = g_new0(Visit, 1);
    *state = visit;
    visit->asks = g_str_has_prefix(url, "/questions/");
    visit->place = find_place(door, url, visit->asks);
    visit->kept = g_string_new(NULL);
    visit->began_us = g_get_monotonic_time();
    visit->fault = fault_of(connection, visit, method);
    if (visit->fault == MHD_HTTP_CONTENT_TOO_LARGE && length_of(connection) > HOOK_KEPT_BYTES)
        return refuse(connection, visit->fault);
    if (!visit->fault && !visit->asks)
        visit->check =
            imp_hook_check_new(visit->place->repository->format, visit->place->repository->secret,
                               header_of, connection, g_get_real_time() / G_USEC_PER_SEC);
    return MHD_YES;
}

static enum MHD_Result take_piece(Visit *visit, const char *bytes, size_t *length)
{
    visit->length += *length;
    if (visit->length > most_bytes(visit) ||
        g_get_monotonic_time() - visit->began_us > REQUEST_S * G_USEC_PER_SEC)
        return MHD_NO; /* of no length that its headers told: the connection ends here */
    gsize room = HOOK_KEPT_BYTES - MIN(HOOK_KEPT_BYTES, visit->kept->len);
    if (visit->check)
        imp_hook_check_update(visit->check, bytes, *length);
    if (!visit->fault)
        g_string_append_len(visit->kept, bytes, (gssize)MIN(*length, room));
    *length = 0;
    return MHD_YES;
}

static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *bytes,
                              size_t *length, void **state)
{
    (void)version;
    Visit *visit = *state;
    if (!visit)
        return handle_first(data, connection, url, method, state);
    if (*length > 0)
        return take_piece(visit, bytes, length);
    if (visit->fault)
        return refuse(connection, visit->fault);
    return visit->asks ? finish_question(connection, visit) : finish_hook(connection, visit);
}

static void on_end(void *data, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode how)
{
    (void)data;
    (void)connection;
    (void)how;
    visit_free(*state);
    *state = NULL;
}

/* The loop: the server's epoll descriptor, and the moment at which it wants to be run next. */

static void run(ImpDoor *door);

static gboolean on_timer(gpointer data)
{
    ImpDoor *door = data;
    door->timer = 0;
    run(door);
    return G_SOURCE_REMOVE;
}

static gboolean on_readable(int descriptor, GIOCondition condition, gpointer data)
{
    (void)descriptor;
    (void)condition;
    run(data);
    return G_SOURCE_CONTINUE;
}

static void run(ImpDoor *door)
{
    MHD_run(door->server);
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    g_clear_handle_id(&door->timer, g_source_remove);
    if (MHD_get_timeout(door->server, &wait_ms) == MHD_YES)
        door->timer = g_timeout_add((guint)MIN(wait_ms, G_MAXINT), on_timer, door);
}

ImpDoor *imp_door_new(const ImpDoorConfig *config, int socket, GError **error)
{
    g_autoptr(ImpDoor) door = g_new0(ImpDoor, 1);
    door->places = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, place_free);
    GHashTableIter repositories;
    gpointer name, repository;
    g_hash_table_iter_init(&repositories, config->repositories);
    while (g_hash_table_iter_next(&repositories, &name, &repository)) {
        Place *place = g_new0(Place, 1);
        place->repository = repository;
        g_hash_table_insert(door->places, name, place);
    }
    /* Else the server would wait for the next connection, and with it everybody. */
    if (!g_unix_set_fd_nonblocking(socket, TRUE, error))
        return NULL;
    door->server = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, handle, door, MHD_OPTION_LISTEN_SOCKET, socket,
        MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_CONNECTION_LIMIT, (guint)CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (guint)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HEADER_BYTES, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        door->server ? MHD_get_daemon_info(door->server, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        g_set_error(error, IMP_DOOR_ERROR, IMP_DOOR_ERROR_SERVING,
                    "the server cannot be started on its socket: %s", g_strerror(errno));
        return NULL;
    }
    door->readable = g_unix_fd_add(info->epoll_fd, G_IO_IN, on_readable, door);
    run(door);
    return g_steal_pointer(&door);
}

void imp_door_free(ImpDoor *door)
{
    if (!door)
        return;
    g_clear_handle_id(&door->readable, g_source_remove);
    g_clear_handle_id(&door->timer, g_source_remove);
    if (door->server)
        MHD_stop_daemon(door->server);
    g_hash_table_unref(door->places);
    g_free(door);
}
