#include "notify/app.h"
#include "notify/answer.h"
#include "notify/credential.h"
#include "notify/signature.h"
#include "notify/status.h"
#include "workflow/base/json.h"

#include <string.h>

/* Each post is an exchange of one or two messages: if the token at hand is too old, one that asks
 * for another comes first. Two that begin together may both ask; the later answer stays. A token
 * that is refused is forgotten, so that the next try asks again. */

#define ISSUED_AGO_S      60
#define GOOD_FOR_S        540
#define HTTP_UNAUTHORIZED 401
/* GitHub's last an hour. */
#define KEPT_US (50 * 60 * IMP_SECOND_US)

struct ImpApp {
    ImpClock clock;
    char *token;
    gint64 until_us;
    GPtrArray *exchanges; /* of Exchange*, under way */
};

typedef struct {
    ImpApp *app;
    ImpSender *sender;
    ImpEndpoint *endpoint; /* as the installation */
    ImpDeliveryTimes *times;
    char *id;
    GBytes *body;
    ImpSenderDone done;
    gpointer data;
} Exchange;

static void exchange_free(gpointer data)
{
    Exchange *exchange = data;
    imp_endpoint_free(exchange->endpoint);
    imp_delivery_times_free(exchange->times);
    g_free(exchange->id);
    g_bytes_unref(exchange->body);
    g_free(exchange);
}

/* The message has ended: whoever posted it is told, and the exchange is over. */
static void end(Exchange *exchange, const ImpOutcome *outcome)
{
    ImpSenderDone done = exchange->done;
    gpointer data = exchange->data;
    g_ptr_array_remove_fast(exchange->app->exchanges, exchange);
    done(outcome, data);
}

ImpApp *imp_app_new(ImpClock clock)
{
    ImpApp *app = g_new0(ImpApp, 1);
    app->clock = clock;
    app->exchanges = g_ptr_array_new_with_free_func(exchange_free);
    return app;
}

void imp_app_free(ImpApp *app)
{
    if (!app)
        return;
    g_ptr_array_unref(app->exchanges);
    g_free(app->token);
    g_free(app);
}

/* base64url without padding (RFC 7515, section 2). */
static char *base64url(const void *bytes, gsize length)
{
    char *text = g_base64_encode(bytes, length);
    for (char *c = text; *c; c++) {
        if (*c == '+')
            *c = '-';
        else if (*c == '/')
            *c = '_';
        else if (*c == '=')
            *c = '\0';
    }
    return text;
}

char *imp_app_jwt(const char *pem, const char *app, gint64 now_us)
{
    static const char header[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
    gint64 now_s = now_us / IMP_SECOND_US;
    g_autofree char *quoted = imp_json_quote(app);
    g_autofree char *claims =
        g_strdup_printf("{\"iat\":%" G_GINT64_FORMAT ",\"exp\":%" G_GINT64_FORMAT ",\"iss\":%s}",
                        now_s - ISSUED_AGO_S, now_s + GOOD_FOR_S, quoted);
    g_autofree char *first = base64url(header, strlen(header));
    g_autofree char *second = base64url(claims, strlen(claims));
    g_autofree char *text = g_strconcat(first, ".", second, NULL);
    g_autoptr(GBytes) signature = imp_signature_rs256(pem, text);
    if (!signature)
        return NULL;
    g_autofree char *third =
        base64url(g_bytes_get_data(signature, NULL), g_bytes_get_size(signature));
    return g_strconcat(text, ".", third, NULL);
}

static void on_posted(const ImpOutcome *outcome, gpointer data)
{
    Exchange *exchange = data;
    if (outcome->status == HTTP_UNAUTHORIZED)
        g_clear_pointer(&exchange->app->token, g_free);
    end(exchange, outcome);
}

static void post(Exchange *exchange)
{
    g_free(exchange->endpoint->credential);
    exchange->endpoint->credential = g_strdup(exchange->app->token);
    imp_sender_post(exchange->sender, exchange->endpoint, exchange->times, exchange->id,
                    exchange->body, on_posted, exchange);
}

static void on_token(const ImpOutcome *outcome, gpointer data)
{
    Exchange *exchange = data;
    ImpApp *app = exchange->app;
    const ImpAnswer answer = {.body = outcome->body ? outcome->body : ""};
    g_autoptr(json_t) body = imp_answer_json(&answer);
    const char *token = json_string_value(json_object_get(body, "token"));
    if (outcome->failure != IMP_FAILURE_NONE || !token) {
        /* An answer without a token is not GitHub's. */
        ImpOutcome failed = *outcome;
        if (failed.failure == IMP_FAILURE_NONE)
            failed.failure = IMP_FAILURE_PROTOCOL;
        end(exchange, &failed);
        return;
    }
    g_free(app->token);
    app->token = g_strdup(token);
    app->until_us = app->clock() + KEPT_US;
    post(exchange);
}

/* What takes part in an exchange outlives the configuration that it is from. */
static ImpEndpoint *copy_of(const ImpEndpoint *endpoint)
{
    ImpEndpoint *copy = imp_endpoint_new();
    copy->format = endpoint->format;
    copy->url = g_strdup(endpoint->url);
    g_ptr_array_unref(copy->allow);
    copy->allow = g_ptr_array_ref(endpoint->allow);
    copy->ca = endpoint->ca ? g_bytes_ref(endpoint->ca) : NULL;
    return copy;
}

/* Above the repository: https://HOST/app/installations/ID. */
static ImpEndpoint *installation_of(const ImpEndpoint *endpoint, gint64 now_us)
{
    g_autofree char *pem = NULL;
    ImpEndpoint *copy = copy_of(endpoint);
    const char *repository = strstr(endpoint->url, "/repos/");
    gsize length = repository ? (gsize)(repository - endpoint->url) : strlen(endpoint->url);
    g_free(copy->url);
    copy->url = g_strdup_printf("%.*s/app/installations/%s", (int)length, endpoint->url,
                                endpoint->installation);
    if (endpoint->token_file && g_file_get_contents(endpoint->token_file, &pem, NULL, NULL))
        copy->credential = imp_app_jwt(pem, endpoint->app, now_us);
    return copy;
}

void imp_app_post(ImpApp *app, ImpSender *sender, const ImpEndpoint *endpoint,
                  const ImpDeliveryTimes *times, const ImpPost *wanted)
{
    if (!endpoint->app) {
        imp_sender_post(sender, endpoint, times, wanted->id, wanted->body, wanted->done,
                        wanted->data);
        return;
    }
    static const char request[] = "POST access_tokens\n{}";
    Exchange *exchange = g_new0(Exchange, 1);
    *exchange = (Exchange){app,
                           sender,
                           copy_of(endpoint),
                           imp_delivery_times_copy(times),
                           g_strdup(wanted->id),
                           g_bytes_ref(wanted->body),
                           wanted->done,
                           wanted->data};
    g_ptr_array_add(app->exchanges, exchange);
    if (app->token && app->clock() < app->until_us) {
        post(exchange);
        return;
    }
    g_autoptr(ImpEndpoint) installation = installation_of(endpoint, app->clock());
    g_autoptr(GBytes) body = g_bytes_new_static(request, strlen(request));
    imp_sender_post(sender, installation, times, wanted->id, body, on_token, exchange);
}
