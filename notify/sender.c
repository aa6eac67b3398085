#include "notify/sender.h"
#include "notify/answer_judge.h"
#include "notify/credential.h"
#include "notify/format/format.h"
#include "notify/guard.h"
#include "notify/kept_connections.h"
#include "notify/redact.h"
#include "notify/request.h"
#include "workflow/base/json.h"

#include <curl/curl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One GSource carries a whole curl multi handle: curl says which sockets it waits for (on_socket)
 * and until when (on_timer), the source polls them and hands back what is ready. After every step
 * all finished transfers are collected; outcomes are called back only then, when curl is not on the
 * stack.
 *
 * The moment that decides is the end of the response's headers. From there on the status is the
 * outcome and a transfer goes on only so that its connection can be used again: at most
 * IMP_SENDER_BODY_MAX_BYTES and IMP_SENDER_BODY_GRACE_MS further, then it is removed, which closes
 * the connection. A chat's answer may say in its body what it means: IMP_SENDER_ANSWER_GRACE_MS are
 * for that, and what has come until then is judged.
 *
 * Each address passes the guard twice: before a socket for it is opened (between resolution and
 * connection, so that a name cannot change its mind) and before a request is sent, because a
 * connection may be one that another endpoint, which is allowed more, has left behind.
 *
 * On such a connection nothing may have come since its last answer: what has would pass for the
 * answer to this request. The socket shows it, also through TLS, because curl's buffer holds a
 * whole record of it (READ_BYTES): of what it has read nothing is left for the next transfer, and
 * behind the end of an answer it finds more in the same read, for which it closes the connection
 * itself. In doubt the request goes out on a fresh connection. */

/* A record of TLS has at most 2^14 bytes (RFC 8446, section 5.1). */
#define READ_BYTES (16 * 1024)
/* A connection older than this takes no further request: whoever moves a name to another address is
 * followed within minutes. */
#define CONNECTION_S 300L

typedef struct {
    ImpSender *sender;
    CURL *easy;
    struct curl_slist *headers;
    GBytes *body;
    GPtrArray *allow;
    ImpFormat format;
    const char *method;
    char **secrets; /* that nothing of an answer may repeat */
    bool encrypted;
    bool permitted; /* some address passed the guard */
    bool blocked;   /* some address did not */
    bool doubtful;  /* the connection that was kept for it is not to be used */
    gsize header_bytes;
    bool answered; /* the headers are complete */
    gsize body_bytes;
    GString *answer;
    gint64 end_us; /* monotonic: when to break it off; G_MAXINT64: curl decides */
    ImpSenderDone done;
    gpointer data;
} Transfer;

struct ImpSender {
    GSource *source;
    CURLM *multi;
    GHashTable *tags;     /* file descriptor -> GSource tag */
    GPtrArray *transfers; /* of Transfer*, not owned by the array */
    gint64 timeout_us;    /* monotonic: when curl wants to be called; G_MAXINT64: never */
    char *user_agent;
    ImpHmac *hmac;
    ImpClock clock;
    ImpKeptConnections *kept;
};

typedef struct {
    GSource base;
    ImpSender *sender;
} SenderSource;

/* What curl calls, while a transfer runs */

static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    Transfer *transfer = data;
    if (purpose != CURLSOCKTYPE_IPCXN ||
        !imp_guard_permits(&address->addr, transfer->allow, transfer->encrypted)) {
        transfer->blocked = true;
        return CURL_SOCKET_BAD;
    }
    transfer->permitted = true;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int close_socket(void *data, curl_socket_t descriptor)
{
    ImpSender *sender = data;
    imp_kept_connections_forget(sender->kept, descriptor);
    return close(descriptor);
}

static int before_request(void *data, char *remote, char *local, int remote_port, int local_port)
{
    Transfer *transfer = data;
    const ImpConnectionEnds ends = {local, remote, local_port, remote_port};
    long connects = 0;
    transfer->permitted = imp_guard_permits_text(remote, transfer->allow, transfer->encrypted);
    transfer->blocked = !transfer->permitted;
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
    transfer->doubtful =
        connects == 0 && !imp_kept_connections_is_silent(transfer->sender->kept, &ends);
    return transfer->permitted && !transfer->doubtful ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static guint http_status(const Transfer *transfer)
{
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    return (guint)CLAMP(status, 0, 999);
}

/* Whether the body may say otherwise than the status. */
static bool reads_answer(const Transfer *transfer)
{
    return imp_format_is_chat(transfer->format) || imp_format_is_forge(transfer->format);
}

static size_t take_header(char *bytes, size_t size, size_t count, void *data)
{
    (void)size; /* always 1 */
    Transfer *transfer = data;
    transfer->header_bytes += count;
    if (transfer->header_bytes > IMP_SENDER_HEADERS_MAX_BYTES)
        return 0;
    /* An empty line ends the headers; those of an interim response (1xx) are followed by others. */
    bool empty = bytes[0] == '\r' || bytes[0] == '\n';
    if (empty && !transfer->answered && http_status(transfer) >= 200) {
        transfer->answered = true;
        gint64 grace_ms =
            reads_answer(transfer) ? IMP_SENDER_ANSWER_GRACE_MS : IMP_SENDER_BODY_GRACE_MS;
        transfer->end_us = g_get_monotonic_time() + grace_ms * 1000;
    }
    return count;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
    (void)size; /* always 1 */
    Transfer *transfer = data;
    gsize most = reads_answer(transfer) ? IMP_SENDER_BODY_MAX_BYTES : IMP_SENDER_ANSWER_BYTES;
    gsize room = most - transfer->answer->len;
    g_string_append_len(transfer->answer, bytes, (gssize)MIN(room, count));
    transfer->body_bytes += count;
    return transfer->body_bytes <= IMP_SENDER_BODY_MAX_BYTES ? count : 0;
}

static const char *header_of(const Transfer *transfer, const char *name)
{
    struct curl_header *header;
    return curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK
               ? header->value
               : NULL;
}

/* What the answer says; the body ends where it is cut, and with a NUL. */
static void judge_answer(const Transfer *transfer, ImpOutcome *outcome)
{
    g_autofree char *body = g_utf8_make_valid(transfer->answer->str, -1);
    const ImpAnswer answer = {
        .status = http_status(transfer),
        .retry_after = header_of(transfer, "Retry-After"),
        .remaining = header_of(transfer, "X-RateLimit-Remaining"),
        .reset_after = header_of(transfer, "X-RateLimit-Reset-After"),
        .reset = header_of(transfer, "X-RateLimit-Reset"),
        .location = header_of(transfer, "Location"),
        .body = body,
    };
    imp_answer_judge(transfer->format, &answer, transfer->sender->clock(), outcome);
    outcome->answer = imp_answer_text(&answer, (const char *const *)transfer->secrets);
    outcome->body = g_steal_pointer(&body);
}

/* Transfers */

static void transfer_free(Transfer *transfer)
{
    curl_multi_remove_handle(transfer->sender->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    g_bytes_unref(transfer->body);
    g_ptr_array_unref(transfer->allow);
    g_strfreev(transfer->secrets);
    g_string_free(transfer->answer, true);
    g_free(transfer);
}

/* Why there was no answer. */
static ImpFailure classify(const Transfer *transfer, CURLcode code)
{
    if (transfer->blocked && !transfer->permitted)
        return IMP_FAILURE_BLOCKED;
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return IMP_FAILURE_DNS;
    case CURLE_OPERATION_TIMEDOUT:
        /* No address was there to be judged yet. */
        return transfer->permitted ? IMP_FAILURE_TIMEOUT : IMP_FAILURE_DNS;
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return IMP_FAILURE_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        return IMP_FAILURE_TLS;
    default:
        return IMP_FAILURE_PROTOCOL;
    }
}

/* Notes the connection of a transfer that has ended, if it is kept. */
static void note_connection(const Transfer *transfer)
{
    curl_socket_t descriptor = CURL_SOCKET_BAD;
    long local_port = 0, remote_port = 0;
    char *local = NULL, *remote = NULL;
    CURL *easy = transfer->easy;
    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &descriptor) != CURLE_OK ||
        descriptor == CURL_SOCKET_BAD ||
        curl_easy_getinfo(easy, CURLINFO_LOCAL_IP, &local) != CURLE_OK ||
        curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &local_port) != CURLE_OK ||
        curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &remote) != CURLE_OK ||
        curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &remote_port) != CURLE_OK)
        return;
    const ImpConnectionEnds ends = {local, remote, (int)local_port, (int)remote_port};
    imp_kept_connections_note(transfer->sender->kept, &ends, descriptor);
}

/* Begins a transfer again whose request was not sent, on a fresh connection. */
static bool begin_afresh(Transfer *transfer)
{
    CURLM *multi = transfer->sender->multi;
    transfer->doubtful = false;
    curl_multi_remove_handle(multi, transfer->easy);
    return curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
           curl_multi_add_handle(multi, transfer->easy) == CURLM_OK;
}

static void finish(Transfer *transfer, CURLcode code)
{
    ImpOutcome outcome = {0};
    if (transfer->answered)
        judge_answer(transfer, &outcome);
    else
        outcome.failure = classify(transfer, code);
    ImpSenderDone done = transfer->done;
    gpointer data = transfer->data;
    g_ptr_array_remove_fast(transfer->sender->transfers, transfer);
    transfer_free(transfer);
    done(&outcome, data);
    g_free(outcome.answer);
    g_free(outcome.body);
}

/* The loop */

static void arm(ImpSender *sender)
{
    gint64 ready_us = sender->timeout_us;
    for (guint i = 0; i < sender->transfers->len; i++) {
        const Transfer *transfer = sender->transfers->pdata[i];
        ready_us = MIN(ready_us, transfer->end_us);
    }
    ready_us = ready_us == G_MAXINT64 ? -1 : ready_us;
    /* Each time that it is set wakes the loop up. */
    if (g_source_get_ready_time(sender->source) != ready_us)
        g_source_set_ready_time(sender->source, ready_us);
}

static void finish_done(ImpSender *sender)
{
    /* Of each message only what outlives the handle's removal; all of them, since curl tells of
     * each only once. */
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(sender->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        Transfer *transfer = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        if (transfer->doubtful && transfer->permitted && begin_afresh(transfer))
            continue;
        note_connection(transfer);
        finish(transfer, code);
    }
}

static void finish_overdue(ImpSender *sender)
{
    gint64 now_us = g_get_monotonic_time();
    g_autoptr(GPtrArray) overdue = g_ptr_array_new();
    for (guint i = 0; i < sender->transfers->len; i++) {
        Transfer *transfer = sender->transfers->pdata[i];
        if (transfer->end_us <= now_us)
            g_ptr_array_add(overdue, transfer);
    }
    for (guint i = 0; i < overdue->len; i++)
        finish(overdue->pdata[i], CURLE_FAILED_INIT);
}

typedef struct {
    curl_socket_t socket;
    int events;
} Ready;

static GArray *find_ready(ImpSender *sender)
{
    GArray *ready = g_array_new(false, false, sizeof(Ready));
    GHashTableIter sockets;
    gpointer socket, tag;
    g_hash_table_iter_init(&sockets, sender->tags);
    while (g_hash_table_iter_next(&sockets, &socket, &tag)) {
        GIOCondition condition = g_source_query_unix_fd(sender->source, tag);
        int events = (condition & G_IO_IN ? CURL_CSELECT_IN : 0) |
                     (condition & G_IO_OUT ? CURL_CSELECT_OUT : 0) |
                     (condition & (G_IO_ERR | G_IO_HUP) ? CURL_CSELECT_ERR : 0);
        Ready found = {GPOINTER_TO_INT(socket), events};
        if (events != 0)
            g_array_append_val(ready, found);
    }
    return ready;
}

static gboolean on_ready(GSource *base, GSourceFunc callback, gpointer data)
{
    (void)callback, (void)data;
    ImpSender *sender = ((SenderSource *)base)->sender;
    int running;
    g_autoptr(GArray) ready = find_ready(sender);
    for (guint i = 0; i < ready->len; i++) {
        const Ready *one = &g_array_index(ready, Ready, i);
        /* A step before may have closed it. */
        if (g_hash_table_contains(sender->tags, GINT_TO_POINTER(one->socket)))
            curl_multi_socket_action(sender->multi, one->socket, one->events, &running);
    }
    if (sender->timeout_us <= g_get_monotonic_time()) {
        sender->timeout_us = G_MAXINT64;
        curl_multi_socket_action(sender->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    finish_done(sender);
    finish_overdue(sender);
    arm(sender);
    return G_SOURCE_CONTINUE;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *data, void *socket_data)
{
    (void)easy, (void)socket_data;
    ImpSender *sender = data;
    gpointer key = GINT_TO_POINTER(socket);
    gpointer tag = g_hash_table_lookup(sender->tags, key);
    if (what == CURL_POLL_REMOVE) {
        if (tag)
            g_source_remove_unix_fd(sender->source, tag);
        g_hash_table_remove(sender->tags, key);
        return 0;
    }
    GIOCondition condition =
        (what & CURL_POLL_IN ? G_IO_IN : 0) | (what & CURL_POLL_OUT ? G_IO_OUT : 0);
    if (tag)
        g_source_modify_unix_fd(sender->source, tag, condition);
    else
        g_hash_table_insert(sender->tags, key,
                            g_source_add_unix_fd(sender->source, socket, condition));
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *data)
{
    (void)multi;
    ImpSender *sender = data;
    /* 0, at once, stays 0: it is asked for often, and each change wakes the loop up. */
    sender->timeout_us = timeout_ms < 0    ? G_MAXINT64
                         : timeout_ms == 0 ? 0
                                           : g_get_monotonic_time() + timeout_ms * 1000;
    arm(sender);
    return 0;
}

ImpSender *imp_sender_new(GMainContext *context, const char *version, ImpClock clock)
{
    static GSourceFuncs source_funcs = {.dispatch = on_ready};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    ImpSender *sender = g_new0(ImpSender, 1);
    sender->source = g_source_new(&source_funcs, sizeof(SenderSource));
    ((SenderSource *)sender->source)->sender = sender;
    g_source_attach(sender->source, context);
    sender->tags = g_hash_table_new(NULL, NULL);
    sender->transfers = g_ptr_array_new();
    sender->timeout_us = G_MAXINT64;
    sender->user_agent = g_strconcat("imprimatur/", version, NULL);
    sender->hmac = imp_hmac_new();
    sender->clock = clock;
    sender->kept = imp_kept_connections_new();
    sender->multi = curl_multi_init();
    curl_multi_setopt(sender->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(sender->multi, CURLMOPT_SOCKETDATA, sender);
    curl_multi_setopt(sender->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(sender->multi, CURLMOPT_TIMERDATA, sender);
    /* Above all that can be in use: at the limit curl would close connections that are. */
    curl_multi_setopt(sender->multi, CURLMOPT_MAXCONNECTS, 2L * IMP_SENDER_IN_FLIGHT);
    return sender;
}

void imp_sender_free(ImpSender *sender)
{
    if (!sender)
        return;
    /* Away from where the loop's timer looks for them. */
    g_autoptr(GPtrArray) broken_off = g_steal_pointer(&sender->transfers);
    sender->transfers = g_ptr_array_new();
    for (guint i = 0; i < broken_off->len; i++)
        transfer_free(broken_off->pdata[i]);
    curl_multi_cleanup(sender->multi);
    g_source_destroy(sender->source);
    g_source_unref(sender->source);
    g_ptr_array_unref(sender->transfers);
    g_hash_table_unref(sender->tags);
    imp_kept_connections_free(sender->kept);
    imp_hmac_free(sender->hmac);
    g_free(sender->user_agent);
    g_free(sender);
    curl_global_cleanup();
}

/* A private authority stands in place of the system's, not beside them. A connection that was made
 * under other authorities is not used again: libcurl compares them. */
static bool set_authorities(CURL *easy, GBytes *authorities)
{
    if (!authorities)
        return true;
    struct curl_blob blob = {.flags = CURL_BLOB_COPY};
    blob.data = (void *)g_bytes_get_data(authorities, &blob.len);
    return curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

static bool set_address(Transfer *transfer, const ImpEndpoint *endpoint, const char *url)
{
    CURL *easy = transfer->easy;
    return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, transfer->encrypted ? "https" : "http") ==
               CURLE_OK &&
           /* Empty instead of unset: otherwise the environment could name one. */
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer->sender) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer) == CURLE_OK &&
           set_authorities(easy, endpoint->ca);
}

static bool set_manners(Transfer *transfer, const ImpDeliveryTimes *times)
{
    const struct {
        CURLoption option;
        long value;
    } manners[] = {
        {CURLOPT_BUFFERSIZE, READ_BYTES},
        {CURLOPT_MAXLIFETIME_CONN, CONNECTION_S},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        /* One request on a connection, so that breaking a transfer off ends all that the receiver
           can send. */
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_NETRC, CURL_NETRC_IGNORED},
        {CURLOPT_NOSIGNAL, 1},
        /* Without it the end of a slow name resolution is waited for, in this thread. */
        {CURLOPT_QUICK_EXIT, 1},
        /* A dead connection that is used again would have people told twice. */
        {CURLOPT_FRESH_CONNECT, imp_format_is_chat(transfer->format)},
        {CURLOPT_FORBID_REUSE, imp_format_is_chat(transfer->format)},
        {CURLOPT_CONNECTTIMEOUT_MS, (long)times->connect_s * 1000},
        {CURLOPT_TIMEOUT_MS, (long)times->total_s * 1000},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(manners); i++) {
        if (curl_easy_setopt(transfer->easy, manners[i].option, manners[i].value) != CURLE_OK)
            return false;
    }
    return true;
}

static bool set_exchange(Transfer *transfer)
{
    CURL *easy = transfer->easy;
    gsize length;
    const char *body = g_bytes_get_data(transfer->body, &length);
    return curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, transfer->sender->user_agent) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->method) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body ? body : "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK;
}

void imp_sender_post(ImpSender *sender, const ImpEndpoint *endpoint, const ImpDeliveryTimes *times,
                     const char *id, GBytes *body, ImpSenderDone done, gpointer data)
{
    Transfer *transfer = g_new0(Transfer, 1);
    transfer->sender = sender;
    transfer->easy = curl_easy_init();
    transfer->allow = g_ptr_array_ref(endpoint->allow);
    transfer->format = endpoint->format;
    g_autofree char *credential = imp_credential_of(endpoint);
    transfer->secrets = imp_redact_secrets(endpoint, credential);
    transfer->encrypted = g_ascii_strncasecmp(endpoint->url, "http:", strlen("http:")) != 0;
    transfer->answer = g_string_new(NULL);
    transfer->end_us = G_MAXINT64;
    transfer->done = done;
    transfer->data = data;
    g_autoptr(ImpRequest) request = imp_request_new(
        sender->hmac, endpoint, id, sender->clock() / IMP_SECOND_US, body, credential);
    transfer->body = g_bytes_ref(request->body);
    transfer->method = request->method;
    for (char **line = request->headers; *line; line++)
        transfer->headers = curl_slist_append(transfer->headers, *line);
    g_ptr_array_add(sender->transfers, transfer);
    if (!set_address(transfer, endpoint, request->url) || !set_manners(transfer, times) ||
        !set_exchange(transfer) ||
        curl_multi_add_handle(sender->multi, transfer->easy) != CURLM_OK) {
        /* Without all its defences it is not begun; its end is told from the loop like others. */
        transfer->end_us = 0;
        arm(sender);
    }
}
