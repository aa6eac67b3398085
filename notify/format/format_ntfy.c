#include "notify/format/chat_clean.h"
#include "notify/format/format.h"
#include "notify/format/markup.h"
#include "workflow/base/json_write.h"

#include <string.h>

/* ntfy: the message is the body, plain text, which has no markup to break out of; links in it are
 * found by the apps. Title, what a tap opens and the priority are headers (docs.ntfy.sh,
 * "Publishing", "Message title", "Click action", "Message priority"), a title beyond ASCII as RFC
 * 2047 encodes it. They are stored with the message as an object of JSON, which is taken apart when
 * it is sent. What has more than 4,096 bytes becomes an attachment (docs.ntfy.sh,
 * "Publishing", Limitations). An error is
 * {"code": 42901, "http": 429, "error": "..."}. */

#define PRIORITY_HIGH "4"

char *imp_ntfy_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured)
{
    ImpMarkup markup = imp_markup_plain;
    markup.lead_apart = true;
    g_autofree char *text = imp_markup_write(&markup, chat, size);
    const ImpChatLine *first = chat->lines->pdata[0];
    g_autofree char *who = imp_chat_cut(first->who, size->who);
    g_autofree char *title = chat->heading
                                 ? imp_chat_cut(chat->heading, size->title)
                                 : g_strdup_printf("%s%s%s", first->lead, *who ? " " : "", who);
    bool opens = !chat->heading && first->url && strlen(first->url) <= size->url;
    *measured = strlen(text);
    g_autoptr(json_t) stored = json_object();
    imp_json_set_text(stored, "message", text);
    imp_json_set_text(stored, "title", title);
    if (opens)
        imp_json_set_text(stored, "click", first->url);
    if (imp_chat_is_pressing(chat))
        imp_json_set_text(stored, "priority", PRIORITY_HIGH);
    return imp_json_dump_line(stored);
}

/* Words of at most 75 characters, each of whole characters (RFC 2047, section 2). */
static char *encode_words(const char *text)
{
    enum { BYTES = 45 }; /* of which base64 makes 60 characters */
    if (g_str_is_ascii(text))
        return g_strdup(text);
    g_autoptr(GString) words = g_string_new(NULL);
    while (*text) {
        const char *end = text;
        while (*end && g_utf8_next_char(end) - text <= BYTES)
            end = g_utf8_next_char(end);
        g_autofree char *base64 = g_base64_encode((const guchar *)text, (gsize)(end - text));
        g_string_append_printf(words, "%s=?UTF-8?B?%s?=", words->len > 0 ? " " : "", base64);
        text = end;
    }
    return g_string_free(g_steal_pointer(&words), false);
}

GBytes *imp_ntfy_unpack(GBytes *stored, GStrvBuilder *headers)
{
    static const char *const names[] = {"title", "click", "priority"};
    gsize length;
    const char *bytes = g_bytes_get_data(stored, &length);
    g_autoptr(json_t) parts = json_loadb(bytes ? bytes : "", length, 0, NULL);
    const char *message = json_string_value(json_object_get(parts, "message"));
    if (!message)
        return g_bytes_ref(stored);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = json_string_value(json_object_get(parts, names[i]));
        if (!value)
            continue;
        g_autofree char *encoded = encode_words(value);
        g_autofree char *line = g_strconcat(names[i], ": ", encoded, NULL);
        g_strv_builder_add(headers, line);
    }
    return g_bytes_new(message, strlen(message));
}

bool imp_ntfy_refuses(const ImpAnswer *answer, guint *status)
{
    g_autoptr(json_t) object = imp_answer_json(answer);
    json_int_t http = json_integer_value(json_object_get(object, "http"));
    if (http >= 400 && http <= 599)
        *status = (guint)http;
    return json_is_string(json_object_get(object, "error")) || http >= 400;
}
