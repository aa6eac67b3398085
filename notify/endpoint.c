#include "notify/endpoint.h"

#include <string.h>

static const char *const format_words[] = {
    [IMP_FORMAT_STANDARD] = "standard",       [IMP_FORMAT_SLACK] = "slack",   [IMP_FORMAT_TEAMS] = "teams",
    [IMP_FORMAT_DISCORD] = "discord",         [IMP_FORMAT_MATRIX] = "matrix", [IMP_FORMAT_NTFY] = "ntfy",
    [IMP_FORMAT_GOOGLE_CHAT] = "google-chat",
};

const char *imp_format_word(ImpFormat format)
{
    return format < G_N_ELEMENTS(format_words) ? format_words[format] : NULL;
}

bool imp_format_from_word(const char *word, ImpFormat *format)
{
    for (guint i = 0; i < G_N_ELEMENTS(format_words); i++) {
        if (strcmp(format_words[i], word) == 0) {
            *format = i;
            return true;
        }
    }
    return false;
}

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
    g_free(endpoint->ca_file);
    g_free(endpoint);
}

char *imp_endpoint_display(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, url, -1);
    return g_strdup_printf("%s#%.8s", g_uri_get_host(uri), digest);
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
