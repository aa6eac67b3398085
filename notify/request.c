#include "notify/request.h"
#include "notify/format/format.h"

#include <string.h>

static void add(GStrvBuilder *headers, const char *name, const char *value)
{
    g_autofree char *line = g_strconcat(name, ": ", value, NULL);
    g_strv_builder_add(headers, line);
}

/* Where a message goes: the path may go on, to its end. */
static char *request_url(const char *url, const char *end)
{
    if (!end)
        return g_strdup(url);
    gsize path_length = strcspn(url, "?#");
    const char *slash = url[path_length - 1] == '/' ? "" : "/";
    return g_strdup_printf("%.*s%s%s%s", (int)path_length, url, slash, end, url + path_length);
}

ImpRequest *imp_request_new(ImpHmac *hmac, const ImpEndpoint *endpoint, const char *id,
                            gint64 timestamp_s, GBytes *stored, const char *credential)
{
    g_autofree char *token = NULL;
    g_autofree char *place = imp_endpoint_split_url(endpoint->url, &token);
    g_autofree char *timestamp = g_strdup_printf("%" G_GINT64_FORMAT, timestamp_s);
    const ImpFormatTraits *traits = imp_format_traits(endpoint->format);
    g_autoptr(GStrvBuilder) headers = g_strv_builder_new();
    g_autoptr(GBytes) body = traits->unpack ? traits->unpack(stored, headers) : g_bytes_ref(stored);
    g_autofree char *signature =
        imp_signature_header(hmac, endpoint->secrets, id, timestamp_s, body);
    add(headers, "content-type", traits->content_type);
    /* What is packed would have to be unpacked, within the limits of an answer. */
    add(headers, "accept-encoding", "identity");
    add(headers, "webhook-id", id);
    add(headers, "webhook-timestamp", timestamp);
    if (signature)
        add(headers, "webhook-signature", signature);
    if (token) {
        g_autofree char *bearer = g_strconcat("Bearer ", token, NULL);
        add(headers, "authorization", bearer);
    }
    if (credential && traits->token_header) {
        g_autofree char *line = g_strconcat(traits->token_header, credential, NULL);
        g_strv_builder_add(headers, line);
    }
    const char *method = traits->method;
    g_autofree char *further = traits->place ? traits->place(stored, &method) : NULL;
    ImpRequest *request = g_new0(ImpRequest, 1);
    request->method = method;
    request->url = request_url(place, traits->id_in_path ? id : further);
    request->headers = g_strv_builder_end(headers);
    request->body = g_steal_pointer(&body);
    return request;
}

void imp_request_free(ImpRequest *request)
{
    if (!request)
        return;
    g_free(request->url);
    g_strfreev(request->headers);
    g_bytes_unref(request->body);
    g_free(request);
}
