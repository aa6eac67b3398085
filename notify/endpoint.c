#include "notify/endpoint.h"

#include <string.h>

ImpEndpoint *imp_endpoint_new(void)
{
    ImpEndpoint *endpoint = g_new0(ImpEndpoint, 1);
    endpoint->secrets = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    endpoint->events = g_new0(char *, 1);
    endpoint->paths = g_new0(char *, 1);
    endpoint->allow = g_ptr_array_new_with_free_func(g_object_unref);
    endpoint->rate = -1;
    return endpoint;
}

void imp_endpoint_free(ImpEndpoint *endpoint)
{
    if (!endpoint)
        return;
    g_free(endpoint->name);
    g_free(endpoint->reviewer);
    g_free(endpoint->url);
    g_free(endpoint->display);
    g_clear_pointer(&endpoint->secrets, g_ptr_array_unref);
    g_strfreev(endpoint->events);
    g_strfreev(endpoint->paths);
    g_clear_pointer(&endpoint->allow, g_ptr_array_unref);
    g_clear_pointer(&endpoint->ca, g_bytes_unref);
    g_free(endpoint->token_file);
    g_free(endpoint->app);
    g_free(endpoint->installation);
    g_free(endpoint->credential);
    g_free(endpoint->context);
    g_free(endpoint->page);
    g_free(endpoint);
}

char *imp_endpoint_display(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, url, -1);
    return g_strdup_printf("%s#%.8s", g_uri_get_host(uri), digest);
}

char *imp_endpoint_split_url(const char *url, char **token)
{
    const char *authority = strstr(url, "://");
    *token = NULL;
    if (!authority)
        return g_strdup(url);
    authority += strlen("://");
    gsize length = strcspn(authority, "/?#");
    const char *at = g_strrstr_len(authority, (gssize)length, "@");
    if (!at)
        return g_strdup(url);
    *token = g_uri_unescape_segment(authority, at, NULL);
    if (!*token)
        *token = g_strdup("");
    return g_strdup_printf("%.*s%s", (int)(authority - url), url, at + 1);
}

ImpDeliveryTimes *imp_delivery_times_new(void)
{
    static const guint ladder_s[] = {0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
    ImpDeliveryTimes *times = g_new0(ImpDeliveryTimes, 1);
    times->connect_s = 5;
    times->total_s = 15;
    times->ladder_s = g_array_new(false, false, sizeof(guint));
    g_array_append_vals(times->ladder_s, ladder_s, G_N_ELEMENTS(ladder_s));
    return times;
}

ImpDeliveryTimes *imp_delivery_times_copy(const ImpDeliveryTimes *times)
{
    ImpDeliveryTimes *copy = g_new0(ImpDeliveryTimes, 1);
    copy->connect_s = times->connect_s;
    copy->total_s = times->total_s;
    copy->ladder_s = g_array_copy(times->ladder_s);
    return copy;
}

void imp_delivery_times_free(ImpDeliveryTimes *times)
{
    if (!times)
        return;
    g_clear_pointer(&times->ladder_s, g_array_unref);
    g_free(times);
}
