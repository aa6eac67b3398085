#include "notify/format/format.h"
#include "notify/format/markup.h"
#include "workflow/base/json_write.h"

/* Matrix: a room's m.room.message, by PUT with the webhook-id as the transaction, so that a
 * homeserver that is sent one twice posts it once (spec.matrix.org, Client-Server API, "Transaction
 * identifiers").
 *
 * An event has at most 65,536 bytes with what servers add to it ("Size limits"). The body is plain
 * text, the formatted body HTML of the few elements that clients allow. Whom a message mentions
 * stands in m.mentions: nobody; with it, clients do not look for "@room" in the text ("User and
 * room mentions"). A limit of the rate is the error M_LIMIT_EXCEEDED with retry_after_ms ("Rate
 * limiting"). */

static void write_html(GString *out, const char *plain)
{
    g_autofree char *escaped = g_markup_escape_text(plain, -1);
    g_string_append(out, escaped);
}

static void write_html_link(GString *out, const char *plain, const char *url)
{
    g_string_append(out, "<a href=\"");
    write_html(out, url);
    g_string_append(out, "\">");
    write_html(out, plain);
    g_string_append(out, "</a>");
}

static void write_html_code(GString *out, const char *command)
{
    g_string_append(out, "<pre><code>");
    write_html(out, command);
    g_string_append(out, "</code></pre>");
}

static const ImpMarkup html = {
    .text = write_html,
    .link = write_html_link,
    .code = write_html_code,
    .strong = "<strong>",
    .strong_end = "</strong>",
    .line_end = "<br>",
    .list = "<ul>",
    .list_end = "</ul>",
    .item = "<li>",
    .item_end = "</li>",
};

char *imp_matrix_write(const ImpChat *chat, const ImpChatSize *size, gsize *measured)
{
    g_autofree char *plain = imp_markup_write(&imp_markup_plain, chat, size);
    g_autofree char *formatted = imp_markup_write(&html, chat, size);
    g_autoptr(json_t) body = json_object();
    /* A notice, which other bots do not answer and most clients do not ring for; a text where a
     * person is meant. */
    imp_json_set_text(body, "msgtype", imp_chat_is_addressed(chat) ? "m.text" : "m.notice");
    imp_json_set_text(body, "body", plain);
    imp_json_set_text(body, "format", "org.matrix.custom.html");
    imp_json_set_text(body, "formatted_body", formatted);
    json_object_set_new(body, "m.mentions", json_object());
    *measured = json_dumpb(body, NULL, 0, JSON_COMPACT);
    return imp_json_dump_line(body);
}

bool imp_matrix_refuses(const ImpAnswer *answer, guint *status)
{
    g_autoptr(json_t) object = imp_answer_json(answer);
    const char *code = json_string_value(json_object_get(object, "errcode"));
    if (g_strcmp0(code, "M_LIMIT_EXCEEDED") == 0)
        *status = 429;
    return code != NULL;
}

gint64 imp_matrix_quiet_until_us(const ImpAnswer *answer, gint64 now_us)
{
    g_autoptr(json_t) object = imp_answer_json(answer);
    if (g_strcmp0(json_string_value(json_object_get(object, "errcode")), "M_LIMIT_EXCEEDED") != 0)
        return 0;
    return imp_answer_wait_us(json_number_value(json_object_get(object, "retry_after_ms")) / 1000,
                              now_us);
}
