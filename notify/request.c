#include "notify/request.h"

#include "notify/format/format.h"

#include <string.h>

static void add(GStrvBuilder *headers, const char *name, const char *value)
{
    g_autofree char *line = g_strconcat(name, ": ", value, NULL);
    g_strv_builder_add(headers, line);
}

/* Where a message goes: the path may end in its id. */
static char *request_url(ImpFormat format, const char *url, const char *id)
{
    if (!imp_format_traits(format)->id_in_path)
        return g_strdup(url);
    gsize path_length = strcspn(url, "?#");
    const char *slash = url[path_length - 1] == '/' ? "" : "/";
    return g_strdup_printf("%.*s%s%s%s", (int)path_length, url, slash, id, url + path_length);
}

ImpRequestHead *imp_request_head_new(ImpHmac *hmac, const ImpEndpoint *endpoint, const char *id,
                                     gint64 timestamp_s, GBytes *body)
{
    g_autofree char *token = NULL;
    g_autofree char *place = imp_endpoint_split_url(endpoint->url, &token);
    g_autofree char *timestamp = g_strdup_printf("%" G_GINT64_FORMAT, timestamp_s);
    g_autofree char *signature =
        imp_signature_header(hmac, endpoint->secrets, id, timestamp_s, body);
    g_autoptr(GStrvBuilder) headers = g_strv_builder_new();
    add(headers, "content-type", imp_format_traits(endpoint->format)->content_type);
    add(headers, "webhook-id", id);
    add(headers, "webhook-timestamp", timestamp);
    if (signature)
        add(headers, "webhook-signature", signature);
    if (token) {
        g_autofree char *bearer = g_strconcat("Bearer ", token, NULL);
        add(headers, "authorization", bearer);
    }
    ImpRequestHead *head = g_new0(ImpRequestHead, 1);
    head->url = request_url(endpoint->format, place, id);
    head->headers = g_strv_builder_end(headers);
    return head;
}

void imp_request_head_free(ImpRequestHead *head)
{
    if (!head)
        return;
    g_free(head->url);
    g_strfreev(head->headers);
    g_free(head);
}
